"""What happened in each block of an interval between two frames."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]


class EventType(StrEnum):
    """The kinds of event, by (parents, children) and, where one became one, by gain and loss."""

    BIRTH = "birth"  # (0, 1)
    CLOSURE = "closure"  # (1, 0)
    GROWTH = "growth"  # (1, 1), gain alone exceeds the repeatability
    SHRINK = "shrink"  # (1, 1), loss alone does
    STABLE = "stable"  # (1, 1), neither does
    MOVING = "moving"  # (1, 1), both do
    MERGE = "merge"  # (2 or more, 1)
    SPLIT = "split"  # (1, 2 or more)
    RECOMBINATION = "recombination"  # (2 or more, 2 or more)


def classify(
    n_parents: Counts,
    n_children: Counts,
    gain: Counts,
    loss: Counts,
    kept: Counts,
    repeatability: float,
) -> NDArray[np.str_]:
    """Name the event of every block.

    Gain and loss count as change where they exceed `repeatability` times the larger of the volumes
    before and after; the threshold exists because two scans of the same thing never segment to the
    same voxels.
    """
    threshold = repeatability * (kept + np.maximum(gain, loss))
    grew, shrank = gain > threshold, loss > threshold
    one_parent, one_child = n_parents == 1, n_children == 1
    one_to_one = one_parent & one_child
    kinds = [
        (n_parents == 0, EventType.BIRTH),
        (n_children == 0, EventType.CLOSURE),
        (one_to_one & grew & shrank, EventType.MOVING),
        (one_to_one & grew, EventType.GROWTH),
        (one_to_one & shrank, EventType.SHRINK),
        (one_to_one, EventType.STABLE),
        (one_child, EventType.MERGE),
        (one_parent, EventType.SPLIT),
    ]
    return np.select(
        [condition for condition, _ in kinds],
        [np.str_(kind.value) for _, kind in kinds],
        default=np.str_(EventType.RECOMBINATION.value),
    )
