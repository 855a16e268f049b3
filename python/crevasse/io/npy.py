"""Scans in NumPy's own files: npy, read through a memory map, and npz."""

from __future__ import annotations

import os
import zipfile
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from crevasse._files import replace_when_written
from crevasse.io.fact import Provenance
from crevasse.io.refusal import RefusedError, naming
from crevasse.io.scan import Scan, Selection, Stored, assumed_axes, stamp


def open_scans(path: Path, dataset: str | None = None) -> tuple[Scan, ...]:
    """The scans in an npy or npz file; only headers are read.

    Parameters
    ----------
    path
        The file.
    dataset
        Name of an array in an npz. None: the only one.

    Raises
    ------
    ValueError
        If the file is damaged or truncated, or an npz has several arrays and none was named.
    """
    with naming(path, "npy"):
        if zipfile.is_zipfile(path):
            name = _member(path, dataset)
            with zipfile.ZipFile(path) as archive, archive.open(name) as member:
                shape, _, dtype = _header(member)
            read = partial(_read_member, path, name)
        else:
            if dataset is not None:
                raise RefusedError(f"dataset must be left out for {path}, got {dataset!r}")
            array = _map(path)
            shape, dtype = array.shape, array.dtype
            read = partial(_read_map, path)
        provenance = Provenance("npy", assumed_axes(len(shape), path.name))
        return Stored(path.name, shape, dtype, read, provenance, stamp([path])).scans()


def write_npy(path: str | os.PathLike[str], image: NDArray[Any]) -> None:
    """Write an array as npy, whole or not at all; it holds no voxel size."""
    with replace_when_written(Path(path)) as unfinished, unfinished.open("wb") as file:
        np.save(file, image, allow_pickle=False)


def _map(path: Path) -> NDArray[Any]:
    with path.open("rb") as file:
        shape, fortran, dtype = _header(file)
        begin = file.tell()
    n_bytes = begin + dtype.itemsize * int(np.prod(shape, dtype=object))
    size = path.stat().st_size
    if size != n_bytes:
        raise RefusedError(
            f"{path} is damaged: it has {size} bytes and must have {n_bytes}; copy it again"
        )
    order: Any = "F" if fortran else "C"
    return np.memmap(path, dtype, "r", offset=begin, shape=shape, order=order)


def _read_map(path: Path, selection: Selection) -> NDArray[Any]:
    with naming(path, "npy"):
        return np.array(_map(path)[selection])


def _read_member(path: Path, name: str, selection: Selection) -> NDArray[Any]:
    with (
        naming(path, "npz"),
        zipfile.ZipFile(path) as archive,
        archive.open(name) as member,
    ):
        image: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
        if member.read(1):  # also has the checksum compared, which is done at the end
            raise RefusedError(f"{path} is damaged: {name} is longer than it says; copy it again")
    return np.asarray(image[selection])


def _member(path: Path, dataset: str | None) -> str:
    with zipfile.ZipFile(path) as archive:
        names = [n.removesuffix(".npy") for n in archive.namelist() if n.endswith(".npy")]
    if dataset is None and len(names) != 1:
        raise RefusedError(
            f"dataset must be given for {path}, which has several: {', '.join(names)}"
            if names
            else f"{path} holds no array"
        )
    if dataset is not None and dataset not in names:
        raise RefusedError(
            f"dataset must be one of {path}, got {dataset!r}; it has {', '.join(names)}"
        )
    return f"{dataset or names[0]}.npy"


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether in Fortran's order, and dtype."""
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        header = np.lib.format.read_array_header_1_0(file)
    elif version == (2, 0):
        header = np.lib.format.read_array_header_2_0(file)
    else:
        raise ValueError(f"version {version} of the format is not known")
    shape, fortran, dtype = header
    if dtype.hasobject or any(n < 0 for n in shape):
        raise ValueError(f"shape {shape} and dtype {dtype} are no image")
    return shape, fortran, dtype
