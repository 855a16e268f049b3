"""The rows that one frame, and the interval that led to it, add to the tables of a record."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Coded, concatenate
from crevasse.tracking.chunks import Columns
from crevasse.tracking.cycle import Direction
from crevasse.tracking.events import Origin
from crevasse.tracking.groups import first_of_each
from crevasse.tracking.interval import Interval
from crevasse.tracking.result import FrameResult

Ints = NDArray[np.int64]

LEDGER = ("gain", "loss", "kept")


def frame_row(result: FrameResult) -> Columns:
    """Of the table of frames."""
    cycle = result.cycle
    return {
        "frame": np.array([result.frame]),
        "time": np.array([result.time]),
        "half_cycle": np.array([cycle.half_cycle]),
        "direction": Coded.full(1, Direction(str(cycle.direction))),
        "capacity": np.array([cycle.capacity]),
        "voltage": np.array([cycle.voltage]),
        "n_cracks": np.array([len(result.crack_ids)]),
        "n_voxels": np.array([result.n_voxels]),
        "n_preexisting": np.array([result.n_preexisting]),
        "n_new": np.array([result.n_new]),
        "bridged": np.array([result.bridging.any()]),
    }


def node_rows(result: FrameResult, event_before: Ints) -> Columns:
    """Of the table of nodes; `event_before` is of label 1, 2, …."""
    regions = result.regions
    return {
        "frame": np.full(len(regions), result.frame, dtype=np.int64),
        "label": regions["label"],
        "crack": result.crack_ids,
        "event_before": event_before,
        "at_working": result.at_working,
        "at_counter": result.at_counter,
        **{name: regions[name] for name in regions.columns if name != "label"},
    }


def edge_rows(frame: int, interval: Interval, first_event: int) -> Columns:
    """Of the table of edges."""
    return {
        "frame": np.full(len(interval.n_shared), frame),
        "label_before": interval.label_before,
        "label_after": interval.label_after,
        "n_voxels": interval.n_shared,
        "event": interval.block_before[interval.label_before - 1] + first_event,
    }


def interval_row(
    result: FrameResult, before: FrameResult, interval: Interval, repeatability: float
) -> Columns:
    """Of the table of intervals."""
    return {
        "frame": np.array([result.frame]),
        "time_begin": np.array([before.time]),
        "time_end": np.array([result.time]),
        **{name: np.array([getattr(interval, name).sum()]) for name in LEDGER},
        "repeatability": np.array([float(repeatability)]),
    }


def new_cracks(result: FrameResult, before: FrameResult, interval: Interval) -> Columns:
    """How the cracks came that are new: those that split off, then births, then reopenings."""
    is_new = ~interval.inherits
    parted = is_new & ~interval.parentless()
    alone = is_new & ~parted
    parents = interval.parent_cracks(before.crack_ids)
    remembered = _remembered(result)
    parts = [
        origins(result.crack_ids[of_origin], origin, from_[of_origin])
        for origin, of_origin, from_ in (
            (Origin.SPLIT, parted, parents),
            (Origin.BIRTH, alone & (remembered == 0), remembered),
            (Origin.REOPENING, alone & (remembered > 0), remembered),
        )
    ]
    return {name: concatenate([part[name] for part in parts]) for name in parts[0]}


def origins(cracks: Ints, origin: Origin, parents: Ints) -> Columns:
    """How cracks came, all of them in one way."""
    return {
        "crack": cracks,
        "origin": Coded.full(len(cracks), origin),
        "parent": parents,
    }


def _remembered(result: FrameResult) -> Ints:
    """For label 1, 2, …: the closed crack of which it reopens most; 0 for none.

    Among equals the lower id.
    """
    crack = np.zeros(len(result.crack_ids), dtype=np.int64)
    memory = result.memory.where(result.memory["closed"])
    labels, rows = first_of_each(memory["label"], -memory["n_voxels"], memory["crack"])
    crack[labels - 1] = memory["crack"][rows]
    return crack
