"""The rows that one interval adds to the table of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Coded, Column, Table, concatenate
from crevasse.tracking.cycle import CycleState, Direction
from crevasse.tracking.events import EventType, Subtype, beyond, classify
from crevasse.tracking.interval import Interval

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Columns = dict[str, Column]


@dataclass(frozen=True)
class Side:
    """The components at one end of an interval: crack ids, voxels, which touch both electrodes."""

    crack: Ints
    n_voxels: Ints
    bridging: Bools


@dataclass(frozen=True)
class Moment:
    """Where in the series an interval ends, and the number of its first event."""

    frame: int
    time: float
    cycle: CycleState
    first_event: int


def event_table(
    interval: Interval,
    before: Side,
    after: Side,
    reopened: Bools,
    subtype: Coded,
    repeatability: float,
    moment: Moment,
) -> Table:
    """A row for each block, then one for each block that came to bridge or no longer does.

    `reopened` and `subtype` are of the components after; they count where these have no parents.
    """
    rows = _block_rows(interval, before, after, reopened, subtype, repeatability)
    bridges = _bridge_rows(interval, before, after, moment.first_event)
    columns = {name: concatenate([rows[name], bridges[name]]) for name in rows}
    n = len(columns["cause"])
    numbers: Columns = {
        "event": np.arange(moment.first_event, moment.first_event + n, dtype=np.int64),
        "frame": np.full(n, moment.frame, dtype=np.int64),
        "time": np.full(n, moment.time, dtype=np.float64),
    }
    state: Columns = {
        "half_cycle": np.full(n, moment.cycle.half_cycle, dtype=np.int64),
        "direction": Coded.full(n, Direction(str(moment.cycle.direction))),
        "capacity": np.full(n, moment.cycle.capacity, dtype=np.float64),
    }
    cause = {"cause": columns.pop("cause")}
    return Table(numbers | columns | state | cause)


def _block_rows(
    interval: Interval,
    before: Side,
    after: Side,
    reopened: Bools,
    subtype: Coded,
    repeatability: float,
) -> Columns:
    n_blocks = interval.n_blocks
    gain, loss, kept = interval.gain, interval.loss, interval.kept
    grew, shrank = (beyond(change, gain, loss, kept, repeatability) for change in (gain, loss))
    parentless = interval.parentless()
    is_reopening = np.zeros(n_blocks, dtype=np.bool_)
    is_reopening[interval.block_after[parentless & reopened]] = True
    subtypes = np.full(n_blocks, Subtype.NONE.code)
    subtypes[interval.block_after[parentless]] = subtype.codes[parentless]
    return {
        "type": classify(interval.n_parents, interval.n_children, grew, shrank, is_reopening),
        "subtype": Coded(subtypes, Subtype),
        "crack": interval.crack_of_blocks(before.crack, after.crack),
        "n_parents": interval.n_parents,
        "n_children": interval.n_children,
        "n_voxels_before": interval.n_voxels_before,
        "n_voxels_after": interval.n_voxels_after,
        "gain": gain,
        "loss": loss,
        "kept": kept,
        "partial_closure": shrank & (kept > 0),
        "cause": np.full(n_blocks, -1, dtype=np.int64),
    }


def _bridge_rows(interval: Interval, before: Side, after: Side, first_event: int) -> Columns:
    """Bridges and unbridges, in order of their blocks; the block's own row has the ledger."""
    n_blocks = interval.n_blocks
    bridged_before = _bridging_crack(interval.block_before, before, n_blocks)
    bridged_after = _bridging_crack(interval.block_after, after, n_blocks)
    blocks = np.flatnonzero((bridged_before > 0) != (bridged_after > 0))
    came = bridged_after[blocks] > 0
    nothing = np.zeros(len(blocks), dtype=np.int64)
    kinds = np.where(came, EventType.BRIDGE.code, EventType.UNBRIDGE.code)
    counts = ("n_parents", "n_children", "n_voxels_before", "n_voxels_after")
    return {
        "type": Coded(kinds, EventType),
        "subtype": Coded.full(len(blocks), Subtype.NONE),
        "crack": np.where(came, bridged_after[blocks], bridged_before[blocks]),
        **dict.fromkeys((*counts, "gain", "loss", "kept"), nothing),
        "partial_closure": np.zeros(len(blocks), dtype=np.bool_),
        "cause": blocks + first_event,
    }


def _bridging_crack(block: Ints, side: Side, n_blocks: int) -> Ints:
    """The crack of each block's largest bridging component, the first of equals; 0 for none."""
    where = np.flatnonzero(side.bridging)
    rising = where[np.lexsort((-where, side.n_voxels[where]))]
    crack = np.zeros(n_blocks, dtype=np.int64)
    crack[block[rising]] = side.crack[rising]  # what is written last stays
    return crack
