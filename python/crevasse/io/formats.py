"""Where scans lie, and who reads them: one module for each format."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from crevasse.io.scan import Scan, natural_key

OpenScans = Callable[[Path, str | None], tuple[Scan, ...]]


@dataclass(frozen=True)
class Format:
    """One kind of file: how it is known, and the module whose `open_scans` reads it.

    Attributes
    ----------
    name
        For messages.
    endings
        Of file names, or of folders' names.
    begins
        First bytes of its files, one of them; what a file begins with goes before its ending.
    module
        In `crevasse.io`; imported when it is needed, for each needs a library of its own.
    """

    name: str
    endings: tuple[str, ...]
    begins: tuple[bytes, ...]
    module: str

    def open_scans(self, path: Path, dataset: str | None) -> tuple[Scan, ...]:
        """The scans in a file or folder of this format."""
        read: OpenScans = import_module(f"crevasse.io.{self.module}").open_scans
        return read(path, dataset)


TIFF = Format("TIFF", (".tif", ".tiff"), (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), "tiff_scan")
ZARR = Format("Zarr", (".zarr",), (), "zarr")
FORMATS = (
    TIFF,
    Format("HDF5", (".h5", ".hdf5", ".hdf", ".nxs", ".nx"), (b"\x89HDF\r\n\x1a\n",), "hdf5"),
    Format("npy", (".npy", ".npz"), (b"\x93NUMPY", b"PK\3\4"), "npy"),
    ZARR,
)
ZARR_HEADERS = ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata")


class SeveralFormatsError(ValueError):
    """A folder holds scans of several formats, which are not frames of one series.

    Attributes
    ----------
    scans
        Those of each format.
    """

    def __init__(self, folder: Path, scans: dict[str, list[Path]]) -> None:
        self.scans = scans
        firsts = [paths[0] for paths in scans.values()]
        names = ", ".join(first.name for first in firsts)
        ending = next((first.suffix for first in firsts if first.suffix), "")
        super().__init__(
            f"{folder} holds {' and '.join(scans)} ({names}); name the scans with a pattern such "
            f"as {folder}/*{ending}"
        )


def open_scans(path: str | os.PathLike[str], dataset: str | None = None) -> tuple[Scan, ...]:
    """Open the scans in a file or folder; only headers are read.

    Parameters
    ----------
    path
        A file, a folder of slices, or a Zarr store.
    dataset
        Which array of it, where there are several.

    Raises
    ------
    FileNotFoundError
        If it does not exist or holds no scan.
    ValueError
        If it is damaged, with its name, or it is not clear which of its arrays is meant.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    return _format_of(path).open_scans(path, dataset)


def open_scan(path: str | os.PathLike[str], dataset: str | None = None) -> Scan:
    """Open one scan; only headers are read.

    Parameters
    ----------
    path, dataset
        As for `crevasse.io.open_series`.

    Raises
    ------
    FileNotFoundError
        If it does not exist or holds no scan.
    ValueError
        If it is damaged, with its name, holds several scans, or has several arrays and it is not
        clear which is meant.
    """
    scans = open_scans(path, dataset)
    if len(scans) != 1:
        raise ValueError(f"{path} must hold one scan, got {len(scans)}; open_series reads them")
    return scans[0]


def list_scans(source: str | os.PathLike[str]) -> list[Path]:
    """Files or folders of a folder or pattern that hold scans, sorted as people count.

    Names are looked at, those in a folder's sub-folders too; no file is opened.

    Raises
    ------
    FileNotFoundError
        If the source does not exist or holds no scan.
    ValueError
        If it is a folder that holds scans of several formats, or both files and folders of slices.
    """
    path = Path(source)
    if path.is_dir():
        with os.scandir(path) as entries:
            there = sorted(entries, key=lambda entry: natural_key(entry.name))
        return [path] if _is_one_scan(path, there) else _scans_of(path, there)
    if path.exists():
        return [path]
    if glob.has_magic(str(source)):
        found = sorted(map(Path, glob.glob(str(source))), key=lambda p: natural_key(str(p)))
        if found:
            return found
        raise FileNotFoundError(f"no file matches {source}")
    raise FileNotFoundError(f"{source} does not exist")


def _is_one_scan(folder: Path, entries: Sequence[os.DirEntry[str]]) -> bool:
    """Whether a folder is a Zarr store, or its slices are named as those of one volume.

    TomoPy and tomocupy name them ``recon_00000.tiff``, nabu ``<folder>_000000.tiff``.
    """
    if any(entry.name in ZARR_HEADERS for entry in entries):
        return True
    named = re.compile(rf"(recon_\d+|{re.escape(folder.name)}_\d{{6}})\.tiff?", re.IGNORECASE)
    slices = [entry.name for entry in entries if _is_visible(entry.name, TIFF)]
    return bool(slices) and all(named.fullmatch(name) for name in slices)


def _scans_of(folder: Path, entries: Sequence[os.DirEntry[str]]) -> list[Path]:
    """The scans in a folder: files or stores of one format, or its sub-folders with TIFFs."""
    by_kind: dict[str, list[Path]] = {}
    for entry in entries:
        kind = "" if entry.name.startswith(".") else _kind(entry)
        if kind:
            by_kind.setdefault(kind, []).append(folder / entry.name)
    if not by_kind:
        endings = ", ".join(f"*{ending}" for f in FORMATS for ending in f.endings)
        raise FileNotFoundError(f"{folder} holds no scan ({endings}, or folders of TIFFs)")
    if len(by_kind) > 1:
        raise SeveralFormatsError(folder, by_kind)
    return next(iter(by_kind.values()))


def _kind(entry: os.DirEntry[str]) -> str:
    """Format of an entry of a folder, for it to be alike with the others; empty: no scan."""
    if not entry.is_dir():
        return next((f.name for f in FORMATS if _is_visible(entry.name, f)), "")
    if _is_zarr(Path(entry.path)):
        return ZARR.name
    return "folders of TIFFs" if _holds_tiff(entry.path) else ""


def _holds_tiff(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:  # no further than to the first: slices are many
            return any(_is_visible(entry.name, TIFF) for entry in entries)
    except FileNotFoundError:  # gone since it was listed
        return False


def _is_visible(name: str, format: Format) -> bool:
    """Whether a file is named as those of a format, and is not hidden."""
    return name.lower().endswith(format.endings) and not name.startswith(".")


def _format_of(path: Path) -> Format:
    if path.is_dir():
        return ZARR if _is_zarr(path) else TIFF
    with path.open("rb") as file:
        head = file.read(8)
    begun = (f for f in FORMATS if any(head.startswith(begin) for begin in f.begins))
    ended = (f for f in FORMATS if path.suffix.lower() in f.endings)
    found = next(begun, None) or next(ended, None)
    if found is None:
        names = ", ".join(f.name for f in FORMATS)
        raise ValueError(f"{path} must be one of {names}, got a file that begins {head!r}")
    return found


def _is_zarr(folder: Path) -> bool:
    """By its name, or by a header of Zarr; what is being written may have none yet."""
    named = folder.suffix.lower() in ZARR.endings
    return named or any((folder / name).is_file() for name in ZARR_HEADERS)
