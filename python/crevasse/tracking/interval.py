"""One interval between two frames: its edges, blocks and their ledgers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._regions import Regions
from crevasse._runs import RunLabeling
from crevasse._table import Table
from crevasse.tracking.events import classify
from crevasse.tracking.lineage import Heirs, find_heirs
from crevasse.tracking.result import FrameResult

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """How the components of one frame became those of the next.

    A block is a connected component of the bipartite graph of overlaps. Arrays that end in
    ``_before`` or ``_after`` have an entry for label 1, 2, … of that frame; `gain`, `loss`, `kept`,
    `n_parents`, `n_children` and `type` have one for each block.
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
    type: NDArray[np.str_]

    @classmethod
    def between(
        cls,
        before: FrameResult,
        labeling: RunLabeling,
        regions: Regions,
        repeatability: float,
        threads: int,
    ) -> Interval:
        """Compare a frame with the one before it."""
        pairs = _core.overlap(before.labeling._core, labeling._core, threads)
        count_before = before.labeling.count
        block = _core.interval_blocks(count_before, labeling.count, pairs).astype(np.int64)
        block_before, block_after = block[:count_before], block[count_before:]
        n_blocks = int(block.max(initial=-1)) + 1
        label_before = pairs["label_a"].astype(np.int64)
        label_after = pairs["label_b"].astype(np.int64)
        n_shared = pairs["n_voxels"].astype(np.int64)
        volume_before, volume_after = before.regions["n_voxels"], regions["n_voxels"]

        kept = _sum_by(block_before[label_before - 1], n_shared, n_blocks)
        gain = _sum_by(block_after, volume_after, n_blocks) - kept
        loss = _sum_by(block_before, volume_before, n_blocks) - kept
        n_parents = np.bincount(block_before, minlength=n_blocks).astype(np.int64)
        n_children = np.bincount(block_after, minlength=n_blocks).astype(np.int64)
        return cls(
            label_before=label_before,
            label_after=label_after,
            n_shared=n_shared,
            block_before=block_before,
            block_after=block_after,
            heirs=find_heirs(label_before, label_after, n_shared, volume_before, volume_after),
            n_voxels_before=volume_before,
            n_voxels_after=volume_after,
            n_parents=n_parents,
            n_children=n_children,
            gain=gain,
            loss=loss,
            kept=kept,
            type=classify(n_parents, n_children, gain, loss, kept, repeatability),
        )

    def crack_ids(self, crack_before: Ints, n_cracks: int) -> Ints:
        """Crack ids after the interval: inherited, or new from `n_cracks` + 1, in label order."""
        inherits = self.heirs.inherits
        crack = np.zeros(len(inherits), dtype=np.int64)
        crack[inherits] = crack_before[self.heirs.best_parent[inherits] - 1]
        n_new = int(np.count_nonzero(~inherits))
        crack[~inherits] = np.arange(n_cracks + 1, n_cracks + 1 + n_new)
        return crack

    def events(
        self, crack_before: Ints, crack_after: Ints, frame: int, time: float, first_event: int
    ) -> Table:
        """A row for each block."""
        n_blocks = len(self.type)
        closed = _of_largest(self.block_before, self.n_voxels_before, crack_before, n_blocks)
        lasting = _of_largest(self.block_after, self.n_voxels_after, crack_after, n_blocks)
        columns: dict[str, NDArray[Any]] = {
            "event": np.arange(first_event, first_event + n_blocks, dtype=np.int64),
            "frame": np.full(n_blocks, frame, dtype=np.int64),
            "time": np.full(n_blocks, time, dtype=np.float64),
            "type": self.type,
            "crack": np.where(lasting > 0, lasting, closed),
            "n_parents": self.n_parents,
            "n_children": self.n_children,
            "n_voxels_before": self.kept + self.loss,
            "n_voxels_after": self.kept + self.gain,
            "gain": self.gain,
            "loss": self.loss,
            "kept": self.kept,
        }
        return Table(columns)


def _sum_by(group: Ints, values: Ints, n_groups: int) -> Ints:
    """Exact integer sums by group: numpy's bincount would add in floating point."""
    total = np.zeros(n_groups, dtype=np.int64)
    np.add.at(total, group, values)
    return total


def _of_largest(block: Ints, n_voxels: Ints, crack: Ints, n_blocks: int) -> Ints:
    """The crack of each block's largest component (the first of equals); 0 where it has none."""
    order = np.lexsort((np.arange(len(block)), -n_voxels, block))
    blocks, first = np.unique(block[order], return_index=True)
    largest = np.zeros(n_blocks, dtype=np.int64)
    largest[blocks] = crack[order][first]
    return largest
