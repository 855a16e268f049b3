"""Depths of the components that are joined to an electrode, voxel by voxel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from crevasse._geodesic import geodesic_depth
from crevasse._runs import RunLabeling, RunVolume


@dataclass(frozen=True)
class Depths:
    """How far the voxels of a frame lie from an electrode, along paths inside of what is open.

    Attributes
    ----------
    labels
        The components that are joined to the electrode; they rise.
    reached
        Their voxels.
    values
        The depth of each of these, in raster order.
    """

    labels: NDArray[np.int64]
    reached: RunVolume
    values: NDArray[np.float32]
    _threads: int

    @classmethod
    def of(
        cls, components: RunLabeling, seeds: RunVolume, spacing: tuple[float, ...], threads: int
    ) -> Depths:
        """Those of the components that hold a seed."""
        labels = 1 + np.flatnonzero(components.overlapping(seeds, n_threads=threads))
        reached = components.select(labels, n_threads=threads)
        values = geodesic_depth(reached, seeds, spacing, threads)
        return cls(labels, reached, values, threads)

    def quantile(self, fraction: float) -> NDArray[np.float64]:
        """That of the voxels of each of `labels`: exact, linear between two voxels."""
        begin, end = self._bounds[:-1], self._bounds[1:]
        place = begin + fraction * (end - 1 - begin)
        below = np.floor(place).astype(np.int64)
        low, high = (
            self._sorted[np.minimum(at, end - 1)].astype(np.float64) for at in (below, below + 1)
        )
        return low + (place - below) * (high - low)

    @cached_property
    def _label_of_voxel(self) -> NDArray[np.int64]:
        # What was taken out keeps its order, so its parts are numbered as their labels rise.
        parts = self.reached.label(n_threads=self._threads)._core
        return np.repeat(parts.labels, np.diff(parts.runs.runs, axis=1)[:, 0]).astype(np.int64)

    @cached_property
    def _bounds(self) -> NDArray[np.int64]:
        """Where each label's depths begin in `_sorted`, and their end."""
        n_voxels = np.bincount(self._label_of_voxel, minlength=len(self.labels) + 1)
        return np.cumsum(n_voxels)

    @cached_property
    def _sorted(self) -> NDArray[np.float32]:
        """Depths by label, then as they rise."""
        # The bits of floats that are not negative rise with them: one sort for both.
        keys = self._label_of_voxel << 32 | self.values.view(np.uint32)
        keys.sort()
        return (keys & 0xFFFFFFFF).astype(np.uint32).view(np.float32)
