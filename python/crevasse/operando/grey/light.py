"""How bright an image is beside another of the same thing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Image = NDArray[Any]

_CENTRE = 2**24  # voxels: what lies around them may be the holder, or beyond the detector
_LOOKED_AT = 2**16  # voxels of these, evenly spread
_BRIGHT = 95  # percentile
_LEAST = 1  # percentile
_BELOW_ZERO = 0.4  # of what is bright: so far down, 0 is some grey value and not black
_DARK = 0.25  # of what is bright: voids, and where nothing absorbs
_OUTLYING = 4.5  # median deviations, about three standard ones: beyond are other phases now
_ROUNDS = 3


@dataclass(frozen=True, eq=False)
class Light:
    """The light of an image, as some grey values of it, with which others can be compared.

    Voxel is compared with voxel, and the median taken of the ratios that are alike: neither what
    grows nor a drift of some voxels touches it, so long as more than half of the voxels stay what
    they are, and no share of a phase does, as it would means and percentiles.

    Attributes
    ----------
    shape
        Of the image.
    greys
        Of central voxels, evenly spread; those that are dark or not finite are nan. All are where
        0 is not black, as in CT numbers: then grey values have no ratios.
    """

    shape: tuple[int, ...]
    greys: NDArray[np.float32]

    @classmethod
    def of(cls, image: Image) -> Self:
        """Of an image."""
        greys = _looked_at(image)
        known = greys[np.isfinite(greys)]
        low, bright = np.percentile(known, (_LEAST, _BRIGHT)) if known.size else (0.0, 0.0)
        if low < -_BELOW_ZERO * bright:
            return cls(image.shape, np.full_like(greys, np.nan))
        is_lit = (greys > _DARK * bright) & np.isfinite(greys) & (greys > 0)
        return cls(image.shape, np.where(is_lit, greys, np.float32(np.nan)))

    def ratio(self, image: Image) -> float:
        """How many times as bright another image is; nan where that cannot be told.

        It cannot where one of both is not positive, or 0 is not black.

        Raises
        ------
        ValueError
            If the shapes differ.
        """
        if image.shape != self.shape:
            raise ValueError(
                f"image must have the reference's shape {self.shape}, got {image.shape}"
            )
        ratios = _looked_at(image) / self.greys
        known = ratios[np.isfinite(ratios)]
        if not known.size:
            return math.nan
        for _ in range(_ROUNDS):
            away = np.abs(known - np.median(known))
            known = known[away <= _OUTLYING * np.median(away)]
        ratio = float(np.median(known))
        return ratio if ratio > 0 else math.nan


def match_light(image: Image, reference: Image | Light) -> Image:
    """Scale grey values so that an image is as bright as a reference of the same thing.

    One factor and no histogram matching, since matching whole histograms would map a growing crack
    back onto the material. See `Light`.

    Parameters
    ----------
    image
        (z, y, x) or (y, x).
    reference
        An image of the same shape, or its light.

    Returns
    -------
    numpy.ndarray
        Of the image's dtype; integers are rounded and held within it.

    Raises
    ------
    ValueError
        If the shapes differ, or grey values are not positive.

    Examples
    --------
    >>> import numpy as np
    >>> image = np.array([[10, 90], [100, 100]], dtype=np.uint8)
    >>> match_light(image // 2, image)
    array([[ 10,  90],
           [100, 100]], dtype=uint8)
    """
    light = reference if isinstance(reference, Light) else Light.of(reference)
    ratio = light.ratio(image)
    if math.isnan(ratio):
        raise ValueError(
            "image and reference must have positive grey values in their middle, and 0 be black, "
            "to match light; add an offset, or leave light as it is"
        )
    scaled = image.astype(np.float32) * np.float32(1 / ratio)
    if image.dtype.kind in "ui":
        limits = np.iinfo(image.dtype)
        scaled = np.clip(np.rint(scaled), limits.min, limits.max)
    return scaled.astype(image.dtype)


def _looked_at(image: Image) -> NDArray[np.float32]:
    edge = int(_CENTRE ** (1 / image.ndim))
    starts = [max(0, (n - edge) // 2) for n in image.shape]
    central = image[
        tuple(slice(a, min(n, a + edge)) for a, n in zip(starts, image.shape, strict=True))
    ]
    step = math.ceil((central.size / _LOOKED_AT) ** (1 / image.ndim)) if central.size else 1
    return central[(slice(None, None, step),) * image.ndim].astype(np.float32)
