"""Figures of the cell around the cracks: its voltage, its lithium layers, the way to the short."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from crevasse.operando import Analysis
from crevasse.report.bands import measured
from crevasse.report.figures import plain, pretty_unit, quantity, time_axis
from crevasse.report.palette import NEW, PREEXISTING
from crevasse.tracking import Direction

ELECTRODE_COLORS = {"working": NEW, "counter": PREEXISTING}
_SHADES = {Direction.PLATING.value: "#fdeadd", Direction.STRIPPING.value: "#dcebf5"}
# What Okabe & Ito's palette has beside pre-existing and new, and markers, for print without colour.
_DEPTHS = (
    ("#000000", "o"),
    ("#009e73", "^"),
    ("#56b4e9", "D"),
    ("#e69f00", "v"),
    ("#8c8c8c", "P"),
)
_LEAST_SHOWN = 5.0  # % without lithium: less would show the noise of contact that is whole


def cell_figures(analysis: Analysis) -> dict[str, Figure]:
    """Every figure that the analysis has something for, by name."""
    made = {}
    if analysis.cycling is not None:
        made["voltage"] = voltage_figure(analysis)
    if analysis.layers:
        made["layers"] = layers_figure(analysis)
        made["layer_maps"] = layer_maps_figure(analysis)
    if analysis.fronts is not None:
        made["fronts"] = fronts_figure(analysis)
    return made


def voltage_figure(analysis: Analysis) -> Figure:
    """Open volume, or the layers where nothing is followed, above the cell's voltage, on one clock.

    What the current did is shaded.
    """
    cycling, settings = analysis.cycling, analysis.settings.cycling
    assert cycling is not None
    assert settings is not None
    figure = Figure(figsize=(6.0, 5.4), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    if analysis.settings.follow:
        _draw_volume(top, analysis)
    else:
        _draw_layers(top, analysis)

    hours = settings.hours(settings.cycler.time)
    bottom.plot(hours, settings.cycler.voltage, color="black", linewidth=1)
    bottom.set_ylabel("voltage (V)")
    bottom.set_xlabel(time_axis(analysis.history.time_unit))
    spans = cycling.half_cycles
    for begin, end, direction in zip(
        settings.hours(spans["begin"]).tolist(),
        settings.hours(spans["end"]).tolist(),
        spans["direction"].tolist(),
        strict=True,
    ):
        if direction not in _SHADES:
            continue
        for axes in (top, bottom):
            axes.axvspan(begin, end, color=_SHADES[direction], linewidth=0, zorder=0)
        middle = (max(begin, hours[0]) + end) / 2
        top.annotate(
            direction, (middle, 1.01), xycoords=("data", "axes fraction"), ha="center", fontsize=9
        )
    for axes in (top, bottom):
        plain(axes)
    return figure


def _draw_volume(axes: Axes, analysis: Analysis) -> None:
    frames, measures = analysis.history.frames, analysis.measures
    low, high = measures["volume_low"], measures["volume_high"]
    axes.fill_between(frames["time"], low, high, color="black", alpha=0.15, linewidth=0)
    axes.plot(frames["time"], frames["volume"], "o-", color="black", markersize=4)
    axes.set_ylabel(f"open {quantity(analysis)} ({pretty_unit(frames.units['volume'])})")
    axes.set_ylim(0, None if frames["volume"].any() else 1)
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 4), useMathText=True)


def _draw_layers(axes: Axes, analysis: Analysis) -> None:
    for name, record in analysis.layers.items():
        table, color = record.table(), ELECTRODE_COLORS[name]
        low, high = table["threshold_low"], table["threshold_high"]
        axes.fill_between(table["time"], low, high, color=color, alpha=0.25, linewidth=0)
        axes.plot(table["time"], table["mean"], "o-", color=color, markersize=4, label=name)
    axes.set_ylabel(f"lithium thickness ({pretty_unit(analysis.series.unit)})")
    axes.set_ylim(0, None)
    axes.legend(frameon=False)


def layers_figure(analysis: Analysis) -> Figure:
    """Mean thickness of each layer against time, with its bands; below, where contact is lost."""
    figure = Figure(figsize=(6.0, 5.8), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1.2])
    for name, record in analysis.layers.items():
        table, color = record.table(), ELECTRODE_COLORS[name]
        time, mean, deviation = table["time"], table["mean"], table["std_corrected"]
        for kind, alpha in (("mean", 0.12), ("threshold", 0.25)):
            low, high = table[f"{kind}_low"], table[f"{kind}_high"]
            top.fill_between(time, low, high, color=color, alpha=alpha, linewidth=0)
        top.errorbar(
            time,
            mean,
            yerr=deviation,
            color=color,
            marker="o",
            markersize=4,
            capsize=2,
            label=f"{name} electrode, mean ± standard deviation of the map",
        )
        bottom.plot(time, 100 * table["contact_loss"], "o-", color=color, markersize=4)
        bottom.plot(time, 100 * table["unresolved"], ":", color=color)
    limit = min(record.limit for record in analysis.layers.values())
    top.axhline(limit, color="gray", linewidth=0.8, linestyle=":")
    top.annotate(
        "not resolved below",
        (1, limit),
        xycoords=("axes fraction", "data"),
        ha="right",
        va="bottom",
        fontsize=8,
        color="gray",
    )
    top.set_ylabel(f"lithium thickness ({pretty_unit(analysis.series.unit)})")
    top.set_ylim(0, 1.25 * top.get_ylim()[1])
    top.legend(frameon=False, loc="upper left")
    bottom.set_ylabel("without lithium (%)\n(dotted: unresolved)")
    bottom.set_ylim(0, max(_LEAST_SHOWN, min(100.0, 1.05 * bottom.get_ylim()[1])))
    bottom.set_xlabel(time_axis(analysis.history.time_unit))
    for axes in (top, bottom):
        plain(axes)
    return figure


def layer_maps_figure(analysis: Analysis) -> Figure:
    """Thickness maps at a few times, on one colour scale for each electrode."""
    layers = list(analysis.layers.items())
    n_columns = max(len(record.maps) for _, record in layers)
    figure = Figure(figsize=(2.3 * n_columns + 1.2, 2.5 * len(layers)), layout="constrained")
    grid = figure.subplots(len(layers), n_columns, squeeze=False)
    times = analysis.history.frames["time"]
    unit = analysis.history.time_unit
    for row, (name, record) in zip(grid, layers, strict=True):
        top = max((float(np.nanmax(m, initial=0.0)) for m in record.maps.values()), default=0.0)
        for axes in row:
            axes.set_axis_off()
        shown = None
        for axes, (frame, thickness) in zip(row, sorted(record.maps.items()), strict=False):
            image = np.atleast_2d(thickness)
            shown = axes.imshow(image, cmap="viridis", vmin=0, vmax=top or 1, aspect=_aspect(image))
            when = f"frame {frame}" if unit == "frame" else f"{times[frame]:g} {unit}"
            axes.set_title(f"{name}, {when}", fontsize=9)
        if shown is not None:
            label = f"thickness ({pretty_unit(analysis.series.unit)})"
            figure.colorbar(shown, ax=list(row), label=label, shrink=0.85)
    return figure


def fronts_figure(analysis: Analysis) -> Figure:
    """Depth of the deepest cracks against time, and what is left between the electrodes."""
    fronts = analysis.fronts
    assert fronts is not None
    unit = pretty_unit(analysis.history.unit)
    figure = Figure(figsize=(6.0, 4.2), layout="constrained")
    axes = figure.subplots()
    time = fronts.frames["time"]
    axes.fill_between(time, *measured(analysis, "depth_max"), color="#bbbbbb", linewidth=0)
    axes.fill_between([], [], color="#bbbbbb", label="deepest, thresholds lower and higher")
    _draw_depths(axes, analysis)
    left = fronts.frames["ligament"]
    if np.isfinite(left).any():
        low, high = measured(analysis, "ligament")
        axes.fill_between(time, low, high, color="#cc79a7", alpha=0.25, linewidth=0)
        axes.plot(
            time,
            left,
            "s--",
            color="#cc79a7",
            markersize=4,
            label="solid left between the electrodes",
        )
    axes.set_xlabel(time_axis(analysis.history.time_unit))
    axes.set_ylabel(f"length ({unit})")
    axes.set_ylim(0, None)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    plain(axes)
    return figure


def _draw_depths(axes: Axes, analysis: Analysis) -> None:
    """The five cracks that went deepest; the rest would hide them."""
    fronts = analysis.fronts
    assert fronts is not None
    cracks = fronts.cracks
    known = np.isfinite(cracks["depth_max"])
    ids = np.unique(cracks["crack"][known])
    deepest = {int(c): float(np.nanmax(cracks["depth_max"][cracks["crack"] == c])) for c in ids}
    chosen = sorted(deepest, key=lambda c: (-deepest[c], c))[:5]
    for (color, marker), crack in zip(_DEPTHS, chosen, strict=False):
        own = cracks["crack"] == crack
        axes.plot(
            cracks["time"][own],
            cracks["depth_max"][own],
            f"{marker}-",
            color=color,
            markersize=3.5,
            label=f"depth of crack {crack}",
        )


def _aspect(image: np.ndarray) -> str:
    return "auto" if image.shape[0] == 1 else "equal"
