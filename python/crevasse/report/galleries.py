"""Sections over time, with cracks outlined by provenance."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from scipy import ndimage

from crevasse.operando import Analysis
from crevasse.operando.section_plane import Picture
from crevasse.operando.sections import View
from crevasse.report.palette import NEW, PREEXISTING

_PIXELS = 640  # of an image's longer side, at least: on smaller ones lines would hide cracks
_LINE = 1 / 260  # width of outlines, of the longer side
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


def section_image(
    picture: Picture, pixel: tuple[float, float], window: tuple[float, float]
) -> NDArray[np.uint8]:
    """A section as an RGB image in true proportions: grey values, cracks outlined by provenance.

    Parameters
    ----------
    picture
        The section.
    pixel
        Height and width of its pixels.
    window
        Grey values to show as black and white.
    """
    low, high = window
    rows, columns = _nearest(picture.grey.shape, pixel)
    shade = np.clip((picture.grey.astype(np.float32) - low) / (high - low), 0, 1)
    rgb = np.repeat(np.nan_to_num(shade)[rows][:, columns, None], 3, axis=2)
    old, new = picture.preexisting & picture.open, picture.open - picture.preexisting
    for runs, color in ((old, PREEXISTING), (new, NEW)):
        rgb[_outline(runs.to_mask()[rows][:, columns])] = to_rgb(color)
    levels: NDArray[np.uint8] = np.rint(255 * rgb).astype(np.uint8)
    return levels


def grey_window(view: View) -> tuple[float, float]:
    """The grey values to show from black to white: the same in all frames."""
    values = np.concatenate([view.pictures[i].grey.reshape(-1) for i in (0, -1)])
    finite = values[np.isfinite(values)]
    low, high = np.percentile(finite, [0.5, 99.5]) if finite.size else (0.0, 1.0)
    return float(low), float(max(high, low + 1e-9))


def scale_bar(view: View) -> tuple[float, float]:
    """A round length, a quarter of the pictures' width at most, and its part of that width."""
    width = view.pictures[0].grey.shape[1] * view.pixel[1]
    decade = 10.0 ** math.floor(math.log10(width / 4))
    length = max(step * decade for step in (1, 2, 5) if step * decade <= width / 4)
    return length, length / width


def _nearest(shape: tuple[int, ...], pixel: tuple[float, float]) -> tuple[Any, Any]:
    """The row and column of the picture that each pixel of the image shows."""
    sides = [n * length for n, length in zip(shape, pixel, strict=True)]
    per_length = max(_PIXELS, *shape) / max(sides)
    rows, columns = (
        np.arange(m) * n // m
        for n, m in zip(shape, (max(1, round(side * per_length)) for side in sides), strict=True)
    )
    return rows, columns


def _outline(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Around the voxels, not on them: what is in a thin crack stays to be seen."""
    width = max(1, round(_LINE * max(mask.shape)))
    line: NDArray[np.bool_] = ndimage.binary_dilation(mask, iterations=width) & ~mask
    return line
