"""A scan made comparable with the first one: light, slices, drift."""

from __future__ import annotations

import numpy as np

from crevasse.operando.align import Aligned, DriftCorrector, bright_level, match_light
from crevasse.operando.denoise import level_slices
from crevasse.operando.settings import Settings
from crevasse.operando.signal import Image


class Preparation:
    """Prepare frame after frame; the first one sets light, grey level and position."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._light: float | None = None
        self._level: float | None = None
        self._corrector: DriftCorrector | None = None
        if settings.align != "none":
            where = settings.stable or settings.roi
            self._corrector = DriftCorrector(roi=where, method=settings.align)

    def prepare(self, image: Image) -> Aligned:
        """The next frame, brought onto the first; the image given may be written over."""
        image = self._lit(image)
        if self._corrector is None:
            return Aligned(image, np.zeros(image.ndim), 0.0)
        return self._corrector.correct(image, in_place=True)

    def _lit(self, image: Image) -> Image:
        settings = self._settings
        if settings.match_light:
            if self._light is None:
                self._light = bright_level(image)
            image = match_light(image, self._light)
        if settings.level_region is not None:
            levelled = level_slices(image, region=settings.level_region, target=self._level)
            self._level = levelled.target
            image = levelled.image
        return image
