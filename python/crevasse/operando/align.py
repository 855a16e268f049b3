"""Drift and change of light between the scans of a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.registration import phase_cross_correlation

from crevasse._shape import Box

Image = NDArray[Any]
_DETAIL = 31  # voxels: shading wider than this says nothing about position
_MOST_SPREADS = 3.0  # contrast beyond this is held to it, lest a growing crack lead the estimate
_MOST_ROUNDS = 5  # of moving back and looking again; two or three are the rule
_MOST_VOXELS = 2**24  # what the estimate looks at: 256³; more costs memory and adds no accuracy


@dataclass(frozen=True)
class Aligned:
    """A frame brought onto the first: the image, its drift in voxels per axis, and what is left.

    `drift` is how far the frame had moved against the first; the image has been moved back by it.
    `residual` is the drift against the frame before that is still found after the correction, as a
    length in voxels: a check of the correction by itself.
    """

    image: Image
    drift: NDArray[np.float64]
    residual: float


def estimate_drift(reference: Image, moving: Image, *, upsample: int = 20) -> NDArray[np.float64]:
    """How far `moving` lies from `reference`, in voxels per axis, to about 0.05 voxel.

    Cross-correlation of the images less their shading, with strong contrast held down (a crack that
    grows would otherwise be followed) and faded out towards the edges; the estimate is moved back
    and taken again until nothing is left, since what a correlation finds is drawn towards zero by
    the edges that stay in place. The correlation is not whitened (as phase
    correlation in the narrow sense is): a camera's fixed pattern does not move with the sample, and
    whitening gives it the weight to hold the estimate at zero.

    Parameters
    ----------
    reference, moving
        (z, y, x) or (y, x) images of equal shape. Of large ones the central 2²⁴ voxels are used.
    upsample
        The estimate's grid is 1/upsample voxel.

    References
    ----------
    .. [1] M. Guizar-Sicairos, S. T. Thurman, J. R. Fienup, "Efficient subpixel image registration
       algorithms", Optics Letters 33 (2008) 156-158.
    """
    centre = _central(reference.shape)
    target, image = _detail(reference[centre]), moving[centre]
    drift = np.zeros(image.ndim)
    for _ in range(_MOST_ROUNDS):
        back, _, _ = phase_cross_correlation(
            target, _detail(move_back(image, drift)), upsample_factor=upsample, normalization=None
        )
        drift = drift - np.asarray(back, dtype=np.float64)
        if np.abs(back).max(initial=0) < 1 / upsample:
            break
    return drift


def move_back(image: Image, drift: NDArray[np.float64]) -> Image:
    """The image moved by minus `drift` (linear interpolation, edges extended); same dtype."""
    if not np.any(drift):
        return image
    moved: Image = ndimage.shift(image.astype(np.float32), -drift, order=1, mode="nearest")
    if image.dtype.kind in "ui":
        moved = np.rint(moved)
    return moved.astype(image.dtype)


def match_light(image: Image, reference: Image) -> Image:
    """Scale grey values so that the image's bright level is the reference's.

    The bright level is the 75th percentile of the central voxels: the sound material, which the
    growth of dark features hardly touches. One factor and no histogram matching, since matching
    whole histograms would map a growing crack back onto the material.
    """
    centre = _central(image.shape)
    level = float(np.percentile(image[centre], 75))
    target = float(np.percentile(reference[centre], 75))
    if level <= 0 or target <= 0:
        raise ValueError(
            f"image must have a positive bright level to match light, got {level} and {target}"
        )
    scaled = image.astype(np.float32) * np.float32(target / level)
    if image.dtype.kind in "ui":
        limits = np.iinfo(image.dtype)
        scaled = np.clip(np.rint(scaled), limits.min, limits.max)
    return scaled.astype(image.dtype)


class DriftCorrector:
    """Bring frames onto the first, one after the other.

    Each frame is compared with the one before, in which cracks have changed least, and the steps
    are added up. Only the frame before is held.

    Parameters
    ----------
    roi
        Where to look for drift, a slice per axis: what moves with the sample. None: everywhere.
    upsample
        As in `estimate_drift`.
    """

    def __init__(self, *, roi: Box | None = None, upsample: int = 20) -> None:
        self._roi = ... if roi is None else roi
        self._upsample = upsample
        self._before: Image | None = None
        self._drift: NDArray[np.float64] | None = None

    def correct(self, image: Image) -> Aligned:
        """Align the next frame."""
        if self._before is None or self._drift is None:
            self._before, self._drift = image, np.zeros(image.ndim)
            return Aligned(image, self._drift, 0.0)
        before, drift = self._before, self._drift
        drift = drift + self._estimate(before, image)
        moved = move_back(image, drift)
        left = self._estimate(move_back(before, self._drift), moved)
        self._before, self._drift = image, drift
        return Aligned(moved, drift, float(np.linalg.norm(left)))

    def _estimate(self, reference: Image, moving: Image) -> NDArray[np.float64]:
        return estimate_drift(reference[self._roi], moving[self._roi], upsample=self._upsample)


def _central(shape: tuple[int, ...]) -> tuple[slice, ...]:
    edge = int(_MOST_VOXELS ** (1 / len(shape)))
    starts = [max(0, (n - edge) // 2) for n in shape]
    return tuple(slice(a, min(n, a + edge)) for a, n in zip(starts, shape, strict=True))


def _detail(image: Image) -> NDArray[np.float32]:
    """The image less its shading, strong contrast held down, faded out towards its edges."""
    detail = image.astype(np.float32)
    detail -= ndimage.uniform_filter(detail, _DETAIL)
    sample = detail.reshape(-1)[:: max(1, detail.size // 2**20)]
    spread = 1.4826 * float(np.median(np.abs(sample)))  # the standard deviation, were it normal
    if spread > 0:
        np.clip(detail, -_MOST_SPREADS * spread, _MOST_SPREADS * spread, out=detail)
    for axis, n in enumerate(image.shape):
        fade = np.hanning(n + 2)[1:-1].astype(np.float32)
        detail *= fade.reshape([-1 if a == axis else 1 for a in range(image.ndim)])
    return detail
