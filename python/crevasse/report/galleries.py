"""Sections over time, with cracks outlined by provenance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from scipy import ndimage

from crevasse.operando import Analysis
from crevasse.operando.sections import Picture
from crevasse.report.palette import NEW, PREEXISTING

Section = tuple[slice, slice]
_THUMBNAIL = 800  # pixels of a section's longer side, at most
_LEAST = 480  # smaller sections are shown enlarged
_MOST_FRAMES = 12


def eventful_frames(analysis: Analysis, most: int = _MOST_FRAMES) -> list[int]:
    """The frames to show: first, last, and between them evenly in what was gained and lost."""
    n = len(analysis.history.frames)
    if n <= most:
        return list(range(n))
    intervals = analysis.history.intervals
    change = (intervals["gain"] + intervals["loss"]).astype(np.float64)
    # Half of it evenly in time, or a quiet stretch would not be seen to be quiet.
    happened = np.cumsum(np.r_[0.0, change / max(change.sum(), 1.0) + 1 / (n - 1)])
    wanted = np.linspace(0, happened[-1], most)
    nearest = np.abs(happened[None] - wanted[:, None]).argmin(axis=1)
    return sorted({0, n - 1, *nearest.tolist()})


def section_picture(
    picture: Picture, box: Section | None, window: tuple[float, float]
) -> NDArray[np.uint8]:
    """A section as an RGB image: grey values, cracks outlined by provenance.

    Parameters
    ----------
    picture
        The section.
    box
        The part of it to show; None: all.
    window
        Grey values to show as black and white.
    """
    cut = (slice(None), slice(None)) if box is None else box
    grey, open_, old = (image[cut] for image in (picture.grey, picture.open, picture.preexisting))
    step = max(1, -(-max(grey.shape) // _THUMBNAIL))
    enlarged = max(1, _LEAST // max(grey.shape))
    low, high = window
    shade = np.clip((grey[::step, ::step].astype(np.float32) - low) / (high - low), 0, 1)
    rgb = np.repeat(_enlarged(np.nan_to_num(shade), enlarged)[..., None], 3, axis=2)
    for mask, color in ((open_ & ~old, NEW), (old, PREEXISTING)):
        rgb[_outline(_enlarged(mask[::step, ::step], enlarged), enlarged)] = to_rgb(color)
    levels: NDArray[np.uint8] = np.rint(255 * rgb).astype(np.uint8)
    return levels


def grey_window(pictures: Sequence[Picture], box: Section | None) -> tuple[float, float]:
    """The grey values to show from black to white: the same in all sections, of what is shown."""
    cut = (slice(None), slice(None)) if box is None else box
    values = np.concatenate([pictures[i].grey[cut].reshape(-1) for i in (0, -1)])
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, [0.5, 99.5]) if finite.size else (0.0, 1.0)
    return float(low), float(max(high, low + 1e-9))


def _outline(mask: NDArray[np.bool_], enlarged: int) -> NDArray[np.bool_]:
    """Around the voxels, not on them: what is in a thin crack stays to be seen."""
    width = max(1, enlarged // 3)
    line: NDArray[np.bool_] = ndimage.binary_dilation(mask, iterations=width) & ~mask
    return line


def _enlarged(image: NDArray[Any], times: int) -> NDArray[Any]:
    return image.repeat(times, axis=0).repeat(times, axis=1)
