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

import crevasse
from crevasse._files import replace_when_written
from crevasse._table import Table
from crevasse.io import write_tiff
from crevasse.operando import Analysis
from crevasse.report import figures
from crevasse.report.summary import settings_in_words, summary
from crevasse.tracking import EventType

_LARGEST_CRACKS = 15
_MOST_FRAMES = 12


def write_report(analysis: Analysis, folder: str | os.PathLike[str], *, title: str) -> Path:
    """Write everything an analysis gives into a folder; return the path of the report.

    ``report.html``; ``summary.json``; ``tables/`` with every table as CSV and Parquet;
    ``figures/`` as PNG and SVG; ``maps/`` with first_open, last_open and first_crack as TIFF. Each
    file appears whole or not at all.
    """
    root = Path(folder)
    for part in ("tables", "figures", "maps"):
        (root / part).mkdir(parents=True, exist_ok=True)
    analysis.history.write_tables(root / "tables")
    analysis.measures.to_csv(root / "tables" / "measures.csv")
    analysis.measures.to_parquet(root / "tables" / "measures.parquet")
    for name in ("first_open", "last_open", "first_crack"):
        write_tiff(root / "maps" / f"{name}.tif", getattr(analysis.history, name)())
    _write_figures(analysis, root / "figures")
    _write_text(root / "summary.json", json.dumps(summary(analysis), indent=2) + "\n")
    write_html(analysis, root / "report.html", title=title)
    return root / "report.html"


def write_html(
    analysis: Analysis, path: str | os.PathLike[str], *, title: str = "Crack report"
) -> None:
    """Write the report page: self-contained, for a screen of any width and for paper."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["number"] = _number
    template = environment.from_string(
        files("crevasse.report").joinpath("report.html.j2").read_text(encoding="utf-8")
    )
    page = template.render(
        title=title,
        version=crevasse.__version__,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        analysis=analysis,
        summary=summary(analysis),
        quantity=figures.quantity(analysis),
        unit=figures.pretty_unit(analysis.history.frames.units["volume"]),
        settings=settings_in_words(analysis),
        first_open=_png(figures.first_open_figure(analysis)),
        volume=_svg(figures.volume_figure(analysis)),
        events=_svg(figures.events_figure(analysis)) if len(analysis.history.intervals) else "",
        frames=_frame_gallery(analysis),
        frame_rows=_frame_rows(analysis),
        event_types=[kind.value for kind in EventType],
        largest=_largest_cracks(analysis.history.cracks),
        n_cracks=len(analysis.history.cracks),
    )
    _write_text(Path(path), page)


def _write_figures(analysis: Analysis, folder: Path) -> None:
    made = {
        "first_open": figures.first_open_figure(analysis),
        "volume": figures.volume_figure(analysis),
    }
    if len(analysis.history.intervals):
        made["events"] = figures.events_figure(analysis)
    for name, figure in made.items():
        for suffix in ("png", "svg"):
            with replace_when_written(folder / f"{name}.{suffix}") as unfinished:
                unfinished.write_bytes(_render(figure, suffix))


def _frame_gallery(analysis: Analysis) -> list[dict[str, str]]:
    n = len(analysis.pictures)
    shown = sorted(set(np.linspace(0, n - 1, min(n, _MOST_FRAMES)).astype(int).tolist()))
    measures, unit = analysis.measures, analysis.history.time_unit
    return [
        {
            "name": str(measures["name"][i]),
            "when": "" if unit == "frame" else f"{measures['time'][i]:g} {unit}",
            "image": _png(figures.frame_figure(analysis, i), dpi=70),
        }
        for i in shown
    ]


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


def _png(figure: Figure, dpi: int = 110) -> str:
    return "data:image/png;base64," + base64.b64encode(_render(figure, "png", dpi)).decode()


def _svg(figure: Figure) -> Markup:
    text = _render(figure, "svg").decode()
    return Markup(text[text.index("<svg") :])


def _render(figure: Figure, suffix: str, dpi: int = 150) -> bytes:
    """The same figure gives the same bytes: no date, ids from a fixed salt."""
    target = io.BytesIO()
    metadata = {"Date": None} if suffix == "svg" else {"Software": None}
    with rc_context({"svg.hashsalt": "crevasse", "svg.fonttype": "none"}):
        figure.savefig(target, format=suffix, dpi=dpi, metadata=metadata)
    return target.getvalue()


def _write_text(path: Path, text: str) -> None:
    with replace_when_written(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")


def _number(value: float, digits: int = 4) -> str:
    """A number for people: thousands apart, no false digits."""
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}".replace(",", "\u202f")
    return (
        f"{value:.{digits}g}" if abs(value) < 10**digits else f"{value:,.0f}".replace(",", "\u202f")
    )
