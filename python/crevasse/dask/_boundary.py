"""The labels in the outermost voxels of a brick, and which of them meet those of the next."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core

Direction = tuple[int, int, int]

DIRECTIONS: tuple[Direction, ...] = tuple(
    (z, y, x) for z, y, x in product((-1, 0, 1), repeat=3) if z or y or x
)
_MOST_STEPS = {6: 1, 18: 2, 26: 3}  # along how many axes neighbouring voxels may differ


@dataclass(frozen=True)
class Part:
    """Foreground in the part of a brick that lies farthest in one direction.

    A face, an edge or a corner: one voxel thick along the axes along which the direction leads.

    Attributes
    ----------
    voxels
        Fields z, y, x and label, in raster order.
    values
        Of the image, one a voxel; None where it is bool.
    """

    voxels: NDArray[np.void]
    values: NDArray[np.int64] | None


def neighbour_directions(connectivity: int) -> tuple[Direction, ...]:
    """Where a brick has others whose voxels may join its own; of two opposite directions one."""
    most = _MOST_STEPS[connectivity]
    return tuple(d for d in DIRECTIONS if d > (0, 0, 0) and n_steps(d) <= most)


def n_steps(direction: Direction) -> int:
    """Along how many axes a direction leads: 1 to a face, 2 to an edge, 3 to a corner."""
    return sum(map(abs, direction))


def boundary(labeling: _core.RunLabeling, image: NDArray[Any]) -> dict[Direction, Part]:
    """The part of a brick that lies farthest in each direction."""
    return {d: _part(_core.boundary_voxels(labeling, d), image) for d in DIRECTIONS}


def meeting_labels(
    a: Part, b: Part, direction: Direction, offset: tuple[int, ...], connectivity: int
) -> NDArray[np.uint32]:
    """Pairs of labels of neighbouring voxels of equal value, (n, 2), sorted, each once.

    Parameters
    ----------
    a
        The part that lies farthest in `direction` of a brick.
    b
        The opposite part of the brick that lies there.
    direction
        From one to the other.
    offset
        Where the other begins, in voxels of the one.
    connectivity
        6, 18 or 26.
    """
    z, y, x = offset
    return _core.meeting_labels(
        a.voxels, b.voxels, a.values, b.values, direction, (z, y, x), connectivity
    )


def _part(voxels: NDArray[np.void], image: NDArray[Any]) -> Part:
    if image.dtype == np.bool_:
        return Part(voxels, None)
    # Beyond 63 bits values wrap, and are still equal where they were.
    return Part(voxels, image[voxels["z"], voxels["y"], voxels["x"]].astype(np.int64))
