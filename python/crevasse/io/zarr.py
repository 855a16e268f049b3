"""Scans in Zarr 2 and 3, plain or OME-Zarr."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.errors import ZarrUserWarning

from crevasse.io.fact import Fact, Provenance
from crevasse.io.ngff import Level, level_of
from crevasse.io.refusal import RefusedError, UnfinishedError, naming
from crevasse.io.scan import Scan, Selection, Stored, assumed_axes, said_axes, stamp

# Our writer's mark at a group. It writes every chunk, and a voxel size of 1 only if that is one.
OURS = "crevasse"


def open_scans(path: Path, dataset: str | None = None) -> tuple[Scan, ...]:
    """The scans in an array of a Zarr store; only headers are read.

    Parameters
    ----------
    path
        Folder of the store.
    dataset
        Path of the array in it, or of an image. None: level 0 of the one multiscale image, else the
        only array.

    Raises
    ------
    ValueError
        If it is damaged, or several arrays could be meant.
    """
    with naming(path, "Zarr"):
        root = zarr.open(path, mode="r")
        name, level = _chosen(root, path, dataset)
        array = _array(root, name, path)
        axes = level.axes if level else _order(array, path)
        provenance = Provenance("Zarr", axes, level.voxel_size if level else None)
        read = partial(_read, path, name)
        dtype = np.dtype(array.dtype)
        return Stored(path.name, array.shape, dtype, read, provenance, _stamp(path)).scans()


def _chosen(
    root: zarr.Group | zarr.Array[Any], path: Path, dataset: str | None
) -> tuple[str, Level | None]:
    """Path of the array that is meant, and what the image that it belongs to says of it.

    `dataset` may name an array or an image, which is a group; Bio-Formats puts one into another.
    """
    if isinstance(root, zarr.Array):
        if dataset is not None:
            raise RefusedError(f"dataset must be left out for {path}, got {dataset!r}")
        return "", None
    ones = OURS in root.attrs
    name = _image(root, path) if dataset is None else dataset.strip("/")
    if name is None:
        return _only(root, path), None
    if name in _groups(root):
        level = level_of(_at(root, name), path.name, ones=ones)
        return (f"{name}/{level.path}".lstrip("/") if level else name), level
    group, _, last = name.rpartition("/")
    return name, level_of(_at(root, group), path.name, last, ones=ones)


def _image(root: zarr.Group, path: Path) -> str | None:
    """Path of the one multiscale image: the store itself, or one within that holds no labels."""
    if level_of(root.attrs, path.name):
        return ""
    images = [
        name
        for name in _groups(root)
        if "labels" not in name.split("/") and level_of(_at(root, name), path.name)
    ]
    return images[0] if len(images) == 1 else None


def _groups(root: zarr.Group) -> list[str]:
    """Paths of all groups, the root's being empty."""
    return ["", *sorted(name for name, item in _members(root) if isinstance(item, zarr.Group))]


def _at(root: zarr.Group, name: str) -> Mapping[str, Any]:
    """Attributes of a group; none where there is no such group."""
    group = root if name == "" else root.get(name)
    return group.attrs if isinstance(group, zarr.Group) else {}


def _read(path: Path, name: str, selection: Selection) -> NDArray[Any]:
    with naming(path, "Zarr"):
        root = zarr.open(path, mode="r")
        return np.asarray(_array(root, name, path)[selection])


def _array(root: zarr.Group | zarr.Array[Any], name: str, path: Path) -> zarr.Array[Any]:
    """The array, which must be whole if it is one of ours: Zarr reads missing chunks as zeros."""
    if isinstance(root, zarr.Array):
        return root
    array = root.get(name)
    if not isinstance(array, zarr.Array):
        raise RefusedError(
            f"dataset must be an array of {path}, got {name!r}; it has {', '.join(_arrays(root))}"
        )
    if OURS in root.attrs and array.nchunks_initialized != array.nchunks:
        raise UnfinishedError(
            f"{path} is not whole: it has {array.nchunks_initialized} of {array.nchunks} chunks; "
            "copy it again"
        )
    return array


def _only(root: zarr.Group, path: Path) -> str:
    names = _arrays(root)
    if len(names) == 1:
        return names[0]
    if not names:
        raise RefusedError(f"{path} holds no array")
    raise RefusedError(f"dataset must be given for {path}, which has several: {', '.join(names)}")


def _arrays(root: zarr.Group) -> list[str]:
    return sorted(name for name, item in _members(root) if isinstance(item, zarr.Array))


def _members(root: zarr.Group) -> Sequence[tuple[str, zarr.Group | zarr.Array[Any]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ZarrUserWarning)  # of files that are no part of the store
        return root.members(max_depth=None)


def _order(array: zarr.Array[Any], path: Path) -> Fact[str]:
    """Names of dimensions, of Zarr 3 or as xarray puts them, where they are t, z, y, x."""
    named: Any = getattr(array.metadata, "dimension_names", None)
    named = named or array.attrs.get("_ARRAY_DIMENSIONS") or ()
    names = [str(name or "") for name in named]
    order = said_axes(names, array.ndim, f"{path.name}:{array.path}@dimension names")
    return order or assumed_axes(array.ndim, path.name)


def _stamp(path: Path) -> str:
    return stamp([file for file in path.rglob("*") if file.is_file()])
