"""Distances axis by axis; between passes the volume is cut anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dask.array as da
import numpy as np
from dask.array.core import normalize_chunks
from numpy.typing import NDArray

from crevasse import _core
from crevasse._distance import border_3d, spacing_3d
from crevasse.dask._grid import as_volume

_NO_DISTANCE = {"int32": 2**30, "float64": np.inf}  # the core's, where no background is known of


@dataclass(frozen=True)
class _Pass:
    """A pass along one axis. Squared distances are in units of ``unit**2``; None: of 1, as floats.

    `unit_before` is that of the pass before. `border` tells whether beyond both ends lies
    background.
    """

    axis: int
    length: float
    border: bool
    unit: float | None
    unit_before: float | None

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.float64 if self.unit is None else np.int32)

    @property
    def weight(self) -> float:
        """The squared length of a voxel."""
        return self.length**2 if self.unit is None else float(round(self.length / self.unit) ** 2)


def distance_by_passes(
    image: da.Array, spacing: tuple[float, ...], squared: bool, border: bool, threads: int
) -> da.Array:
    """Distances of the whole image, in its chunks; float32."""
    volume = as_volume(image)
    passes = _plan(volume, spacing_3d(spacing, image.ndim), border_3d(border, image.ndim))
    squares: da.Array | None = None
    for step in passes:
        chunks = _pencils(volume, step)
        labels = volume.rechunk(chunks)
        before = [] if squares is None else [squares.rechunk(chunks)]
        squares = da.map_blocks(
            _pass,
            labels,
            *before,
            step=step,
            threads=threads,
            dtype=step.dtype,
            meta=_meta(step.dtype),
        )
    assert squares is not None
    result = squares.map_blocks(
        _finish, unit=passes[-1].unit, squared=squared, dtype=np.float32, meta=_meta(np.float32)
    )
    return (result if image.ndim == 3 else result[0]).rechunk(image.chunks)


def _plan(
    volume: da.Array, spacing: tuple[float, float, float], border: tuple[bool, bool, bool]
) -> list[_Pass]:
    """Along x, y and z, counted as the core does for the whole volume."""
    of_volume, of_slice = _core.distance_units(volume.shape, spacing)
    units: list[float | None] = [of_volume or None] * 3
    if of_slice and not of_volume and volume.dtype.kind == "b":
        units = [None, of_slice, of_slice]
    if volume.dtype.kind != "b" and volume.dtype.itemsize == 8:
        units = [None] * 3  # values are compared in integers as wide as distances
    return [
        _Pass(axis, spacing[axis], border[axis], units[axis], units[min(axis + 1, 2)])
        for axis in (2, 1, 0)
    ]


def _pencils(volume: da.Array, step: _Pass) -> tuple[tuple[int, ...], ...]:
    """Bricks that are whole along the axis of a pass, of ``array.chunk-size`` bytes."""
    cut = tuple(-1 if axis == step.axis else "auto" for axis in range(3))
    chunks: tuple[tuple[int, ...], ...] = normalize_chunks(
        cut, volume.shape, dtype=step.dtype, previous_chunks=volume.chunks
    )
    return chunks


def _pass(
    image: NDArray[Any], before: NDArray[Any] | None = None, *, step: _Pass, threads: int
) -> NDArray[Any]:
    squares = _initial(image, step) if before is None else _in_unit(before, step)
    values = None if image.dtype.kind == "b" else _whole_numbers(image, step.dtype.itemsize)
    _core.distance_pass(squares, values, step.axis, step.weight, step.border, threads)
    return squares


def _initial(image: NDArray[Any], step: _Pass) -> NDArray[Any]:
    squares = np.full(image.shape, _NO_DISTANCE[step.dtype.name], step.dtype)
    squares[image == 0] = 0
    return squares


def _in_unit(before: NDArray[Any], step: _Pass) -> NDArray[Any]:
    """What the pass before has left, in memory of our own."""
    if before.dtype == step.dtype:
        return before.copy(order="C")
    assert step.unit_before is not None
    lengths: NDArray[np.float64] = before * step.unit_before**2
    lengths[before >= _NO_DISTANCE["int32"]] = np.inf
    return lengths


def _whole_numbers(image: NDArray[Any], width: int) -> NDArray[Any]:
    """The same partition in integers of `width` bytes; 0 stays 0."""
    whole = np.dtype(f"i{width}")
    contiguous = np.ascontiguousarray(image)
    if contiguous.itemsize == width:
        same: NDArray[Any] = contiguous.view(whole)
        return same
    return contiguous.astype(whole)


def _finish(squares: NDArray[Any], unit: float | None, squared: bool) -> NDArray[np.float32]:
    scale = 1.0 if unit is None else unit
    result = np.empty(squares.shape, dtype=np.float32)
    for plane, out in zip(squares, result, strict=True):  # by planes, for the memory's sake
        far = plane >= _NO_DISTANCE[squares.dtype.name]
        out[...] = scale * scale * plane if squared else scale * np.sqrt(plane, dtype=np.float64)
        out[far] = np.inf
    return result


def _meta(dtype: Any) -> NDArray[Any]:
    return np.empty((0, 0, 0), dtype)
