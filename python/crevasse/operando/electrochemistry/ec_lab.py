"""EC-Lab and BT-Lab text files (.mpt).

A first line that names the program, ``Nb header lines : N``, settings, the columns' names in line
N, and rows, all separated by tabs, in Latin-1, with the decimal mark of the computer that wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from datetime import timezone as fixed_offset
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from crevasse.operando.electrochemistry.cycler import Clock, Floats
from crevasse.operando.electrochemistry.recording import Recording

_PROGRAMS = ("EC-Lab ASCII FILE", "BT-Lab ASCII FILE")
_COUNT = re.compile(r"Nb header lines\s*:\s*(\d+)\s*")
_START = re.compile(r"Acquisition started on\s*:\s*(.+)")
_DATE = re.compile(
    r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})\s+(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d{1,6}))?"
)
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})")
TIME = "time/s"
# The mean current first: charge from it is exact whatever happened between the samples.
_CURRENTS = {"<I>/mA": 1e-3, "<I>/A": 1.0, "I/mA": 1e-3, "I/A": 1.0, "I/µA": 1e-6}
_VOLTAGES = {
    "Ecell/V": 1.0,
    "<Ecell>/V": 1.0,
    "Ewe-Ece/V": 1.0,
    "<Ewe-Ece>/V": 1.0,
    "Ewe/V": 1.0,
    "<Ewe>/V": 1.0,
    "Ewe/mV": 1e-3,
}
# How files say that no current flowed: the technique's name in the header, or the mode of all rows.
_REST, _REST_MODE = "Open Circuit Voltage", "3"


def read_ec_lab(path: Path, timezone: str | None) -> Recording:
    """Read an ``.mpt`` file; see `read_cycler`.

    Raises
    ------
    ValueError
        With the file's name, what is wrong and the mend.
    """
    # Not splitlines, which also ends lines at other characters of a comment.
    lines = path.read_text(encoding="latin-1").removesuffix("\n").split("\n")
    header, names, rows = _split(path, lines)
    rests = any(line.strip() == _REST for line in header) or _all_rest(names, rows)
    chosen = choose(path, names, rests)
    cells = _cells(path, rows, names)
    zone = None if timezone is None else zone_of(timezone)
    time, clock, started = _times(path, header, cells, names, zone)
    return chosen.recording(
        path, time, clock, started, timezone, lambda name: _numbers(path, cells, names, name)
    )


@dataclass(frozen=True)
class Chosen:
    """Which of a file's columns are read; no current where none flowed."""

    voltage: str
    current: str | None

    def recording(
        self,
        path: Path,
        time: Floats,
        clock: Clock,
        started: str,
        timezone: str | None,
        column: Callable[[str], Floats],
    ) -> Recording:
        """With these columns; `started` and `timezone` are words on where the time comes from."""
        used = ", ".join((TIME, self.voltage, self.current or "no current"))
        current = (
            np.zeros(len(time))
            if self.current is None
            else column(self.current) * _CURRENTS[self.current]
        )
        return Recording(
            time=time,
            voltage=column(self.voltage) * _VOLTAGES[self.voltage],
            current=current,
            clock=clock,
            sampling="means" if self.current and self.current.startswith("<") else "points",
            source=f"{path.name} ({used}{started}{f', {timezone}' if timezone else ''})",
        )


def choose(path: Path, names: Sequence[str], rests: bool) -> Chosen:
    """The columns to read; a file that is all rest may lack the current."""
    current = next((c for c in _CURRENTS if c in names), None)
    voltage = next((c for c in _VOLTAGES if c in names), None)
    if TIME not in names or voltage is None or (current is None and not rests):
        raise ValueError(
            f"{path} must have the columns {TIME}, one of {', '.join(_VOLTAGES)} and one of "
            f"{', '.join(_CURRENTS)}, got {', '.join(names)}; export it with these"
        )
    return Chosen(voltage, current)


