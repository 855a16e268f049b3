"""Parts of a frame, compared with the same parts of another: each tells how far it has moved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._joined import joined
from crevasse.operando.drift.blocks import RIM, SPREAD, Blocks, Greys
from crevasse.operando.drift.votes import Vector, Votes

Mask = NDArray[np.bool_]

_LEAST_NOISE = 1e-3  # of the typical difference between neighbours
_QUIET = 2**8  # cells that noise is estimated from
_TOGETHER = 2**7  # cells a thread takes at once: what they need stays in its cache
_CLEAR = 0.5  # of a cell's steepest slope: less is no edge
# Of white noise smoothed by a Gaussian: how many voxels vary as one, and what share of its variance
# the difference between neighbours but one, halved, has.
_ALIKE = 2 * math.sqrt(math.pi) * SPREAD
_OF_SLOPE = 0.5 * (1 - math.exp(-1 / SPREAD**2))


@dataclass(frozen=True, eq=False)
class Cells:
    """A frame that others are compared with, on the grid of the first.

    Attributes
    ----------
    mean
        Smoothed grey value of each cell.
    grey
        What is more or less than that, (cell, voxel).
    slope
        Its gradient less the mean of it, (cell, axis, voxel).
    say
        How much each cell counts: its area of edges over their contrast.
    """

    mean: Vector
    grey: Greys
    slope: Greys
    say: Vector

    @classmethod
    def of(cls, sample: Greys, blocks: Blocks) -> Cells:
        """From blocks sampled with their rim."""
        ndim = sample.ndim - 1
        inner = [slice(RIM, -RIM)] * ndim
        slopes = []
        for axis in range(ndim):
            ahead, behind = list(inner), list(inner)
            ahead[axis], behind[axis] = slice(2 * RIM, None), slice(None, -2 * RIM)
            slopes.append(0.5 * (sample[:, *ahead] - sample[:, *behind]))
        grey = blocks.cells(sample[:, *inner])
        mean = grey.mean(axis=1, keepdims=True)
        slope = np.stack([blocks.cells(s) for s in slopes], axis=1)
        slope -= slope.mean(axis=2, keepdims=True)
        return cls(mean[:, 0].astype(np.float64), grey - mean, slope, _say(slopes, blocks))

    @cached_property
    def normal(self) -> Vector:
        """Sums over a cell's voxels of products of the slope's components, (cell, axis, axis)."""
        normal: Vector = np.matmul(self.slope, self.slope.mT).astype(np.float64)
        return normal

    @cached_property
    def steepness(self) -> Vector:
        """Sum over a cell's voxels of the squared slope."""
        steepness: Vector = np.trace(self.normal, axis1=1, axis2=2)
        return steepness

    @cached_property
    def quiet(self) -> NDArray[np.intp]:
        """Some cells of the less steep half: what differs there is noise."""
        quiet = np.flatnonzero(self.steepness <= np.median(self.steepness))
        return quiet[:: max(1, len(quiet) // _QUIET)]


def compared(
    sample: Greys, reference: Cells, ok: Mask, pool: Executor, tolerance: float = math.inf
) -> Votes:
    """What the cells say of the shift between a sample, (cell, voxel), and a reference.

    One step of Gauss and Newton a cell, by the reference's slope alone, in which noise does not
    pull the result. Light may have changed: each cell has an offset of its own, all have a factor.
    Voxels that are off by more than `tolerance` voxels of shift and by more than the noise have
    less weight in it.
    """
    pair = Related.of(sample, reference)
    if not pair.noise > 0:
        return _none(reference.slope.shape[1])

    def votes(part: slice) -> Votes:
        return _votes(pair, part, ok[part], tolerance)

    parts = [slice(a, a + _TOGETHER) for a in range(0, len(sample), _TOGETHER)]
    return joined(list(pool.map(votes, parts)))


@dataclass(frozen=True, eq=False)
class Related:
    """A sample and what it is compared with.

    Attributes
    ----------
    sample, reference
        The two.
    mean
        Of each cell of the sample.
    light
        How strong its contrast is in that of the reference.
    noise
        Variance of a voxel where next to nothing else differs; 0 where nothing does.
    """

    sample: Greys
    reference: Cells
    mean: Greys
    light: np.float32
    noise: float = 0.0

    @classmethod
    def of(cls, sample: Greys, reference: Cells) -> Related:
        """As they are found to be."""
        mean = sample.mean(axis=1)
        light = np.float32(_light(mean.astype(np.float64), reference.mean))
        pair = cls(sample, reference, mean, light)
        noise = float(np.median(pair.mean_squares(reference.quiet)))
        least = _LEAST_NOISE**2 * float(reference.steepness.mean()) / sample.shape[1]
        return replace(pair, noise=max(noise, least))

    def mean_squares(self, part: NDArray[np.intp]) -> Greys:
        """Of what differs in some cells."""
        own = self.sample[part] - self.mean[part, None]
        off = own - self.light * self.reference.grey[part]
        squares: Greys = np.einsum("cv,cv->c", off, off) / off.shape[1]
        return squares


def _votes(pair: Related, part: slice, ok: Mask, tolerance: float) -> Votes:
    """Those of some cells."""
    reference, noise, light = pair.reference, pair.noise, float(pair.light)
    ndim, n_voxels = reference.slope.shape[1:]
    normal, pull, left = _core.shift_equations(
        pair.sample[part], reference.grey[part], reference.slope[part], light, noise, tolerance
    )
    values, vectors = np.linalg.eigh(normal)
    told = np.maximum(values - n_voxels * noise * _OF_SLOPE, 0)
    keep = ok & (told[:, -1] > 0)
    values, vectors, told = values[keep], vectors[keep], told[keep]
    along = np.matmul(vectors.mT, pull[keep][:, :, None])[:, :, 0]
    along = np.where(told > 0, along / np.where(told > 0, values, 1), 0)
    misfit = np.maximum((left[keep] - (along**2 * values).sum(axis=1)) / n_voxels, noise)
    surely = told / (_ALIKE**ndim * misfit)[:, None] * light**2
    shift = np.matmul(vectors, along[:, :, None])[:, :, 0] / light
    return Votes(shift, vectors, surely, reference.say[part][keep])


def _none(ndim: int) -> Votes:
    none = np.zeros((0, ndim))
    return Votes(none, np.zeros((0, ndim, ndim)), none, np.zeros(0))


def _say(slopes: Sequence[Greys], blocks: Blocks) -> Vector:
    """Area over contrast, by voxels on the ridge of the slope's length, each as 1 over it.

    So a face counts the same whether it is faint or strong times its contrast: what grows tends to
    be of strong contrast, the grain of what stays in place is faint.
    """
    squares = [s * s for s in slopes]
    steep, main = reduce(np.add, squares), reduce(np.maximum, squares)
    ridge = np.zeros(steep.shape, dtype=np.bool_)
    for axis in range(len(slopes)):
        at, low, high = (
            (slice(None),) * (axis + 1) + (part,)
            for part in (slice(1, -1), slice(None, -2), slice(2, None))
        )
        top = (steep[at] >= steep[low]) & (steep[at] > steep[high])
        ridge[at] |= top & (squares[axis][at] == main[at])
    length = np.sqrt(blocks.cells(steep))
    most = length.max(axis=1, keepdims=True)
    clear = blocks.cells(ridge.astype(np.float32)) * (length >= _CLEAR * most)
    say: Vector = (clear / np.maximum(length, np.float32(1e-30))).sum(axis=1, dtype=np.float64)
    return say


def _light(sample: Vector, reference: Vector) -> float:
    """How many times as strong contrast is: the line of least deviations through cells' means."""
    light, offset = 1.0, float(np.median(sample - reference))
    least = 1e-3 * float(reference.std())
    if not least > 0:
        return light
    for _ in range(10):
        weight = 1 / np.maximum(np.abs(sample - light * reference - offset), least)
        x, y = (float(weight @ v / weight.sum()) for v in (reference, sample))
        spread = float(weight @ (reference - x) ** 2)
        light = float(weight @ ((reference - x) * (sample - y))) / spread
        offset = y - light * x
    return light if light > 0.1 else 1.0
