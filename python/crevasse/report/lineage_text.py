"""Axes, labels, scale and note of the lineage figure."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from numpy.typing import NDArray

from crevasse.report.figures import EVENT_COLORS, pretty_unit
from crevasse.report.lineage_layout import Lanes, bridging
from crevasse.report.palette import NEW, PREEXISTING
from crevasse.tracking import EventType, History

INK, SOFT, LINE = "#1c2430", "#5b6675", "#e6e9ee"
REOPENED = EVENT_COLORS[EventType.REOPENING]
_MOST_TICKS = 12
_HALO = [withStroke(linewidth=2, foreground="white")]

Floats = NDArray[np.float64]


def time_axis(axes: Axes, history: History) -> None:
    """True time, with a faint line at every frame; nothing on the other axis."""
    time, unit = history.frames["time"], history.time_unit
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.spines["bottom"].set_color(SOFT)
    axes.set_yticks([])
    axes.tick_params(colors=SOFT, labelcolor=INK)
    if len(time) == 1:
        axes.set_xlim(time[0] - 0.5, time[0] + 0.5)
    else:
        axes.set_xlim(time[0], time[-1])
    if len(time) <= _MOST_TICKS:
        axes.set_xticks(time.tolist(), [f"{t:g}" for t in time])
    else:
        axes.set_xticks(time.tolist(), minor=True)
    for t in time.tolist():
        axes.axvline(t, color=LINE, linewidth=0.8, zorder=0)
    _shade_stripping(axes, history)
    axes.set_xlabel("frame" if unit == "frame" else f"time ({unit})", color=INK)


def _shade_stripping(axes: Axes, history: History) -> None:
    """Frames taken while stripping lie on grey, which begins and ends halfway to other frames."""
    frames = history.frames
    time, stripping = frames["time"], frames["direction"] == "stripping"
    edges = np.concatenate([time[:1], (time[:-1] + time[1:]) / 2, time[-1:]])
    for frame in np.flatnonzero(stripping):
        axes.axvspan(edges[frame], edges[frame + 1], color="#f1f3f6", linewidth=0, zorder=-1)
        if frame == 0 or not stripping[frame - 1]:
            axes.annotate(
                "stripping", (edges[frame], 1), (3, -3), textcoords="offset points",
                xycoords=axes.get_xaxis_transform(), fontsize=7, color=SOFT, va="top",
            )  # fmt: skip


def annotate(axes: Axes, history: History, lanes: Lanes, centre: Floats, scale: float) -> None:
    """Name the cracks, and say what colours, widths and marks are and what is left out."""
    _name_cracks(axes, history, lanes, centre)
    _key(axes, history, lanes)
    _width_scale(axes, history, scale)
    axes.annotate(
        _note(history, lanes),
        (0, 0), (0, -40), xycoords="axes fraction", textcoords="offset points",
        fontsize=8, color=SOFT, va="top",
    )  # fmt: skip


def quantity_of(history: History) -> str:
    """What the voxels of a crack add up to."""
    return "area" if len(history.shape) == 2 else "volume"


def _name_cracks(axes: Axes, history: History, lanes: Lanes, centre: Floats) -> None:
    """Ids at the right end with the volume there, of cracks that end before at their beginning."""
    time, end = history.frames["time"], axes.get_xlim()[1]
    last = len(time) - 1
    heading: dict[str, Any] = {
        "fontsize": 7,
        "color": SOFT,
        "va": "bottom",
        "textcoords": "offset points",
    }
    unit = pretty_unit(history.frames.units["volume"])
    axes.annotate("crack", (1, 1), (6, 6), xycoords="axes fraction", **heading)
    axes.annotate(
        f"{quantity_of(history)} ({unit})", (1, 1), (36, 6), xycoords="axes fraction", **heading
    )
    for lane, crack in enumerate(lanes.crack.tolist()):
        frames, y = np.flatnonzero(lanes.volume[lane]), float(centre[lane])
        if frames[-1] == last:
            weight = "bold" if lanes.is_head[lane] else "normal"
            name = _beside(axes, str(crack), (end, y), (6, 0), size=8, color=INK, weight=weight)
            _beside(axes, rounded(lanes.volume[lane, last]), (end, y), (36, 0), size=7, color=SOFT)
        else:
            offset = (-5, 0) if frames[0] == 0 else (-4, 5)
            place = (time[frames[0]], y)
            weight = "bold" if lanes.is_head[lane] else "normal"
            name = _beside(
                axes, str(crack), place, offset, size=7, color=SOFT, ha="right", weight=weight
            )
        name.set_gid(f"name-{crack}")
    nodes = history.nodes
    lane_of = lanes.lane_of(len(history.cracks))
    bridges = nodes.where(bridging(history))
    cracks, first = np.unique(bridges["crack"], return_index=True)
    for crack, frame in zip(cracks.tolist(), bridges["frame"][first].tolist(), strict=True):
        lane = int(lane_of[crack])
        if lane >= 0:
            place = (time[frame], float(centre[lane] + lanes.volume[lane, frame] / 2))
            _beside(axes, "bridges", place, (-3, 6), size=8, color=INK, weight="bold", ha="right")


def _beside(
    axes: Axes, text: str, place: tuple[float, float], offset: tuple[float, float], **style: Any
) -> Annotation:
    return axes.annotate(
        text, place, offset, textcoords="offset points", va="center", path_effects=_HALO,
        annotation_clip=False, **style,
    )  # fmt: skip


def _key(axes: Axes, history: History, lanes: Lanes) -> None:
    """What the colours and marks that occur mean, in one line above."""
    rows = lanes.crack - 1
    origin, fate = history.cracks["origin"][rows], history.cracks["fate"][rows]
    bridges = history.nodes["crack"][bridging(history)]
    parts = [
        ("■", PREEXISTING, "there in the first frame", (origin == "baseline").any()),
        ("■", NEW, "new", (origin == "birth").any()),
        ("■", REOPENED, "reopened", (origin == "reopening").any()),
        ("●", EVENT_COLORS[EventType.BIRTH], "born", (origin == "birth").any()),
        ("◆", REOPENED, "reopens", (origin == "reopening").any()),
        ("×", EVENT_COLORS[EventType.CLOSURE], "closes", (fate == "closure").any()),
        ("▭", INK, "bridges the electrodes", np.isin(lanes.crack, bridges).any()),
    ]
    children: list[Artist] = []
    for sign, color, words, occurs in parts:
        if occurs:
            children += [
                TextArea(sign, textprops={"color": color, "size": 9}),
                TextArea(words + "   ", textprops={"color": INK, "size": 8}),
            ]
    box = AnchoredOffsetbox(
        "lower left", child=HPacker(children=children, pad=0, sep=4, align="center"),
        frameon=False, pad=0, borderpad=0.4, bbox_to_anchor=(0, 1), bbox_transform=axes.transAxes,
    )  # fmt: skip
    axes.add_artist(box)


def _width_scale(axes: Axes, history: History, scale: float) -> None:
    """A bar as high as a round volume, at the lower left."""
    volume = _round_number(0.4 / scale)
    bottom = axes.get_ylim()[0] + 0.08 / scale
    across = axes.get_yaxis_transform()
    (bar,) = axes.plot(
        [0.012, 0.012], [bottom, bottom + volume], color=INK, linewidth=1.5,
        solid_capstyle="butt", transform=across, zorder=6,
    )  # fmt: skip
    bar.set_gid("scale")
    axes.annotate(
        f"{rounded(volume)} {pretty_unit(history.frames.units['volume'])}",
        (0.012, bottom + volume / 2), (5, 0), xycoords=across, textcoords="offset points",
        va="center", fontsize=8, color=INK, path_effects=_HALO,
    )  # fmt: skip


def _note(history: History, lanes: Lanes) -> str:
    if not lanes.n_hidden:
        return ""
    n_cracks, what = len(history.cracks), quantity_of(history)
    time, unit = history.frames["time"][lanes.hidden_frame], history.time_unit
    when = f"frame {lanes.hidden_frame}" if unit == "frame" else f"{time:g} {unit}"
    n_lineages = int(lanes.is_head.sum())
    lineages = "The largest lineage" if n_lineages == 1 else f"The {n_lineages} largest lineages"
    return (
        f"{lineages}, with every crack that reaches {100 * lanes.least_share:.2g} % of its "
        f"lineage’s greatest {what}: {len(lanes.crack)} of {n_cracks} cracks.\n"
        f"What is not shown holds {100 * lanes.hidden_share:.2g} % of the open {what} at its "
        f"greatest ({when})."
    )


def _round_number(limit: float) -> float:
    """The largest 1, 2 or 5 times a power of ten up to a limit."""
    power = 10.0 ** math.floor(math.log10(limit))
    return power * max(step for step in (1, 2, 5) if step * power <= limit * (1 + 1e-9))


def rounded(value: float) -> str:
    """Three digits, thousands apart."""
    if value >= 1e7:
        mantissa, exponent = f"{value:.2e}".split("e")
        digits = str(int(exponent)).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{mantissa}·10{digits}"
    short = float(f"{value:.3g}")
    return f"{short:,.0f}".replace(",", "\u202f") if short >= 100 else f"{short:g}"
