"""Where in its cycling the cell was at each scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse._table import Table
from crevasse.operando.electrochemistry.cycler import CyclerData, Floats
from crevasse.operando.electrochemistry.half_cycles import half_cycles
from crevasse.tracking import CycleState

Outside = Literal["error", "unknown"]
# A test time of three years; unix times since 1973 are above it.
_LONGEST_TEST = 1e8
_NAMED = 8


@dataclass(frozen=True)
class FrameStates:
    """The state of the cell at each frame; from `join_frames`.

    Attributes
    ----------
    states
        One a frame, for `crevasse.Tracker.update`.
    table
        What they come from and how sure they are.
    half_cycles
        Of the whole recording, as from `half_cycles`.
    """

    states: list[CycleState]
    table: Table
    half_cycles: Table

    @property
    def straddling(self) -> list[int]:
        """Frames during which the direction changed, or so near that it cannot be told."""
        return [int(i) for i in np.flatnonzero(self.table["straddles"])]


def join_frames(
    cycler: CyclerData,
    frame_end_times: ArrayLike,
    *,
    scan_duration: float,
    uncertainty: float = 0.0,
    area: float | None = None,
    outside: Outside = "error",
    names: Sequence[str] | None = None,
    threshold: float = 0.01,
    threshold_ampere: float | None = None,
    shortest: float = 60.0,
) -> FrameStates:
    """Look up the state of the cell at the end of each scan.

    A frame shows the cell during the whole scan; its state is the one at the scan's end, because
    the end is the time that scan files can be trusted with. The table says what that leaves open.
    A frame that ends as a half-cycle ends belongs to that half-cycle.

    Parameters
    ----------
    cycler
        What the cycler recorded.
    frame_end_times
        When each scan ended, in seconds on the cycler's clock (unix or test time), shape (n,).
    scan_duration
        How long a scan takes, in seconds.
    uncertainty
        Of the end times against the cycler's clock, in seconds, either way.
    area
        Electrode area in cm²; capacities are then in mAh/cm², else in mAh.
    outside
        "error": refuse frames that end before the recording begins or after it ends; "unknown":
        such frames get ``CycleState()``.
    names
        Of the frames, for messages; None: their numbers.
    threshold, threshold_ampere, shortest
        As in `half_cycles`.

    Returns
    -------
    FrameStates
        ``capacity`` of a state is what its half-cycle has passed up to then, at least 0. Columns of
        the table: ``frame``, ``begin, end`` of the scan in seconds; ``half_cycle``, ``direction``,
        ``capacity``, ``voltage`` as in the states; ``capacity_uncertainty`` (the most by which the
        charge differs within `uncertainty` of the end), ``capacity_of_scan`` (the most by which it
        differs during the scan), ``inventory`` (net plated since the recording began) and
        ``inventory_low, inventory_high`` (its extremes from the earliest begin to the latest end of
        the scan); ``straddles`` (the direction changes in that time). Outside of the recording, no
        current is taken to have passed.

    Raises
    ------
    ValueError
        Arguments out of range; frames outside of the recording, all named.

    Examples
    --------
    >>> cycler = CyclerData([0, 3600, 3600, 7200], [-0.4, -0.3, 0.1, 0.9],
    ...                     [1e-3, 1e-3, -1e-3, -1e-3], positive="plating")
    >>> joined = join_frames(cycler, [1800, 3700], scan_duration=300)
    >>> [(s.half_cycle, s.direction.value, round(s.capacity, 3)) for s in joined.states]
    [(0, 'plating', 0.5), (1, 'stripping', 0.028)]
    >>> joined.straddling
    [1]
    """
    ends = _end_times(frame_end_times)
    _at_least_0(scan_duration, "scan_duration")
    _at_least_0(uncertainty, "uncertainty")
    if outside not in get_args(Outside):
        raise ValueError(f"outside must be 'error' or 'unknown', got {outside!r}")
    if names is not None and len(names) != len(ends):
        raise ValueError(f"names must have one for each of {len(ends)} frames, got {len(names)}")
    table = half_cycles(
        cycler,
        area=area,
        threshold=threshold,
        threshold_ampere=threshold_ampere,
        shortest=shortest,
    )
    known = cycler.covers(ends)
    ends = np.where(known, np.clip(ends, *cycler.time[[0, -1]]), ends)
    if outside == "error" and not known.all():
        raise ValueError(_outside_message(cycler, ends, known, names))
    joined = _table(cycler, table, ends, known, scan_duration, uncertainty, area)
    states = [
        CycleState(row["half_cycle"], row["direction"], row["capacity"], row["voltage"])
        for row in joined.rows()
    ]
    return FrameStates(states=states, table=joined, half_cycles=table)


def cycle_states(
    cycler: CyclerData,
    frame_end_times: ArrayLike,
    *,
    scan_duration: float,
    uncertainty: float = 0.0,
    area: float | None = None,
    outside: Outside = "error",
) -> list[CycleState]:
    """The states alone of `join_frames`, one a frame, for `crevasse.track`.

    Examples
    --------
    >>> cycler = CyclerData([0, 3600], [-0.4, -0.3], [1e-3, 1e-3], positive="stripping")
    >>> [state] = cycle_states(cycler, [1800], scan_duration=300, area=2.0)
    >>> state.direction.value, state.capacity
    ('stripping', 0.25)
    """
    return join_frames(
        cycler,
        frame_end_times,
        scan_duration=scan_duration,
        uncertainty=uncertainty,
        area=area,
        outside=outside,
    ).states


def _table(
    cycler: CyclerData,
    cycles: Table,
    ends: Floats,
    known: NDArray[np.bool_],
    scan_duration: float,
    uncertainty: float,
    area: float | None,
) -> Table:
    # Half-cycles own their end, so that a scan which ends with one belongs to it.
    of_frame = np.minimum(np.searchsorted(cycles["end"], ends, side="left"), len(cycles) - 1)
    per = area if area is not None else 1.0
    begins = ends - scan_duration
    first, last = begins - uncertainty, ends + uncertainty
    at_end = cycler.charge(ends)
    near_low, near_high = _extremes(cycler, ends - uncertainty, last)
    scan_low, scan_high = _extremes(cycler, begins, ends)
    low, high = _extremes(cycler, first, last)
    turns = cycles["begin"][1:]
    turns_within = np.searchsorted(turns, last, "left") - np.searchsorted(turns, first, "right")
    capacity = np.abs(at_end - cycler.charge(cycles["begin"][of_frame]))
    numbers = {
        "capacity": capacity / per,
        "voltage": cycler.voltage_at(ends),
        "capacity_uncertainty": np.maximum(near_high - at_end, at_end - near_low) / per,
        "capacity_of_scan": (scan_high - scan_low) / per,
        "inventory": at_end / per,
        "inventory_low": low / per,
        "inventory_high": high / per,
    }
    unit = "mAh" if area is None else "mAh/cm^2"
    return Table(
        {
            "frame": np.arange(len(ends)),
            "begin": begins,
            "end": ends,
            "half_cycle": np.where(known, of_frame, -1),
            "direction": np.where(known, cycles["direction"][of_frame], ""),
            **{name: np.where(known, values, np.nan) for name, values in numbers.items()},
            "straddles": known & (turns_within > 0),
        },
        units={
            "begin": "s",
            "end": "s",
            **{name: "V" if name == "voltage" else unit for name in numbers},
        },
    )


def _extremes(cycler: CyclerData, begin: Floats, end: Floats) -> tuple[Floats, Floats]:
    """Least and most net charge in each window: at its ends, or where the current turns inside."""
    turns, _ = cycler.pieces(0.0)
    charge = cycler.charge(turns)
    low = np.minimum(cycler.charge(begin), cycler.charge(end))
    high = np.maximum(cycler.charge(begin), cycler.charge(end))
    first, last = np.searchsorted(turns, begin, "left"), np.searchsorted(turns, end, "right")
    for i, (a, b) in enumerate(zip(first, last, strict=True)):
        if a < b:
            low[i] = min(low[i], charge[a:b].min())
            high[i] = max(high[i], charge[a:b].max())
    return low, high


def _end_times(values: ArrayLike) -> Floats:
    ends = np.asarray(values, dtype=np.float64)
    if ends.ndim != 1 or not np.isfinite(ends).all():
        raise ValueError(f"frame_end_times must be finite seconds, 1-D, got {values!r:.80}")
    return ends


def _at_least_0(value: float, name: str) -> None:
    if not (value >= 0 and np.isfinite(value)):
        raise ValueError(f"{name} must be at least 0 s, got {value}")


def _outside_message(
    cycler: CyclerData, ends: Floats, known: NDArray[np.bool_], names: Sequence[str] | None
) -> str:
    which = np.flatnonzero(~known)
    named = [f"{names[i] if names else i} ({ends[i]:.0f} s)" for i in which[:_NAMED]]
    more = f" and {len(which) - _NAMED} more" if len(which) > _NAMED else ""
    mend = "outside='unknown' leaves their state open"
    if cycler.clock == "test" and ends[which].min() > _LONGEST_TEST:
        mend = "they look like unix times, and the cycler's are test times: place it with start="
    return (
        f"frames must end while the cycler records, {cycler.time[0]:.0f} to "
        f"{cycler.time[-1]:.0f} s ({cycler.clock} time), but these do not: "
        f"{', '.join(named)}{more}; {mend}"
    )
