"""The report: one HTML page that needs nothing else, and the files beside it."""

from __future__ import annotations

import base64
import io
import json
import os
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.image import imsave
from numpy.typing import NDArray

import crevasse
from crevasse._files import replace_when_written
from crevasse._table import Table, write_tables
from crevasse.io import write_tiff
from crevasse.operando import Analysis, Threshold
from crevasse.report import figures
from crevasse.report.cell_figures import cell_figures
from crevasse.report.galleries import eventful_frames, grey_window, section_picture
from crevasse.report.grey_figures import comparison_figure, histogram_figure
from crevasse.report.lineage import lineage_figure
from crevasse.report.numbers import numbers
from crevasse.report.radial_figure import radial_figure
from crevasse.report.rendering import rendering
from crevasse.report.summary import settings_in_words, summary
from crevasse.tracking import EventType, TimeToShort

_LARGEST_CRACKS = 15


def write_report(analysis: Analysis, folder: str | os.PathLike[str], *, title: str) -> Path:
    """Write everything an analysis gives into a folder; return the path of the report.

    ``report.html``; ``summary.json``; ``tables/`` with every table as CSV and Parquet;
    ``figures/`` as PNG and SVG; ``maps/`` with first_open, last_open and first_crack as TIFF. Each
    file appears whole or not at all.
    """
    root = Path(folder)
    for part in ("tables", "figures", "maps"):
        (root / part).mkdir(parents=True, exist_ok=True)
    write_tables(analysis.tables() | {"numbers": numbers(analysis)}, root / "tables")
    for name in ("first_open", "last_open", "first_crack"):
        write_tiff(root / "maps" / f"{name}.tif", getattr(analysis.history, name)())
    plots = _plots(analysis)
    for name, content in plots.items():
        _write_bytes(root / "figures" / name, content)
    _write_bytes(root / "summary.json", (json.dumps(summary(analysis), indent=2) + "\n").encode())
    _write_bytes(root / "report.html", _page(analysis, plots, title).encode())
    return root / "report.html"


def write_html(
    analysis: Analysis, path: str | os.PathLike[str], *, title: str = "Crack report"
) -> None:
    """Write the report page: self-contained, for a screen of any width and for paper."""
    _write_bytes(Path(path), _page(analysis, _plots(analysis), title).encode())


def _page(analysis: Analysis, plots: dict[str, bytes], title: str) -> str:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["number"] = _number
    template = environment.from_string(
        files("crevasse.report").joinpath("report.html.j2").read_text(encoding="utf-8")
    )
    return template.render(
        title=title,
        version=crevasse.__version__,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        analysis=analysis,
        summary=summary(analysis),
        quantity=figures.quantity(analysis),
        unit=figures.pretty_unit(analysis.history.frames.units["volume"]),
        settings=settings_in_words(analysis),
        first_open=_data_url(plots["first_open.png"]),
        rendering=_data_url(plots["rendering.png"]) if "rendering.png" in plots else "",
        volume=_inline(plots["volume.svg"]),
        events=_inline(plots["events.svg"]) if "events.svg" in plots else "",
        cell={
            name: _inline(plots[f"{name}.svg"]) if f"{name}.svg" in plots else ""
            for name in ("voltage", "layers", "layer_maps", "fronts")
        },
        short=analysis.history.short(),
        forecast=_forecast(analysis),
        lineage=_inline(plots["lineage.svg"]),
        galleries=_galleries(analysis),
        numbers=list(numbers(analysis).rows()),
        grey=_inline(plots["grey.svg"]) if "grey.svg" in plots else "",
        comparison=_inline(plots["comparison.svg"]) if "comparison.svg" in plots else "",
        radial=_inline(plots["radial.svg"]) if "radial.svg" in plots else "",
        frame_rows=_frame_rows(analysis),
        event_types=[kind.value for kind in EventType],
        largest=_largest_cracks(analysis.history.cracks),
        n_cracks=len(analysis.history.cracks),
    )


