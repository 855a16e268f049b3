"""Surface areas, Euler numbers and contact areas, from counts of neighbouring voxels."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core

Vector = NDArray[np.float64]

# The 13 directions between neighbouring voxels by kind, in the order of the core, and how many
# there are of each.
_KINDS = np.array(
    [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)], dtype=np.float64
)
_DIRECTIONS_OF_KIND = np.array([1, 1, 1, 2, 2, 2, 4])
_IN_PLANE = [1, 2, 5]  # kinds of the 4 directions in a slice
_FACES = ("z_low", "z_high", "y_low", "y_high", "x_low", "x_high")


def surface_columns(
    labeling: _core.RunLabeling,
    n_voxels: NDArray[np.int64],
    spacing: tuple[float, ...],
    unit: str,
    threads: int,
) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The columns of `region_table` that speak of surface, and their units."""
    sums = _core.surface(labeling, threads)
    flat = len(spacing) == 2
    # How often a line enters the region: once a voxel, less once a voxel that follows another.
    entries = n_voxels[:, None] * _DIRECTIONS_OF_KIND - sums["pairs"].astype(np.int64)
    faces = face_areas(spacing)
    columns: dict[str, NDArray[Any]] = {
        "face_perimeter" if flat else "face_area": 2 * entries[:, :3] @ faces,
        "perimeter" if flat else "surface_area": 2 * entries @ crofton_weights(spacing),
    }
    units = dict.fromkeys(columns, unit if flat else f"{unit}^2")
    columns["euler_4" if flat else "euler_6"] = sums["euler_6"].copy()
    columns["euler_8" if flat else "euler_26"] = sums["euler_26"].copy()
    for i, face in enumerate(_FACES):
        if not (flat and face[0] == "z"):
            columns[f"border_{face}"] = sums["border"][:, i] * faces[i // 2]
            units[f"border_{face}"] = unit if flat else f"{unit}^2"
    return columns, units


def face_areas(spacing: tuple[float, ...]) -> Vector:
    """Areas of a voxel's faces across z, y and x; in 2-D lengths, and none across z."""
    if len(spacing) == 2:
        return np.array([0.0, spacing[1], spacing[0]])
    z, y, x = spacing
    return np.array([y * x, z * x, z * y])


def crofton_weights(spacing: tuple[float, ...]) -> Vector:
    """The area of interface (length, in 2-D) that stands behind a crossing, by kind of direction.

    A line's crossings count for the directions that are nearest to its own, so weights are areas
    of Voronoi cells on the unit sphere; (7,), 0 for directions that a plane does not have.
    """
    if len(spacing) == 2:
        lengths = np.hypot(*(_KINDS[_IN_PLANE, 1:] * spacing).T)
        # Cauchy: the length of a curve is π/2 times its mean projection, crossings counted.
        weights = np.zeros(7)
        shares = _arcs(spacing) / _DIRECTIONS_OF_KIND[_IN_PLANE]
        weights[_IN_PLANE] = np.pi / 2 * shares * np.prod(spacing) / lengths
        return weights
    steps = _KINDS * spacing
    lengths = np.linalg.norm(steps, axis=1)
    shares = _cells(steps / lengths[:, None]) / _DIRECTIONS_OF_KIND
    # Cauchy: the area of a surface is twice its mean projection, crossings counted.
    return np.asarray(2 * shares * np.prod(spacing) / lengths)


def _arcs(spacing: tuple[float, ...]) -> Vector:
    """Shares of the directions nearest to those along y, along x and diagonal."""
    diagonal = np.arctan2(spacing[1], spacing[0])  # from the y axis
    nearest_y, nearest_x = diagonal / 2, (np.pi / 2 - diagonal) / 2
    return np.array([nearest_y, nearest_x, np.pi / 2 - nearest_y - nearest_x]) / (np.pi / 2)


def _cells(directions: Vector) -> Vector:
    """Shares of the octant of positive directions that are nearest to each of `directions`."""
    areas = np.empty(len(directions))
    for i, own in enumerate(directions):
        cell = np.eye(3)
        for other in np.delete(directions, i, axis=0):
            cell = _clip(cell, own - other)
        areas[i] = _solid_angle(cell)
    return areas / (np.pi / 2)


def _clip(polygon: Vector, normal: Vector) -> Vector:
    """The part of a convex spherical polygon, its corners (n, 3), on the side of `normal`."""
    side = polygon @ normal
    corners = []
    for i, j in zip(range(len(polygon)), [*range(1, len(polygon)), 0], strict=True):
        if side[i] >= 0:
            corners.append(polygon[i])
        if side[i] * side[j] < 0:
            crossing = np.abs(side[j]) * polygon[i] + np.abs(side[i]) * polygon[j]
            corners.append(crossing / np.linalg.norm(crossing))
    return np.array(corners).reshape(-1, 3)


def _solid_angle(polygon: Vector) -> float:
    """Of a convex spherical polygon, as a fan of triangles (van Oosterom & Strackee, 1983)."""
    a, total = polygon[0], 0.0
    for b, c in pairwise(polygon[1:]):
        total += 2 * np.arctan2(abs(np.linalg.det([a, b, c])), 1 + a @ b + b @ c + c @ a)
    return total
