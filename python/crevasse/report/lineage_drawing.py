"""How the lineage figure is drawn, once its lanes are chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path
from numpy.typing import NDArray

from crevasse.report.figures import EVENT_COLORS
from crevasse.report.lineage_layout import Lanes, bridging
from crevasse.report.lineage_text import INK, REOPENED, annotate, time_axis
from crevasse.report.palette import NEW, PREEXISTING
from crevasse.tracking import EventType, History
from crevasse.tracking.links import Links

_WIDTH, _LEFT, _RIGHT, _TOP, _BOTTOM = 9.0, 0.4, 1.3, 0.5, 1.05  # inches
_GAP = 0.13  # inches between lanes: a line of small text fits
_WIDEST = 1.5  # inches of the widest band, at most
_BANDS = 6.0  # inches of all bands together, at most
_MARGIN = 0.2  # inches beyond the first lane; beyond the last there is the scale too
_SCALE = 0.55

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ribbon:
    """What one crack hands to another: its ends are (lower, upper) edges."""

    frame: int  # the later one
    source: int  # lanes
    target: int
    before: tuple[float, float]
    after: tuple[float, float]


def draw_nothing(history: History) -> Figure:
    """Say that there is no crack."""
    figure = Figure(figsize=(_WIDTH, 1.8), layout="constrained")
    axes = figure.subplots()
    axes.text(0.5, 0.5, "no cracks", transform=axes.transAxes, ha="center", va="center")
    time_axis(axes, history)
    return figure


def draw(history: History, lanes: Lanes) -> Figure:
    """Bands, connectors, marks and words; one unit of y is one of volume."""
    greatest = lanes.volume.max(axis=1)
    scale = min(_WIDEST / greatest.max(), _BANDS / greatest.sum())  # inches of a unit of volume
    centre = lanes.centres(_GAP / scale)
    top = float((centre + greatest / 2).max()) + _MARGIN / scale
    bottom = float((centre - greatest / 2).min()) - _SCALE / scale
    height = _TOP + (top - bottom) * scale + _BOTTOM
    figure = Figure(figsize=(_WIDTH, height))
    axes = figure.add_axes(
        (
            _LEFT / _WIDTH,
            _BOTTOM / height,
            (_WIDTH - _LEFT - _RIGHT) / _WIDTH,
            (top - bottom) * scale / height,
        )
    )
    axes.set_ylim(bottom, top)
    time_axis(axes, history)
    ribbons, trim = _ribbons(history, lanes, centre)
    colors = _colors(history)
    time = _Time(history.frames["time"])
    for ribbon in ribbons:
        _draw_ribbon(axes, ribbon, lanes, time, colors)
    for lane in range(len(lanes.crack)):
        _draw_band(axes, history, lanes, lane, float(centre[lane]), trim[lane], time, colors)
    _draw_memory(axes, history, lanes, centre, time)
    _draw_bridges(axes, history, lanes, centre, time)
    annotate(axes, history, lanes, centre, scale)
    return figure


@dataclass(frozen=True)
class _Time:
    """Times of the frames, and halfway to the next; a single frame has an extent too."""

    at: Floats

    def before(self, frame: int) -> float:
        return self._halfway(frame, frame - 1, -0.5)

    def after(self, frame: int) -> float:
        return self._halfway(frame, frame + 1, 0.5)

    def _halfway(self, frame: int, other: int, alone: float) -> float:
        if 0 <= other < len(self.at):
            return float(self.at[frame] + self.at[other]) / 2
        return float(self.at[frame]) + (alone if len(self.at) == 1 else 0.0)


def _colors(history: History) -> dict[int, str]:
    """Blue: there in a first frame; orange: new; what split off is as what it came from."""
    colors: dict[int, str] = {0: NEW}
    cracks = history.cracks
    for crack, origin, parent in zip(
        *(cracks[c].tolist() for c in ("crack", "origin", "parent")), strict=True
    ):
        by_origin = {"baseline": PREEXISTING, "reopening": REOPENED}
        colors[crack] = colors[parent] if origin == "split" else by_origin.get(origin, NEW)
    return colors


def _ribbons(
    history: History, lanes: Lanes, centre: Floats
) -> tuple[list[Ribbon], NDArray[np.float64]]:
    """Connectors between different cracks, and what of each node's band they take.

    The second is (lane, frame, 4): volume that goes to cracks above and below, and that comes from
    cracks above and below.
    """
    links, nodes = Links.of(history), history.nodes
    lane = lanes.lane_of(len(history.cracks))[nodes["crack"]]
    source, target = lane[links.source], lane[links.target]
    kept = (source >= 0) & (target >= 0) & (source != target) & ~links.is_memory
    source, target = source[kept], target[kept]
    frame = nodes["frame"][links.target[kept]]
    shared = links.n_voxels[kept] * float(np.prod(history.spacing))

    taken = np.zeros((*lanes.volume.shape, 4))
    before = _stacked(source, target, frame - 1, shared, lanes, centre, taken[..., :2])
    after = _stacked(target, source, frame, shared, lanes, centre, taken[..., 2:])
    ribbons = [
        Ribbon(int(f), int(s), int(t), tuple(b), tuple(a))
        for f, s, t, b, a in zip(
            frame, source, target, before.tolist(), after.tolist(), strict=True
        )
    ]
    return ribbons, taken


def _stacked(
    own: NDArray[np.int64],
    other: NDArray[np.int64],
    frame: NDArray[np.int64],
    shared: Floats,
    lanes: Lanes,
    centre: Floats,
    taken: NDArray[np.float64],
) -> Floats:
    """Lower and upper edges of connectors at one end: stacked from the side that they come from."""
    edges = np.zeros((len(own), 2))
    # From the outside inwards: what leads farthest lies outermost, so that they do not cross.
    for row in np.argsort(-np.abs(centre[other] - centre[own]), kind="stable").tolist():
        lane, at = own[row], frame[row]
        side = 0 if centre[other[row]] > centre[lane] else 1
        outward = 1 if side == 0 else -1
        rim = centre[lane] + outward * (lanes.volume[lane, at] / 2 - taken[lane, at, side])
        edges[row] = sorted((rim, rim - outward * shared[row]))
        taken[lane, at, side] += shared[row]
    return edges


def _draw_ribbon(
    axes: Axes, ribbon: Ribbon, lanes: Lanes, time: _Time, colors: dict[int, str]
) -> None:
    """A smooth connector, flat at both ends."""
    begin, end = time.at[ribbon.frame - 1], time.at[ribbon.frame]
    middle = (begin + end) / 2
    (low0, high0), (low1, high1) = ribbon.before, ribbon.after
    vertices = [
        (begin, high0), (middle, high0), (middle, high1), (end, high1),
        (end, low1), (middle, low1), (middle, low0), (begin, low0), (begin, high0),
    ]  # fmt: skip
    curve = [Path.CURVE4] * 3
    path = Path(vertices, [Path.MOVETO, *curve, Path.LINETO, *curve, Path.CLOSEPOLY])
    before, after = int(lanes.crack[ribbon.source]), int(lanes.crack[ribbon.target])
    # What ends, or begins, gives the colour: a merge shows what came, a split what left.
    ends = not lanes.volume[ribbon.source, ribbon.frame]
    color = colors[before if ends else after]
    patch = PathPatch(path, facecolor=color, edgecolor=color, linewidth=0.5, alpha=0.5, zorder=2)
    patch.set_gid(f"overlap-{ribbon.frame}-{before}-{after}")
    axes.add_patch(patch)


def _draw_band(
    axes: Axes,
    history: History,
    lanes: Lanes,
    lane: int,
    centre: float,
    taken: NDArray[np.float64],
    time: _Time,
    colors: dict[int, str],
) -> None:
    crack = int(lanes.crack[lane])
    frames = np.flatnonzero(lanes.volume[lane])
    first, last = int(frames[0]), int(frames[-1])
    origin = str(history.cracks["origin"][crack - 1])
    begins = origin in ("birth", "reopening")
    ends = str(history.cracks["fate"][crack - 1]) == "closure"
    rims = []
    for side, outward in ((0, 1), (1, -1)):
        rim: list[tuple[float, float]] = []
        for frame in frames.tolist():
            half = lanes.volume[lane, frame] / 2
            comes = half - (taken[frame, 2 + side] if frame > first else 0)
            goes = half - (taken[frame, side] if frame < last else 0)
            rim += [(time.at[frame], centre + outward * part) for part in (comes, goes)]
        if len(time.at) == 1:
            half = outward * lanes.volume[lane, 0] / 2
            rim = [(time.before(0), centre + half), (time.after(0), centre + half)]
        rims.append(rim)
    start = [(time.before(first), centre)] if begins else []
    tip = [(time.after(last), centre)] if ends else []
    outline = [*start, *rims[0], *tip, *rims[1][::-1]]
    color = colors[crack]
    band = Polygon(outline, closed=True, facecolor=color, edgecolor=color, linewidth=0.7, zorder=3)
    band.set_gid(f"crack-{crack}")
    axes.add_patch(band)
    if begins:
        born = origin == "birth"
        mark = ("o", EVENT_COLORS[EventType.BIRTH]) if born else ("D", REOPENED)
        _mark(axes, start[0], *mark)
    if ends:
        _mark(axes, tip[0], "x", EVENT_COLORS[EventType.CLOSURE])


def _mark(axes: Axes, at: tuple[float, float], marker: str, color: str) -> None:
    size = 4.5 if marker == "x" else 3.5
    axes.plot(*at, marker, color=color, markersize=size, zorder=5, clip_on=False)


def _draw_memory(axes: Axes, history: History, lanes: Lanes, centre: Floats, time: _Time) -> None:
    """A dotted line from where a crack closed to where it, or a part of it, opened again."""
    links, nodes = Links.of(history), history.nodes
    lane_of = lanes.lane_of(len(history.cracks))
    for source, target in zip(
        links.source[links.closed].tolist(), links.target[links.closed].tolist(), strict=True
    ):
        before, after = int(nodes["crack"][source]), int(nodes["crack"][target])
        if min(lane_of[before], lane_of[after]) < 0:
            continue
        frame = int(nodes["frame"][target])
        begin, end = time.at[nodes["frame"][source]], time.before(frame)
        middle, low, high = (begin + end) / 2, centre[lane_of[before]], centre[lane_of[after]]
        vertices = [(begin, low), (middle, low), (middle, high), (end, high)]
        path = Path(vertices, [Path.MOVETO] + [Path.CURVE4] * 3)
        patch = PathPatch(
            path, facecolor="none", edgecolor=REOPENED, linestyle=":", linewidth=1.2, zorder=2.5
        )
        patch.set_gid(f"memory-{frame}-{before}-{after}")
        axes.add_patch(patch)


def _draw_bridges(axes: Axes, history: History, lanes: Lanes, centre: Floats, time: _Time) -> None:
    """A dark outline where and while a crack joins both electrodes."""
    bridges = history.nodes.where(bridging(history))
    is_bridge = np.zeros(lanes.volume.shape, dtype=bool)
    lane = lanes.lane_of(len(history.cracks))[bridges["crack"]]
    is_bridge[lane[lane >= 0], bridges["frame"][lane >= 0]] = True
    for lane in np.flatnonzero(is_bridge.any(axis=1)).tolist():
        frames = np.flatnonzero(is_bridge[lane])
        for stretch in np.split(frames, np.flatnonzero(np.diff(frames) > 1) + 1):
            half = lanes.volume[lane, stretch] / 2
            at = np.concatenate([time.at[stretch], time.at[stretch][::-1]])
            rim = centre[lane] + np.concatenate([half, -half[::-1]])
            outline = Polygon(
                np.stack([at, rim], axis=1), fill=False, edgecolor=INK, linewidth=1.6, zorder=4
            )
            outline.set_gid(f"bridge-{lanes.crack[lane]}-{stretch[0]}")
            axes.add_patch(outline)