def _plots(analysis: Analysis) -> dict[str, bytes]:
    """Every plot by file name; curves as vectors too."""
    plots = {"first_open.png": _render(figures.first_open_figure(analysis), "png")}
    picture = rendering(analysis)
    if picture is not None:
        plots["rendering.png"] = _png(picture)
    curves = {"volume": figures.volume_figure(analysis)}
    if len(analysis.history.intervals):
        curves["events"] = figures.events_figure(analysis)
    curves |= cell_figures(analysis)
    if analysis.sample is not None:
        curves["grey"] = histogram_figure(analysis.sample, _thresholds(analysis))
    if analysis.grey is not None:
        curves["comparison"] = comparison_figure(analysis.grey)
    if analysis.radial is not None and analysis.history.frames["n_voxels"].any():
        curves["radial"] = radial_figure(analysis)
    curves["lineage"] = lineage_figure(analysis.history)
    for name, figure in curves.items():
        plots |= {f"{name}.{suffix}": _render(figure, suffix) for suffix in ("png", "svg")}
    return plots


def _forecast(analysis: Analysis) -> TimeToShort | None:
    """When the ligament will be gone, where it shrinks and is not gone yet."""
    if analysis.fronts is None or len(analysis.history.frames) < 2:
        return None
    left = analysis.fronts.frames["ligament"]
    if not np.isfinite(left).all() or left[-1] == 0:
        return None
    if left[-1] >= left[-2]:
        return None
    found = analysis.fronts.time_to_short()
    return found if found is not None and np.isfinite([found.time, found.high]).all() else None


def _thresholds(analysis: Analysis) -> dict[str, list[Threshold]]:
    """Those that were found, by phase."""
    return {
        rule.name: [b for b in (rule.low, rule.high) if isinstance(b, Threshold)]
        for rule in analysis.settings.rules
        if rule.name in analysis.settings.find
    }


def _galleries(analysis: Analysis) -> list[tuple[str, list[dict[str, str]]]]:
    """Sections over time, seen along z and, of volumes, upright."""
    shown = eventful_frames(analysis)
    measures, unit = analysis.measures, analysis.history.time_unit
    roi = analysis.settings.roi
    views = {"Slices, seen along z" if analysis.upright else "": (analysis.pictures, (-2, -1))}
    if analysis.upright:
        views = {"Upright sections, seen along y": (analysis.upright, (0, 2)), **views}
    galleries = []
    for title, (pictures, axes) in views.items():
        box = None if roi is None else (roi[axes[0]], roi[axes[1]])
        window = grey_window(pictures, box)
        sections = [
            {
                "name": str(measures["name"][i]),
                "when": "" if unit == "frame" else f"{measures['time'][i]:.4g} {unit}",
                "image": _data_url(_png(section_picture(pictures[i], box, window))),
            }
            for i in shown
        ]
        galleries.append((title, sections))
    return galleries


def _frame_rows(analysis: Analysis) -> list[dict[str, Any]]:
    """Frames, measures and the interval that led to each, side by side."""
    history = analysis.history
    ledger = {row["frame"]: row for row in history.intervals.rows()}
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
        | {"ledger": ledger.get(row["frame"]), "events": counts.get(row["frame"], {})}
        for row, measured in rows
    ]


def _largest_cracks(cracks: Table) -> list[dict[str, Any]]:
    order = np.argsort(-cracks["max_n_voxels"], kind="stable")[:_LARGEST_CRACKS]
    rows = list(cracks.rows())
    return [rows[i] for i in order]


def _png(picture: NDArray[np.uint8]) -> bytes:
    target = io.BytesIO()
    metadata: dict[str, Any] = {"Software": None}  # the same picture gives the same bytes
    imsave(target, picture, format="png", metadata=metadata)
    return target.getvalue()


def _data_url(png: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(png).decode()


def _inline(svg: bytes) -> Markup:
    text = svg.decode()
    return Markup(text[text.index("<svg") :])


def _render(figure: Figure, suffix: str, dpi: int = 150) -> bytes:
    """The same figure gives the same bytes: no date, ids from a fixed salt."""
    target = io.BytesIO()
    metadata: dict[str, Any] = {"Date" if suffix == "svg" else "Software": None}
    with rc_context({"svg.hashsalt": "crevasse", "svg.fonttype": "none"}):
        figure.savefig(target, format=suffix, dpi=dpi, metadata=metadata)
    return target.getvalue()


def _write_bytes(path: Path, content: bytes) -> None:
    with replace_when_written(path) as unfinished:
        unfinished.write_bytes(content)


def _number(value: float, digits: int = 4) -> str:
    """A number for people: thousands apart, no false digits."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}".replace(",", "\u202f")
    return (
        f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}".replace(",", "\u202f")
    )
