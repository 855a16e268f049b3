"""From grey values to the open phase: cracks and pores."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from crevasse import _validate
from crevasse._clean import connected_to
from crevasse._runs import RunVolume
from crevasse._shape import Box
from crevasse.operando.histogram import Histogram
from crevasse.operando.thresholds import ThresholdRule

Image = NDArray[Any]
Phase = Literal["dark", "bright"]


@dataclass(frozen=True)
class Segmentation:
    """How grey values become the open phase; the same for every frame of a series.

    Attributes
    ----------
    phase
        Whether the open phase is darker or brighter than the material.
    threshold
        Voxels at least this dark or bright are open: a grey value, or a contrast where `flatten` is
        set. None: Otsu's threshold of the pooled frames, see `with_threshold`.
    seed_threshold
        Where set, only components that reach this value are kept (hysteresis).
    flatten
        Width in voxels of the widest feature sought. Where set, thresholds apply to the contrast
        |1 - value/background| instead of the grey value: the background is what closing (for dark
        features; opening for bright ones) over that width leaves, smoothed.
    smooth
        Standard deviation in voxels of a Gaussian filter before anything else; 0 for none.
    min_voxels
        Smaller components are dropped.
    connectivity
        As in `crevasse.label`.
    """

    phase: Phase = "dark"
    threshold: float | None = None
    seed_threshold: float | None = None
    flatten: int | None = None
    smooth: float = 0.0
    min_voxels: int = 1
    connectivity: int = 26

    def __post_init__(self) -> None:
        if self.phase not in ("dark", "bright"):
            raise ValueError(f"phase must be dark or bright, got {self.phase!r}")
        if self.flatten is not None and self.flatten < 3:
            raise ValueError(f"flatten must be at least 3 voxels, got {self.flatten}")
        if not self.smooth >= 0 or math.isinf(self.smooth):
            raise ValueError(f"smooth must be 0 or positive, got {self.smooth}")
        if self.min_voxels < 1:
            raise ValueError(f"min_voxels must be at least 1, got {self.min_voxels}")
        self._check_thresholds()

    def _check_thresholds(self) -> None:
        for name in ("threshold", "seed_threshold"):
            value = getattr(self, name)
            if value is not None and not math.isfinite(value):
                raise ValueError(f"{name} must be a finite number, got {value}")
        if self.seed_threshold is None or self.threshold is None:
            return
        beyond = self.seed_threshold - self.threshold
        if (beyond if self._brighter_is_open else -beyond) < 0:
            raise ValueError(
                f"seed_threshold must be stricter than threshold {self.threshold}, "
                f"got {self.seed_threshold}"
            )

    @property
    def _brighter_is_open(self) -> bool:
        return self.phase == "bright" or self.flatten is not None

    def signal(self, image: Image) -> Image:
        """What thresholds apply to: the smoothed grey values, or the contrast in [0, inf)."""
        if self.smooth == 0 and self.flatten is None:
            return image
        values = image.astype(np.float32)
        if self.smooth > 0:
            values = ndimage.gaussian_filter(values, self.smooth)
        if self.flatten is None:
            return values
        fill = ndimage.grey_closing if self.phase == "dark" else ndimage.grey_opening
        background = ndimage.gaussian_filter(fill(values, size=self.flatten), self.flatten / 2)
        safe = np.where(background > 0, background, np.float32(np.inf))
        contrast = 1 - values / safe if self.phase == "dark" else values / safe - 1
        contrast[background <= 0] = 0
        return np.maximum(contrast, 0, out=contrast)

    def with_threshold(self, images: Iterable[Image], *, roi: Box | None = None) -> Segmentation:
        """The same with Otsu's threshold over the pooled `images` where none was given.

        One threshold for all frames: one a frame would hide growth. See `ThresholdRule`.
        """
        if self.threshold is not None:
            return self
        pool = Histogram.pooled((self.signal(image) for image in images), roi=roi)
        return replace(self, threshold=ThresholdRule("otsu").find(pool)[0].value)

    def scaled(self, factor: float) -> Segmentation:
        """The same with thresholds times `factor`, to see what hangs on them."""
        return replace(
            self,
            threshold=None if self.threshold is None else self.threshold * factor,
            seed_threshold=None if self.seed_threshold is None else self.seed_threshold * factor,
        )

    def apply(self, signal: Image, *, roi: RunVolume | Box | None = None) -> RunVolume:
        """The open voxels of a `signal`.

        Raises
        ------
        ValueError
            If a value inside `roi` is NaN, or there is no threshold yet.
        """
        if self.threshold is None:
            raise ValueError("threshold must be known; call with_threshold first")
        open_ = self._beyond(signal, self.threshold, roi)
        if self.seed_threshold is not None:
            seeds = self._beyond(signal, self.seed_threshold, roi)
            open_ = connected_to(open_, seeds, connectivity=self.connectivity)
        if self.min_voxels > 1:
            components = open_.label(self.connectivity)
            open_ = components.select(components.regions()["n_voxels"] >= self.min_voxels)
        return open_

    def _beyond(self, signal: Image, threshold: float, roi: RunVolume | Box | None) -> RunVolume:
        if self._brighter_is_open:
            return RunVolume.from_threshold(signal, low=threshold, roi=roi)
        return RunVolume.from_threshold(signal, high=threshold, roi=roi)


def check_box(roi: Box | None, shape: tuple[int, ...]) -> None:
    """Refuse a region of interest that does not fit the frames or holds no voxel."""
    if roi is not None and RunVolume.from_box(shape, roi).n_voxels == 0:
        axes = ", ".join(_validate.AXES[-len(shape) :])
        raise ValueError(f"roi must hold a voxel of the frames ({axes}) = {shape}, got {roi}")
