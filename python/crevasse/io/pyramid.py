"""Smaller versions of an image for viewers, and the blocks that files are divided into."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SLAB = 64  # slices made at once, so that no second copy of a large image is needed


def chunk_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Blocks of about 64³ or 512² voxels."""
    edge = 64 if len(shape) == 3 else 512
    return tuple(min(n, edge) for n in shape)


def pyramid(
    image: NDArray[Any], *, labels: bool, smallest: int = 128
) -> Iterator[tuple[NDArray[Any], tuple[int, ...]]]:
    """The image, and halves of it until no axis is longer than `smallest`.

    Parameters
    ----------
    image
        (z, y, x) or (y, x).
    labels
        Whether to take the first voxel of each block, rather than their mean.
    smallest
        Longest axis of the last one.

    Yields
    ------
    image, factors
        How many voxels of the first image make one along each axis.
    """
    factors = (1,) * image.ndim
    yield image, factors
    while max(image.shape) > smallest:
        factors = tuple(f * min(n, 2) for f, n in zip(factors, image.shape, strict=True))
        image = _halved(image, labels)
        yield image, factors


def _halved(image: NDArray[Any], labels: bool) -> NDArray[Any]:
    if labels:
        return np.ascontiguousarray(image[(slice(None, None, 2),) * image.ndim])
    half = np.empty([-(-n // 2) for n in image.shape], dtype=image.dtype)
    for begin in range(0, len(half), _SLAB):
        part = half[begin : begin + _SLAB]
        part[...] = _means(image[2 * begin : 2 * (begin + _SLAB)], image.dtype)
    return half


def _means(slab: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Means of blocks of two along each axis; what is left over at an end is a block, too."""
    means = slab.astype(np.float64)
    for axis in range(slab.ndim):
        even = np.moveaxis(means, axis, 0)[::2]
        odd = np.moveaxis(means, axis, 0)[1::2]
        pairs = even.copy()
        pairs[: len(odd)] = (even[: len(odd)] + odd) / 2
        means = np.moveaxis(pairs, 0, axis)
    return np.rint(means).astype(dtype) if dtype.kind in "iu" else means.astype(dtype)
