"""Reading what cyclers write, by the file's ending."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from crevasse.operando.electrochemistry.battery_data import (
    COLUMNS,
    read_csv,
    read_excel,
    read_parquet,
)
from crevasse.operando.electrochemistry.binary_files import read_biologic, read_neware
from crevasse.operando.electrochemistry.cycler import (
    CyclerData,
    Sampling,
    concatenate,
    stated_sign,
)
from crevasse.operando.electrochemistry.ec_lab import read_ec_lab
from crevasse.operando.electrochemistry.recording import Recording
from crevasse.tracking import Direction

# Not read here: maker and what reads it.
_OTHERS = {
    ".res": ("Arbin's binary format", "galvani"),
    ".dta": ("Gamry's format", "gamry-parser"),
    ".xls": ("an old Excel file", "xlrd"),
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
        - ``.xlsx``: the same in its first sheet; needs openpyxl.
        - ``.mpt``: EC-Lab's or BT-Lab's text, with decimal points or commas: ``time/s`` (dates, or
          seconds from the start that the header gives), the cell's voltage (``Ewe/V``,
          ``Ecell/V``, …), the current (``<I>/mA``, ``I/mA``, …). A file that is all open circuit
          may lack the current. A last line that is still being written is left out.
        - ``.mpr``: EC-Lab's binary form of it, where galvani is installed.
        - ``.nda``, ``.ndax``: Neware's, where fastnda is installed.
    positive
        What a positive current does at the working electrode, "plating" or "stripping": never
        guessed. EC-Lab counts oxidation at the working electrode as positive, which strips lithium;
        the Battery Data Format counts charging.
    timezone
        Of the dates in ``.mpt`` and ``.mpr`` files, which have none: "Europe/Berlin", "UTC",
        "+02:00". Without it, their times are test times.
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
    if suffix in _OTHERS:
        raise ValueError(_other_message(path, *_OTHERS[suffix]))
    readers: dict[str, Callable[[Path], Recording]] = {
        ".csv": read_csv,
        ".parquet": read_parquet,
        ".xlsx": read_excel,
        ".mpt": lambda mpt: read_ec_lab(mpt, timezone),
        ".mpr": lambda mpr: read_biologic(mpr, timezone),
        ".nda": read_neware,
        ".ndax": read_neware,
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


def _other_message(path: Path, what: str, reader: str) -> str:
    return (
        f"{path} is {what}, which is not read here: install {reader} (pip install {reader}), read "
        f"it with that and write CSV with the columns {', '.join(COLUMNS)}, or pass the arrays to "
        "CyclerData"
    )
