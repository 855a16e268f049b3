"""Scans in Zarr 2 and 3, plain or OME-Zarr."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from crevasse.io.fact import Fact, Provenance
from crevasse.io.ngff import finest
from crevasse.io.refusal import RefusedError, naming
from crevasse.io.scan import Scan, Selection, Stored, assumed_axes, stamp

# Our writer's mark at a group. It writes every chunk, and a voxel size of 1 only if that is one.
OURS = "crevasse"


def open_scans(path: Path, dataset: str | None = None) -> tuple[Scan, ...]:
    """The scans in an array of a Zarr store; only headers are read.

    Parameters
    ----------
    path
        Folder of the store.
    dataset
        Path of the array in it. None: level 0 of the multiscale image, else the only array.

    Raises
    ------
    ValueError
        If it is damaged, or several arrays could be meant.
    """
    with naming(path, "Zarr"):
        root = zarr.open(path, mode="r")
        if isinstance(root, zarr.Array):
            name, image = "", None
        else:
            image = finest(root.attrs, path.name, ones=OURS in root.attrs)
            name = dataset or (image.path if image else _only(root, path))
            if image is not None and name.strip("/") != image.path:
                image = None
        array = _array(root, name, path)
        axes = image.axes if image else _order(array, path)
        provenance = Provenance("Zarr", axes, image.voxel_size if image else None)
        read = partial(_read, path, name)
        stored = Stored(
            path.name, array.shape, np.dtype(array.dtype), read, provenance, _stamp(path)
        )
        return stored.scans()


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
        raise RefusedError(
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
    return sorted(
        name for name, item in root.members(max_depth=None) if isinstance(item, zarr.Array)
    )


def _order(array: zarr.Array[Any], path: Path) -> Fact[str]:
    """Names of dimensions, of Zarr 3 or as xarray puts them, where they are t, z, y, x."""
    named: Any = getattr(array.metadata, "dimension_names", None)
    named = named or array.attrs.get("_ARRAY_DIMENSIONS")
    if named and all(named):
        order = ":".join(str(name).lower() for name in named)
        return Fact(order, f"{path.name}:{array.path}@dimension names")
    return assumed_axes(array.ndim, path.name)


def _stamp(path: Path) -> str:
    return stamp([file for file in path.rglob("*") if file.is_file()])
