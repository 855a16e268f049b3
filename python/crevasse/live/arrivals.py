"""What lies in a folder that fills, and what of it has stopped growing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from crevasse.io import list_scans
from crevasse.io.formats import TIFF, ZARR_HEADERS, SeveralFormatsError
from crevasse.io.scan import natural_key

Clock = Callable[[], float]


@dataclass(frozen=True)
class Sighting:
    """One scan as it lies there now.

    Attributes
    ----------
    path
        File, folder of slices or Zarr store.
    stamp
        Number of files, their size in bytes and latest change; every file in its folder counts,
        however deep, so that a slice or chunk that is still being written does.
    settled
        Whether the stamp has been the same for the settling time.
    n_slices
        Of a folder of slices; 0 for others, whose files say it.
    n_bytes
        Of all files but the headers of Zarr, which are written before any voxel.
    """

    path: Path
    stamp: str
    settled: bool
    n_slices: int
    n_bytes: int

    @property
    def name(self) -> str:
        """Of the file or folder."""
        return self.path.name


class Arrivals:
    """Look at a folder again and again; nothing is needed of the file system but names and sizes.

    Parameters
    ----------
    source
        Folder or pattern, as for `crevasse.io.list_scans`; may be empty or not there yet.
    settle
        How long, in s, a scan must have been the same before it counts as settled.
    clock
        Gives seconds that only rise.

    Attributes
    ----------
    aside
        What lies there beside the scans, and is none of them; empty if nothing does.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> now = [0.0]
    >>> with TemporaryDirectory() as folder:
    ...     arrivals = Arrivals(folder, settle=10, clock=lambda: now[0])
    ...     file = Path(folder) / "scan_1.tif"
    ...     for now[0], content in ((0.0, b"II"), (5.0, b"II*"), (14.0, b"II*"), (15.0, b"II*")):
    ...         _ = file.write_bytes(content)
    ...         os.utime(file, (1, 1))
    ...         print(arrivals.look()[0].settled)
    False
    False
    False
    True
    """

    def __init__(
        self, source: str | os.PathLike[str], *, settle: float, clock: Clock = time.monotonic
    ) -> None:
        self._source, self._settle, self._clock = source, settle, clock
        self._since: dict[str, tuple[str, float]] = {}
        self._last: dict[str, Sighting] = {}
        self._n_looks = 0
        self.aside = ""

    def look(self, decided: Collection[str] = ()) -> list[Sighting]:
        """The scans that lie there now, sorted as people count.

        Of folders in `decided` only one is looked into, in turn: old slices and chunks are many,
        and change seldom. Where scans of several formats lie there, those are meant that are of the
        format of scans in `decided`.

        Raises
        ------
        OSError
            If the folder cannot be read.
        ValueError
            If it holds scans of several formats, of which none is known to be meant, or two scans
            have one name.
        """
        paths = self._listed(decided)
        self._refuse_twice([path.name for path in paths])
        now = self._clock()
        old = [p.name for p in paths if p.name in decided and self._is_quiet_folder(p)]
        resting = set(old) - {old[self._n_looks % len(old)]} if old else set()
        self._n_looks += 1
        sightings = [
            self._last[path.name] if path.name in resting else self._look_at(path, now)
            for path in paths
        ]
        self._last = {seen.name: seen for seen in sightings if seen is not None}
        self._since = {name: self._since[name] for name in self._last}
        return sorted(self._last.values(), key=lambda seen: natural_key(seen.name))

    def _listed(self, decided: Collection[str]) -> list[Path]:
        self.aside = ""
        try:
            return list_scans(self._source)
        except FileNotFoundError:  # nothing has come yet
            return []
        except SeveralFormatsError as error:
            for kind, paths in error.scans.items():
                if any(path.name in decided for path in paths):
                    names = ", ".join(p[0].name for k, p in error.scans.items() if k != kind)
                    self.aside = f"{self._source} also holds {names}, which is not {kind}: left out"
                    return paths
            raise

    def _is_quiet_folder(self, path: Path) -> bool:
        last = self._last.get(path.name)
        return last is not None and last.settled and path.is_dir()

    def _refuse_twice(self, names: list[str]) -> None:
        twice = next((a for a, b in pairwise(sorted(names)) if a == b), None)
        if twice is not None:
            raise ValueError(
                f"{self._source} must hold scans whose names differ, but {twice} is there more "
                "than once; watch the folder of one"
            )

    def _look_at(self, path: Path, now: float) -> Sighting | None:
        try:
            stamp, n_slices, n_bytes = _measure(path)
        except FileNotFoundError:  # gone since it was listed
            return None
        before, since = self._since.get(path.name, ("", now))
        if before != stamp:
            since = now
        self._since[path.name] = stamp, since
        return Sighting(path, stamp, now - since >= self._settle, n_slices, n_bytes)


def stamp_of(path: Path) -> str:
    """As in `Sighting`."""
    return _measure(path)[0]


def _measure(path: Path) -> tuple[str, int, int]:
    """Stamp, number of slices and bytes, as of a `Sighting`."""
    if not path.is_dir():
        found = path.stat()
        return f"1 {found.st_size} {found.st_mtime_ns}", 0, found.st_size
    files = _files_below(path)
    sizes = {name: stat.st_size for name, stat in files}
    latest = max((stat.st_mtime_ns for _, stat in files), default=0)
    stamp = f"{len(files)} {sum(sizes.values())} {latest}"
    n_bytes = sum(size for name, size in sizes.items() if not _is_header(name))
    return stamp, sum(map(_is_slice, sizes)), n_bytes


def _files_below(folder: str | Path, prefix: str = "") -> list[tuple[str, os.stat_result]]:
    """Every file in a folder and in those within it, with what is known of it."""
    files = []
    with os.scandir(folder) as entries:
        for entry in entries:
            name = prefix + entry.name
            # What is renamed meanwhile changes the stamp of the next look.
            with suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    files += _files_below(entry.path, f"{name}/")
                elif entry.is_file():
                    files.append((name, entry.stat()))
    return files


def _is_header(name: str) -> bool:
    return name.rpartition("/")[2] in ZARR_HEADERS


def _is_slice(name: str) -> bool:
    return name.lower().endswith(TIFF.endings) and not name.startswith(".") and "/" not in name
