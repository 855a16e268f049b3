"""Tables with the column names of the Battery Data Format."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crevasse.operando.electrochemistry.cycler import Floats
from crevasse.operando.electrochemistry.recording import Recording

# Machine-readable name and label of each quantity in the Battery Data Format.
_UNIX = ("unix_time_second", "Unix Time / s")
_TEST = ("test_time_second", "Test Time / s")
_VOLTAGE = ("voltage_volt", "Voltage / V")
_CURRENT = ("current_ampere", "Current / A")
COLUMNS = (_UNIX[0], _VOLTAGE[0], _CURRENT[0])


def read_csv(path: Path) -> Recording:
    """Read a ``.csv`` file; see `read_cycler`."""
    import pandas as pd

    try:
        names = list(pd.read_csv(path, nrows=0, encoding="utf-8-sig").columns)
        wanted = _columns(path, names)
        frame = pd.read_csv(path, usecols=wanted.names, encoding="utf-8-sig", low_memory=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} is not a CSV text file ({reason})") from error
    return recording_of(path, names, lambda name: frame[name].to_numpy())


def read_parquet(path: Path) -> Recording:
    """Read a ``.parquet`` file; see `read_cycler`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        wanted = _columns(path, pq.read_schema(path).names)
        table = pq.read_table(path, columns=wanted.names)
    except pa.ArrowInvalid as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} is not a Parquet file ({reason})") from error
    return recording_of(path, table.column_names, lambda name: table[name].to_numpy())


def read_excel(path: Path) -> Recording:
    """Read the first sheet of an ``.xlsx`` file; see `read_cycler`."""
    import pandas as pd

    try:
        table = pd.read_excel(path, engine="openpyxl")
    except ImportError:
        raise ValueError(
            f"{path} is an Excel file, which openpyxl reads, which is not installed; run: "
            "pip install openpyxl, or save it as CSV"
        ) from None
    except Exception as error:  # zip, XML and openpyxl each have their own
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} is not an Excel file ({reason})") from error
    return recording_of(path, list(table.columns), lambda name: table[name].to_numpy())


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
            f"{_mend(names)}"
        )
    return _Columns(time, voltage, current, absolute=unix is not None)


def _mend(names: Sequence[str]) -> str:
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        return "separate columns by commas, with decimal points"
    small = [name for name in names if re.search(r"\b(mA|µA|uA|mV)\b|milli|micro", name)]
    if small:
        return f"convert {', '.join(small)} to A and V, and rename the columns"
    return "rename them"


def recording_of(path: Path, names: Sequence[str], column: Callable[[str], Any]) -> Recording:
    """What is recorded in a table of these columns."""
    wanted = _columns(path, names)
    time, voltage, current = (_numbers(path, name, column(name)) for name in wanted.names)
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
