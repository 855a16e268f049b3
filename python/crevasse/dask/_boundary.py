"""The labels in the outermost voxels of a brick, and which of them meet those of the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core

Direction = tuple[int, int, int]

_STEPS = (-1, 0, 1)
DIRECTIONS: tuple[Direction, ...] = tuple(
    (z, y, x) for z in _STEPS for y in _STEPS for x in _STEPS if z or y or x
)
_MOST_STEPS = {6: 1, 18: 2, 26: 3}  # along how many axes neighbouring voxels may differ


@dataclass(frozen=True)
class Part:
    """Foreground in the part of a brick that lies farthest in one direction.

    A face, an edge or a corner: one voxel thick along the axes along which the direction leads.

    Attributes
    ----------
    shape
        Extent of the part.
    voxels
        Raster indices in the part.
    labels
        One a voxel.
    values
        Of the image, one a voxel; None where it is bool.
    """

    shape: tuple[int, ...]
    voxels: NDArray[np.int64]
    labels: NDArray[np.uint32]
    values: NDArray[Any] | None


_NOTHING = Part((0, 0, 0), np.empty(0, np.int64), np.empty(0, np.uint32), None)


def neighbour_directions(connectivity: int) -> tuple[Direction, ...]:
    """Where a brick has others whose voxels may join its own; of two opposite directions one."""
    most = _MOST_STEPS[connectivity]
    return tuple(d for d in DIRECTIONS if d > (0, 0, 0) and n_steps(d) <= most)


def n_steps(direction: Direction) -> int:
    """Along how many axes a direction leads: 1 to a face, 2 to an edge, 3 to a corner."""
    return sum(map(abs, direction))


def boundary(labeling: _core.RunLabeling, image: NDArray[Any]) -> dict[Direction, Part]:
    """The part of a brick that lies farthest in each direction."""
    if labeling.count == 0:
        return dict.fromkeys(DIRECTIONS, _NOTHING)
    values = None if image.dtype == np.bool_ else image
    faces = {(axis, last): _face(labeling, axis, last) for axis in range(3) for last in (0, 1)}
    parts = {}
    for direction in DIRECTIONS:
        axis = next(i for i in range(3) if direction[i])
        face = faces[axis, int(direction[axis] > 0)]
        parts[direction] = _part(face, axis, values, direction)
    return parts


def meeting_labels(a: Part, b: Part, direction: Direction, connectivity: int) -> NDArray[np.uint32]:
    """Pairs of labels of neighbouring voxels of equal value, (n, 2), sorted, each once.

    Parameters
    ----------
    a
        The part that lies farthest in `direction` of a brick.
    b
        The opposite part of the brick that lies there.
    direction
        From one to the other.
    connectivity
        6, 18 or 26.
    """
    if not (a.labels.size and b.labels.size):
        return np.empty((0, 2), dtype=np.uint32)
    # Beyond the ends of a part nothing lies: there other bricks meet.
    padding = np.array([int(step == 0) for step in direction])
    padded = tuple(np.array(b.shape) + 2 * padding)
    strides = np.array([padded[1] * padded[2], padded[2], 1])
    place_a, place_b = (
        strides @ (np.array(np.unravel_index(part.voxels, part.shape)) + padding[:, None])
        for part in (a, b)
    )
    member = np.full(np.prod(padded), -1)  # the number of the voxel of b there
    member[place_b] = np.arange(len(place_b))

    found = []
    for shift in _shifts(direction, connectivity):
        other = member[place_a + strides @ shift]
        met = other >= 0
        if a.values is not None and b.values is not None:
            met &= a.values == b.values[other]
        pairs = a.labels[met].astype(np.uint64) << 32 | b.labels[other[met]]
        # Side by side most pairs are the same, and fewer are sorted in no time.
        found.append(pairs[np.flatnonzero(np.diff(pairs, prepend=~pairs[:1]))])
    joined = np.unique(np.concatenate(found))
    return np.column_stack((joined >> 32, joined & 0xFFFFFFFF)).astype(np.uint32)


def _shifts(direction: Direction, connectivity: int) -> Iterator[NDArray[np.int64]]:
    """How neighbours may differ along the axes along which `direction` does not lead."""
    most = _MOST_STEPS[connectivity] - n_steps(direction)
    for shift in product(*(_STEPS if step == 0 else (0,) for step in direction)):
        if sum(map(abs, shift)) <= most:
            yield np.array(shift)


def _part(
    face: NDArray[np.uint32], axis: int, values: NDArray[Any] | None, direction: Direction
) -> Part:
    ends = [slice(0, 1), slice(None), slice(-1, None)]
    labels = face[
        tuple(slice(None) if i == axis else ends[step + 1] for i, step in enumerate(direction))
    ]
    voxels = np.flatnonzero(labels)
    image = None if values is None else values[tuple(ends[step + 1] for step in direction)]
    return Part(
        labels.shape,
        voxels,
        labels.reshape(-1)[voxels],
        None if image is None else image.reshape(-1)[voxels],
    )


def _face(labeling: _core.RunLabeling, axis: int, last: int) -> NDArray[np.uint32]:
    """The labels of the first or last voxels along an axis, one voxel thick."""
    depth, height, width = labeling.runs.shape
    if axis == 2:
        return _column(labeling, width - 1 if last else 0).reshape(depth, height, 1)
    rows = np.arange(depth * height).reshape(depth, height)
    chosen = rows.take([-last], axis=axis)
    return _rows(labeling, chosen.reshape(-1)).reshape(*chosen.shape, width)


def _column(labeling: _core.RunLabeling, x: int) -> NDArray[np.uint32]:
    """The labels of the voxels x, the first or the last, of all rows."""
    row_begin, runs = labeling.runs.row_begin, labeling.runs.runs
    filled = np.flatnonzero(np.diff(row_begin))
    outer = row_begin[filled] if x == 0 else row_begin[filled + 1] - 1
    reaches = (runs[outer, 0] <= x) & (x < runs[outer, 1])
    column = np.zeros(len(row_begin) - 1, dtype=np.uint32)
    column[filled[reaches]] = labeling.labels[outer[reaches]]
    return column


def _rows(labeling: _core.RunLabeling, rows: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The labels of all voxels of some rows."""
    row_begin, width = labeling.runs.row_begin, labeling.runs.shape[2]
    count = row_begin[rows + 1] - row_begin[rows]
    numbers = _ranges(row_begin[rows], count)
    runs = labeling.runs.runs[numbers].astype(np.int64)
    length = runs[:, 1] - runs[:, 0]
    begin = np.repeat(np.arange(len(rows)) * width, count) + runs[:, 0]
    labels = np.zeros(len(rows) * width, dtype=np.uint32)
    labels[_ranges(begin, length)] = np.repeat(labeling.labels[numbers], length)
    return labels


def _ranges(begin: NDArray[np.int64], length: NDArray[np.int64]) -> NDArray[np.int64]:
    """All of [begin, begin + length), one range after the other."""
    before = np.cumsum(length) - length
    return np.repeat(begin - before, length) + np.arange(length.sum())
