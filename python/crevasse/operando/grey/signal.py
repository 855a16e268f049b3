"""What thresholds apply to: the grey values of a scan, made ready."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crevasse.operando.grey.denoise import denoise_median, denoise_nl_means

Image = NDArray[Any]
MOST_SMOOTH = 20  # voxels: cracks are narrower
DENOISE = r"none|median:[1-9]|non-local-means"


@dataclass(frozen=True)
class Signal:
    """How an image is made ready for thresholds; the same for every frame of a series.

    Attributes
    ----------
    denoise
        "none", "median:R" (radius in voxels) or "non-local-means"; see `denoise_median` and
        `denoise_nl_means`.
    smooth
        Standard deviation in voxels of a Gaussian filter, at most 20; 0 for none.
    flatten
        Width in voxels of the widest feature sought. Where set, the signal is the contrast
        |1 - value/background| instead of the grey value: the background is what closing (for dark
        features; opening for bright ones) over that width leaves, smoothed.
    side
        Whether the features sought are "dark" or "bright", for `flatten`.

    Examples
    --------
    >>> image = np.full((9, 9), 100.0)
    >>> image[4, 2:7] = 40
    >>> Signal(flatten=3).of(image)[4, 4].round(1)
    np.float32(0.6)
    """

    denoise: str = "none"
    smooth: float = 0.0
    flatten: int | None = None
    side: Literal["dark", "bright"] = "dark"

    def __post_init__(self) -> None:
        if not re.fullmatch(DENOISE, self.denoise):
            raise ValueError(
                "denoise must be none, median:R with R from 1 to 9, or non-local-means, got "
                f"{self.denoise!r}"
            )
        if self.side not in ("dark", "bright"):
            raise ValueError(f"side must be dark or bright, got {self.side!r}")
        if self.flatten is not None and self.flatten < 3:
            raise ValueError(f"flatten must be at least 3 voxels, got {self.flatten}")
        if not 0 <= self.smooth <= MOST_SMOOTH:
            raise ValueError(f"smooth must be from 0 to {MOST_SMOOTH} voxels, got {self.smooth}")

    @property
    def bytes_a_voxel(self) -> int:
        """What `of` takes at its most beside the image, as measured on volumes of 16 bits."""
        denoising = {"none": 0, "median": 2, "non-local-means": 44}[self.denoise.partition(":")[0]]
        filtering = 20 if self.flatten is not None else 8 if self.smooth > 0 else 0
        return max(denoising, filtering)

    def of(self, image: Image) -> Image:
        """The image made ready: itself where nothing is to be done, else a new one."""
        image = self._denoised(image)
        if self.smooth == 0 and self.flatten is None:
            return image
        values = image.astype(np.float32)
        if self.smooth > 0:
            values = ndimage.gaussian_filter(values, self.smooth)
        if self.flatten is None:
            return values
        return self._contrast(values, self.flatten)

    def _denoised(self, image: Image) -> Image:
        if self.denoise == "none":
            return image
        if self.denoise == "non-local-means":
            return denoise_nl_means(image)
        return denoise_median(image, radius=int(self.denoise.partition(":")[2]))

    def _contrast(self, values: NDArray[np.float32], width: int) -> Image:
        fill = ndimage.grey_closing if self.side == "dark" else ndimage.grey_opening
        background = ndimage.gaussian_filter(fill(values, size=width), width / 2)
        safe = np.where(background > 0, background, np.float32(np.inf))
        contrast = 1 - values / safe if self.side == "dark" else values / safe - 1
        contrast[background <= 0] = 0
        return np.maximum(contrast, 0, out=contrast)
