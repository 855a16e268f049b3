"""Persistent crack ids: which component of a frame carries on which of the frame before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from crevasse.tracking.groups import is_greatest

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Heirs:
    """Best partners across an interval, as labels 1..; 0 where a component has no partner.

    A parent and a child that name each other are the same crack.
    """

    best_child: Ints
    best_parent: Ints

    @cached_property
    def inherits(self) -> NDArray[np.bool_]:
        """For each child: does it carry on its best parent's crack?"""
        children = np.arange(1, len(self.best_parent) + 1)
        padded = np.concatenate([[0], self.best_child])
        mutual: NDArray[np.bool_] = padded[self.best_parent] == children
        return mutual & (self.best_parent > 0)


def find_heirs(
    label_a: Ints, label_b: Ints, n_shared: Ints, volume_a: Ints, volume_b: Ints
) -> Heirs:
    """For every component its partner of greatest overlap.

    Ties go to the partner of larger volume, then to the one that comes first in raster order.

    Parameters
    ----------
    label_a, label_b, n_shared
        Edges: labels in the frame before and after, and the voxels they share.
    volume_a, volume_b
        Voxels of label 1, 2, … of each frame.
    """
    return Heirs(
        best_child=_best_partner(label_a, label_b, n_shared, len(volume_a), volume_b),
        best_parent=_best_partner(label_b, label_a, n_shared, len(volume_b), volume_a),
    )


def _best_partner(own: Ints, other: Ints, n_shared: Ints, count: int, other_volume: Ints) -> Ints:
    best = np.arange(len(own))  # edges that are left
    for rank in (n_shared, other_volume[other - 1], -other):
        best = best[is_greatest(own[best] - 1, rank[best], count)]
    partner = np.zeros(count, dtype=np.int64)
    partner[own[best] - 1] = other[best]
    return partner
