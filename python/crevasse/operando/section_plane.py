"""One plane through the frames: where it is cut, how it is turned, how it is made small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._runs import RunVolume
from crevasse._shape import Box, bounds
from crevasse.operando.grey.signal import Image

# Where none are asked for. Cracks stand along the cell's axis: few upright planes would miss them.
_ALONG, _UPRIGHT = 3, 9


@dataclass(frozen=True)
class Picture:
    """A section of one frame: mean grey values, and the pixels in which any voxel is open."""

    grey: Image
    open: RunVolume
    preexisting: RunVolume


@dataclass(frozen=True)
class SectionPlane:
    """A plane; `axis` is normal to it, None in images, of which it is the whole.

    Attributes
    ----------
    place
        Slice along `axis`.
    rows, columns
        Axes of the picture: `rows` runs downwards, upwards where `flipped`.
    box
        The voxels of the plane.
    step
        Voxels along a pixel's side.
    upright
        Whether the cell's axis is one of the picture's.
    """

    axis: int | None
    place: int
    rows: int
    columns: int
    box: Box
    step: int
    upright: bool
    flipped: bool

    def grey(self, image: Image) -> Image:
        """The mean grey values of its pixels."""
        return _mean(self._turned(image[self.box]), self.step)

    def touched(self, runs: RunVolume) -> RunVolume:
        """The pixels that hold any of these voxels."""
        return RunVolume.from_mask(_any(self._turned(runs.crop(self.box).to_mask()), self.step))

    def _turned(self, section: NDArray[Any]) -> NDArray[Any]:
        flat = section if self.axis is None else np.take(section, 0, self.axis)
        turned = flat.T if self.rows > self.columns else flat
        return np.ascontiguousarray(turned[::-1] if self.flipped else turned)


def pictures(
    planes: Sequence[SectionPlane],
    greys: Sequence[Image],
    open_: RunVolume,
    preexisting: RunVolume,
) -> tuple[Picture, ...]:
    """The sections of a frame, from the grey values of the planes."""
    return tuple(
        Picture(grey, plane.touched(open_), plane.touched(preexisting))
        for plane, grey in zip(planes, greys, strict=True)
    )


def choose_planes(
    shape: tuple[int, ...],
    roi: Box | None,
    top: str,
    wanted: Mapping[str, Sequence[int]] | None,
    longest: int,
) -> list[SectionPlane]:
    """Those that are asked for, else some along the cell's axis and some upright."""
    begin, end = bounds(shape, roi or (slice(None),) * len(shape))
    if len(shape) == 2:
        box = slice(begin[0], end[0]), slice(begin[1], end[1])
        step = _step(max(e - b for b, e in zip(begin, end, strict=True)), longest)
        return [SectionPlane(None, 0, 0, 1, box, step, upright=False, flipped=False)]
    cell = _validate.AXES.index(top[0])
    if wanted is None:
        across = next(a for a in (1, 0) if a != cell)
        wanted = {
            _validate.AXES[a]: _evenly(begin[a], end[a], n)
            for a, n in ((cell, _ALONG), (across, _UPRIGHT))
        }
    return [
        _plane(axis, place, begin, end, cell, top.endswith("max"), longest)
        for axis, place in _checked(wanted, shape)
    ]


def _plane(
    axis: int,
    place: int,
    begin: tuple[int, ...],
    end: tuple[int, ...],
    cell: int,
    from_below: bool,
    longest: int,
) -> SectionPlane:
    rows, columns = (a for a in range(3) if a != axis)
    if columns == cell:
        rows, columns = columns, rows
    box = tuple(slice(place, place + 1) if a == axis else slice(begin[a], end[a]) for a in range(3))
    step = _step(max(end[a] - begin[a] for a in (rows, columns)), longest)
    upright = axis != cell
    return SectionPlane(axis, place, rows, columns, box, step, upright, upright and from_below)


def _checked(wanted: Mapping[str, Sequence[int]], shape: tuple[int, ...]) -> list[tuple[int, int]]:
    places = [(axis, place) for axis, of_axis in wanted.items() for place in of_axis]
    if not places:
        raise ValueError("planes must name at least one slice, got none; None chooses some")
    found = []
    for name, place in places:
        axis = _validate.AXES.index(name) if name in _validate.AXES else -1
        if axis < 0 or not 0 <= place < shape[axis]:
            inside = f" of 0 to {shape[axis] - 1}" if axis >= 0 else ""
            raise ValueError(f"planes must be slices{inside} along z, y or x, got {name} = {place}")
        found.append((axis, int(place)))
    return found


def _evenly(begin: int, end: int, most: int) -> list[int]:
    """In the middle of equal parts, so that one of an odd number is the middle slice."""
    n = max(1, min(most, end - begin))
    return [begin + (2 * i + 1) * (end - begin) // (2 * n) for i in range(n)]


def _step(n: int, longest: int) -> int:
    return max(1, -(-n // longest))


def _mean(section: NDArray[Any], step: int) -> NDArray[Any]:
    """Of squares of `step` pixels, smaller ones at the far border, in the dtype of the section."""
    if step == 1:
        return section
    places = [np.arange(0, n, step) for n in section.shape]
    summed = section.astype(np.float64)
    for axis, begins in enumerate(places):
        summed = np.add.reduceat(summed, begins, axis=axis)
    sides = [np.diff(np.r_[b, n]) for b, n in zip(places, section.shape, strict=True)]
    mean = summed / np.outer(*sides)
    whole = section.dtype.kind in "iu"
    rounded: NDArray[Any] = (np.rint(mean) if whole else mean).astype(section.dtype)
    return rounded


def _any(mask: NDArray[np.bool_], step: int) -> NDArray[np.bool_]:
    if step == 1:
        return mask
    for axis, n in enumerate(mask.shape):
        mask = np.logical_or.reduceat(mask, np.arange(0, n, step), axis=axis)
    return mask
