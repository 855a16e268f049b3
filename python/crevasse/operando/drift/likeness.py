"""How far cells look like what they are compared with, and what they know of each axis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crevasse.operando.drift.blocks import Greys
from crevasse.operando.drift.cells import Cells, Related
from crevasse.operando.drift.votes import Vector

_CLOSE = 0.4  # voxels: what a shift so far off makes differ is no difference
_STANDS_OUT = 4.0  # times the noise: a cell that varies less says nothing
_NONE = np.zeros(0, dtype=np.intp)


def telling(reference: Cells, noise: float, ok: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The cells whose edges stand out from the noise."""
    n_voxels = reference.grey.shape[1]
    return np.flatnonzero(ok & (reference.steepness > _STANDS_OUT * noise * n_voxels))


def knowing(reference: Cells, part: NDArray[np.intp]) -> Vector:
    """How much cells have to say of each axis, (cell, axis)."""
    along = np.diagonal(reference.normal[part], axis1=1, axis2=2)
    knows: Vector = reference.say[part, None] * along / reference.steepness[part, None]
    return knows


def likeness(
    off: NDArray[np.floating], reference: Cells, part: NDArray[np.intp], noise: float
) -> Greys:
    """1 where mean squares of what differs, (cell, ...), are noise; 0 where cells look unlike."""
    close = noise + _CLOSE**2 * reference.steepness[part] / reference.grey.shape[1]
    excess = np.maximum(off - np.float32(noise), 0)
    alike: Greys = np.exp(excess / (-2 * close.reshape(-1, *[1] * (off.ndim - 1))))
    return alike


def matched(sample: Greys, references: Sequence[Cells], ok: NDArray[np.bool_]) -> Vector:
    """Along each axis, the share of what is known of it that looks alike in a sample.

    In that reference of which most does. Near 0 where a frame is elsewhere: what tells an axis is
    not there. Half and more where it is right, since not all that tells an axis changes between
    two frames. NaN where nothing stands out from the noise: there is none, or all of it is texture
    that lies elsewhere.
    """
    best = np.full(references[0].normal.shape[1], np.nan)
    for reference in references:
        pair = Related.of(sample, reference)
        part = telling(reference, pair.noise, ok) if pair.noise > 0 else _NONE
        knows = knowing(reference, part)
        alike = likeness(pair.mean_squares(part), reference, part, pair.noise)
        total = knows.sum(axis=0)
        share = np.divide(alike @ knows, total, out=np.full_like(total, np.nan), where=total > 0)
        best = np.fmax(best, share)
    return best
