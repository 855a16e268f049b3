"""Where cracks and pores lie: branching sheets and ellipsoids on a grid of voxels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crevasse.phantom.bodies import CORE
from crevasse.phantom.waves import waves

Vector = NDArray[np.float64]
Floats = NDArray[np.float32]
Shape3 = tuple[int, int, int]


class Voxels(NamedTuple):
    """Voxels near a sheet: flat indices, path along it, distance from its middle, half-width."""

    flat: NDArray[np.int64]
    along: Floats
    away: Floats
    width: Floats


@dataclass(frozen=True, eq=False)
class Sheet:
    """A curved sheet that runs from `origin` along `ahead`; lengths in voxels.

    Attributes
    ----------
    origin, ahead, normal
        Points and unit vectors, (z, y, x); `normal` is at right angles to `ahead`.
    length, half_breadth, half_width
        Extent along `ahead`, to both sides, and along `normal`.
    start
        Path from the electrode to the origin.
    bulge, seed
        How far its middle strays from a plane, and the seed of how.
    """

    origin: Vector
    ahead: Vector
    normal: Vector
    length: float
    half_breadth: float
    half_width: float
    start: float = 0.0
    bulge: float = 0.0
    seed: int = 0

    @property
    def side(self) -> Vector:
        """The third direction."""
        return np.cross(self.ahead, self.normal)

    def point(self, along: float) -> Vector:
        """A point of its middle."""
        bulge = float(self._bulge(np.array([along]), np.zeros(1))[0])
        return self.origin + along * self.ahead + bulge * self.normal

    def turned(self, angle: float, at: float, **changes: float) -> Sheet:
        """A sheet that leaves this one `at` that length under an angle (radians)."""
        c, s = np.cos(angle), np.sin(angle)
        return Sheet(
            self.point(at),
            c * self.ahead + s * self.normal,
            c * self.normal - s * self.ahead,
            changes["length"],
            changes["half_breadth"],
            changes["half_width"],
            self.start + at,
            0.7 * self.bulge,
            self.seed + 1,
        )

    def voxels(self, shape: Shape3, *, margin: float = 0.5) -> Voxels:
        """All voxels with their centre at most `margin` from it."""
        corners = [
            self.origin + a * self.ahead + b * self.side + c * self.normal
            for a in (-2.0 - margin, self.length + margin)
            for b in (-self.half_breadth - margin, self.half_breadth + margin)
            for c in (-self._thick(margin), self._thick(margin))
        ]
        box, grid = _grid(np.min(corners, axis=0), np.max(corners, axis=0), shape)
        offset = [g - o for g, o in zip(grid, self.origin, strict=True)]
        along, side, height = (
            sum(o * k for o, k in zip(offset, v, strict=True)).astype(np.float32)
            for v in (self.ahead, self.side, self.normal)
        )
        inside = np.abs(height) <= self._thick(margin)
        inside &= (along >= -2.0 - margin) & (along <= self.length + margin)
        inside &= np.abs(side) <= self.half_breadth + margin
        where = np.nonzero(inside)
        along, side, height = along[where], side[where], height[where]
        away = np.abs(height - self._bulge(along, side))
        across = np.clip(np.abs(side) / self.half_breadth, 0.0, 1.0)
        ahead = np.clip(along / self.length, 0.0, 1.0)
        width = self.half_width * np.sqrt((1.0 - across**2) * (1.0 - ahead**4))
        width = np.maximum(width, CORE).astype(np.float32)
        # The front is round: it goes ahead in the middle.
        path = self.start + along + 0.3 * self.half_breadth * across**2
        keep = away <= width + margin
        index = np.ravel_multi_index(
            tuple(w[keep] + b for w, b in zip(where, box, strict=True)), shape
        ).astype(np.int64)
        return Voxels(index, path[keep].astype(np.float32), away[keep], width[keep])

    def _thick(self, margin: float) -> float:
        return max(self.half_width, CORE) + 2.0 * self.bulge + margin + 0.5

    def _bulge(self, along: NDArray[np.floating], side: NDArray[np.floating]) -> Floats:
        if not self.bulge:
            return np.zeros(np.shape(along), dtype=np.float32)
        rng = np.random.default_rng(self.seed)
        field = waves(rng, np.asarray(along), np.asarray(side), max(12.0 * self.bulge, 24.0))
        bulge: Floats = np.clip(np.float32(self.bulge) * field, -2.0 * self.bulge, 2.0 * self.bulge)
        return bulge


def merged(parts: Sequence[Voxels]) -> Voxels:
    """Voxels of several sheets, each once: of the sheet in whose body it lies, the earliest."""
    index, along, away, width = (np.concatenate(column) for column in zip(*parts, strict=True))
    outside = away > width
    order = np.lexsort((away, np.where(outside, np.float32(0.0), along), outside, index))
    first = order[np.concatenate([[True], np.diff(index[order]) > 0])]
    return Voxels(index[first], along[first], away[first], width[first])


def ellipsoid(
    shape: Shape3, centre: Vector, axes: NDArray[np.float64], radii: Vector, *, margin: float = 0.5
) -> tuple[NDArray[np.int64], Floats]:
    """Voxels at most `margin` outside of an ellipsoid: flat index, and depth below its surface.

    `axes` are unit vectors in rows; the depth is of first order.
    """
    reach = np.sqrt(((axes * radii[:, None]) ** 2).sum(axis=0)) + margin + 1.0
    box, grid = _grid(centre - reach, centre + reach, shape)
    offset = [g - c for g, c in zip(grid, centre, strict=True)]
    local = [sum(o * k for o, k in zip(offset, axis, strict=True)) for axis in axes]
    rho = np.sqrt(sum((q / r) ** 2 for q, r in zip(local, radii, strict=True)))
    slope = np.sqrt(sum((q / r**2) ** 2 for q, r in zip(local, radii, strict=True)))
    depth = np.minimum((1.0 - rho) * rho / np.maximum(slope, 1e-9), radii.min())
    depth[rho == 0.0] = radii.min()
    where = np.nonzero(depth >= -margin)
    index = np.ravel_multi_index(tuple(w + b for w, b in zip(where, box, strict=True)), shape)
    return index.astype(np.int64), depth[where].astype(np.float32)


def _grid(low: Vector, high: Vector, shape: Shape3) -> tuple[list[int], list[NDArray[np.float64]]]:
    begin = [int(np.clip(np.floor(a), 0, n)) for a, n in zip(low, shape, strict=True)]
    end = [int(np.clip(np.ceil(b) + 1, a, n)) for a, b, n in zip(begin, high, shape, strict=True)]
    grid = np.ogrid[tuple(slice(a, b) for a, b in zip(begin, end, strict=True))]
    return begin, [g.astype(np.float64) for g in grid]
