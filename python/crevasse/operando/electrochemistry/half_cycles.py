"""Half-cycles: when the cell plated, stripped and rested, and how much charge that passed."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table
from crevasse.operando.electrochemistry.cycler import COULOMB_PER_MAH, CyclerData, Floats
from crevasse.tracking import Direction

_DIRECTIONS = {1: Direction.PLATING, 0: Direction.REST, -1: Direction.STRIPPING}
_UNITS = {
    "begin": "s",
    "end": "s",
    "duration": "s",
    "charge": "mAh",
    "capacity": "mAh",
    "areal_capacity": "mAh/cm^2",
    "inventory": "mAh",
    "mean_current": "A",
    "voltage_begin": "V",
    "voltage_end": "V",
}


def half_cycles(
    cycler: CyclerData,
    *,
    area: float | None = None,
    threshold: float = 0.01,
    threshold_ampere: float | None = None,
    shortest: float = 60.0,
) -> Table:
    """Cut a recording into plating, stripping and rest.

    Half-cycles follow one another without gaps, so their `charge` sums to all that has passed.
    Boundaries lie where the current crosses the threshold, between samples where it runs straight.

    Parameters
    ----------
    cycler
        What the cycler recorded.
    area
        Electrode area in cm²; None: `areal_capacity` is nan.
    threshold
        Less current than this fraction of the largest is rest.
    threshold_ampere
        The same in ampere; replaces `threshold`.
    shortest
        In seconds. What is shorter is an interruption: the shortest first, it goes to what it
        interrupts, or, where directions differ on its sides, to what came before it.

    Returns
    -------
    Table
        A row each, in order of time: ``half_cycle`` (from 0), ``cycle`` (the next begins when
        plating follows stripping), ``direction``, ``begin, end, duration``; ``charge`` (net plated,
        mAh, negative while stripping), ``capacity`` (its size), ``areal_capacity``, ``inventory``
        (net plated from the beginning to `end`), ``mean_current`` (positive plates),
        ``voltage_begin, voltage_end`` of its first and last sample, ``interruptions`` (how many it
        swallowed).

    Raises
    ------
    ValueError
        Area, threshold or shortest out of range.

    Examples
    --------
    >>> hour = 3600.0
    >>> cycler = CyclerData([0, 6 * hour, 6 * hour, 11 * hour], [-0.4, -0.3, 0.1, 0.9],
    ...                     [1e-3, 1e-3, -1e-3, -1e-3], positive="plating")
    >>> table = half_cycles(cycler, area=2.0)
    >>> table["direction"].tolist(), table["areal_capacity"].round(3).tolist()
    (['plating', 'stripping'], [3.0, 2.5])
    """
    _check_area(area)
    level = _threshold(cycler, threshold, threshold_ampere)
    if not shortest >= 0:
        raise ValueError(f"shortest must be at least 0 s, got {shortest}")
    edges, states = cycler.pieces(level)
    begins, states, interruptions = _merged(edges, states, shortest)
    begin, end = begins, np.append(begins[1:], edges[-1])
    at_begin, at_end = cycler.charge(begin), cycler.charge(end)
    charge = at_end - at_begin
    voltage_begin, voltage_end = cycler.voltage_within(begin, end)
    return Table(
        {
            "half_cycle": np.arange(len(begin)),
            "cycle": _cycle_numbers(states),
            "direction": np.array([_DIRECTIONS[int(s)].value for s in states], dtype=np.str_),
            "begin": begin,
            "end": end,
            "duration": end - begin,
            "charge": charge,
            "capacity": np.abs(charge),
            "areal_capacity": np.abs(charge) / (area if area else np.nan),
            "inventory": at_end,
            "mean_current": charge * COULOMB_PER_MAH / (end - begin),
            "voltage_begin": voltage_begin,
            "voltage_end": voltage_end,
            "interruptions": interruptions,
        },
        units=_UNITS,
    )


def coulombic_efficiency(table: Table) -> Table:
    """What was stripped of what was plated, a row for each cycle.

    Parameters
    ----------
    table
        From `half_cycles`.

    Returns
    -------
    Table
        ``cycle``, ``plated``, ``stripped`` (mAh), ``efficiency`` = stripped / plated; nan where one
        of the two has not been. Of a cycle that is still stripping it is what it is so far.

    Examples
    --------
    >>> cycler = CyclerData([0, 36000, 36000, 64800], [0, 0, 0, 0], [1e-3, 1e-3, -1e-3, -1e-3],
    ...                     positive="plating")
    >>> coulombic_efficiency(half_cycles(cycler))["efficiency"].tolist()
    [0.8]
    """
    cycles = np.unique(table["cycle"])
    sums = {
        direction: np.array(
            [
                table["capacity"][(table["cycle"] == c) & (table["direction"] == direction)].sum()
                for c in cycles
            ]
        )
        for direction in (Direction.PLATING, Direction.STRIPPING)
    }
    plated, stripped = sums[Direction.PLATING], sums[Direction.STRIPPING]
    both = (plated > 0) & (stripped > 0)
    efficiency = np.divide(stripped, plated, out=np.full(len(cycles), np.nan), where=both)
    return Table(
        {"cycle": cycles, "plated": plated, "stripped": stripped, "efficiency": efficiency},
        units={"plated": "mAh", "stripped": "mAh"},
    )


def _check_area(area: float | None) -> None:
    if area is not None and not (area > 0 and np.isfinite(area)):
        raise ValueError(f"area must be above 0 cm², or None, got {area}")


def _threshold(cycler: CyclerData, fraction: float, ampere: float | None) -> float:
    if ampere is not None:
        if not (ampere >= 0 and np.isfinite(ampere)):
            raise ValueError(f"threshold_ampere must be at least 0 A, got {ampere}")
        return float(ampere)
    if not 0 <= fraction < 1:
        raise ValueError(
            f"threshold must be at least 0 and below 1, a fraction of the largest current, got "
            f"{fraction}; threshold_ampere takes ampere"
        )
    return float(fraction * np.abs(cycler.current).max())


def _merged(
    edges: Floats, states: NDArray[np.int8], shortest: float
) -> tuple[Floats, NDArray[np.int8], NDArray[np.int64]]:
    """Begin, state and number of interruptions of each half-cycle.

    A doubly linked list of segments, and a heap that gives the shortest; ties go to the earlier.
    """
    first = np.flatnonzero(np.append(True, np.diff(states) != 0))
    begin = edges[first].tolist()
    end = [*begin[1:], float(edges[-1])]
    state = states[first].tolist()
    n = len(begin)
    before, after = list(range(-1, n - 1)), [*range(1, n), -1]
    swallowed, alive, left = [0] * n, [True] * n, n
    heap = [(end[i] - begin[i], i) for i in range(n) if end[i] - begin[i] < shortest]
    heapq.heapify(heap)
    while heap and left > 1:
        duration, i = heapq.heappop(heap)
        if not alive[i] or duration != end[i] - begin[i]:
            continue  # it has grown, or is part of another by now
        joined = [before[i], i] if before[i] >= 0 else [i, after[i]]
        if before[i] >= 0 and after[i] >= 0 and state[before[i]] == state[after[i]]:
            joined = [before[i], i, after[i]]
        keep, last = joined[0], joined[-1]
        state[keep] = state[joined[1] if keep == i else keep]
        end[keep] = end[last]
        swallowed[keep] = sum(swallowed[j] for j in joined) + 1
        for j in joined[1:]:
            alive[j] = False
        left -= len(joined) - 1
        after[keep] = after[last]
        if after[keep] >= 0:
            before[after[keep]] = keep
        if end[keep] - begin[keep] < shortest:
            heapq.heappush(heap, (end[keep] - begin[keep], keep))
    rows = [i for i in range(n) if alive[i]]
    return (
        np.array([begin[i] for i in rows]),
        np.array([state[i] for i in rows], dtype=np.int8),
        np.array([swallowed[i] for i in rows], dtype=np.int64),
    )


def _cycle_numbers(states: NDArray[np.int8]) -> NDArray[np.int64]:
    cycle, stripped, numbers = 0, False, []
    for state in states.tolist():
        if state == 1 and stripped:
            cycle, stripped = cycle + 1, False
        stripped |= state == -1
        numbers.append(cycle)
    return np.array(numbers, dtype=np.int64)
