"""Distances within whole slices, then along z; in between the volume is cut anew."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import dask.array as da
import numpy as np
from dask.array.core import normalize_chunks
from numpy.typing import NDArray

from crevasse import _core
from crevasse._distance import border_3d, runs_if_binary, spacing_3d
from crevasse.dask._grid import as_volume

_NO_DISTANCE = {"int32": 2**30, "float64": np.inf}  # the core's, where no background is known of


@dataclass(frozen=True)
class _Count:
    """Squared distances are counted in units of ``unit**2``; None: of 1, as floats."""

    unit: float | None

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64 if self.unit is None else np.int32)

    def weight(self, length: float) -> float:
        """The square of a length."""
        return length**2 if self.unit is None else float(round(length / self.unit) ** 2)


def distance_by_passes(
    image: da.Array, spacing: tuple[float, ...], squared: bool, border: bool, threads: int
) -> da.Array:
    """Distances of the whole image, in its chunks; float32."""
    volume = as_volume(image)
    lengths, borders = spacing_3d(spacing, image.ndim), border_3d(border, image.ndim)
    in_slices, along_z = _counts(volume, lengths)
    slabs = volume.rechunk(_chunks(volume, (0,), in_slices.dtype))
    squares = slabs.map_blocks(
        partial(_in_slices, count=in_slices, lengths=lengths[1:], borders=borders[1:]),
        threads=threads,
        dtype=in_slices.dtype,
        meta=np.empty((0, 0, 0), in_slices.dtype),
    )
    pencils = _chunks(volume, (1, 2), along_z.dtype)
    # Of several values it matters which: a mask need not travel.
    values = [] if volume.dtype.kind == "b" else [volume.rechunk(pencils)]
    result = da.map_blocks(
        partial(_along_z, before=in_slices, count=along_z, length=lengths[0], border=borders[0]),
        squares.rechunk(pencils),
        *values,
        squared=squared,
        threads=threads,
        dtype=np.float32,
        meta=np.empty((0, 0, 0), np.float32),
    )
    return (result if image.ndim == 3 else result[0]).rechunk(image.chunks)


def _counts(volume: da.Array, spacing: tuple[float, float, float]) -> tuple[_Count, _Count]:
    """Within slices and along z, as the core counts for the whole volume."""
    of_volume, of_slice = _core.distance_units(volume.shape, spacing)
    if volume.dtype.kind != "b" and volume.dtype.itemsize == 8:
        return _Count(None), _Count(None)  # values are compared in integers as wide as distances
    if of_slice and not of_volume and volume.dtype.kind == "b":
        return _Count(of_slice), _Count(None)
    return _Count(of_volume or None), _Count(of_volume or None)


def _chunks(
    volume: da.Array, cut: tuple[int, ...], dtype: np.dtype[Any]
) -> tuple[tuple[int, ...], ...]:
    """Bricks that are whole but along the axes `cut`, of ``array.chunk-size`` bytes."""
    chunks: tuple[tuple[int, ...], ...] = normalize_chunks(
        tuple("auto" if axis in cut else -1 for axis in range(3)),
        volume.shape,
        dtype=dtype,
        previous_chunks=volume.chunks,
    )
    return chunks


def _in_slices(
    image: NDArray[Any],
    *,
    count: _Count,
    lengths: tuple[float, float],
    borders: tuple[bool, bool],
    threads: int,
) -> NDArray[Any]:
    weights = count.weight(lengths[0]), count.weight(lengths[1])
    runs = runs_if_binary(image, threads)
    if runs is not None:
        squares = np.zeros(image.shape, count.dtype)
        _core.distance_in_slices(runs._core, squares, weights, borders, threads)
        return squares
    squares = np.full(image.shape, _NO_DISTANCE[count.dtype.name], count.dtype)
    squares[image == 0] = 0
    values = _whole_numbers(image, count.dtype.itemsize)
    for axis in (2, 1):
        weight, border = weights[axis - 1], borders[axis - 1]
        _core.distance_pass(squares, values, axis, weight, border, threads)
    return squares


def _along_z(
    squares: NDArray[Any],
    image: NDArray[Any] | None = None,
    *,
    before: _Count,
    count: _Count,
    length: float,
    border: bool,
    squared: bool,
    threads: int,
) -> NDArray[np.float32]:
    binary = image is None or runs_if_binary(image, threads) is not None
    result = np.zeros(squares.shape, np.float32)
    _core.distance_along_z(
        np.ascontiguousarray(_counted(squares, before, count)),
        None if binary or image is None else _whole_numbers(image, count.dtype.itemsize),
        result,
        count.weight(length),
        border,
        count.unit or 1.0,
        squared,
        threads,
    )
    return result


def _counted(squares: NDArray[Any], before: _Count, count: _Count) -> NDArray[Any]:
    if before == count:
        return squares
    assert before.unit is not None
    lengths: NDArray[np.float64] = squares * before.unit**2
    lengths[squares >= _NO_DISTANCE["int32"]] = np.inf
    return lengths


def _whole_numbers(image: NDArray[Any], width: int) -> NDArray[Any]:
    """The same partition in integers of `width` bytes; 0 stays 0."""
    whole = np.dtype(f"i{width}")
    contiguous = np.ascontiguousarray(image)
    if contiguous.itemsize == width:
        same: NDArray[Any] = contiguous.view(whole)
        return same
    return contiguous.astype(whole)