def _split(path: Path, lines: Sequence[str]) -> tuple[Sequence[str], list[str], Sequence[str]]:
    count = _COUNT.fullmatch(lines[1]) if len(lines) > 1 else None
    if count is None or lines[0].strip() not in _PROGRAMS:
        raise ValueError(
            f"{path} must begin with '{_PROGRAMS[0]}' and 'Nb header lines : …'; export it as text "
            "with header"
        )
    n = int(count[1])
    if n < 3 or len(lines) < n:
        raise ValueError(
            f"{path} must have the {n} header lines that it states, at least 3, got {len(lines)}"
        )
    # EC-Lab ends the line of names with a tab.
    names = [name.strip() for name in lines[n - 1].rstrip("\t").split("\t")]
    return lines[: n - 1], names, [line for line in lines[n:] if line.strip()]


def _cells(path: Path, rows: Sequence[str], names: Sequence[str]) -> list[list[str]]:
    cells = [row.split("\t") for row in rows]
    # A run that goes on may end in half a row.
    if cells and len(cells[-1]) < len(names):
        cells.pop()
    if not cells:
        raise ValueError(f"{path} must hold rows below its header, got none")
    short = next((i for i, row in enumerate(cells) if len(row) < len(names)), None)
    if short is not None:
        raise ValueError(
            f"{path} must have {len(names)} cells in each row, got {len(cells[short])} in row "
            f"{short + 1}"
        )
    return cells


def _all_rest(names: Sequence[str], rows: Sequence[str]) -> bool:
    mode = names.index("mode") if "mode" in names else -1
    return mode >= 0 and all(row.split("\t")[mode : mode + 1] == [_REST_MODE] for row in rows)


def _numbers(path: Path, cells: Sequence[Sequence[str]], names: Sequence[str], name: str) -> Floats:
    i = names.index(name)
    # XXX is what EC-Lab writes where a value is not known.
    column = [row[i].strip().replace(",", ".").replace("XXX", "nan") for row in cells]
    try:
        return np.array(column, dtype=np.float64)
    except ValueError as error:
        raise ValueError(f"{path} must hold numbers in {name} ({error})") from error


def _times(
    path: Path,
    header: Sequence[str],
    cells: Sequence[Sequence[str]],
    names: Sequence[str],
    zone: tzinfo | None,
) -> tuple[Floats, Clock, str]:
    """Times, what they count from, and a word on it."""
    i = names.index(TIME)
    start = next((m[1].strip() for line in header if (m := _START.search(line))), None)
    dated = _DATE.match(cells[0][i].strip()) is not None
    started = f", started {start}" if start else ""
    if not dated:
        seconds = _numbers(path, cells, names, TIME)
        if zone is None or start is None:
            return seconds, "test", started
        return seconds + _unix(path, start, zone), "unix", started
    if zone is None:
        # Without it, a change of clocks in the night would be an hour of current.
        raise ValueError(
            f"{path} has dates without a time zone in {TIME}; pass timezone, e.g. 'Europe/Berlin'"
        )
    return np.array([_unix(path, row[i].strip(), zone) for row in cells]), "unix", started


def _unix(path: Path, text: str, zone: tzinfo) -> float:
    """Unix time of a local date, month first, as EC-Lab writes them."""
    match = _DATE.match(text)
    if match is None:
        raise ValueError(f"{path} must hold dates as MM/DD/YYYY hh:mm:ss, got {text!r}")
    month, day, year, hour, minute, second = (int(match[i]) for i in range(1, 7))
    micro = int((match[7] or "0").ljust(6, "0"))
    try:
        local = datetime(year, month, day, hour, minute, second, micro)
    except ValueError as error:
        raise ValueError(f"{path} must hold dates as MM/DD/YYYY, got {text!r} ({error})") from error
    return unix_time(path, local, zone)


def unix_time(path: Path, local: datetime, zone: tzinfo) -> float:
    """Unix time of a local date, which has no zone of its own."""
    local = local.replace(tzinfo=zone)
    if local.replace(fold=1).utcoffset() != local.utcoffset():
        raise ValueError(
            f"{path}: '{local:%m/%d/%Y %H:%M:%S}' falls into a change of clocks in {zone}; pass "
            "timezone as an offset, e.g. '+02:00'"
        )
    return local.timestamp()


def zone_of(name: str) -> tzinfo:
    """A time zone by name or offset."""
    match = _OFFSET.fullmatch(name)
    if match is not None:
        size = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return fixed_offset(size if match[1] == "+" else -size)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"timezone must be a name such as 'Europe/Berlin' or an offset such as '+02:00', got "
            f"{name!r}"
        ) from None
