"""Figure of where cracks are: from the axis of the cell to its edge."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from crevasse.operando import Analysis
from crevasse.report.figures import plain, pretty_unit, time_axis

_PROFILES = 4  # moments at which the profile is shown


def radial_figure(analysis: Analysis) -> Figure:
    """What share of each ring has newly opened, at a few times; and edge against centre."""
    assert analysis.radial is not None
    table = analysis.radial.table()
    n_frames, n_rings = len(analysis.history.frames), len(analysis.radial.edges) - 1
    share = 100 * table["fraction_new"].reshape(n_frames, n_rings)
    edges, unit = analysis.radial.edges, analysis.history.time_unit
    figure = Figure(figsize=(6.0, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    shown = sorted(set(np.linspace(0, n_frames - 1, min(n_frames, _PROFILES)).astype(int).tolist()))
    colors = colormaps["plasma_r"](np.linspace(0.2, 1, len(shown)))
    times = analysis.history.frames["time"]
    for frame, color in zip(shown, colors, strict=True):
        when = f"frame {frame}" if unit == "frame" else f"{times[frame]:g} {unit}"
        left.stairs(share[frame], edges, color=color, linewidth=1.5, label=when)
    left.set_xlabel(f"distance from the axis ({pretty_unit(analysis.series.unit)})")
    left.set_ylabel("newly open (% of the ring)")
    left.set_ylim(0, None if np.nanmax(share, initial=0.0) > 0 else 1)
    left.legend(frameon=False)
    half = n_rings // 2
    for name, rings, style in (
        ("inner half", slice(0, half), "o-"),
        ("outer half", slice(half, None), "s--"),
    ):
        whole = table["volume_region"].reshape(n_frames, n_rings)[:, rings].sum(axis=1)
        whole[whole == 0] = np.nan  # a region beside the axis
        new = table["volume_new"].reshape(n_frames, n_rings)[:, rings].sum(axis=1)
        right.plot(times, 100 * new / whole, style, color="black", markersize=4, label=name)
    right.set_xlabel(time_axis(unit))
    right.set_ylabel("newly open (%)")
    right.set_ylim(0, None if np.nanmax(share, initial=0.0) > 0 else 1)
    right.legend(frameon=False)
    for axes in (left, right):
        plain(axes)
    return figure
