"""One scan on disk: where scans lie, and what the headers of one say."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse.io.tiff import SUFFIXES, read_slices, read_tiff, tiff_header


@dataclass(frozen=True)
class Scan:
    """One scan as its files tell it, before it has a place and a time in a series.

    Attributes
    ----------
    name
        Of the file or folder.
    shape, dtype
        (z, y, x) or (y, x), and the grey values' type.
    read
        Reads the grey volume; nothing is kept.
    stamp
        Changes when the files do: their number, size and time; empty for arrays.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    read: Callable[[], NDArray[Any]]
    stamp: str = ""


def open_scan(path: str | os.PathLike[str]) -> Scan:
    """Open one scan, a file or a folder of slices; only headers are read.

    Raises
    ------
    FileNotFoundError
        If it does not exist or holds no TIFF.
    ValueError
        If it is damaged, with its name.
    """
    path = Path(path)
    return _folder_scan(path) if path.is_dir() else _file_scan(path)


def list_scans(source: str | os.PathLike[str]) -> list[Path]:
    """Files or folders of a folder or pattern that are one scan each, sorted as people count.

    Raises
    ------
    FileNotFoundError
        If the source does not exist or holds no scan.
    ValueError
        If it is a folder that holds both files and folders of slices.
    """
    path = Path(source)
    if path.is_dir():
        return _folder_entries(path)
    if path.exists():
        return [path]
    if glob.has_magic(str(source)):
        found = sorted(map(Path, glob.glob(str(source))), key=lambda p: natural_key(str(p)))
        if found:
            return found
        raise FileNotFoundError(f"no file matches {source}")
    raise FileNotFoundError(f"{source} does not exist")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Sort key that reads runs of digits as numbers: frame_2 before frame_10.

    Examples
    --------
    >>> sorted(["s10", "s9", "S1"], key=natural_key)
    ['S1', 's9', 's10']
    """
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    key = [(0, int(p), p) if p[0] in "0123456789" else (1, 0, p.casefold()) for p in parts]
    return [*key, (2, 0, name)]


def _folder_entries(folder: Path) -> list[Path]:
    """The frames in a folder: its TIFFs, or its sub-folders with TIFFs."""
    files = _tiffs(folder)
    visible = [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]
    folders = sorted((p for p in visible if _tiffs(p)), key=lambda p: natural_key(p.name))
    if files and folders:
        raise ValueError(
            f"{folder} holds both TIFFs and folders of TIFFs ({files[0].name}, "
            f"{folders[0].name}/); name the frames with a pattern such as {folder}/*.tif"
        )
    if not files and not folders:
        raise FileNotFoundError(f"{folder} holds no TIFF (*.tif, *.tiff)")
    return files or folders


def _tiffs(folder: Path) -> list[Path]:
    found = (
        p
        for p in folder.iterdir()
        if p.suffix.lower() in SUFFIXES and p.is_file() and not p.name.startswith(".")
    )
    return sorted(found, key=lambda p: natural_key(p.name))


def _file_scan(path: Path) -> Scan:
    return Scan(path.name, *tiff_header(path), partial(read_tiff, path), _stamp([path]))


def _folder_scan(folder: Path) -> Scan:
    slices = _tiffs(folder)
    if not slices:
        raise FileNotFoundError(f"{folder} holds no TIFF (*.tif, *.tiff)")
    shape, dtype = tiff_header(slices[0])
    if len(shape) != 2:
        raise ValueError(f"{slices[0]} must be a 2-D slice of its folder's volume, got {shape}")
    read = partial(read_slices, slices)
    return Scan(folder.name, (len(slices), *shape), dtype, read, _stamp(slices))


def _stamp(paths: Sequence[Path]) -> str:
    stats = [path.stat() for path in paths]
    latest = max(stat.st_mtime_ns for stat in stats)
    return f"{len(stats)} {sum(stat.st_size for stat in stats)} {latest}"
