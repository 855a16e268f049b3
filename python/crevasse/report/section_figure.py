"""Sections over time in one figure, as papers show them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from crevasse.operando.sections import View
from crevasse.report.galleries import grey_window, scale_bar, section_image

_WIDTH = 7.2  # inches, two columns of a journal
_ON_PICTURE = {"boxstyle": "square,pad=0.2", "facecolor": "black", "alpha": 0.6, "linewidth": 0}


def section_figure(view: View, frames: Sequence[int], times: Sequence[str], unit: str) -> Figure:
    """Small multiples of a view, each with its time, the first with a scale bar.

    Parameters
    ----------
    view
        What is shown.
    frames
        Of these frames.
    times
        A time stamp for each of them.
    unit
        Of the scale bar.
    """
    window = grey_window(view)
    images = [section_image(view.pictures[frame], view.pixel, window) for frame in frames]
    height, width, _ = images[0].shape
    n_columns = min(len(images), 3 if width > 1.6 * height else 4)
    n_rows = math.ceil(len(images) / n_columns)
    figure = Figure(figsize=(_WIDTH, _WIDTH / n_columns * height / width * n_rows))
    figure.subplots_adjust(0, 0, 1, 1, wspace=0.02, hspace=0.02 * width / height)
    grid = figure.subplots(n_rows, n_columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, image, time in zip(np.ravel(grid), images, times, strict=False):
        axes.imshow(image, interpolation="nearest", aspect="auto")
        axes.text(
            0.03,
            0.97,
            time,
            transform=axes.transAxes,
            color="white",
            va="top",
            fontsize=8,
            bbox=_ON_PICTURE,
        )
    draw_scale_bar(grid.flat[0], view, unit)
    return figure


def draw_scale_bar(axes: Axes, view: View, unit: str) -> None:
    """A bar of a round length in the corner of a picture of a view."""
    length, share = scale_bar(view)
    bar = Rectangle(
        (0.95 - share, 0.04),
        share,
        0.018,
        transform=axes.transAxes,
        color="white",
        ec="black",
        lw=0.5,
    )
    axes.add_patch(bar)
    axes.text(
        0.95 - share / 2,
        0.075,
        f"{length:g} {unit}",
        transform=axes.transAxes,
        color="white",
        ha="center",
        fontsize=7,
        bbox=_ON_PICTURE,
    )
