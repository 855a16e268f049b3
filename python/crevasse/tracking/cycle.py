"""Where in its charging a cell was when a frame was scanned."""

from __future__ import annotations

import math
from dataclasses import dataclass

from crevasse._table import Name
from crevasse._validate import is_whole

_MOST = 2**31 - 1


class Direction(Name):
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
        Number of the half-cycle, from 0; -1 or None: unknown.
    direction
        "plating", "stripping" or "rest"; "" or None: unknown.
    capacity
        Charge passed, in mAh/cm²; nan or None: unknown.
    voltage
        In volt; nan or None: unknown.

    Examples
    --------
    >>> CycleState(half_cycle=1, direction="stripping", capacity=1.6).direction
    <Direction.STRIPPING: 'stripping'>
    """

    half_cycle: int | None = -1
    direction: Direction | str | None = Direction.UNKNOWN
    capacity: float | None = math.nan
    voltage: float | None = math.nan

    def __post_init__(self) -> None:
        object.__setattr__(self, "half_cycle", _half_cycle(self.half_cycle))
        object.__setattr__(self, "direction", _direction(self.direction))
        for name in ("capacity", "voltage"):
            object.__setattr__(self, name, _number(getattr(self, name), name))


def _half_cycle(value: int | None) -> int:
    if value is None:
        return -1
    if not is_whole(value) or not -1 <= value <= _MOST:
        raise ValueError(
            f"half_cycle must be a whole number from 0 to {_MOST}, or -1, got {value!r}"
        )
    return int(value)


def _direction(value: Direction | str | None) -> Direction:
    return Direction.checked("" if value is None else value, "direction")


def _number(value: float | None, name: str) -> float:
    try:
        number = math.nan if value is None else float(value)
    except (TypeError, ValueError, OverflowError):
        raise TypeError(f"{name} must be a number or None, got {value!r}") from None
    if math.isinf(number):
        raise ValueError(f"{name} must be finite, or nan where it is unknown, got {value!r}")
    return number
