"""Reading what cyclers write: Battery Data Format tables and EC-Lab text."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crevasse.operando.electrochemistry.cycler import (
    CyclerData,
    Floats,
    Sampling,
    concatenate,
    stated_sign,
)
from crevasse.operando.electrochemistry.ec_lab import read_ec_lab
from crevasse.operando.electrochemistry.recording import Recording
from crevasse.tracking import Direction

# Machine-readable name and label of each quantity in the Battery Data Format.
_UNIX = ("unix_time_second", "Unix Time / s")
_TEST = ("test_time_second", "Test Time / s")
_VOLTAGE = ("voltage_volt", "Voltage / V")
_CURRENT = ("current_ampere", "Current / A")

_BINARY = {
    ".mpr": ("BioLogic", "galvani"),
    ".nda": ("Neware", "fastnda"),
    ".ndax": ("Neware", "fastnda"),
    ".res": ("Arbin", "galvani"),
    ".dta": ("Gamry", "gamry-parser"),
    ".xls": ("Excel", "pandas"),
    ".xlsx": ("Excel", "pandas"),
}

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def read_cycler(
    path: Paths,
    *,
    positive: Direction | str | None = None,
    timezone: str | None = None,
    start: float | None = None,
    sampling: Sampling | None = None,
) -> CyclerData:
    """Read what a cycler recorded.

    Parameters
    ----------
    path
        A file, or several of one cell, which are put in order of time and must not overlap; between
        them no current is taken to have passed. By the ending:

        - ``.csv``, ``.parquet``: columns of the Battery Data Format, by machine-readable name or
          label: ``unix_time_second`` or ``test_time_second`` (or both: the first is taken),
          ``voltage_volt``, ``current_ampere``. Others are left alone.
        - ``.mpt``: EC-Lab's or BT-Lab's text, with decimal points or commas: ``time/s`` (dates, or
          seconds from the start that the header gives), the cell's voltage (``Ewe/V``,
          ``Ecell/V``, …), the current (``<I>/mA``, ``I/mA``, …). A file that is all open circuit
          may lack the current. A last line that is still being written is left out.
    positive
        What a positive current does at the working electrode, "plating" or "stripping": never
        guessed. EC-Lab counts oxidation at the working electrode as positive, which strips lithium;
        the Battery Data Format counts charging.
    timezone
        Of the dates in ``.mpt`` files, which have none: "Europe/Berlin", "UTC", "+02:00". Without
        it, their times are test times.
    start
        Unix time at which test time 0 was, in seconds: places test times on the unix clock.
    sampling
        As in `CyclerData`; None: "means" for ``<I>``, else "points".

    Raises
    ------
    FileNotFoundError
        No such file.
    ValueError
        With the file's name, what is wrong and the mend, in one line; for binary formats with a
        reader that can be installed.

    References
    ----------
    Battery Data Alliance, Battery Data Format.
    """
    sign = stated_sign(positive)
    paths = [path] if isinstance(path, (str, os.PathLike)) else list(path)
    if start is not None and not np.isfinite(start):
        raise ValueError(f"start must be a unix time in seconds, got {start}")
    parts = [_read_one(Path(p), sign, timezone, start, sampling) for p in paths]
    return parts[0] if len(parts) == 1 else concatenate(parts)


def _read_one(
    path: Path,
    positive: Direction,
    timezone: str | None,
    start: float | None,
    sampling: Sampling | None,
) -> CyclerData:
    suffix = path.suffix.lower()
    if suffix in _BINARY:
        raise ValueError(_binary_message(path, *_BINARY[suffix]))
    readers: dict[str, Callable[[Path], Recording]] = {
        ".csv": _read_csv,
        ".parquet": _read_parquet,
        ".mpt": lambda mpt: read_ec_lab(mpt, timezone),
    }
    if suffix not in readers:
        raise ValueError(f"{path} must end in one of {', '.join(readers)}, got {suffix or 'none'}")
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    found = readers[suffix](path)
    time, clock, placed = found.time, found.clock, ""
    if start is not None and clock == "test":
        time, clock, placed = time + start, "unix", f", test time 0 at unix time {start}"
    return CyclerData(
        time=time,
        voltage=found.voltage,
        current=found.current,
        positive=positive,
        clock=clock,
        sampling=sampling or found.sampling,
        source=found.source + placed,
    )


def _read_csv(path: Path) -> Recording:
    import pandas as pd

    try:
        names = list(pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns)
        wanted = _columns(path, names)
        frame = pd.read_csv(path, usecols=wanted.names, encoding="utf-8-sig", low_memory=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} is not a CSV text file ({reason})") from error
    return _recording(path, wanted, {name: frame[name].to_numpy() for name in wanted.names})


def _read_parquet(path: Path) -> Recording:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        wanted = _columns(path, pq.read_schema(path).names)
        table = pq.read_table(path, columns=wanted.names)
    except pa.ArrowInvalid as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} is not a Parquet file ({reason})") from error
    return _recording(path, wanted, {name: table[name].to_numpy() for name in wanted.names})


@dataclass(frozen=True)
class _Columns:
    time: str
    voltage: str
    current: str
    absolute: bool

    @property
    def names(self) -> list[str]:
        return [self.time, self.voltage, self.current]


def _columns(path: Path, names: Sequence[str]) -> _Columns:
    found = [
        next((name for name in kinds if name in names), None)
        for kinds in (_UNIX, _TEST, _VOLTAGE, _CURRENT)
    ]
    unix, test, voltage, current = found
    time = unix or test
    if time is None or voltage is None or current is None:
        wanted = f"{_UNIX[0]} or {_TEST[0]}, {_VOLTAGE[0]}, {_CURRENT[0]}"
        raise ValueError(
            f"{path} must have the Battery Data Format's columns {wanted}, got {', '.join(names)}; "
            "rename them"
        )
    return _Columns(time, voltage, current, absolute=unix is not None)


def _recording(path: Path, wanted: _Columns, columns: dict[str, Any]) -> Recording:
    time, voltage, current = (_numbers(path, name, columns[name]) for name in wanted.names)
    return Recording(
        time=time,
        voltage=voltage,
        current=current,
        clock="unix" if wanted.absolute else "test",
        sampling="points",
        source=f"{path.name} ({', '.join(wanted.names)})",
    )


def _numbers(path: Path, name: str, values: Any) -> Floats:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{path} must hold numbers in {name} ({error})") from error


def _binary_message(path: Path, maker: str, reader: str) -> str:
    return (
        f"{path} is {maker}'s binary format, which is not read here: install {reader} "
        f"(pip install {reader}), read it with that and write CSV with the columns {_UNIX[0]}, "
        f"{_VOLTAGE[0]}, {_CURRENT[0]}, or pass the arrays to CyclerData"
    )
