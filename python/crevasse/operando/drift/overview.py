"""A frame seen coarsely: where it is, to a few voxels, however far it has moved."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

Image = NDArray[Any]
Greys = NDArray[np.float32]

MOST_VOXELS = 2**18
_LEAST_EDGE = 16  # voxels
_SHADING = 15  # voxels: what is wider says nothing about position
_MOST_SPREADS = 3.0  # contrast beyond this is held to it, lest a growing crack lead
_SLAB = 8  # coarse slices that a thread takes at once


@dataclass(frozen=True, eq=False)
class Overview:
    """Block means of an image, `factor` voxels an axis."""

    image: Greys
    factor: tuple[int, ...]

    @cached_property
    def contrast(self) -> Greys:
        """Between 0 where there is none and 1 at an edge, faint or strong."""
        steep = np.zeros(self.image.shape, dtype=np.float32)
        for axis, n in enumerate(self.image.shape):
            if n > 1:
                steep += np.gradient(self.image, axis=axis) ** 2
        typical = float(steep.mean())
        return steep / (steep + np.float32(typical)) if typical > 0 else steep

    @cached_property
    def spectrum(self) -> NDArray[np.complex64]:
        """Transform of the detail, faded out towards the borders."""
        detail = self.image - ndimage.uniform_filter(self.image, _SHADING)
        spread = 1.4826 * float(np.median(np.abs(detail)))  # the standard deviation, were it normal
        if spread > 0:
            np.clip(detail, -_MOST_SPREADS * spread, _MOST_SPREADS * spread, out=detail)
        for axis, n in enumerate(detail.shape):
            fade = np.hanning(n + 2)[1:-1].astype(np.float32)
            detail *= fade.reshape([-1 if a == axis else 1 for a in range(detail.ndim)])
        spectrum: NDArray[np.complex64] = fft.rfftn(detail, self._padded)
        return spectrum

    def offset(self, reference: Overview) -> NDArray[np.float64]:
        """How far the image lies from another, in voxels of the full image, to about `factor`.

        The correlation is not whitened: a camera's fixed pattern does not move with the sample, and
        whitening gives it the weight to hold the estimate at zero.
        """
        together = fft.irfftn(self.spectrum * reference.spectrum.conj(), self._padded)
        at = np.unravel_index(int(together.argmax()), together.shape)
        if not together[at] > 0:
            return np.zeros(self.image.ndim)
        coarse = [a - m if a > m // 2 else a for a, m in zip(at, together.shape, strict=True)]
        return np.array(coarse, dtype=np.float64) * self.factor

    @cached_property
    def _padded(self) -> tuple[int, ...]:
        return tuple(fft.next_fast_len(n + n // 2 + 1, real=True) for n in self.image.shape)


def overview(image: Image, pool: Executor) -> Overview:
    """The means of blocks so large that few voxels are left."""
    factor = _factor(image.shape)
    shape = tuple(n // f for n, f in zip(image.shape, factor, strict=True))
    out = np.empty(shape, dtype=np.float32)

    def fill(begin: int) -> None:
        part = slice(begin, begin + _SLAB)
        rows = slice(begin * factor[0], min(begin + _SLAB, shape[0]) * factor[0])
        out[part] = _block_mean(image[rows], factor, shape[1:])

    list(pool.map(fill, range(0, shape[0], _SLAB)))
    return Overview(out, factor)


def _block_mean(image: Image, factor: tuple[int, ...], shape: tuple[int, ...]) -> Greys:
    """Axis by axis from the first: whole slices are added up, and little is left for the rest."""
    crop = tuple(slice(0, n * f) for n, f in zip(shape, factor[1:], strict=True))
    part = image[:, *crop]
    for axis, f in enumerate(factor):
        part = _sum(part, axis, f)
    mean: Greys = part * np.float32(1 / math.prod(factor))
    return mean


def _sum(part: Image, axis: int, factor: int) -> Greys:
    lead = (slice(None),) * axis
    total = part[*lead, ::factor].astype(np.float32)
    for k in range(1, factor):
        total += part[*lead, k::factor]
    return total


def _factor(shape: tuple[int, ...]) -> tuple[int, ...]:
    """As equal as possible along all axes, and so that short axes keep some voxels."""
    step = 1
    while True:
        factor = tuple(max(1, min(step, n // _LEAST_EDGE)) for n in shape)
        if math.prod(n // f for n, f in zip(shape, factor, strict=True)) <= MOST_VOXELS:
            return factor
        step += 1
