"""Where in its charging a cell was when a frame was scanned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum


class Direction(StrEnum):
    """Which way lithium moves, as seen from the working electrode."""

    PLATING = "plating"
    STRIPPING = "stripping"
    REST = "rest"
    UNKNOWN = ""


@dataclass(frozen=True)
class CycleState:
    """The state of the cell at one frame; pass it to `Tracker.update`.

    An event lies between two frames and takes the state of the later one.

    Attributes
    ----------
    half_cycle
        Number of the half-cycle, from 0; -1: unknown.
    direction
        "plating", "stripping" or "rest"; "": unknown.
    capacity
        Charge passed, in whatever unit the series uses (mAh/cm² as a rule); nan: unknown.
    voltage
        In volt; nan: unknown.

    Examples
    --------
    >>> CycleState(half_cycle=1, direction="stripping", capacity=1.6).direction
    <Direction.STRIPPING: 'stripping'>
    """

    half_cycle: int = -1
    direction: Direction | str = Direction.UNKNOWN
    capacity: float = math.nan
    voltage: float = math.nan

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "direction", Direction(self.direction))
        except ValueError:
            known = ", ".join(repr(d.value) for d in Direction)
            raise ValueError(f"direction must be one of {known}, got {self.direction!r}") from None
        if self.half_cycle < -1:
            raise ValueError(f"half_cycle must be at least 0, or -1, got {self.half_cycle}")
