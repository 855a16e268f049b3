"""The files of a live run, all made of what its checkpoint holds."""

from __future__ import annotations

import csv
import json
import math
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from crevasse._files import replace_when_written
from crevasse._table import Table, write_tables
from crevasse.live.alarms import alarms_table
from crevasse.live.readings import readings_table
from crevasse.live.register import State
from crevasse.live.status import Status
from crevasse.live.words import alarm_line, answers
from crevasse.operando import Analysis
from crevasse.report import LivePart, write_report
from crevasse.report.page_parts import in_figures


class Outputs:
    """Writes into a folder; each file appears whole or not at all.

    Parameters
    ----------
    folder
        Must exist, and be this process's alone: what a dead one left half written is removed.
    title
        Of the page.
    """

    def __init__(self, folder: Path, title: str) -> None:
        self._folder, self._title = folder, title
        self._written: dict[str, Table] = {}
        for part in (folder, *(folder / name for name in ("tables", "figures", "maps"))):
            for unfinished in part.glob(".*.part"):
                unfinished.unlink()

    def report(self, analysis: Analysis, status: Status) -> None:
        """The page, and all that lies beside it."""
        forecast = status.rows[-1].forecast
        if forecast is not None and not math.isfinite(forecast.time + forecast.high):
            forecast = None
        live = LivePart(_top(analysis, status), forecast)
        write_report(analysis, self._folder, title=self._title, live=live)
        table = readings_table(status.rows, analysis)
        write_tables({"readings": table}, self._folder / "tables")

    def waiting(self, status: Status) -> None:
        """The page before the first scan."""
        page = _filled("waiting.html.j2", title=self._title, source=status.source)
        _write(self._folder / "report.html", page)

    def status(self, status: Status) -> None:
        """status.json, and status.js for the open page."""
        text = json.dumps(status.to_dict(), indent=2)
        _write(self._folder / "status.json", text + "\n")
        _write(self._folder / "status.js", f"crevasseStatus({text});\n")

    def scans(self, status: Status) -> None:
        """scans.csv, if it has changed."""
        self._table("scans.csv", status.scans)

    def alarms(self, status: Status) -> None:
        """alarms.csv, if it has changed."""
        self._table("alarms.csv", alarms_table(status.fired, status.units["time"]))

    def told(self) -> set[tuple[str, str]]:
        """The alarms that are in alarms.csv: scan and rule."""
        path = self._folder / "alarms.csv"
        try:
            rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
            return {(row["name"], row["rule"]) for row in rows}
        except (OSError, KeyError, UnicodeDecodeError, csv.Error):
            return set()

    def _table(self, name: str, table: Table) -> None:
        if self._written.get(name) != table:
            table.to_csv(self._folder / name)
            self._written[name] = table


def _top(analysis: Analysis, status: Status) -> str:
    last = status.rows[-1]
    return _filled(
        "live.html.j2",
        ended=status.ended,
        latest=last,
        time=in_figures(last.time),
        n_analysed=len(status.rows),
        units=status.units,
        answers=answers(last, status.units),
        trouble=list(status.trouble.values()),
        fired=[alarm_line(alarm, status.units) for alarm in status.fired],
        scans=_not_simply(status.scans, ended=bool(status.ended)),
        found=analysis.sample is not None,
        page=status.page,
    )


def _not_simply(scans: Table, *, ended: bool) -> list[dict[str, Any]]:
    """Scans with something to say of them; which ones wait the open page learns from status.js."""
    known = (State.ANALYSED,) if ended else (State.ANALYSED, State.WAITING)
    return [row for row in scans.rows() if row["state"] not in known]


def _filled(template: str, **values: Any) -> str:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    text = files("crevasse.live").joinpath(template).read_text(encoding="utf-8")
    return environment.from_string(text).render(**values)


def _write(path: Path, text: str) -> None:
    with replace_when_written(path) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
