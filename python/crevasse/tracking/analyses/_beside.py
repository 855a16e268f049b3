"""Which voxels lie beside others that belong to something else, exactly and for many places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from crevasse._distance import distance
from crevasse._nearest_background import nearest_background

Ints = NDArray[np.int64]
Accepts = Callable[[Ints, Ints], NDArray[np.bool_]]

# A radius that is a distance between voxels counts as reached whatever the rounding of either.
TOLERANCE = 1e-6
# What a voxel of a map costs, in looks at single voxels: a family gets a map once that is cheaper.
_MAP_COST = 4
_NOTHING = -1


def ball(
    spacing: tuple[float, ...], radius: float, shape: tuple[int, ...]
) -> tuple[Ints, NDArray[np.float64]]:
    """Steps to the voxels of a closed ball (n, ndim), nearest first, and how long they are.

    Steps that lead out of a volume from each of its voxels are left out.
    """
    radius = min(radius, float(np.linalg.norm(np.multiply(spacing, shape))))
    reach = [
        min(int(radius * (1 + TOLERANCE) / length), n - 1)
        for length, n in zip(spacing, shape, strict=True)
    ]
    grid = np.mgrid[tuple(slice(-n, n + 1) for n in reach)]
    steps = grid.reshape(len(reach), -1).T.astype(np.int64)
    length = np.sqrt(((steps * spacing) ** 2).sum(axis=1))
    keep = length <= radius * (1 + TOLERANCE)
    steps, length = steps[keep], length[keep]
    order = np.argsort(length, kind="stable")  # among equals the first in raster order
    return steps[order], length[order]


def nearest_accepted(
    places: Ints,
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    radius: float,
    accepts: Accepts,
) -> tuple[Ints, NDArray[np.float64]]:
    """The nearest voxel within a radius that goes with each of `places` (ndim, n).

    ``accepts(which, index)`` says whether the voxels of raster index `index` go with the places
    number `which`. Returns raster indices, -1 where there is none, and distances.
    """
    found = np.full(places.shape[1], -1, dtype=np.int64)
    away = np.full(places.shape[1], np.nan)
    left = np.arange(places.shape[1])
    size = np.array(shape)[:, None]
    for step, length in zip(*ball(spacing, radius, shape), strict=True):
        if not left.size:
            break
        there = places[:, left] + step[:, None]
        inside = np.flatnonzero(((there >= 0) & (there < size)).all(axis=0))
        index = np.ravel_multi_index(tuple(there[:, inside]), shape)
        good = accepts(left[inside], index)
        rows = inside[good]
        found[left[rows]] = index[good]
        away[left[rows]] = length
        left = np.delete(left, rows)
    return found, away


class Neighbours:
    """Around which places of a volume there is a voxel of another family within a radius.

    One map says of which family the nearest voxel is, and answers for all others. What belongs to
    that family itself is looked at voxel by voxel, or, where that is much, in a map of its own.
    Memory is 20 bytes a voxel of the box around the voxels while it is made, and 8 afterwards.
    """

    def __init__(
        self,
        places: Ints,
        families: Ints,
        shape: tuple[int, ...],
        spacing: tuple[float, ...],
        radius: float,
        threads: int,
    ) -> None:
        reach = [int(radius * (1 + TOLERANCE) / length) for length in spacing]
        self._low = np.maximum(places.min(axis=1) - reach, 0)
        self._high = np.minimum(places.max(axis=1) + reach + 1, shape)
        self._spacing, self._radius, self._threads = spacing, radius, threads
        box = tuple((self._high - self._low).tolist())
        self._family = np.full(box, _NOTHING, dtype=np.int32)
        self._family[tuple(places - self._low[:, None])] = families
        free = self._family == _NOTHING
        nearest = tuple(nearest_background(free, spacing=spacing, n_threads=threads))
        self._nearest = np.where(self._is_near(free), self._family[nearest], _NOTHING)
        self._without: dict[int, NDArray[np.bool_]] = {}
        self._n_steps = len(ball(spacing, radius, shape)[0])

    def beside(self, places: Ints, families: Ints) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each of `places` (ndim, n), of `families`, is near a voxel of another, or in it.

        What is in one is not near one.
        """
        inside = ((places >= self._low[:, None]) & (places < self._high[:, None])).all(axis=0)
        inside = np.flatnonzero(inside)
        there = places[:, inside] - self._low[:, None]
        own = families[inside]
        in_family, nearest = self._family[tuple(there)], self._nearest[tuple(there)]
        is_within = (in_family != _NOTHING) & (in_family != own)
        is_near = nearest != _NOTHING
        doubtful = np.flatnonzero(nearest == own)
        is_near[doubtful] = self._near_others(there[:, doubtful], own[doubtful])
        near, within = np.zeros((2, places.shape[1]), dtype=np.bool_)
        near[inside] = is_near & ~is_within
        within[inside] = is_within
        return near, within

    def _near_others(self, places: Ints, families: Ints) -> NDArray[np.bool_]:
        """Whether places whose nearest voxel is of their own family are near another's too."""
        result = np.zeros(len(families), dtype=np.bool_)
        known, number, n = np.unique(families, return_inverse=True, return_counts=True)
        dear = n * self._n_steps > _MAP_COST * self._family.size
        for i, family in enumerate(known.tolist()):
            if dear[i] and family not in self._without:
                self._without[family] = self._is_near(
                    (self._family == _NOTHING) | (self._family == family)
                )
            if family in self._without:
                rows = np.flatnonzero(number == i)
                result[rows] = self._without[family][tuple(places[:, rows])]
        rows = np.flatnonzero(~np.isin(families, list(self._without)))
        flat, own = self._family.reshape(-1), families[rows]

        def is_other(which: Ints, index: Ints) -> NDArray[np.bool_]:
            return np.asarray((flat[index] != _NOTHING) & (flat[index] != own[which]))

        found, _ = nearest_accepted(
            places[:, rows], self._family.shape, self._spacing, self._radius, is_other
        )
        result[rows] = found >= 0
        return result

    def _is_near(self, free: NDArray[np.bool_]) -> NDArray[np.bool_]:
        if free.all():
            return np.zeros(free.shape, dtype=np.bool_)
        away = distance(
            free, spacing=self._spacing, limit=1.01 * self._radius, n_threads=self._threads
        )
        return np.asarray(away <= self._radius * (1 + TOLERANCE))


class Moves:
    """Random shifts around a torus, each with random reflections."""

    def __init__(self, shape: tuple[int, ...], moved: NDArray[np.bool_], n: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self._size = np.array(shape)[:, None]
        self._shift = rng.integers(0, shape, size=(n, len(shape))) * moved
        self._sign = np.where((rng.random((n, len(shape))) < 0.5) & moved, -1, 1)

    def __len__(self) -> int:
        return len(self._shift)

    def of(self, places: Ints, which: int) -> Ints:
        """Where move number `which` takes `places` (ndim, n)."""
        # The shift is even around the torus, so it does not matter about what is reflected.
        moved = places * self._sign[which][:, None] + self._shift[which][:, None]
        return np.asarray(moved % self._size)
