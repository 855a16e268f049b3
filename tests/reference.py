"""Slow, obvious versions of the kernels."""

from collections import deque
from itertools import product

import numpy as np
from scipy import ndimage


def offsets(connectivity: int, ndim: int) -> list[tuple[int, ...]]:
    """Neighbour offsets: 4, 6, 8, 18 or 26 of them."""
    most = {4: 1, 6: 1, 8: 2, 18: 2, 26: 3}[connectivity]
    return [o for o in product((-1, 0, 1), repeat=ndim) if 0 < sum(map(abs, o)) <= most]


def flood_labels(
    image: np.ndarray, connectivity: int, periodic: tuple[bool, ...] | None = None
) -> np.ndarray:
    """Components by flood fill, numbered in raster order of their first voxel."""
    periodic = periodic or (False,) * image.ndim
    labels = np.zeros(image.shape, dtype=np.int64)
    neighbours = offsets(connectivity, image.ndim)
    count = 0
    for start in np.ndindex(image.shape):
        if image[start] == 0 or labels[start]:
            continue
        count += 1
        labels[start] = count
        queue = deque([start])
        while queue:
            voxel = queue.popleft()
            for offset in neighbours:
                other = tuple(
                    (v + o) % n if around else v + o
                    for v, o, n, around in zip(voxel, offset, image.shape, periodic, strict=True)
                )
                if any(not 0 <= c < n for c, n in zip(other, image.shape, strict=True)):
                    continue
                if labels[other] == 0 and image[other] == image[voxel]:
                    labels[other] = count
                    queue.append(other)
    return labels


def scipy_labels(mask: np.ndarray, connectivity: int) -> np.ndarray:
    """scipy's components, numbered in raster order whatever scipy's own order is."""
    rank = {4: 1, 6: 1, 8: 2, 18: 2, 26: 3}[connectivity]
    structure = ndimage.generate_binary_structure(mask.ndim, min(rank, mask.ndim))
    return in_raster_order(ndimage.label(mask, structure)[0])


def in_raster_order(labels: np.ndarray) -> np.ndarray:
    """The same partition with labels 1.. in raster order of first voxels."""
    values, first = np.unique(labels.reshape(-1), return_index=True)
    order = np.argsort(first[values != 0])
    renumbered = np.zeros(int(labels.max(initial=0)) + 1, dtype=np.int64)
    renumbered[values[values != 0][order]] = np.arange(1, len(order) + 1)
    return renumbered[labels]


def overlap_counts(a: np.ndarray, b: np.ndarray) -> dict[tuple[int, int], int]:
    """Voxels of every pair of labels."""
    counts: dict[tuple[int, int], int] = {}
    for x, y in zip(a.reshape(-1).tolist(), b.reshape(-1).tolist(), strict=True):
        if x and y:
            counts[x, y] = counts.get((x, y), 0) + 1
    return counts


def layers_along(mask: np.ndarray, axis: int) -> np.ndarray:
    """Number of separate runs of voxels in each column."""
    moved = np.moveaxis(mask, axis, 0)
    before = np.concatenate([np.zeros((1, *moved.shape[1:]), bool), moved[:-1]])
    return (moved & ~before).sum(axis=0)


def ends_along(mask: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the first layer of each column begins and the last one ends; NaN without a layer."""
    moved = np.moveaxis(mask, axis, 0)
    begin, end = np.full((2, *moved.shape[1:]), np.nan)
    for column in np.ndindex(begin.shape):
        places = np.flatnonzero(moved[(slice(None), *column)])
        if places.size:
            begin[column], end[column] = places[0], places[-1] + 1
    return begin, end
