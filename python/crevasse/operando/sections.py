"""Sections of a frame to look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._runs import RunVolume
from crevasse._shape import Box
from crevasse.operando.signal import Image


@dataclass(frozen=True)
class Picture:
    """A section of one frame: grey values, open voxels, pre-existing ones of them.

    The last two axes of a volume, or (z, x) of an upright section.
    """

    grey: Image
    open: NDArray[np.bool_]
    preexisting: NDArray[np.bool_]


def take_pictures(
    image: Image, open_: RunVolume, preexisting: RunVolume, roi: Box | None
) -> tuple[Picture, ...]:
    """The image, or of a volume the slice and the upright section in the middle of the region."""
    if image.ndim == 2:
        return (Picture(image.copy(), open_.to_mask(), preexisting.to_mask()),)
    pictures = []
    for axis in (0, 1):
        begin, end, _ = (roi[axis] if roi is not None else slice(None)).indices(image.shape[axis])
        middle = (begin + end) // 2
        box = tuple(
            slice(middle, middle + 1) if a == axis else slice(0, n)
            for a, n in enumerate(image.shape)
        )
        masks = (np.take(runs.crop(box).to_mask(), 0, axis) for runs in (open_, preexisting))
        pictures.append(Picture(np.take(image, middle, axis).copy(), *masks))
    return tuple(pictures)
