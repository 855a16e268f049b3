"""Components of a volume from those of its bricks: what tasks do, without a graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core, _validate
from crevasse.dask._boundary import Direction, Part, boundary, meeting_labels
from crevasse.dask._grid import Grid


@dataclass(frozen=True)
class Brick:
    """One brick, labelled by itself.

    Attributes
    ----------
    labeling
        Its components.
    first
        The first voxel of each, a raster index in the brick.
    boundary
        Their labels in the outermost voxels, by direction.
    """

    labeling: _core.RunLabeling
    first: NDArray[np.int64]
    boundary: dict[Direction, Part]


@dataclass(frozen=True)
class Neighbour:
    """Another brick: where it lies, and its rank.

    `offset` is where it begins, in voxels of the one whose neighbour it is.
    """

    direction: Direction
    offset: tuple[int, ...]
    rank: int


@dataclass(frozen=True)
class Meetings:
    """What is to be known of a brick to number its components.

    Attributes
    ----------
    first
        The first voxel of each, a raster index in the brick.
    pairs
        Labels that join, (n, 2), the brick's own and the other's, by the other brick's rank.
    """

    first: NDArray[np.int64]
    pairs: dict[int, NDArray[np.uint32]]


@dataclass(frozen=True)
class Numbering:
    """Components of the whole volume: the number of every label of every brick, by rank."""

    count: int
    numbers: list[NDArray[np.uint32]]


@dataclass(frozen=True)
class NumberedBrick:
    """A brick, labelled by itself, with the volume's number of each of its labels.

    `count` is that of the volume.
    """

    labeling: _core.RunLabeling
    numbers: NDArray[np.uint32]
    count: int


def label_brick(image: NDArray[Any], connectivity: int, threads: int) -> Brick:
    """Label one brick by itself."""
    brick = _validate.bool_or_integer(image, "image")
    labeling = _core.label_image(brick, connectivity, (False, False, False), threads)
    return Brick(labeling, _core.first_voxels(labeling), boundary(labeling, brick))


def meetings(
    brick: Brick,
    neighbours: Sequence[Neighbour],
    boundaries: Sequence[dict[Direction, Part]],
    connectivity: int,
) -> Meetings:
    """What joins of a brick and of its neighbours, of each of which a boundary is given."""
    pairs = {
        other.rank: meeting_labels(
            brick.boundary[other.direction],
            parts[_opposite(other.direction)],
            other.direction,
            other.offset,
            connectivity,
        )
        for other, parts in zip(neighbours, boundaries, strict=True)
    }
    return Meetings(brick.first, pairs)


def number_components(met: Sequence[Meetings], grid: Grid, dtype: np.dtype[Any]) -> Numbering:
    """Join the labels of all bricks, in the order of the grid."""
    first = [of_brick.first for of_brick in met]
    ends = np.cumsum([len(part) for part in first])
    begins = ends - [len(part) for part in first]
    in_volume = [grid.raster_index(index, part) for index, part in zip(grid, first, strict=True)]
    # Sorted by first voxel, so that the lowest label of a component is the first one too.
    order = np.argsort(np.concatenate(in_volume), kind="stable")
    place = np.empty(len(order), dtype=np.uint32)
    place[order] = np.arange(len(order), dtype=np.uint32)
    pairs = [
        labels + (begins[[rank, other]] - 1)  # labels begin at 1
        for rank, of_brick in enumerate(met)
        for other, labels in of_brick.pairs.items()
    ]
    joined = place[np.concatenate(pairs or [np.empty((0, 2), dtype=np.int64)])]
    numbers, count = _core.merge_labels(len(order), joined.reshape(-1))
    _validate.label_dtype(dtype, count)
    return Numbering(count, np.split(numbers[place], ends[:-1]))


def write_labels(brick: NumberedBrick, dtype: np.dtype[Any], threads: int) -> NDArray[Any]:
    """A brick's labels, dense, under the volume's numbers."""
    out = np.zeros(brick.labeling.runs.shape, dtype=dtype)
    labeling = brick.labeling.renumber(brick.numbers, brick.count)
    labeling.write_labels(out, 0, True, threads)
    return out


def _opposite(direction: Direction) -> Direction:
    z, y, x = direction
    return -z, -y, -x
