"""Boxes in µm, and the voxels of a series that lie in them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._shape import Box
from crevasse.io import Frame, Series
from crevasse.operando.experiment.tables import Extent


def extent_misfits(name: str, extent: Extent, series: Series) -> Iterator[str]:
    """Lines on what of an extent does not fit the scans; `name` is its field."""
    if extent == Extent():
        return
    if series.unit == "voxel":
        yield f"{name} is in µm, which needs scans.voxel_size; add it"
        return
    axes = _validate.AXES[-len(series.shape) :]
    lengths = dict(zip(axes, _size(series), strict=True))
    for axis in _validate.AXES:
        ends = getattr(extent, axis)
        if ends is None:
            continue
        if axis not in lengths:
            yield f"{name}.{axis} must be left out: frames are ({', '.join(axes)}); remove it"
        elif ends[1] > lengths[axis] * (1 + 1e-9):
            yield (
                f"{name}.{axis} must end within the scans, at {lengths[axis]:g} µm at most, "
                f"got [{ends[0]:g}, {ends[1]:g}]; lower it"
            )
        elif _slice(ends, series.spacing[axes.index(axis)]) == slice(0, 0):
            yield f"{name}.{axis} must hold a voxel, got [{ends[0]:g}, {ends[1]:g}]; widen it"


def _size(series: Series) -> tuple[float, ...]:
    return tuple(n * length for n, length in zip(series.shape, series.spacing, strict=True))


def box_of(extent: Extent, series: Series) -> Box:
    """The voxels whose centres lie in an extent, a slice per axis with both ends."""
    axes = _validate.AXES[-len(series.shape) :]
    slices = []
    for axis, n, length in zip(axes, series.shape, series.spacing, strict=True):
        ends = getattr(extent, axis)
        slices.append(slice(0, n) if ends is None else _slice(ends, length))
    return tuple(slices)


def _slice(ends: tuple[float, float], length: float) -> slice:
    # Rounded, so that 18 µm are ten voxels of 1.8 µm whatever their quotient is in floats.
    begin, end = (max(0, math.ceil(round(e / length - 0.5, 9))) for e in ends)
    return slice(begin, end) if begin < end else slice(0, 0)


def within(box: Box, crop: Box) -> Box:
    """A box, as counted from where the crop begins, and no larger than it."""
    return tuple(
        slice(max(b.start, c.start) - c.start, min(b.stop, c.stop) - c.start)
        for b, c in zip(box, crop, strict=True)
    )


def cropped(series: Series, crop: Box) -> Series:
    """The series with every frame cut to a box once it has been read."""
    shape = tuple(part.stop - part.start for part in crop)
    frames = tuple(
        replace(
            frame,
            shape=shape,
            stamp=f"{frame.stamp} {crop}",
            _read=partial(_read_crop, frame, crop),
        )
        for frame in series.frames
    )
    begin = tuple(part.start * length for part, length in zip(crop, series.spacing, strict=True))
    return replace(series, frames=frames, origin=begin)


def _read_crop(frame: Frame, crop: Box) -> NDArray[Any]:
    return np.ascontiguousarray(frame.read()[crop])
