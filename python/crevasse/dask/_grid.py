"""What every function of this package takes: a dask array, seen as a grid of bricks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import accumulate, product

import dask.array as da
import numpy as np
from numpy.typing import NDArray

Index = tuple[int, ...]


def as_array(image: object, name: str, kinds: str = "bui") -> da.Array:
    """A dask array of two or three axes and known chunks, of which none is empty."""
    if not isinstance(image, da.Array):
        raise TypeError(
            f"{name} must be a dask array, got {type(image).__name__}; "
            "use dask.array.from_zarr or dask.array.from_array"
        )
    if image.ndim not in (2, 3):
        raise ValueError(f"{name} must be 2-D (y, x) or 3-D (z, y, x), got shape {image.shape}")
    if image.dtype.kind not in kinds:
        raise TypeError(f"{name} must be bool or integer, got {image.dtype}; threshold it first")
    if math.isnan(math.fsum(image.shape)):
        raise ValueError(f"{name} must have known chunks, got {image.chunks}; compute_chunk_sizes")
    filled = tuple(tuple(n for n in axis if n > 0) or (0,) for axis in image.chunks)
    return image if filled == image.chunks else image.rechunk(filled)


def as_volume(image: da.Array) -> da.Array:
    """A 2-D image as one slice; a volume as it is."""
    return image[None] if image.ndim == 2 else image


class Grid:
    """How a (z, y, x) dask array is cut: bricks by their index (i, j, k)."""

    def __init__(self, chunks: tuple[tuple[int, ...], ...]) -> None:
        self._lengths = chunks
        self._begins = tuple(tuple(accumulate(axis, initial=0)) for axis in chunks)
        self.numblocks = tuple(len(axis) for axis in chunks)

    def __iter__(self) -> Iterator[Index]:
        yield from product(*map(range, self.numblocks))

    def __contains__(self, index: Index) -> bool:
        return all(0 <= i < n for i, n in zip(index, self.numblocks, strict=True))

    def rank(self, index: Index) -> int:
        """The place of a brick in the order in which the grid is gone through."""
        return int(np.ravel_multi_index(index, self.numblocks))

    @property
    def whole(self) -> tuple[int, ...]:
        """Extent of the volume in voxels."""
        return tuple(begins[-1] for begins in self._begins)

    def begin(self, index: Index) -> tuple[int, ...]:
        """The first voxel of a brick, in the volume."""
        return tuple(begins[i] for i, begins in zip(index, self._begins, strict=True))

    def shape(self, index: Index) -> tuple[int, ...]:
        """Extent of a brick in voxels."""
        return tuple(lengths[i] for i, lengths in zip(index, self._lengths, strict=True))

    def raster_index(self, index: Index, voxels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Raster indices in the volume, of voxels given by those in a brick."""
        in_brick = np.unravel_index(voxels, self.shape(index))
        z, y, x = (n + begin for n, begin in zip(in_brick, self.begin(index), strict=True))
        _, height, width = self.whole
        return (z * height + y) * width + x
