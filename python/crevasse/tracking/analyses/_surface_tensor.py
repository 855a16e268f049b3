"""The tensor of a surface's normals, from how often lines in 13 directions (4 in 2-D) cross it."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._surface import crofton_weights
from crevasse.tracking.analyses._cubes import cubes

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Of correction; more change the normals of sheets by less than 0.01 degrees.
_ROUNDS = 4


class LabelledVoxels:
    """Voxels that bear a label; beyond the volume's border they go on as they are in it."""

    def __init__(self, labels: NDArray[Any]) -> None:
        self._padded = np.pad(labels, 1, mode="edge" if labels.size else "constant")
        self.places = np.nonzero(labels)
        self.labels = labels[self.places]
        within = tuple(place + 1 for place in self.places)
        self._index = np.ravel_multi_index(within, self._padded.shape)

    def leave(self, step: tuple[int, ...]) -> NDArray[np.bool_]:
        """Which are followed by something else."""
        shape = self._padded.shape
        strides = [int(np.prod(shape[i + 1 :])) for i in range(len(shape))]
        away = int(np.dot(step, strides))
        return np.asarray(self._padded.reshape(-1)[self._index + away] != self.labels)


def patches_of(voxels: LabelledVoxels, spacing: tuple[float, ...], edge: float) -> tuple[Ints, int]:
    """The piece of a label in a cube that each voxel belongs to."""
    group = np.unique(voxels.labels, return_inverse=True)[1].astype(np.int64)
    for cube in cubes(voxels.places, spacing, edge):
        group = group * (int(cube.max(initial=0)) + 1) + cube
    known, number = np.unique(group, return_inverse=True)
    return number, len(known)


def surface_tensors(
    voxels: LabelledVoxels, group: Ints, n_groups: int, spacing: tuple[float, ...]
) -> Floats:
    """Integral of n nᵀ over the surface of each group, (n, ndim, ndim)."""
    ndim = len(spacing)
    steps = [s for s in product((-1, 0, 1), repeat=ndim) if s > (0,) * ndim]
    weights = crofton_weights((1.0,) * ndim)[[_kind(step) for step in steps]]
    crossings = np.empty((n_groups, len(steps)))
    for i, step in enumerate(steps):
        there, back = (
            np.bincount(group[voxels.leave(s)], minlength=n_groups)
            for s in (step, tuple(-k for k in step))
        )
        crossings[:, i] = there + back
    vectors = np.array(steps, dtype=np.float64)
    return _in_space(_without_bias(crossings * weights, vectors, weights), spacing)


def _tensors(areas: Floats, directions: Floats) -> Floats:
    """From the area that stands behind the crossings in each direction, by Crofton."""
    # Means over d: of 2 |n · d| it is 1, of 2 |n · d| (d dᵀ - 1/3) it is (n nᵀ - 1/3) / 4; in an
    # image π/2 |n · d| has 1 and (n nᵀ - 1/2) / 3.
    ndim = directions.shape[1]
    factor = 3.0 if ndim == 2 else 4.0
    units = directions / np.linalg.norm(directions, axis=1)[:, None]
    second = np.einsum("nd,di,dj->nij", areas, units, units)
    share = areas.sum(axis=1)[:, None, None] * np.eye(ndim) / ndim
    return np.asarray(factor * (second - share) + share)


def _without_bias(areas: Floats, directions: Floats, weights: Floats) -> Floats:
    """Tensors less what few directions make of their flat part.

    The part of a tensor that is a plane, its first eigenvalue less the second, is known to read
    something else, by which normal it has. The rest is taken to be right, as that of a ball is.
    """
    measured = _tensors(areas, directions)
    tensors = measured
    for _ in range(_ROUNDS):
        values, vectors = np.linalg.eigh(tensors)
        flat = (values[:, -1] - values[:, -2])[:, None, None]
        normal = vectors[:, :, -1]
        reads = _tensors(weights * np.abs(normal @ directions.T), directions)
        tensors = measured - flat * (reads - normal[:, :, None] * normal[:, None, :])
    return tensors


def _in_space(tensors: Floats, spacing: tuple[float, ...]) -> Floats:
    """From a tensor in voxels to one in space.

    An area times its normal, over the spacing and times the volume of a voxel, is one in space. So
    planes can be taken over, and a tensor is that of planes along its principal axes.
    """
    if len(set(spacing)) == 1:
        return tensors * spacing[0] ** (len(spacing) - 1)
    values, vectors = np.linalg.eigh(tensors)
    # vectors[:, i, k] is component i of axis k.
    planes = vectors * (np.prod(spacing) / np.array(spacing))[:, None]
    planes = planes * np.maximum(values, 0)[:, None, :]
    area = np.linalg.norm(planes, axis=1, keepdims=True)
    scaled = planes / np.sqrt(np.where(area > 0, area, 1))
    return np.asarray(np.einsum("nik,njk->nij", scaled, scaled))


def _kind(step: tuple[int, ...]) -> int:
    """The kind of direction, in the order of `crofton_weights`."""
    z, y, x = (0,) * (3 - len(step)) + tuple(abs(s) for s in step)
    return {(1, 0, 0): 0, (0, 1, 0): 1, (0, 0, 1): 2, (1, 1, 0): 3, (1, 0, 1): 4, (0, 1, 1): 5}.get(
        (z, y, x), 6
    )
