"""Which points of two sets are each other's nearest."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from crevasse.tracking.groups import first_of_each

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Distances that differ by less of themselves are equal: coordinates are voxels times a length.
_ROUNDING = 1e-9
_MOST_CELLS = 2**20  # along an axis, so that cells of all axes can be numbered


def mutually_nearest(a: Floats, b: Floats, farthest: float) -> tuple[Ints, Ints]:
    """Pairs of rows that are each other's nearest; of equally near ones the first row counts."""
    to_b, from_a = nearest_within(a, b, farthest), nearest_within(b, a, farthest)
    rows = np.flatnonzero(to_b >= 0)
    rows = rows[from_a[to_b[rows]] == rows]
    return rows, to_b[rows]


def nearest_within(a: Floats, b: Floats, farthest: float) -> Ints:
    """For each row of `a` the nearest of `b`, of equals the first; -1 where none is near enough.

    Points are looked for in the cells, at least `farthest` wide, around each one's own.
    """
    nearest = np.full(len(a), -1, dtype=np.int64)
    if not (len(a) and len(b)):
        return nearest
    reach = farthest * (1 + _ROUNDING)
    points = np.concatenate([a, b])
    points = points - points.min(axis=0)
    cells = np.floor(points / max(reach, float(points.max()) / _MOST_CELLS)).astype(np.int64) + 1
    extent = cells.max(axis=0) + 2
    keys = np.ravel_multi_index(tuple(cells.T), tuple(extent))
    key_a, key_b = keys[: len(a)], keys[len(a) :]
    by_cell = np.argsort(key_b, kind="stable")
    found: list[tuple[Ints, Ints, Floats]] = []
    for step in itertools.product((-1, 0, 1), repeat=a.shape[1]):
        shift = int(np.dot(step, np.cumprod([1, *extent[:0:-1]])[::-1]))
        begin = np.searchsorted(key_b[by_cell], key_a + shift, side="left")
        count = np.searchsorted(key_b[by_cell], key_a + shift, side="right") - begin
        row_a = np.repeat(np.arange(len(a)), count)
        within = np.arange(len(row_a)) - np.repeat(np.cumsum(count) - count, count)
        row_b = by_cell[np.repeat(begin, count) + within]
        squared = ((a[row_a] - b[row_b]) ** 2).sum(axis=1)
        near = squared <= reach**2
        found.append((row_a[near], row_b[near], squared[near]))
    row_a, row_b, squared = (np.concatenate(parts) for parts in zip(*found, strict=True))
    least = np.full(len(a), np.inf)
    np.minimum.at(least, row_a, squared)
    equal = squared <= least[row_a] * (1 + _ROUNDING) ** 2
    rows, first = first_of_each(row_a[equal], row_b[equal])
    nearest[rows] = row_b[equal][first]
    return nearest
