"""Scans in TIFF: one file, or a folder of slices, and what the headers say of the voxel size."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from crevasse.io.fact import Provenance
from crevasse.io.refusal import RefusedError
from crevasse.io.scan import Scan, assumed_axes, natural_key, stamp
from crevasse.io.tiff import SUFFIXES, OpenTiff, read_slices, read_tiff, tiff_header
from crevasse.io.tiff_facts import voxel_size_of


def open_scans(path: Path, dataset: str | None = None) -> tuple[Scan, ...]:
    """The scan in a TIFF, or in a folder with one TIFF a slice; only headers are read.

    Raises
    ------
    FileNotFoundError
        If the folder holds no TIFF.
    ValueError
        If a file is damaged, or `dataset` is given.
    """
    if dataset is not None:
        raise RefusedError(f"dataset must be left out for {path}, got {dataset!r}")
    return (_folder_scan(path) if path.is_dir() else _file_scan(path),)


def tiffs(folder: Path) -> list[Path]:
    """The TIFFs in a folder, sorted as people count."""
    found = (
        p
        for p in folder.iterdir()
        if p.suffix.lower() in SUFFIXES and p.is_file() and not p.name.startswith(".")
    )
    return sorted(found, key=lambda p: natural_key(p.name))


def _file_scan(path: Path) -> Scan:
    shape, dtype = tiff_header(path)
    return Scan(
        path.name, shape, dtype, partial(read_tiff, path), _provenance(path, shape), stamp([path])
    )


def _folder_scan(folder: Path) -> Scan:
    slices = tiffs(folder)
    if not slices:
        raise FileNotFoundError(f"{folder} holds no TIFF (*.tif, *.tiff)")
    shape, dtype = tiff_header(slices[0])
    if len(shape) != 2:
        raise ValueError(f"{slices[0]} must be a 2-D slice of its folder's volume, got {shape}")
    shape = (len(slices), *shape)
    read = partial(read_slices, slices)
    return Scan(folder.name, shape, dtype, read, _provenance(slices[0], shape), stamp(slices))


def _provenance(path: Path, shape: tuple[int, ...]) -> Provenance:
    with OpenTiff(path) as file:
        size = voxel_size_of(file, path, len(shape))
    return Provenance("TIFF", assumed_axes(len(shape), path.name), size)
