"""A scan made comparable with the first one: light, slices, drift."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crevasse._shape import Box
from crevasse.operando.drift.motion import Motion, MotionFinder
from crevasse.operando.grey.denoise import level_slices
from crevasse.operando.grey.light import Light, match_light
from crevasse.operando.grey.signal import Image
from crevasse.operando.settings import Settings

_LABELS = 16  # values: an image of no more may be one of labels, in which a frame may be empty
_LOOKED_AT = 2**16  # voxels, evenly spread


@dataclass(frozen=True, eq=False)
class Preparation:
    """Prepare frame after frame; the first one sets light, grey level and position.

    A value: what it gives with a frame is the preparation of the next one.

    Attributes
    ----------
    match_light, level_region
        As in `Settings`.
    finder
        Of motion; None where it is not looked for.
    light, level
        Of the first frame, where they are wanted.
    is_grey
        Whether the first frame holds many grey values; None before it.
    """

    match_light: bool
    level_region: Box | None
    finder: MotionFinder | None
    light: Light | None = None
    level: float | None = None
    is_grey: bool | None = None

    @classmethod
    def of(cls, settings: Settings) -> Preparation:
        """Of the first frame."""
        finder = None
        if settings.align != "none":
            finder = MotionFinder(settings.stable or settings.roi, settings.align)
        return cls(settings.match_light, settings.level_region, finder)

    def find(self, image: Image) -> tuple[Image, Motion, Preparation]:
        """The next frame in the light of the first, and how it has moved.

        Raises
        ------
        ValueError
            If it holds one grey value throughout, as where the beam was off, and the first many.
        """
        image, after = self.lit(image)
        if self.finder is None:
            return image, Motion(), after
        motion, finder = self.finder.find(image)
        return image, motion, replace(after, finder=finder)

    def lit(self, image: Image) -> tuple[Image, Preparation]:
        """A frame in the light of the first, which is that of the next frame if there was none."""
        light, level, is_grey = self.light, self.level, self.is_grey
        if is_grey is None:
            is_grey = _holds_greys(image)
        elif is_grey and _is_blank(image):
            raise ValueError(
                f"it holds nothing but the grey value {image.flat[0]}: was it recorded?"
            )
        if self.match_light:
            light = Light.of(image) if light is None else light
            image = match_light(image, light)
        if self.level_region is not None:
            levelled = level_slices(image, region=self.level_region, target=level)
            image, level = levelled.image, levelled.target
        return image, replace(self, light=light, level=level, is_grey=is_grey)


def _holds_greys(image: Image) -> bool:
    some = image.reshape(-1)[:: 1 + image.size // _LOOKED_AT]
    return len(np.unique(some)) > _LABELS


def _is_blank(image: Image) -> bool:
    return image.size > 0 and all((part == image.flat[0]).all() for part in image)
