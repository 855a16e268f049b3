"""Which voxels lie beside others that belong to something else, exactly and for many places."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from crevasse._distance import distance

Ints = NDArray[np.int64]
Accepts = Callable[[Ints, Ints], NDArray[np.bool_]]

# A radius that is a distance between voxels counts as reached whatever the rounding of either.
TOLERANCE = 1e-6


class Neighbours:
    """Around which places of a volume there is a voxel of another family within a radius.

    Families are numbered, and each bit of the number halves them. A place has a voxel of another
    family than f near it if, for some bit, one is near whose bit is not that of f. So two distance
    maps a bit answer the question for every place and every f: 12 bytes a voxel of the box around
    the voxels.
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
        size = np.array(shape)
        self._low = np.maximum(places.min(axis=1) - reach, 0)
        self._high = np.minimum(places.max(axis=1) + reach + 1, size)
        self._known, number = np.unique(families, return_inverse=True)
        box = tuple((self._high - self._low).tolist())
        inside = tuple(places - self._low[:, None])
        self._family = np.full(box, -1, dtype=np.int32)
        self._family[inside] = number
        self._near = np.zeros(box, dtype=np.uint64)
        self._n_bits = max(1, (len(self._known) - 1).bit_length())
        for bit in range(self._n_bits):
            for value in (0, 1):
                chosen = number >> bit & 1 == value
                if not chosen.any():
                    continue
                free = np.ones(box, dtype=np.bool_)
                free[tuple(axis[chosen] for axis in inside)] = False
                away = distance(free, spacing=spacing, limit=1.01 * radius, n_threads=threads)
                # As float32 the limit would do for spacing alone; the tolerance covers both.
                near = away <= radius * (1 + TOLERANCE)
                self._near |= near.astype(np.uint64) << np.uint64(2 * bit + value)

    def beside(self, places: Ints, families: Ints) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Whether each of `places` (ndim, n), of `families`, is near a voxel of another, or in it.

        What is in one is not near one.
        """
        low, high = self._low[:, None], self._high[:, None]
        inside = ((places >= low) & (places < high)).all(axis=0)
        there = tuple(places[:, inside] - low)
        number, wanted = self._wanted(families[inside])
        known = self._family[there]
        within, near = np.zeros((2, places.shape[1]), dtype=np.bool_)
        within[inside] = (known >= 0) & (known != number)
        near[inside] = (self._near[there] & wanted) != 0
        return near & ~within, within

    def _wanted(self, families: Ints) -> tuple[Ints, NDArray[np.uint64]]:
        """The number of each family, -1 of a strange one, and the bits of all the others."""
        at = np.minimum(np.searchsorted(self._known, families), len(self._known) - 1)
        others = np.zeros(len(families), dtype=np.uint64)
        for bit in range(self._n_bits):
            value = (1 - (at >> bit & 1)).astype(np.uint64)
            others |= np.uint64(1) << (np.uint64(2 * bit) + value)
        strange = self._known[at] != families
        return np.where(strange, -1, at), np.where(strange, np.uint64(3), others)


def ball(spacing: tuple[float, ...], radius: float) -> tuple[Ints, NDArray[np.float64]]:
    """Steps to the voxels of a closed ball (n, ndim), nearest first, and how long they are."""
    reach = [int(radius * (1 + TOLERANCE) / length) for length in spacing]
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
    for step, length in zip(*ball(spacing, radius), strict=True):
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
        moved = places * self._sign[which][:, None] + self._shift[which][:, None]
        # Reflection takes 0 to -1: n - 1 after the modulus, as in a flipped array.
        moved -= (self._sign[which] < 0)[:, None]
        return np.asarray(moved % self._size)
