"""What a cell does: charge against time, and the record that a cycler makes of it."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from crevasse._files import replace_when_written
from crevasse.tracking.cycle import CycleState, Direction

_STEP = 10.0  # seconds between two rows of the record
_RESISTANCE = 30.0  # ohm cm²: the voltage is that of a cell which is nothing else
_SIGN = {Direction.PLATING: 1.0, Direction.STRIPPING: -1.0, Direction.REST: 0.0}


@dataclass(frozen=True)
class Protocol:
    """What a cell of 1 cm² does.

    Attributes
    ----------
    state
        At a time in h: half-cycle, direction, and the charge since that began, in mAh/cm².
    begin, end
        Of the record, in h; a scan at 0 is the first.
    shorted
        From when on the voltage is 0, in h; None: never.
    """

    state: Callable[[float], CycleState]
    begin: float
    end: float
    shorted: float | None = None

    def rows(self) -> Iterator[tuple[float, float, float]]:
        """Seconds since the begin, volts and amperes (plating is positive), every 10 s."""
        n = round((self.end - self.begin) * 3600 / _STEP)
        before = self.state(self.begin)
        for i in range(n + 1):
            seconds = i * _STEP
            time = self.begin + seconds / 3600
            now = self.state(time)
            current = _current(before, now) if i else 0.0
            before = now
            alive = self.shorted is None or time < self.shorted
            yield seconds, -_RESISTANCE * current if alive else 0.0, current


def write_cycler(protocol: Protocol, path: str | os.PathLike[str]) -> None:
    """Write the record as CSV, in the Battery Data Format's names.

    ``test_time_second, voltage_volt, current_ampere``; plating is positive.
    """
    with (
        replace_when_written(Path(path)) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["test_time_second", "voltage_volt", "current_ampere"])
        for row in protocol.rows():
            writer.writerow(np.round(row, 9).tolist())


def _current(before: CycleState, now: CycleState) -> float:
    """In A, from the charge that has passed in one step."""
    began = 0.0 if before.half_cycle != now.half_cycle else before.capacity or 0.0
    charge = (now.capacity or 0.0) - began
    return _SIGN[Direction(now.direction or "rest")] * charge / (_STEP / 3600) / 1000
