"""Figures of grey values: where thresholds lie, and whether phases can be told apart."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from crevasse.operando import GreyComparison, GreySample, Histogram, Threshold
from crevasse.report.figures import plain
from crevasse.report.palette import NEW, PREEXISTING

_BINS_SHOWN = 400
_THRESHOLD_COLORS = ("#d55e00", "#009e73", "#cc79a7", "#0072b2")


def histogram_figure(sample: GreySample, used: dict[str, list[Threshold]]) -> Figure:
    """The grey values that thresholds were found from, on a logarithmic scale.

    Classes are drawn as curves where they were fitted.

    Parameters
    ----------
    sample
        Histogram and thresholds.
    used
        Thresholds to show, with their bands, by phase.
    """
    figure = Figure(figsize=(6.0, 4.2), layout="constrained")
    axes = figure.subplots()
    histogram = sample.histogram.without_strays().coarsened(most_bins=_BINS_SHOWN)
    shares = _shares(histogram)
    axes.fill_between(histogram.values, shares, step="mid", color="#bbbbbb", linewidth=0)
    _draw_classes(axes, sample, histogram.values)
    drawn: dict[Threshold, list[str]] = {}
    for phase, thresholds in used.items():
        for threshold in thresholds:
            drawn.setdefault(threshold, []).append(phase)
    for i, (threshold, phases) in enumerate(sorted(drawn.items(), key=lambda d: d[0].value)):
        color = _THRESHOLD_COLORS[i % len(_THRESHOLD_COLORS)]
        axes.axvspan(threshold.low, threshold.high, color=color, alpha=0.15, linewidth=0)
        name = f"{threshold.value:.5g}: {', '.join(phases)}"
        axes.axvline(threshold.value, color=color, label=name)
    axes.set_yscale("log")
    axes.set_ylim(shares[shares > 0].min() / 2, 2 * shares.max())
    axes.set_xlabel("grey value")
    axes.set_ylabel("share of the voxels per grey value")
    title = "thresholds, and their bands"
    figure.legend(loc="outside upper left", frameon=False, title=title, alignment="left")
    plain(axes)
    return figure


def _draw_classes(axes: Axes, sample: GreySample, values: NDArray[np.float64]) -> None:
    """The normal distributions, where a rule fits some."""
    for found in sample.thresholds.values():
        if math.isfinite(found.misfit):
            for grey in found.classes:
                axes.plot(values, grey.density(values), color="black", linewidth=0.8)


def comparison_figure(comparison: GreyComparison) -> Figure:
    """Two distributions of grey values, and the value that separates them best."""
    figure = Figure(figsize=(6.0, 3.8), layout="constrained")
    axes = figure.subplots()
    for name, histogram, n, color in zip(
        comparison.names,
        comparison.histograms,
        comparison.n_voxels,
        (PREEXISTING, NEW),
        strict=True,
    ):
        coarse = histogram.coarsened(most_bins=80)
        axes.fill_between(
            coarse.values, _shares(coarse), step="mid", color=color, alpha=0.45, linewidth=0
        )
        axes.plot([], [], color=color, linewidth=6, alpha=0.45, label=f"{name}, {n} voxels")
    axes.axvline(comparison.cut, color="black", linewidth=1, label="separates best")
    axes.set_xlabel("grey value, away from surfaces")
    axes.set_ylabel("share per grey value")
    axes.set_ylim(0, None)
    axes.legend(frameon=False)
    plain(axes)
    return figure


def _shares(histogram: Histogram) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = histogram.counts / max(1, histogram.n_voxels) / histogram.width
    return shares
