"""What lies in a folder that fills, and what of it has stopped growing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from crevasse.io import list_scans
from crevasse.io.tiff import SUFFIXES

Clock = Callable[[], float]


@dataclass(frozen=True)
class Sighting:
    """One scan as it lies there now.

    Attributes
    ----------
    path
        File or folder of slices.
    stamp
        Number of files, their size in bytes and latest change; any other file of its folder counts
        too, so that a slice that is still being written does.
    settled
        Whether the stamp has been the same for the settling time.
    n_slices
        Of a folder; 0 for a file.
    n_bytes
        Of all files.
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

    def look(self) -> list[Sighting]:
        """The scans that lie there now, sorted as people count.

        Raises
        ------
        OSError
            If the folder cannot be read.
        ValueError
            If it holds both files and folders of slices.
        """
        try:
            paths = list_scans(self._source)
        except FileNotFoundError:  # empty, or not there yet
            paths = []
        now = self._clock()
        sightings = []
        for path in paths:
            seen = self._look_at(path, now)
            if seen is not None:
                sightings.append(seen)
        present = {seen.name for seen in sightings}
        self._since = {name: since for name, since in self._since.items() if name in present}
        return sightings

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
    """Stamp, number of slices and bytes."""
    if not path.is_dir():
        found = path.stat()
        return f"1 {found.st_size} {found.st_mtime_ns}", 0, found.st_size
    n_slices, n_bytes, latest, n_files = 0, 0, 0, 0
    with os.scandir(path) as entries:
        for entry in entries:
            if not entry.is_file():
                continue
            found = entry.stat()
            n_files += 1
            n_bytes += found.st_size
            latest = max(latest, found.st_mtime_ns)
            visible = not entry.name.startswith(".")
            n_slices += visible and Path(entry.name).suffix.lower() in SUFFIXES
    return f"{n_files} {n_bytes} {latest}", n_slices, n_bytes
