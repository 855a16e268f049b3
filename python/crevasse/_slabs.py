"""Reading volumes that need not fit into memory: slab by slab along z."""

from __future__ import annotations

import mmap
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


class WritableVolume(LazyVolume, Protocol):
    """One that can be written to, slab by slab."""

    def __setitem__(self, key: slice, value: ArrayLike) -> None: ...


def is_lazy(image: object) -> TypeGuard[LazyVolume]:
    """Whether `image` is better read in slabs than at once."""
    if isinstance(image, np.memmap):
        must_be_copied = not (image.flags.c_contiguous and image.dtype.isnative)
        return image.ndim == 3 and (must_be_copied or image.nbytes > _SLAB_BYTES)
    if isinstance(image, np.ndarray) or not hasattr(image, "__getitem__"):
        return False
    return hasattr(image, "dtype") and len(getattr(image, "shape", ())) == 3


def slabs(image: LazyVolume) -> Iterator[tuple[slice, NDArray[Any]]]:
    """The slices z of each slab and its voxels; slabs end where the source's chunks do."""
    for part in slices(image):
        slab = np.asarray(image[part])
        yield part, slab
        _forget(image, slab)


def slices(image: LazyVolume) -> Iterator[slice]:
    """The slices z of each slab."""
    depth, height, width = image.shape
    slice_bytes = max(1, height * width * np.dtype(image.dtype).itemsize)
    chunk = _chunk_depth(image)
    step = max(1, _SLAB_BYTES // (slice_bytes * chunk)) * chunk
    for begin in range(0, max(depth, 1), step):  # one slab even of nothing: its shape counts
        yield slice(begin, min(begin + step, depth))


def _forget(image: object, slab: NDArray[Any]) -> None:
    """Let go of the pages of a mapped file that `slab` has read or written.

    The system would do so by itself, but only once memory is short: a process would look, and be
    counted, as large as its file. What was written stays in the file's cache.
    """
    mapped = getattr(image, "_mmap", None)
    if not isinstance(mapped, mmap.mmap) or getattr(image, "mode", "c") == "c":
        return  # in a private copy what was written would be lost
    if not hasattr(mapped, "madvise") or not hasattr(mmap, "MADV_DONTNEED"):
        return
    start = slab.ctypes.data - np.frombuffer(mapped, dtype=np.uint8).ctypes.data
    begin = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
    end = (start + slab.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
    if 0 <= begin < end <= len(mapped) and slab.flags.c_contiguous:
        mapped.madvise(mmap.MADV_DONTNEED, begin, end - begin)


def _chunk_depth(image: LazyVolume) -> int:
    chunks = getattr(image, "chunks", None) or (1,)
    first = chunks[0]
    return max(1, int(first[0] if isinstance(first, tuple) else first))
