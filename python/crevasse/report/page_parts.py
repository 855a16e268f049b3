"""What the page shows beside figures: rows of tables, galleries, a forecast."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from crevasse._table import Table
from crevasse.operando import Analysis
from crevasse.operando.forecast import forecast
from crevasse.operando.sections import View
from crevasse.report.encoding import data_url, png
from crevasse.report.figures import length_unit, pretty_unit, quantity, time_label
from crevasse.report.galleries import eventful_frames, grey_window, scale_bar, section_image
from crevasse.tracking import TimeToShort

_LARGEST_CRACKS = 15


def shown_forecast(analysis: Analysis) -> TimeToShort | None:
    """When the ligament will be gone, where it shrinks and is not gone yet."""
    found = forecast(analysis, len(analysis.history.frames) - 1)
    return found if found is not None and np.isfinite([found.time, found.high]).all() else None


def galleries(analysis: Analysis) -> list[dict[str, Any]]:
    """Sections over time, upright ones first, with scale bars in percent of the width."""
    shown = eventful_frames(analysis)
    unit = length_unit(analysis)
    found = []
    for view in reversed(analysis.sections.views()):
        window = grey_window(view)
        length, share = scale_bar(view)
        sections = [
            {
                "name": str(analysis.measures["name"][i]),
                "when": time_label(analysis, i),
                "image": data_url(png(section_image(view.pictures[i], view.pixel, window))),
            }
            for i in shown
        ]
        found.append(
            {
                "title": _title(view, unit),
                "frames": sections,
                "bar": {"length": f"{length:g} {unit}", "percent": f"{100 * share:.1f}"},
                "wide": view.pictures[0].grey.shape[1] * view.pixel[1]
                > 1.8 * view.pictures[0].grey.shape[0] * view.pixel[0],
            }
        )
    return found


def _title(view: View, unit: str) -> str:
    if not view.axis:
        return ""
    kind = "Upright section" if view.upright else "Slice"
    return f"{kind} at {view.axis} = {view.place:.4g} {unit}"


def key_figures(analysis: Analysis) -> list[tuple[str, str]]:
    """The few figures at the head of the page: each in words, and what it is."""
    parts = (_of_short, _of_cracks, _of_fronts, _of_layers)
    return [figure for part in parts for figure in part(analysis)]


def _of_cracks(analysis: Analysis) -> Iterator[tuple[str, str]]:
    if not analysis.settings.follow:
        return
    frames, events = analysis.history.frames, analysis.history.events
    what, unit = quantity(analysis), pretty_unit(frames.units["volume"])
    volume, cracks = frames["volume"], frames["n_cracks"].tolist()
    yield in_figures(volume[-1]), f"open {what} in the last frame, {unit}"
    yield in_figures(volume[0]), f"in the first frame, {unit}"
    if volume[-1]:
        share = 100 * frames["volume_new"][-1] / volume[-1]
        yield f"{in_figures(share, 3)} %", f"of the last frame's open {what} is new"
    yield in_figures(cracks[-1]), f"cracks and pores in the last frame, {cracks[0]:,} in the first"
    kinds = events["type"].tolist()
    yield in_figures(kinds.count("birth")), "births"
    yield in_figures(kinds.count("merge") + kinds.count("recombination")), "merges"


def _of_short(analysis: Analysis) -> Iterator[tuple[str, str]]:
    history = analysis.history
    short = history.short() if analysis.settings.counter is not None else None
    if short is not None:
        time = f"{in_figures(short.time)} {history.time_unit}"
        healed = "" if short.healed is None else "; they no longer are"
        yield time, f"the electrodes are bridged for the first time{healed}"


def _of_fronts(analysis: Analysis) -> Iterator[tuple[str, str]]:
    if analysis.fronts is None:
        return
    front, unit = analysis.fronts.frames, pretty_unit(analysis.history.unit)
    if front["depth_max"].any():
        yield in_figures(front["depth_max"].max()), f"deepest crack, {unit}"
    if front["ligament"][-1] > 0:  # else the electrodes are bridged
        yield in_figures(front["ligament"][-1]), f"solid left between the electrodes, {unit}"


def _of_layers(analysis: Analysis) -> Iterator[tuple[str, str]]:
    unit = pretty_unit(analysis.series.unit)
    for name, record in analysis.layers.items():
        mean = record.table()["mean"]
        first = in_figures(mean[0], 3)
        yield (
            in_figures(mean[-1], 3),
            f"{name} layer in the last frame, {first} in the first, {unit}",
        )


def frame_rows(analysis: Analysis) -> list[dict[str, Any]]:
    """Frames, measures and the interval that led to each, side by side."""
    history = analysis.history
    voxel = math.prod(history.spacing)
    ledger = {
        row["frame"]: {name: row[name] * voxel for name in ("gain", "loss")}
        for row in history.intervals.rows()
    }
    counts: dict[int, dict[str, int]] = {}
    for frame, kind in zip(
        history.events["frame"].tolist(), history.events["type"].tolist(), strict=True
    ):
        of_frame = counts.setdefault(frame, {})
        of_frame[kind] = of_frame.get(kind, 0) + 1
    rows = zip(history.frames.rows(), analysis.measures.rows(), strict=True)
    layers = {name: record.table()["mean"].tolist() for name, record in analysis.layers.items()}
    return [
        measured
        | row
        | {
            "ledger": ledger.get(row["frame"]),
            "events": counts.get(row["frame"], {}),
            "layers": [mean[row["frame"]] for mean in layers.values()],
            "agreement": min(v for name, v in measured.items() if name.startswith("agreement_")),
        }
        for row, measured in rows
    ]


def largest_cracks(cracks: Table) -> list[dict[str, Any]]:
    """By greatest volume."""
    order = np.argsort(-cracks["max_n_voxels"], kind="stable")[:_LARGEST_CRACKS]
    rows = list(cracks.rows())
    return [rows[i] for i in order]


def in_figures(value: float, digits: int = 4) -> str:
    """A number for people: thousands apart, no false digits, a minus sign."""
    if math.isnan(value):
        return "–"
    if float(value).is_integer() or abs(value) >= 10**digits:
        text = f"{value:,.0f}".replace(",", "\u202f")
    else:
        text = f"{value:.{digits}g}"
    return text.replace("-", "−", 1)
