"""A cell as it is scripted: layers from electrode to electrode, with cracks and pores in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crevasse.phantom.bodies import Body, State, coverage, is_open
from crevasse.phantom.imaging import Phase

Map = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Cell:
    """What is where, in every frame.

    Attributes
    ----------
    shape
        (z, y, x).
    stack
        Phases of the layers, from z = 0 downwards.
    faces
        Of a frame: the maps (y, x) of the heights, in voxels, at which one layer ends and the next
        begins; 0 is the volume's outer face.
    bodies
        Cracks and pores, in the solid.
    states
        One a frame.
    casing
        Share of each column, (y, x), that lies outside of the cell; None: all is inside.
    grain, mottle, seed
        The solid's grains differ in grey value: their size in voxels, by how much (relative), and
        the seed of how.
    """

    shape: tuple[int, int, int]
    stack: tuple[Phase, ...]
    faces: Callable[[int], Sequence[Map]]
    bodies: tuple[Body, ...] = field(repr=False)
    states: tuple[State, ...] = field(repr=False)
    casing: Map | None = field(default=None, repr=False)
    grain: float = 8.0
    mottle: float = 0.0
    seed: int = 0

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.states)

    def phases(self, frame: int) -> NDArray[np.uint8]:
        """`Phase` at every voxel's centre."""
        out = np.empty(self.shape, dtype=np.uint8)
        faces = self.faces(frame)
        table = np.array(self.stack, dtype=np.uint8)
        for z, part in enumerate(out):
            layer = np.zeros(part.shape, dtype=np.uint8)
            for face in faces:
                layer += z + 0.5 >= face
            part[...] = table[layer]
            if self.casing is not None:
                part[self.casing >= 0.5] = Phase.CASING
        flat = out.reshape(-1)
        for body in self.bodies:
            flat[body.index[is_open(body, self.states[frame])]] = body.phase
        return out

    def ideal(self, frame: int, grey: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean grey value of what every voxel holds; `grey` by phase number."""
        out = np.empty(self.shape, dtype=np.float32)
        faces = self.faces(frame)
        values = grey[np.array(self.stack)]
        grains = _grains(self.shape, self.grain, self.seed) if self.mottle else None
        for z, part in enumerate(out):
            part[...] = values[0]
            for face, step in zip(faces, np.diff(values), strict=True):
                part += step * np.clip(z + 1 - face, 0.0, 1.0)
            if grains is not None:
                plain = np.abs(part - grey[Phase.SOLID]) < 1.0
                part += plain * np.float32(self.mottle * grey[Phase.SOLID]) * grains(z)
            if self.casing is not None:
                part += self.casing * (grey[Phase.CASING] - part)
        flat = out.reshape(-1)
        for body in self.bodies:
            covered = coverage(body, self.states[frame])
            flat[body.index] += covered * (grey[body.phase] - flat[body.index])
        return out

    def objects(self, frame: int) -> NDArray[np.uint32]:
        """Id of the open body at every voxel's centre; 0 where there is none."""
        out = np.zeros(self.shape, dtype=np.uint32)
        flat = out.reshape(-1)
        for body in self.bodies:
            flat[body.index[is_open(body, self.states[frame])]] = body.id
        return out

    def mask(self, frame: int) -> NDArray[np.bool_]:
        """Where a body is open."""
        out = np.zeros(self.shape, dtype=np.bool_)
        flat = out.reshape(-1)
        for body in self.bodies:
            flat[body.index[is_open(body, self.states[frame])]] = True
        return out


def _grains(shape: tuple[int, int, int], size: float, seed: int) -> Callable[[int], Map]:
    """Patches of about -1 and 1, slice by slice: a coarse random grid, interpolated and clipped."""
    rng = np.random.default_rng([seed, 3])
    n_coarse = [int(n / size) + 2 for n in shape]
    coarse = rng.standard_normal(n_coarse, dtype=np.float32)
    down, across = (
        _interpolation(n, m, size) for n, m in zip(shape[1:], n_coarse[1:], strict=True)
    )

    def patches(z: int) -> Map:
        at = z / size
        k, share = int(at), np.float32(at - int(at))
        mixed = (1 - share) * coarse[k] + share * coarse[k + 1]
        patch: Map = np.tanh(np.float32(4.0) * (down @ mixed @ across.T))
        return patch

    return patches


def _interpolation(n: int, n_coarse: int, size: float) -> NDArray[np.float32]:
    """Weights of the coarse grid's points for every voxel, (n, n_coarse)."""
    at = np.arange(n)[:, None] / size - np.arange(n_coarse)[None]
    return np.maximum(0.0, 1.0 - np.abs(at)).astype(np.float32)
