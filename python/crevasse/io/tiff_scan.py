"""Scans in TIFF: one file, or a folder of slices, and what the headers say of the voxel size."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse.io.fact import Fact, Provenance
from crevasse.io.refusal import RefusedError
from crevasse.io.scan import Scan, Selection, Stored, assumed_axes, natural_key, stamp
from crevasse.io.tiff import (
    SUFFIXES,
    OpenTiff,
    dtype_of,
    read_slices,
    read_tiff,
    shape_of,
    tiff_header,
)
from crevasse.io.tiff_facts import voxel_size_beside, voxel_size_of

_SERIES = "TZYX"  # as ImageJ and OME say it


def open_scans(path: Path, dataset: str | None = None) -> tuple[Scan, ...]:
    """The scans in a TIFF, or in a folder with one TIFF a slice; only headers are read.

    Raises
    ------
    FileNotFoundError
        If the folder holds no TIFF.
    ValueError
        If a file is damaged, or `dataset` is given.
    """
    if dataset is not None:
        raise RefusedError(f"dataset must be left out for {path}, got {dataset!r}")
    return (_folder_scan(path),) if path.is_dir() else _file_scans(path)


def tiffs(folder: Path) -> list[Path]:
    """The TIFFs in a folder, sorted as people count."""
    found = (
        p
        for p in folder.iterdir()
        if p.suffix.lower() in SUFFIXES and p.is_file() and not p.name.startswith(".")
    )
    return sorted(found, key=lambda p: natural_key(p.name))


def _file_scans(path: Path) -> tuple[Scan, ...]:
    """The volume in a file, or the frames of one that says that it has times."""
    with OpenTiff(path) as file:
        series = file.series[0]
        if series.axes == _SERIES:
            shape = tuple(int(n) for n in series.shape)
            axes = Fact("t:z:y:x", f"{path.name}:{series.kind} axes")
            read: Any = partial(_read_frame, path)
        else:
            shape = shape_of(file, path)
            axes = assumed_axes(len(shape), path.name)
            if series.axes == "TYX":
                axes = replace(axes, doubt=f"its pages are times to {series.kind}")
            read = partial(_read_whole, path)
        provenance = Provenance("TIFF", axes, voxel_size_of(file, path, min(len(shape), 3)))
        dtype = dtype_of(file)
    return Stored(path.name, shape, dtype, read, provenance, stamp([path])).scans()


def _read_whole(path: Path, _: Selection) -> NDArray[Any]:
    return read_tiff(path)


def _read_frame(path: Path, selection: Selection) -> NDArray[Any]:
    """The pages of one frame alone; Fiji's files past 4 GB have one page that stands for all."""
    with OpenTiff(path) as file:
        series = file.series[0]
        t, n_pages = int(np.asarray(selection[0])), int(series.shape[1])
        if len(file.pages) < series.shape[0] * n_pages:
            image = file.asarray()[t]
        else:
            image = file.asarray(key=slice(t * n_pages, (t + 1) * n_pages))
        frame: NDArray[Any] = image.reshape(series.shape[1:])
    return frame[selection[1:]]


def _folder_scan(folder: Path) -> Scan:
    slices = tiffs(folder)
    if not slices:
        raise FileNotFoundError(f"{folder} holds no TIFF (*.tif, *.tiff)")
    shape, dtype = tiff_header(slices[0])
    if len(shape) != 2:
        raise ValueError(f"{slices[0]} must be a 2-D slice of its folder's volume, got {shape}")
    shape = (len(slices), *shape)
    read = partial(read_slices, slices)
    with OpenTiff(slices[0]) as file:
        size = voxel_size_beside(folder) or voxel_size_of(file, slices[0], 3)
    provenance = Provenance("TIFF", assumed_axes(3, folder.name), size)
    return Scan(folder.name, shape, dtype, read, provenance, stamp(slices))
