"""Figures of an analysis, as matplotlib figures that the caller saves or shows."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from crevasse.operando import Analysis
from crevasse.report.galleries import grey_window
from crevasse.report.ledger_voxels import earliest
from crevasse.report.palette import NEW, PREEXISTING
from crevasse.report.section_figure import draw_scale_bar
from crevasse.tracking import EventType

EVENT_COLORS = {
    EventType.BIRTH: "#009e73",
    EventType.REOPENING: "#cc79a7",
    EventType.GROWTH: "#e69f00",
    EventType.STABLE: "#bbbbbb",
    EventType.MOVING: "#f0e442",
    EventType.SHRINK: "#56b4e9",
    EventType.SPLIT: "#0072b2",
    EventType.MERGE: "#d55e00",
    EventType.RECOMBINATION: "#8b3a00",
    EventType.CLOSURE: "#444444",
}
_MARKED = 7  # frames that a colour bar names, at most


def first_open_figure(analysis: Analysis) -> Figure:
    """Cracks coloured by the frame in which each voxel first opened, over the latest frame.

    A volume is seen along the cell's axis: a pixel shows the earliest opening in its column.
    """
    history, view = analysis.history, analysis.sections.views()[0]
    n_frames = len(history.frames)
    grey = view.pictures[-1].grey
    axis = "zyx".index(view.axis) if view.axis else None
    opened = earliest(history.ledger(), grey.shape, axis, view.begin, view.step)

    norm = BoundaryNorm(np.arange(-0.5, n_frames), n_frames)
    cmap = ListedColormap(colormaps["plasma_r"](np.linspace(0.05, 1.0, n_frames)))
    aspect = view.pixel[0] / view.pixel[1]
    height, width = aspect * grey.shape[0], grey.shape[1]
    figure = Figure(figsize=_map_size(height / width, small=bool(view.axis)), layout="constrained")
    axes = figure.subplots()
    axes.set_axis_off()
    low, high = grey_window(view)
    low -= 1.2 * (high - low)  # leave the colours to what lies on top
    axes.imshow(grey, cmap="gray", vmin=low, vmax=high, interpolation="nearest", aspect=aspect)
    shown = np.ma.masked_less(opened, 0)
    axes.imshow(shown, cmap=cmap, norm=norm, interpolation="nearest", aspect=aspect)
    draw_scale_bar(axes, view, length_unit(analysis))
    bar = figure.colorbar(
        ScalarMappable(norm, cmap), ax=axes, orientation="horizontal", fraction=0.04, pad=0.015
    )
    marked = range(0, n_frames, -(-n_frames // _MARKED))
    bar.set_ticks(list(marked), labels=[time_label(analysis, i) for i in marked])
    bar.ax.tick_params(length=0)
    bar.set_label("first open in frame" if history.time_unit == "frame" else "first open at")
    return figure


def volume_figure(analysis: Analysis) -> Figure:
    """Open volume against time, by provenance, with its sensitivity to the threshold."""
    history, measures = analysis.history, analysis.measures
    frames = history.frames
    time = frames["time"]
    figure = Figure(figsize=(6.0, 4.2), layout="constrained")
    axes = figure.subplots()
    axes.stackplot(
        time,
        frames["volume_preexisting"],
        frames["volume_new"],
        colors=[PREEXISTING, NEW],
        alpha=0.75,
        labels=["pre-existing", "new"],
    )
    axes.fill_between(
        time,
        measures["volume_low"],
        measures["volume_high"],
        color="black",
        alpha=0.15,
        linewidth=0,
        label="thresholds lower and higher",
    )
    axes.plot(
        time, frames["volume"], "o-", color="black", markersize=4, label="total", clip_on=False
    )
    axes.set_xlabel(time_axis(history.time_unit))
    axes.set_ylabel(f"open {quantity(analysis)} ({pretty_unit(frames.units['volume'])})")
    axes.set_ylim(0, None if frames["volume"].any() else 1)
    if len(time) > 1:
        axes.set_xlim(time[0], time[-1])
    axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 4), useMathText=True)
    axes.legend(loc="upper left", frameon=False)
    plain(axes)
    return figure


def events_figure(analysis: Analysis) -> Figure:
    """What happened in each interval: events by type, and the voxels gained and lost."""
    history = analysis.history
    events, intervals = history.events, history.intervals
    figure = Figure(figsize=(6.0, 5.6), layout="constrained")
    top, bottom = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    position = intervals["frame"]
    base = np.zeros(len(position))
    for kind, color in EVENT_COLORS.items():
        of_kind = events["frame"][events["type"] == kind.value]
        count = np.bincount(of_kind, minlength=len(history.frames))[1:] if len(position) else base
        if count.any():
            top.bar(position, count, 0.7, bottom=base, color=color, label=kind.value)
            base = base + count
    top.set_ylabel("events")
    top.yaxis.set_major_locator(MaxNLocator(integer=True))
    handles, names = top.get_legend_handles_labels()
    top.legend(handles[::-1], names[::-1], loc="upper left", frameon=False, bbox_to_anchor=(1, 1))
    voxel_volume = float(np.prod(history.spacing))
    unit = pretty_unit(history.frames.units["volume"])
    bottom.bar(position, intervals["gain"] * voxel_volume, 0.7, color=NEW, label="gain")
    bottom.bar(position, -intervals["loss"] * voxel_volume, 0.7, color="#56b4e9", label="loss")
    bottom.axhline(0, color="black", linewidth=0.8)
    bottom.set_ylabel(f"{quantity(analysis)} ({unit})")
    if not base.any():
        top.set_ylim(0, 1)
        bottom.set_ylim(-1, 1)
    bottom.ticklabel_format(axis="y", style="sci", scilimits=(-2, 4), useMathText=True)
    bottom.legend(loc="upper left", frameon=False, bbox_to_anchor=(1, 1))
    shown = position[:: max(1, -(-len(position) // 7))]
    bottom.set_xticks(shown, [f"{f - 1}→{f}" for f in shown])
    bottom.set_xlabel("interval between frames")
    for axes in (top, bottom):
        plain(axes)
    return figure


def quantity(analysis: Analysis) -> str:
    """What the open voxels of a frame add up to: an area in images, a volume otherwise."""
    return "area" if len(analysis.series.shape) == 2 else "volume"


def length_unit(analysis: Analysis) -> str:
    """The unit of lengths as people write it."""
    unit = analysis.series.unit
    if unit != "voxel":
        return pretty_unit(unit)
    return "px" if len(analysis.series.shape) == 2 else "voxels"


def pretty_unit(unit: str) -> str:
    """um^3 as people write it: µm³."""
    for plain, pretty in (
        ("um", "µm"),
        ("^2", "²"),
        ("^3", "³"),
        ("voxel²", "px"),
        ("voxel³", "voxels"),
    ):
        unit = unit.replace(plain, pretty)
    return unit


def _map_size(height_to_width: float, *, small: bool) -> tuple[float, float]:
    """Of images, over the page; of volumes, beside what else there is."""
    width = 5.6 if small else 9.0
    return width, min(width * height_to_width + 0.7, 1.6 * width)


def time_label(analysis: Analysis, index: int) -> str:
    """When a frame was taken, in words."""
    unit = analysis.history.time_unit
    if unit == "frame":
        return str(index)
    return f"{analysis.history.frames['time'][index]:.4g} {unit}"


def time_axis(unit: str) -> str:
    """Label of a time axis."""
    return "frame" if unit == "frame" else f"time ({unit})"


def plain(axes: Axes) -> None:
    """Without the frame's upper and right side."""
    axes.spines[["top", "right"]].set_visible(False)
