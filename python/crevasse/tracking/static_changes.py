"""How much cracks change between scans between which nothing has changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._joined import joined
from crevasse.tracking.events import change_fraction

Ints = NDArray[np.int64]

SHARE = 0.95
"""Fraction of the open volume whose cracks may change by no more than the repeatability."""


@dataclass(frozen=True)
class StaticChanges:
    """What scans of the same thing have shown, a row for each crack and interval.

    Attributes
    ----------
    fraction
        What a crack gained or lost, whichever is more, of the larger of its volumes.
    n_voxels
        That larger volume.
    """

    fraction: NDArray[np.float64]
    n_voxels: Ints

    @classmethod
    def none(cls) -> StaticChanges:
        """No scans."""
        return cls(np.empty(0), np.empty(0, dtype=np.int64))

    @classmethod
    def of(
        cls, n_parents: Ints, n_children: Ints, gain: Ints, loss: Ints, kept: Ints
    ) -> StaticChanges:
        """Of the blocks of an interval in which one crack became one."""
        one_to_one = (n_parents == 1) & (n_children == 1)
        more = np.maximum(gain, loss)[one_to_one]
        larger = kept[one_to_one] + more
        return cls(change_fraction(more, larger), larger)

    def joined(self, other: StaticChanges) -> StaticChanges:
        """Both, in order."""
        return joined([self, other])

    def repeatability(self, share: float = SHARE) -> float:
        """The least change that cracks with this share of the volume do not exceed; 0 of none."""
        order = np.argsort(self.fraction, kind="stable")
        covered = np.cumsum(self.n_voxels[order])
        if not covered.size:
            return 0.0
        return float(self.fraction[order][np.searchsorted(covered, share * covered[-1])])
