"""Which shifts the cells of two frames agree on, all within reach being tried."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crevasse import _core
from crevasse.operando.drift.blocks import Blocks, Greys
from crevasse.operando.drift.cells import Cells, Related
from crevasse.operando.drift.likeness import knowing, likeness, telling
from crevasse.operando.drift.votes import Vector

REACH = 4  # voxels
_RIVAL = 0.8  # of the highest peak: lower ones are none
_FLAT = 0.7  # of a peak: where the line through it is as high as that, it says nothing of that axis
_MOST = 3  # peaks
_MOST_CELLS = 2**9  # of a reference: of more, some are taken evenly
_TOGETHER = 2**6  # cells that are compared at once


@dataclass(frozen=True, eq=False)
class Peak:
    """A shift, and along which axes it is told: along others any would do as well."""

    shift: Vector
    told: NDArray[np.bool_]


def agreed_shifts(
    sample: Greys,
    blocks: Blocks,
    references: Sequence[Cells],
    ok: NDArray[np.bool_],
    pool: Executor,
) -> list[Peak]:
    """The shifts, up to `REACH` along each axis, that most of the cells agree on, the best first.

    Each cell is compared with itself at every shift, so that none needs to begin near its place. It
    agrees as far as what differs is noise, or the shift a fraction of a voxel off.

    Parameters
    ----------
    sample
        Blocks with `REACH` voxels around them.
    blocks
        Where they are.
    references
        Each with the cells of `blocks`.
    ok
        Which cells are to be looked at.
    pool
        Compares some cells at once. The result is the same for every number of threads.
    """
    ndim = sample.ndim - 1
    inner = (slice(None), *[slice(REACH, -REACH)] * ndim)
    cells = blocks.cells(sample[inner])
    around = blocks.surroundings(sample, REACH)
    agreed, weight = np.zeros([ndim] + [2 * REACH + 1] * ndim), np.zeros(ndim)
    for reference in references:
        pair = Related.of(cells, reference)
        light, noise = pair.light, pair.noise
        if not noise > 0:
            continue
        off = partial(_off, around, reference, light, blocks.cell, pool)
        # What differs between quiet cells here may be texture that lies elsewhere.
        noise = min(noise, float(np.median(off(reference.quiet), axis=0).min()))
        use = telling(reference, noise, ok)
        use = use[:: 1 + len(use) // _MOST_CELLS]
        if not len(use):
            continue
        knows = knowing(reference, use)
        agreed += np.tensordot(knows.T, likeness(off(use), reference, use, noise), 1)
        weight += knows.sum(axis=0)
    return _peaks(agreed / np.where(weight > 0, weight, 1).reshape(-1, *[1] * ndim))


def _peaks(agreed: Vector) -> list[Peak]:
    """The highest peaks, the best first.

    `agreed`, (axis, *shift), is that of the cells that know each axis. Each axis has the same say,
    however few cells know it.
    """
    total = agreed.sum(axis=0)
    rivals = max(_RIVAL * float(total.max()), np.finfo(np.float64).tiny)
    at = np.argwhere((total == ndimage.maximum_filter(total, 3)) & (total >= rivals))
    order = np.argsort(-total[tuple(at.T)], kind="stable")[:_MOST]
    return [Peak(at[k] - REACH + _between(total, at[k]), _told(agreed, at[k])) for k in order]


def _told(agreed: Vector, peak: NDArray[np.intp]) -> NDArray[np.bool_]:
    """For each axis: do those that know it agree on this place more than along the whole line?"""
    lines = (agreed[axis, *peak[:axis], :, *peak[axis + 1 :]] for axis in range(len(peak)))
    return np.array(
        [np.median(line) < _FLAT * line[k] for line, k in zip(lines, peak, strict=True)]
    )


def _between(agreed: Vector, peak: NDArray[np.intp]) -> Vector:
    """How far from a whole voxel a peak is: where a normal distribution would have its mean."""
    away = np.zeros(agreed.ndim)
    for axis, k in enumerate(peak):
        if 0 < k < agreed.shape[axis] - 1:
            line = agreed[*peak[:axis], k - 1 : k + 2, *peak[axis + 1 :]]
            low, top, high = np.log(np.maximum(line, np.finfo(np.float64).tiny))
            bend = low - 2 * top + high
            away[axis] = 0.5 * (low - high) / bend if bend < 0 else 0.0
    return away


def _off(
    around: Greys,
    reference: Cells,
    light: np.float32,
    cell: tuple[int, ...],
    pool: Executor,
    which: NDArray[np.intp],
) -> Greys:
    """Mean square of what differs in some cells, (cell, *shift): offsets are no difference."""
    flat = (1,) * (3 - len(cell))

    def of(part: NDArray[np.intp]) -> Greys:
        windows = around[part].reshape(len(part), *flat, *around.shape[1:])
        grey = reference.grey[part].reshape(len(part), *flat, *cell)
        off = _core.shift_differences(windows, grey, float(light))
        return off.reshape(len(part), *off.shape[1 + len(flat) :])

    parts = [which[k : k + _TOGETHER] for k in range(0, len(which), _TOGETHER)]
    return np.concatenate(list(pool.map(of, parts)))
