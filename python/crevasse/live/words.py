"""Readings in words, for a line on a terminal and for the page."""

from __future__ import annotations

import math
from typing import NamedTuple

from crevasse.live.alarms import Alarm
from crevasse.live.readings import Reading
from crevasse.operando import AlarmRule
from crevasse.report.figures import pretty_unit
from crevasse.report.page_parts import in_figures

_SHORTED = "shorted"
_NO_SHORT = "no short in sight"


class Answer(NamedTuple):
    """A value, what it is of, and what more there is to say of it."""

    value: str
    label: str
    more: str


def answers(row: Reading, units: dict[str, str]) -> list[Answer]:
    """What there is to say of a scan; of what is not measured, nothing."""
    volume, length = pretty_unit(units["volume"]), pretty_unit(units["length"])
    change = row.volume_change
    since = "" if math.isnan(change) else f"{'+' if change >= 0 else ''}{_figures(change)}"
    if since:
        since += " since the scan before"
    what = "crack area" if units["volume"].endswith("2") else "crack volume"
    found = []
    if not math.isnan(row.volume):
        found.append(Answer(f"{_figures(row.volume)} {volume}", what, since))
    if not math.isnan(row.depth):
        found.append(Answer(f"{_figures(row.depth)} {length}", "deepest crack", ""))
    if not math.isnan(row.ligament):
        found.append(Answer(f"{_figures(row.ligament)} {length}", "ligament left", ""))
    if row.shorted:
        found.append(Answer(_SHORTED, "the electrodes are bridged", ""))
    elif row.forecast is not None:
        found.append(_forecast(row, units["time"]))
    for name, mean in row.layers.items():
        found.append(Answer(f"{_figures(mean)} {length}", f"lithium at the {name} electrode", ""))
    return found


def line(row: Reading, units: dict[str, str]) -> str:
    """The answers of a scan in one line."""
    parts = [f"{row.name}: {_figures(row.time)} {units['time']}"]
    for answer in answers(row, units):
        more = f" ({answer.more.removesuffix(' since the scan before')})" if answer.more else ""
        if answer.value == _SHORTED:
            parts.append(_SHORTED.upper())
        elif answer.label.startswith("to the short"):
            parts.append(f"short in {answer.value}{more}")
        elif answer.value == _NO_SHORT:
            parts.append(answer.value)
        else:
            parts.append(f"{answer.label} {answer.value}{more}")
    return ", ".join(parts)


def alarm_line(alarm: Alarm, units: dict[str, str]) -> str:
    """An alarm in one line."""
    when = f"{alarm.name}, {_figures(alarm.time)} {units['time']}"
    name = AlarmRule.parse(alarm.rule).name
    if name == _SHORTED:
        return f"{alarm.rule} ({when})"
    kind = {"volume": "volume", "time_to_short": "time"}.get(name, "length")
    return f"{alarm.rule}: {_figures(alarm.value)} {pretty_unit(units[kind])} ({when})"


def _forecast(row: Reading, unit: str) -> Answer:
    left, low, high = row.time_to_short
    if not math.isfinite(left):
        return Answer(_NO_SHORT, "the ligament does not shrink", "")
    assert row.forecast is not None
    label = f"to the short, from the last {row.forecast.n_frames} scans"
    if not math.isfinite(high):
        return Answer(f"{_figures(left, 3)} {unit}", label, "too few scans for an interval")
    span = f"{row.forecast.confidence:.0%}: {_figures(low, 3)} to {_figures(high, 3)} {unit}"
    return Answer(f"{_figures(left, 3)} {unit}", label, span)


def _figures(value: float, digits: int = 4) -> str:
    return in_figures(value, digits) if math.isfinite(value) else "unknown"
