"""Reading volumes that need not fit into memory: slab by slab along z."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

_SLAB_BYTES = 2**28  # held at once; large enough to read at full speed


class LazyVolume(Protocol):
    """A (z, y, x) array on disk or still to be computed: of h5py, zarr, dask and their like."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> DTypeLike: ...
    def __getitem__(self, key: slice) -> ArrayLike: ...


def is_lazy(image: object) -> TypeGuard[LazyVolume]:
    """Whether `image` is better read in slabs than at once."""
    if isinstance(image, np.memmap):  # pages come and go by themselves, unless it must be copied
        return image.ndim == 3 and not (image.flags.c_contiguous and image.dtype.isnative)
    if isinstance(image, np.ndarray) or not hasattr(image, "__getitem__"):
        return False
    return hasattr(image, "dtype") and len(getattr(image, "shape", ())) == 3


def slabs(image: LazyVolume) -> Iterator[tuple[slice, NDArray[Any]]]:
    """The slices z of each slab and its voxels; slabs end where the source's chunks do."""
    depth, height, width = image.shape
    slice_bytes = max(1, height * width * np.dtype(image.dtype).itemsize)
    chunk = _chunk_depth(image)
    step = max(1, _SLAB_BYTES // (slice_bytes * chunk)) * chunk
    for begin in range(0, max(depth, 1), step):  # one slab even of nothing: its shape counts
        part = slice(begin, min(begin + step, depth))
        yield part, np.asarray(image[part])


def _chunk_depth(image: LazyVolume) -> int:
    chunks = getattr(image, "chunks", None) or (1,)
    first = chunks[0]
    return max(1, int(first[0] if isinstance(first, tuple) else first))
