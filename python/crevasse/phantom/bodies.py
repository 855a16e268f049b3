"""Cracks and pores as shapes that open and close: smooth surfaces, not voxels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crevasse._clean import connected_to
from crevasse._runs import RunVolume
from crevasse.phantom.imaging import Phase

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

CORE = 0.7
"""Least half-width of what is open, in voxels: thinner sheets would not hang together."""


class State(NamedTuple):
    """How far the cell has come.

    `plated` is how far fronts have gone along the cracks, in voxels; `left` is how far along the
    cracks lithium is left while stripping: infinite before it begins.
    """

    plated: float = -math.inf
    left: float = math.inf


@dataclass(frozen=True, eq=False)
class Crack:
    """A network of sheets that opens from its root and widens behind its front.

    Attributes
    ----------
    shape
        Of the volume.
    along
        Path from the electrode to each voxel, in voxels; a later start adds to it.
    away
        Distance from the sheet's middle.
    width
        Half-width that the sheet reaches.
    ramp
        Path behind the front over which it widens; stripping thins it over `thinning`.
    """

    id: int
    index: NDArray[np.int64]
    shape: tuple[int, ...]
    along: Floats
    away: Floats
    width: Floats
    ramp: float
    thinning: float
    phase: Phase = Phase.LITHIUM
    subtype: str = "working"
    rounding: float = 0.0

    def excess(self, state: State) -> Floats:
        """How deep each voxel's centre lies within the open part, in voxels; negative outside."""
        reach = self._half_width(state.plated, self.ramp)
        if state.left < math.inf:
            reach = np.minimum(reach, self._half_width(state.left, self.thinning))
        return reach - self.away

    def whole(self, opened: Bools) -> Bools:
        """What hangs together with the root.

        Where sheets meet or leave the volume, voxels may open before those that join them. As what
        is open only grows, or only shrinks, so does the part that hangs together.
        """
        at, size, root = self._box
        if not opened[root]:
            return np.zeros_like(opened)
        mask = np.zeros(size, dtype=np.bool_)
        mask[at] = opened
        seed = RunVolume.from_box(size, tuple(slice(int(a[root]), int(a[root]) + 1) for a in at))
        joined: Bools = connected_to(RunVolume.from_mask(mask), seed).to_mask()[at]
        return joined

    @cached_property
    def _box(self) -> tuple[tuple[NDArray[np.int64], ...], tuple[int, ...], int]:
        """Each voxel's place in the box around all, that box's shape, and the root."""
        at = np.unravel_index(self.index, self.shape)
        size = tuple(int(a.max() - a.min()) + 1 for a in at)
        return tuple(a - a.min() for a in at), size, int(np.lexsort((self.away, self.along))[0])

    def _half_width(self, front: float, ramp: float) -> Floats:
        behind = np.float32(front) - self.along
        wide = self.width * np.sqrt(np.clip(behind / np.float32(ramp), 0.0, 1.0))
        # Far below what any voxel is from a sheet: nothing is open ahead of the front.
        return np.where(behind >= 0.0, np.maximum(wide, CORE), -np.float32(1e6))


@dataclass(frozen=True, eq=False)
class Pore:
    """An empty pore; it may close, from its surface inwards, as a crack beside it passes.

    Attributes
    ----------
    depth
        Of each voxel's centre below the pore's surface; negative outside.
    closes_at
        How far the front must have gone for it to begin, and how much further to the end.
    """

    id: int
    index: NDArray[np.int64]
    depth: Floats
    rounding: float = 0.0
    closes_at: float = math.inf
    closes_over: float = 1.0
    phase: Phase = Phase.VOID
    subtype: str = "remote"

    def excess(self, state: State) -> Floats:
        """As of `Crack`."""
        if state.plated <= self.closes_at:
            return self.depth
        share = min(1.0, (state.plated - self.closes_at) / self.closes_over)
        if share > 0.5:  # thinner than a voxel, it would fall into crumbs
            return self.depth - np.float32(1e6)
        return self.depth - np.float32(share * float(self.depth.max()))

    def whole(self, opened: Bools) -> Bools:
        """As of `Crack`; it is convex."""
        return opened


@dataclass(frozen=True, eq=False)
class Flaw:
    """An empty crack that opens while lithium goes.

    Attributes
    ----------
    along, away, width
        As of `Crack`; `along` is counted from its middle.
    opens_at
        It begins to open when that much is left.
    """

    id: int
    index: NDArray[np.int64]
    along: Floats
    away: Floats
    width: Floats
    opens_at: float
    phase: Phase = Phase.VOID
    subtype: str = "remote"
    rounding: float = 0.0

    def excess(self, state: State) -> Floats:
        """As of `Crack`."""
        behind = np.float32(self.opens_at - state.left) - self.along
        return np.where(behind >= 0.0, np.maximum(self.width, CORE), -np.float32(1e6)) - self.away

    def whole(self, opened: Bools) -> Bools:
        """As of `Crack`; it is convex."""
        return opened


Body = Crack | Pore | Flaw
"""A crack or pore.

``id``, ``phase``, ``subtype``: of the object, of what fills it, of where it is born. ``index``:
flat indices of all voxels that it ever has a part in. ``rounding``: how far the surface of partial
volumes lies within; where it is round, a voxel's share is less than its centre's depth tells.
"""


def coverage(body: Body, state: State) -> Floats:
    """Open part of each of a body's voxels, 0 to 1: exact where the surface is flat."""
    excess = body.excess(state)
    share: Floats = np.clip(excess + np.float32(0.5 - body.rounding), 0.0, 1.0)
    share[(excess >= 0.0) & ~body.whole(excess >= 0.0)] = 0.0
    return share


def is_open(body: Body, state: State) -> Bools:
    """Which of a body's voxels have their centre in the open part."""
    return body.whole(body.excess(state) >= 0.0)
