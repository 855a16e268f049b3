"""Binary formats of cyclers, through readers that the user installs.

Their makers do not document them. fastnda (BSD-3-Clause) reads Neware's; galvani (GPL) reads
BioLogic's, and for its licence no extra of ours can name it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from crevasse.operando.electrochemistry.battery_data import recording_of
from crevasse.operando.electrochemistry.cycler import Clock, Floats
from crevasse.operando.electrochemistry.ec_lab import TIME, choose, unix_time, zone_of
from crevasse.operando.electrochemistry.recording import Recording


def read_neware(path: Path) -> Recording:
    """Read an ``.nda`` or ``.ndax`` file by fastnda; see `read_cycler`."""
    table = _read(path, "fastnda", lambda fastnda: fastnda.read(path, columns="bdf"))
    return recording_of(path, table.columns, lambda name: table[name].to_numpy())


def read_biologic(path: Path, timezone: str | None) -> Recording:
    """Read an ``.mpr`` file by galvani; see `read_cycler`."""
    file = _read(path, "galvani.BioLogic", lambda biologic: _open(path, biologic))
    chosen = choose(path, file.data.dtype.names, rests=False)

    def column(name: str) -> Floats:
        return np.asarray(file.data[name], dtype=np.float64)

    started = getattr(file, "timestamp", None)  # in files with a log, local time
    time, words = column(TIME), ""
    clock: Clock = "test"
    if started is not None:
        words = f", started {started:%m/%d/%Y %H:%M:%S}"
        if timezone is not None:
            time, clock = time + unix_time(path, started, zone_of(timezone)), "unix"
    return chosen.recording(path, time, clock, words, timezone, column)


def _open(path: Path, biologic: Any) -> Any:
    with path.open("rb") as file:
        return biologic.MPRfile(file)


def _read(path: Path, module: str, read: Any) -> Any:
    package = module.partition(".")[0]
    try:
        reader = import_module(module)
    except ModuleNotFoundError:
        raise ValueError(
            f"{path} is in a binary format that {package} reads, which is not installed; run: "
            f"pip install {package}, or export it as text"
        ) from None
    try:
        return read(reader)
    except Exception as error:  # each reader has its own
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"{path} cannot be read by {package} ({reason}); export it as text"
        ) from error
