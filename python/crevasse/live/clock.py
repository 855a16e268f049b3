"""When scans were taken, of which not all are there yet."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from crevasse.io import Fact, Scan
from crevasse.io.schedule import (
    NUMBERED,
    Schedule,
    ends_in_words,
    hours_after,
    schedule_of,
    schedule_rows,
)
from crevasse.live.arrivals import Clock
from crevasse.operando.experiment import Scans

End = Fact[datetime] | None


class ScanClock:
    """Times of scans: at intervals, or from a CSV that may grow, or from when they ended.

    That is hours since the first scan ended, as `crevasse.io.open_series` has it, where the first
    one says when it did; else scans are numbered. What it says is handed in as `first`, for nothing
    is kept here; None: it does not say.

    Parameters
    ----------
    scans
        Of the experiment.
    settle
        How long, in s, the CSV must have been the same before a last line without an end counts.
    clock
        Gives seconds that only rise.
    """

    def __init__(self, scans: Scans, *, settle: float, clock: Clock = time.monotonic) -> None:
        self._scans, self._settle, self._clock = scans, settle, clock
        self._path = None if scans.times is None else Path(scans.times)
        self._content, self._since = b"", 0.0

    def unit(self, first: End) -> str:
        """Of times."""
        given = self._path is not None or self._scans.interval is not None
        return "h" if given or first is not None else "frame"

    def source(self, first: End) -> str:
        """Where times come from, in words."""
        if self._path is not None:
            return str(self._path)
        if self._scans.interval is not None:
            start = self._scans.start or 0.0
            return f"given: every {self._scans.interval:g} h from {start:g} h"
        return NUMBERED if first is None else ends_in_words(first)

    def time(self, scan: Scan, position: int, first: End) -> float:
        """Of a scan, the one at `position` from 0.

        Raises
        ------
        ValueError
            If it is not known yet, the CSV is none, or it holds no number there.
        """
        if self._path is not None:
            found = self._listed(self._path, scan.name, position)
            if found is None:
                raise ValueError(f"its time is not in {self._path} yet")
            return found
        if self._scans.interval is not None:
            return (self._scans.start or 0.0) + position * self._scans.interval
        return float(position) if first is None else hours_after(first, scan.provenance.end)

    def _listed(self, path: Path, name: str, position: int) -> float | None:
        found = self._schedule(path, name)
        if found is None:
            return None
        schedule, by_name = found
        if by_name:
            return schedule.times[0]
        return schedule.times[position] if position < len(schedule.times) else None

    def spacing(self, name: str) -> float | tuple[float, ...] | None:
        """The voxel size, if the CSV has it for that scan."""
        found = None if self._path is None else self._schedule(self._path, name)
        return None if found is None else found[0].spacing

    def _schedule(self, path: Path, name: str) -> tuple[Schedule, bool] | None:
        """Times of this scan alone if the CSV names files, else of all; None without a row."""
        rows = schedule_rows(self._whole_lines(path), path)
        by_name = bool(rows) and "file" in rows[0]
        if by_name:
            rows = [row for row in rows if Path(row["file"] or "").stem == Path(name).stem]
        return (schedule_of(rows, path, [name], "h"), by_name) if rows else None

    def _whole_lines(self, path: Path) -> bytes:
        """Of the file as it is now; a last line without an end may be half a line."""
        content, now = path.read_bytes() if path.is_file() else b"", self._clock()
        if content != self._content:
            self._content, self._since = content, now
        if content.endswith(b"\n") or now - self._since >= self._settle:
            return content
        return content[: content.rfind(b"\n") + 1]
