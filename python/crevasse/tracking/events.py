"""What happened in each block of an interval between two frames."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Coded

Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]


class EventType(StrEnum):
    """The kinds of event, by (parents, children) and, where one became one, by gain and loss."""

    BIRTH = "birth"  # (0, 1)
    REOPENING = "reopening"  # (0, 1) over voxels of a crack that had closed
    CLOSURE = "closure"  # (1, 0)
    GROWTH = "growth"  # (1, 1), gain alone exceeds the repeatability
    SHRINK = "shrink"  # (1, 1), loss alone does
    STABLE = "stable"  # (1, 1), neither does
    MOVING = "moving"  # (1, 1), both do
    MERGE = "merge"  # (2 or more, 1)
    SPLIT = "split"  # (1, 2 or more)
    RECOMBINATION = "recombination"  # (2 or more, 2 or more)
    BRIDGE = "bridge"  # a component that touches both electrodes came of a block without one
    UNBRIDGE = "unbridge"  # the loss of it


class Subtype(StrEnum):
    """Where a component without parents came from; the first that holds."""

    WORKING = "working"  # it is at the working electrode
    COUNTER = "counter"
    ENTERED = "entered"  # it touches the border of the region of interest
    REMOTE = "remote"
    NONE = ""


class Origin(StrEnum):
    """How a crack came."""

    BASELINE = "baseline"  # it was there in the first frame
    BIRTH = "birth"
    SPLIT = "split"
    REOPENING = "reopening"


class Fate(StrEnum):
    """How a crack went."""

    OPEN = "open"  # it is there in the latest frame
    CLOSURE = "closure"
    MERGE = "merge"


class ClosureStatus(StrEnum):
    """What is known of a closure."""

    NONE = ""  # the crack has not closed
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    REOPENED = "reopened"


def code_of(kind: StrEnum) -> np.uint8:
    """How a column of such names stores one."""
    return np.uint8(list(type(kind)).index(kind))


def beyond(change: Counts, gain: Counts, loss: Counts, kept: Counts, repeatability: float) -> Bools:
    """Whether `change`, voxels gained or lost, is more than a block shows without having changed.

    That is `repeatability` of the larger of the volumes before and after: two scans of the same
    thing never segment to the same voxels.
    """
    more: Bools = change_fraction(change, kept + np.maximum(gain, loss)) > repeatability
    return more


def change_fraction(change: Counts, larger: Counts) -> NDArray[np.float64]:
    """Voxels of change as a fraction of the larger volume."""
    fraction: NDArray[np.float64] = change / larger
    return fraction


def classify(
    n_parents: Counts,
    n_children: Counts,
    grew: Bools,
    shrank: Bools,
    reopened: Bools,
) -> Coded:
    """Name the event of every block."""
    one_parent, one_child = n_parents == 1, n_children == 1
    one_to_one = one_parent & one_child
    kinds = [
        (reopened, EventType.REOPENING),
        (n_parents == 0, EventType.BIRTH),
        (n_children == 0, EventType.CLOSURE),
        (one_to_one & grew & shrank, EventType.MOVING),
        (one_to_one & grew, EventType.GROWTH),
        (one_to_one & shrank, EventType.SHRINK),
        (one_to_one, EventType.STABLE),
        (one_child, EventType.MERGE),
        (one_parent, EventType.SPLIT),
    ]
    return _first_that_holds(kinds, EventType.RECOMBINATION)


def classify_births(entered: Bools, at_working: Bools, at_counter: Bools) -> Coded:
    """Name where each component without parents came from."""
    kinds = [
        (at_working, Subtype.WORKING),
        (at_counter, Subtype.COUNTER),
        (entered, Subtype.ENTERED),
    ]
    return _first_that_holds(kinds, Subtype.REMOTE)


def _first_that_holds(kinds: Sequence[tuple[Bools, StrEnum]], otherwise: StrEnum) -> Coded:
    codes = np.select(
        [holds for holds, _ in kinds],
        [code_of(kind) for _, kind in kinds],
        default=code_of(otherwise),
    )
    return Coded(codes.astype(np.uint8), list(type(otherwise)))
