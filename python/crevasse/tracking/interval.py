"""One interval between two frames: its edges, blocks and their ledgers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._runs import RunLabeling
from crevasse.tracking.static_changes import StaticChanges

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """How the components of one frame became those of the next.

    A block is a connected component of the bipartite graph of overlaps. A component's best partner
    is the one of the other frame with which it shares most voxels; of equals the larger one, then
    the one that comes first in raster order. A parent and a child that are each other's are the
    same crack.

    Attributes
    ----------
    label_before, label_after, n_shared
        The edges, and the voxels that both ends share.
    block_before, block_after
        Of label 1, 2, …: the component's block.
    best_child, best_parent
        Of label 1, 2, … before and after: the best partner; 0 for none.
    n_parents, n_children, largest_parent, largest_child
        Of each block: its components before and after, and the label of the largest of them, the
        first of equals; 0 for none.
    n_voxels_before, n_voxels_after, kept
        Of each block: voxels before, after and in both.
    """

    label_before: Ints
    label_after: Ints
    n_shared: Ints
    block_before: Ints
    block_after: Ints
    best_child: Ints
    best_parent: Ints
    n_parents: Ints
    n_children: Ints
    largest_parent: Ints
    largest_child: Ints
    n_voxels_before: Ints
    n_voxels_after: Ints
    kept: Ints

    @classmethod
    def between(
        cls,
        before: RunLabeling,
        after: RunLabeling,
        n_voxels_before: Ints,
        n_voxels_after: Ints,
        threads: int,
    ) -> Interval:
        """Compare a frame with the one before it, given the voxels of each component."""
        return cls(
            **_core.interval(before._core, after._core, n_voxels_before, n_voxels_after, threads)
        )

    @cached_property
    def gain(self) -> Ints:
        """Voxels of each block that have opened."""
        return self.n_voxels_after - self.kept

    @cached_property
    def loss(self) -> Ints:
        """Voxels of each block that have closed."""
        return self.n_voxels_before - self.kept

    @cached_property
    def inherits(self) -> NDArray[np.bool_]:
        """For each component after: does it carry on its best parent's crack?"""
        children = np.arange(1, len(self.best_parent) + 1)
        mutual = _from_label_0(self.best_child)[self.best_parent] == children
        inherited: NDArray[np.bool_] = mutual & (self.best_parent > 0)
        return inherited

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.kept)

    def crack_ids(self, crack_before: Ints, n_cracks: int) -> Ints:
        """Crack ids after the interval: inherited, or new from `n_cracks` + 1, in label order."""
        inherits = self.inherits
        crack = np.zeros(len(inherits), dtype=np.int64)
        crack[inherits] = self.parent_cracks(crack_before)[inherits]
        n_new = int(np.count_nonzero(~inherits))
        crack[~inherits] = np.arange(n_cracks + 1, n_cracks + 1 + n_new)
        return crack

    def parent_cracks(self, crack_before: Ints) -> Ints:
        """For each component after: the crack of its best parent; 0 for none."""
        return _from_label_0(crack_before)[self.best_parent]

    def ended(self, crack_before: Ints, crack_after: Ints) -> tuple[Ints, Ints]:
        """Cracks without an heir of their id, and the crack each has merged into (0: closed)."""
        carried_on = np.zeros(len(crack_before), dtype=np.bool_)
        inherits = self.inherits
        carried_on[self.best_parent[inherits] - 1] = True
        successor = _from_label_0(crack_after)[self.best_child]
        return crack_before[~carried_on], successor[~carried_on]

    def parentless(self) -> NDArray[np.bool_]:
        """For each component after: does it share no voxel with one before?"""
        alone: NDArray[np.bool_] = self.best_parent == 0
        return alone

    def changes(self) -> StaticChanges:
        """What cracks have gained and lost, should nothing have changed between the frames."""
        return StaticChanges.of(self.n_parents, self.n_children, self.gain, self.loss, self.kept)

    def crack_of_blocks(self, crack_before: Ints, crack_after: Ints) -> Ints:
        """The crack of each block's largest component: after, or before where there is none."""
        before, after = _from_label_0(crack_before), _from_label_0(crack_after)
        lasting = after[self.largest_child]
        return np.where(lasting > 0, lasting, before[self.largest_parent])


def _from_label_0(values: Ints) -> Ints:
    """Values of label 1, 2, … and a 0 for label 0, which is none."""
    return np.concatenate([[0], values])
