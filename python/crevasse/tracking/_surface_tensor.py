"""The tensor of a surface's normals, from how often lines in 13 directions (4 in 2-D) cross it."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._surface import crofton_weights

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class LabelledVoxels:
    """Voxels that bear a label, in a volume with a margin of one voxel."""

    def __init__(self, labels: NDArray[Any]) -> None:
        self.padded = np.pad(labels, 1)
        self.index = np.flatnonzero(self.padded)
        self.labels = self.padded.reshape(-1)[self.index]
        self.places = np.unravel_index(self.index, self.padded.shape)

    def leave(self, step: tuple[int, ...]) -> NDArray[np.bool_]:
        """Which are followed by something else within the volume."""
        shape = self.padded.shape
        strides = [int(np.prod(shape[i + 1 :])) for i in range(len(shape))]
        away = int(np.dot(step, strides))
        result = self.padded.reshape(-1)[self.index + away] != self.labels
        for place, s, n in zip(self.places, step, shape, strict=True):
            if s:
                result &= place != (n - 2 if s > 0 else 1)
        return np.asarray(result)


def patches_of(voxels: LabelledVoxels, spacing: tuple[float, ...], edge: float) -> tuple[Ints, int]:
    """The piece of a label in a cube that each voxel belongs to."""
    group = np.unique(voxels.labels, return_inverse=True)[1].astype(np.int64)
    for place, length in zip(voxels.places, spacing, strict=True):
        cube = np.floor((place - 1) * length / edge).astype(np.int64)
        group = group * (int(cube.max(initial=0)) + 1) + cube
    known, number = np.unique(group, return_inverse=True)
    return number, len(known)


def surface_tensors(
    voxels: LabelledVoxels, group: Ints, n_groups: int, spacing: tuple[float, ...]
) -> Floats:
    """Integral of n nᵀ over the surface of each group, (n, ndim, ndim)."""
    ndim = len(spacing)
    steps = [s for s in product((-1, 0, 1), repeat=ndim) if s > (0,) * ndim]
    weights = crofton_weights((1.0,) * ndim)
    zeroth = np.zeros(n_groups)
    second = np.zeros((n_groups, ndim, ndim))
    for step in steps:
        unit = np.array(step) / np.linalg.norm(step)
        crossings = sum(
            np.bincount(group[voxels.leave(s)], minlength=n_groups)
            for s in (step, tuple(-i for i in step))
        )
        area = weights[_kind(step)] * crossings  # what stands behind, by Crofton
        zeroth += area
        second += area[:, None, None] * np.outer(unit, unit)
    # Means over d: of 2 |n · d| it is 1, of 2 |n · d| (d dᵀ - 1/3) it is (n nᵀ - 1/3) / 4; in an
    # image π/2 |n · d| has 1 and (n nᵀ - 1/2) / 3.
    factor = 3.0 if ndim == 2 else 4.0
    identity = np.eye(ndim) / ndim
    share = zeroth[:, None, None] * identity
    return _in_space(factor * (second - share) + share, spacing)


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
