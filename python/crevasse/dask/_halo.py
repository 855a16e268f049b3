"""Bricks with a halo: what lies around them, as deep as a result may depend on."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np
from dask.array.overlap import overlap
from numpy.typing import NDArray


def depth_of(reach: float, spacing: tuple[float, ...]) -> tuple[int, ...]:
    """Voxels of halo beyond which everything lies farther than `reach`."""
    return tuple(math.floor(reach / length) for length in spacing)


def map_with_halo(
    function: Callable[[NDArray[Any]], NDArray[Any]],
    image: da.Array,
    depth: tuple[int, ...],
    dtype: type[np.generic],
) -> da.Array:
    """`function` of each brick with its halo, and then without it.

    There is no halo beyond the ends of the image. Bricks shorter than the halo are joined first;
    along axes no longer than the halo there is one.
    """
    short = {axis: -1 for axis, n in enumerate(image.shape) if depth[axis] >= n}
    halo = tuple(0 if axis in short else deep for axis, deep in enumerate(depth))
    wide = overlap(image.rechunk(short), dict(enumerate(halo)), "none")
    inner_chunks = tuple(
        tuple(n - _before(i, deep) - _after(i, deep, len(axis)) for i, n in enumerate(axis))
        for axis, deep in zip(wide.chunks, halo, strict=True)
    )
    return wide.map_blocks(
        _apply,
        function=function,
        halo=halo,
        counts=wide.numblocks,
        dtype=dtype,
        chunks=inner_chunks,
        meta=np.empty((0,) * image.ndim, dtype),
    )


def _apply(
    wide: NDArray[Any],
    function: Callable[[NDArray[Any]], NDArray[Any]],
    halo: tuple[int, ...],
    counts: tuple[int, ...],
    block_id: tuple[int, ...],
) -> NDArray[Any]:
    inner = tuple(
        slice(_before(i, deep), n - _after(i, deep, count))
        for i, n, deep, count in zip(block_id, wide.shape, halo, counts, strict=True)
    )
    # A copy: a view would keep the halo in memory.
    return function(wide)[inner].copy()


def _before(i: int, deep: int) -> int:
    return deep if i > 0 else 0


def _after(i: int, deep: int, count: int) -> int:
    return deep if i < count - 1 else 0
