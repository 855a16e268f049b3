"""One interval between two frames: its edges, blocks and their ledgers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._runs import RunLabeling
from crevasse.tracking.groups import is_greatest, sum_of_each
from crevasse.tracking.lineage import Heirs, find_heirs
from crevasse.tracking.static_changes import StaticChanges

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """How the components of one frame became those of the next.

    A block is a connected component of the bipartite graph of overlaps. Arrays that end in
    ``_before`` or ``_after`` have an entry for label 1, 2, … of that frame; `gain`, `loss`, `kept`,
    `n_parents` and `n_children` have one for each block.
    """

    label_before: Ints
    label_after: Ints
    n_shared: Ints
    block_before: Ints
    block_after: Ints
    heirs: Heirs
    n_voxels_before: Ints
    n_voxels_after: Ints
    n_parents: Ints
    n_children: Ints
    gain: Ints
    loss: Ints
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
        pairs = _core.overlap(before._core, after._core, threads)
        block = _core.interval_blocks(before.count, after.count, pairs).astype(np.int64)
        block_before, block_after = block[: before.count], block[before.count :]
        n_blocks = int(block.max(initial=-1)) + 1
        label_before = pairs["label_a"].astype(np.int64)
        label_after = pairs["label_b"].astype(np.int64)
        n_shared = pairs["n_voxels"].astype(np.int64)

        kept = sum_of_each(block_before[label_before - 1], n_shared, n_blocks)
        return cls(
            label_before=label_before,
            label_after=label_after,
            n_shared=n_shared,
            block_before=block_before,
            block_after=block_after,
            heirs=find_heirs(label_before, label_after, n_shared, n_voxels_before, n_voxels_after),
            n_voxels_before=n_voxels_before,
            n_voxels_after=n_voxels_after,
            n_parents=np.bincount(block_before, minlength=n_blocks).astype(np.int64),
            n_children=np.bincount(block_after, minlength=n_blocks).astype(np.int64),
            gain=sum_of_each(block_after, n_voxels_after, n_blocks) - kept,
            loss=sum_of_each(block_before, n_voxels_before, n_blocks) - kept,
            kept=kept,
        )

    @property
    def n_blocks(self) -> int:
        """Number of blocks."""
        return len(self.kept)

    def crack_ids(self, crack_before: Ints, n_cracks: int) -> Ints:
        """Crack ids after the interval: inherited, or new from `n_cracks` + 1, in label order."""
        inherits = self.heirs.inherits
        crack = np.zeros(len(inherits), dtype=np.int64)
        crack[inherits] = crack_before[self.heirs.best_parent[inherits] - 1]
        n_new = int(np.count_nonzero(~inherits))
        crack[~inherits] = np.arange(n_cracks + 1, n_cracks + 1 + n_new)
        return crack

    def ended(self, crack_before: Ints, crack_after: Ints) -> tuple[Ints, Ints]:
        """Cracks without an heir of their id, and the crack each has merged into (0: closed)."""
        carried_on = np.zeros(len(crack_before), dtype=np.bool_)
        inherits = self.heirs.inherits
        carried_on[self.heirs.best_parent[inherits] - 1] = True
        successor = np.concatenate([[0], crack_after])[self.heirs.best_child]
        return crack_before[~carried_on], successor[~carried_on]

    def parentless(self) -> NDArray[np.bool_]:
        """For each component after: does it share no voxel with one before?"""
        alone: NDArray[np.bool_] = self.n_parents[self.block_after] == 0
        return alone

    def changes(self) -> StaticChanges:
        """What cracks have gained and lost, should nothing have changed between the frames."""
        return StaticChanges.of(self.n_parents, self.n_children, self.gain, self.loss, self.kept)


def largest_of_block(block: Ints, n_voxels: Ints, values: Ints, n_blocks: int) -> Ints:
    """`values` of each block's largest component (the first of equals); 0 where it has none."""
    candidate = np.flatnonzero(is_greatest(block, n_voxels, n_blocks))[::-1]
    largest = np.zeros(n_blocks, dtype=np.int64)
    largest[block[candidate]] = values[candidate]  # what is written last stays: the first of equals
    return largest
