"""What happened in each block of an interval between two frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Coded, Name

Counts = NDArray[np.int64]
Bools = NDArray[np.bool_]


class EventType(Name):
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


class Subtype(Name):
    """Where a component without parents came from; the first that holds."""

    WORKING = "working"  # it is at the working electrode
    COUNTER = "counter"
    ENTERED = "entered"  # it touches the border of the region of interest
    REMOTE = "remote"
    NONE = ""


class Origin(Name):
    """How a crack came."""

    BASELINE = "baseline"  # it was there in the first frame
    BIRTH = "birth"
    SPLIT = "split"
    REOPENING = "reopening"


class Fate(Name):
    """How a crack went."""

    OPEN = "open"  # it is there in the latest frame
    CLOSURE = "closure"
    MERGE = "merge"


class ClosureStatus(Name):
    """What is known of a closure."""

    NONE = ""  # the crack has not closed
    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    REOPENED = "reopened"


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
    codes = _BY_COUNTS[np.minimum(n_parents, 2), np.minimum(n_children, 2)]
    one_to_one = (n_parents == 1) & (n_children == 1)
    codes[one_to_one] = _BY_CHANGE[grew[one_to_one].astype(int), shrank[one_to_one].astype(int)]
    codes[reopened] = EventType.REOPENING.code
    return Coded(codes, EventType)


def classify_births(entered: Bools, at_working: Bools, at_counter: Bools) -> Coded:
    """Name where each component without parents came from."""
    codes = np.full(len(entered), Subtype.REMOTE.code)
    codes[entered] = Subtype.ENTERED.code
    codes[at_counter] = Subtype.COUNTER.code
    codes[at_working] = Subtype.WORKING.code
    return Coded(codes, Subtype)


def _codes(*rows: tuple[EventType, ...]) -> NDArray[np.uint8]:
    return np.array([[event.code for event in row] for row in rows])


# By parents and children: none, one, more.
_BY_COUNTS = _codes(
    (EventType.BIRTH, EventType.BIRTH, EventType.BIRTH),
    (EventType.CLOSURE, EventType.STABLE, EventType.SPLIT),
    (EventType.CLOSURE, EventType.MERGE, EventType.RECOMBINATION),
)
# By whether it grew, and whether it shrank.
_BY_CHANGE = _codes(
    (EventType.STABLE, EventType.SHRINK),
    (EventType.GROWTH, EventType.MOVING),
)
