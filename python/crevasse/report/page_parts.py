"""What the page shows beside figures: rows of tables, galleries, a forecast."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from crevasse._table import Table
from crevasse.operando import Analysis
from crevasse.operando.forecast import forecast
from crevasse.operando.sections import View
from crevasse.report.encoding import data_url, png
from crevasse.report.figures import length_unit, time_label
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
    return [
        measured
        | row
        | {
            "ledger": ledger.get(row["frame"]),
            "events": counts.get(row["frame"], {}),
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
    if float(value).is_integer() or abs(value) >= 10**digits:
        text = f"{value:,.0f}".replace(",", "\u202f")
    else:
        text = f"{value:.{digits}g}"
    return text.replace("-", "−", 1)
