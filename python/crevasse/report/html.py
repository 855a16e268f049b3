"""The report: one HTML page that needs nothing else, and the files beside it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

import crevasse
from crevasse._files import replace_when_written
from crevasse._table import Table, write_tables
from crevasse.io import write_tiff
from crevasse.io.fact import micrometres
from crevasse.operando import Analysis, doubts
from crevasse.report import figures, page_parts
from crevasse.report.encoding import data_url, inline
from crevasse.report.galleries import eventful_frames
from crevasse.report.numbers import numbers, spans_in_words
from crevasse.report.plots import plots
from crevasse.report.summary import settings_in_words, summary
from crevasse.tracking import EventType, TimeToShort

_OURS = re.compile(r"(tables|figures|maps)/\w+\.(csv|parquet|png|svg|tif)")
_PICTURES = ("first_open", "rendering")


@dataclass(frozen=True)
class LivePart:
    """What a page has more while the experiment runs.

    Attributes
    ----------
    top
        HTML below the title.
    forecast
        When the ligament will be gone, instead of the one from all frames; None: there is none.
    """

    top: str
    forecast: TimeToShort | None


def write_report(
    analysis: Analysis,
    folder: str | os.PathLike[str],
    *,
    title: str,
    live: LivePart | None = None,
) -> Path:
    """Write everything an analysis gives into a folder; return the path of the report.

    ``report.html``; ``summary.json``; ``tables/`` with every table as CSV and Parquet;
    ``figures/`` as PNG, curves as SVG too; ``maps/`` with first_open, last_open and first_crack as
    TIFF with the voxel size. Each file appears whole or not at all. What an earlier analysis wrote
    there, by its ``summary.json``, and this one does not is removed. Pictures, which take longest,
    are drawn before the first file is written, so that one broken off leaves the earlier one whole.
    """
    root = Path(folder)
    found, facts, made = numbers(analysis), summary(analysis), plots(analysis)
    earlier = _files_of(root)
    for part in ("tables", "figures", "maps"):
        (root / part).mkdir(parents=True, exist_ok=True)
    written = write_tables(analysis.tables() | {"numbers": found}, root / "tables")
    history = analysis.history
    spacing = None if micrometres(history.unit) is None else history.spacing
    for name in ("first_open", "last_open", "first_crack"):
        path = root / "maps" / f"{name}.tif"
        write_tiff(path, getattr(history, name)(), spacing=spacing, unit=history.unit)
        written.append(path)
    for name, content in made.items():
        _write_bytes(root / "figures" / name, content)
        written.append(root / "figures" / name)
    facts["files"] = sorted(path.relative_to(root).as_posix() for path in written)
    _write_bytes(root / "summary.json", (json.dumps(facts, indent=2) + "\n").encode())
    _write_bytes(root / "report.html", _page(analysis, made, found, facts, title, live).encode())
    for name in earlier - set(facts["files"]):
        (root / name).unlink(missing_ok=True)
    return root / "report.html"


def _files_of(root: Path) -> set[str]:
    """The tables, figures and maps that the summary of an earlier analysis in a folder names."""
    try:
        files = json.loads((root / "summary.json").read_text(encoding="utf-8"))["files"]
        return {name for name in files if _OURS.fullmatch(name)}
    except (OSError, ValueError, KeyError, TypeError):  # none, or somebody else's
        return set()


def write_html(
    analysis: Analysis, path: str | os.PathLike[str], *, title: str = "Crack report"
) -> None:
    """Write the report page: self-contained, for a screen of any width and for paper."""
    page = _page(analysis, plots(analysis), numbers(analysis), summary(analysis), title)
    _write_bytes(Path(path), page.encode())


def _page(
    analysis: Analysis,
    made: dict[str, bytes],
    found: Table,
    facts: dict[str, Any],
    title: str,
    live: LivePart | None = None,
) -> str:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["number"] = page_parts.in_figures
    template = environment.from_string(
        files("crevasse.report").joinpath("report.html.j2").read_text(encoding="utf-8")
    )
    short = analysis.history.short()
    return template.render(
        title=title,
        version=crevasse.__version__,
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        analysis=analysis,
        doubts=doubts(analysis),
        summary=facts,
        quantity=figures.quantity(analysis),
        length=figures.pretty_unit(analysis.series.unit),
        n_shown=len(eventful_frames(analysis)),
        unit=figures.pretty_unit(analysis.history.frames.units["volume"]),
        settings=settings_in_words(analysis),
        opens_later=any(rule.later is not None for rule in analysis.settings.rules),
        plot={n.removesuffix(".svg"): inline(c) for n, c in made.items() if n.endswith(".svg")},
        picture={n: data_url(made[f"{n}.png"]) for n in _PICTURES if f"{n}.png" in made},
        short=short,
        bridged="" if short is None else spans_in_words(analysis, short),
        forecast=page_parts.shown_forecast(analysis) if live is None else live.forecast,
        live="" if live is None else live.top,
        galleries=page_parts.galleries(analysis),
        numbers=list(found.rows()),
        key_figures=page_parts.key_figures(analysis),
        frame_rows=page_parts.frame_rows(analysis),
        event_types=[kind.value for kind in EventType],
        largest=page_parts.largest_cracks(analysis.history.cracks),
        n_cracks=len(analysis.history.cracks),
    )


def _write_bytes(path: Path, content: bytes) -> None:
    with replace_when_written(path) as unfinished:
        unfinished.write_bytes(content)
