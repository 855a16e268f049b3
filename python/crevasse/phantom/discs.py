"""Round cells: the disc in which a layer is measured, and the casing around."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crevasse.phantom.cell import Map

_FILLS = 0.96
"""Diameter of the cell as a share of the volume's edge."""


def radii(shape: tuple[int, int, int]) -> Map:
    """Distance of every column from the axis, (y, x), in voxels."""
    _, ny, nx = shape
    y, x = np.ogrid[:ny, :nx]
    out: Map = np.hypot(y - 0.5 * (ny - 1), x - 0.5 * (nx - 1)).astype(np.float32)
    return out


def cell_radius(shape: tuple[int, int, int]) -> float:
    """Of the cell, in voxels."""
    return 0.5 * _FILLS * min(shape[1:])


def in_disc(shape: tuple[int, int, int], share: float = 0.75) -> NDArray[np.bool_]:
    """Columns within that share of the cell's radius: 1.5 of 2 mm."""
    inside: NDArray[np.bool_] = radii(shape) <= share * cell_radius(shape)
    return inside


def casing_of(shape: tuple[int, int, int]) -> Map:
    """Share of each column that lies outside of the cell."""
    share: Map = np.clip(radii(shape) - cell_radius(shape) + 0.5, 0.0, 1.0)
    return share


def standardised(field: Map, inside: NDArray[np.bool_]) -> Map:
    """With mean 0 and standard deviation 1 where it is `inside`."""
    within = field[inside].astype(np.float64)
    out: Map = ((field - within.mean()) / within.std()).astype(np.float32)
    return out


def tilted(
    y: NDArray[np.float64], x: NDArray[np.float64], *, angle: float, towards: float
) -> NDArray[np.float64]:
    """A plane through the middle, tilted by `angle` degrees; `towards`: azimuth in radians."""
    slope = np.tan(np.deg2rad(angle))
    dy, dx = y - 0.5 * (y.size - 1), x - 0.5 * (x.size - 1)
    plane: NDArray[np.float64] = slope * (np.sin(towards) * dy + np.cos(towards) * dx)
    return plane
