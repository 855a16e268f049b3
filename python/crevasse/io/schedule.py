"""Times of frames: from a CSV file, perhaps with the voxel size, or from when scans ended."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from itertools import pairwise
from pathlib import Path

from crevasse.io.fact import Fact

HOURS_PER = {"time_h": 1.0, "time_min": 1.0 / 60.0, "time_s": 1.0 / 3600.0}
NUMBERED = "not given: frame numbers"
Row = dict[str, str]
_AXIS_COLUMNS = ("spacing_z", "spacing_y", "spacing_x")


@dataclass(frozen=True)
class Schedule:
    """Time of every frame, the unit, where they came from, and the voxel size if it was there.

    `unused` are the files of rows that belong to no frame.
    """

    times: list[float]
    unit: str
    source: str
    spacing: float | tuple[float, ...] | None = None
    unused: tuple[str, ...] = ()

    @property
    def in_words(self) -> str:
        """Where the times came from, and which rows were of no use."""
        if not self.unused:
            return self.source
        more = f" and {len(self.unused) - 1} more" if self.unused[1:] else ""
        return f"{self.source}, which has {self.unused[0]}{more}, too: no such scan is there"


def read_schedule(path: Path, names: Sequence[str], time_unit: str) -> Schedule:
    """Read a CSV with a header; `names` are the frames that it must cover.

    Parameters
    ----------
    path
        Columns: ``time`` in `time_unit`, or ``time_h``, ``time_min``, ``time_s``, which become
        hours; optionally ``file``, matched with or without its ending, else rows are taken in
        order; optionally ``spacing`` or ``spacing_z, spacing_y, spacing_x``, the same in all rows.
        Others are left alone.
    names
        File or folder name of every frame.
    time_unit
        Of a plain ``time`` column.

    Raises
    ------
    FileNotFoundError, ValueError
        With the file's name and what is wrong with it.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    rows = schedule_rows(path.read_bytes(), path)
    if not rows:
        raise ValueError(f"{path} must hold a header and a row for each frame")
    return schedule_of(rows, path, names, time_unit)


def schedule_rows(content: bytes, path: Path) -> list[Row]:
    """The rows of a CSV's content, `path` being its file; `ValueError` if it is none."""
    try:
        file = StringIO(content.decode("utf-8-sig"), newline="")
        return [{k.strip(): v for k, v in row.items() if k} for row in csv.DictReader(file)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path} is not a CSV text file ({error})") from error


def schedule_of(rows: list[Row], path: Path, names: Sequence[str], time_unit: str) -> Schedule:
    """`read_schedule` of rows, at least one, that have been read from `path`."""
    unused: tuple[str, ...] = ()
    if "file" in rows[0]:
        every, rows = rows, _in_order_of(names, rows, path)
        unused = tuple(str(row["file"]) for row in every if row not in rows and row["file"])
    column = next((c for c in ("time", *HOURS_PER) if c in rows[0]), None)
    if column is None:
        raise ValueError(
            f"{path} must have a column time, time_h, time_min or time_s, got {list(rows[0])}"
        )
    factor = HOURS_PER.get(column, 1.0)
    times = [_number(row, column, path) * factor for row in rows]
    return Schedule(
        times, "h" if column in HOURS_PER else time_unit, str(path), _spacing(rows, path), unused
    )


def by_end(
    ends: Sequence[Fact[datetime] | None], *, keep_order: bool
) -> tuple[list[int], Schedule]:
    """Hours from the end of the first scan to that of each, and the order that they are in.

    Frame numbers, and the order as it is, where a scan does not say when it ended, some say it with
    a time zone and some without, two ended at once, or the order is kept and is another one.
    """
    known = [end.value for end in ends if end is not None and not end.doubt]
    as_is = list(range(len(ends)))
    if len(known) < len(ends):
        return as_is, _numbered(ends, "")
    if len({moment.tzinfo is None for moment in known}) > 1:
        return as_is, _numbered(ends, "some scans' end times have a time zone and some have none")
    order = as_is if keep_order else sorted(as_is, key=lambda i: known[i])
    first = ends[order[0]]
    assert first is not None
    hours = [hours_after(first, ends[i]) for i in order]
    if any(b <= a for a, b in pairwise(hours)):
        return as_is, _numbered(ends, "the scans' end times do not rise from one to the next")
    return order, Schedule(hours, "h", ends_in_words(first))


def hours_after(first: Fact[datetime], end: Fact[datetime] | None) -> float:
    """From the end of the first scan to that of another one.

    Raises
    ------
    ValueError
        If the other does not say when it ended, or only one of them says it with a time zone.
    """
    if end is None or end.doubt:
        raise ValueError(f"it does not say when it ended, as {first.source} does")
    if (end.value.tzinfo is None) != (first.value.tzinfo is None):
        raise ValueError(f"of {end.source} and {first.source} one has a time zone, the other none")
    return (end.value - first.value).total_seconds() / 3600


def ends_in_words(first: Fact[datetime]) -> str:
    """Where times come from that are hours since the first scan ended."""
    return f"end of each scan, as in {first.source}"


def _numbered(ends: Sequence[object], why: str) -> Schedule:
    source = f"{NUMBERED}{f' ({why})' if why else ''}"
    return Schedule([float(i) for i in range(len(ends))], "frame", source)


def _in_order_of(names: Sequence[str], rows: list[Row], path: Path) -> list[Row]:
    by_name = {Path(row["file"] or "").name: row for row in rows}
    by_stem = {Path(name).stem: row for name, row in by_name.items()}
    ordered = []
    for name in names:
        row = by_name.get(name) or by_stem.get(Path(name).stem)
        if row is None:
            raise ValueError(f"{path} has no row for {name} in its column file")
        ordered.append(row)
    return ordered


def _spacing(rows: list[Row], path: Path) -> float | tuple[float, ...] | None:
    if "spacing" in rows[0]:
        return _constant(rows, "spacing", path)
    columns = [c for c in _AXIS_COLUMNS if c in rows[0]]
    return tuple(_constant(rows, c, path) for c in columns) if columns else None


def _constant(rows: list[Row], column: str, path: Path) -> float:
    values = {_number(row, column, path) for row in rows}
    if len(values) > 1:
        raise ValueError(f"{path} must have one {column} in all rows, got {sorted(values)}")
    return values.pop()


def _number(row: Row, column: str, path: Path) -> float:
    try:
        return float(row[column])
    except (TypeError, ValueError):
        raise ValueError(f"{path} must hold numbers in {column}, got {row.get(column)!r}") from None
