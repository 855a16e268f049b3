"""Alarms: which rules fired at which scan, and telling of it."""

from __future__ import annotations

import http.client
import json
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from crevasse._table import Table
from crevasse.live.readings import Reading
from crevasse.operando import AlarmRule

_HERE = ("localhost", "127.0.0.1")
_PATIENCE = 5.0


@dataclass(frozen=True)
class Alarm:
    """A rule that has come to hold: scan, its time, the rule, and the value that it looked at."""

    frame: int
    name: str
    time: float
    rule: str
    value: float


def alarms(rows: Sequence[Reading], rules: Sequence[AlarmRule]) -> list[Alarm]:
    """What fired, in order of scans.

    A rule fires at the first scan at which it holds, and again only after one at which it did not.
    A value that is not known changes nothing.
    """
    fired = []
    held = dict.fromkeys(rules, False)
    for row in rows:
        for rule in held:
            value = row.value(rule.name)
            if np.isnan(value):
                continue
            if rule.holds(value) and not held[rule]:
                fired.append(Alarm(row.frame, row.name, row.time, rule.text, value))
            held[rule] = rule.holds(value)
    return fired


def alarms_table(fired: Sequence[Alarm], time_unit: str) -> Table:
    """A row an alarm: the fields of `Alarm`."""
    columns = {
        "frame": np.array([a.frame for a in fired], dtype=np.int64),
        "name": np.array([a.name for a in fired], dtype=str),
        "time": np.array([a.time for a in fired], dtype=np.float64),
        "rule": np.array([a.rule for a in fired], dtype=str),
        "value": np.array([a.value for a in fired], dtype=np.float64),
    }
    return Table(columns, units={"time": time_unit})


class Webhook:
    """Sends alarms to a URL as JSON; what goes wrong is given back, never raised.

    Parameters
    ----------
    url
        ``http://`` or ``https://``.
    anywhere
        Whether it may lie on another machine.

    Raises
    ------
    ValueError
        If the URL is none, or lies elsewhere without leave.
    """

    def __init__(self, url: str, *, anywhere: bool = False) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"webhook must be an http:// or https:// URL, got {url!r}; correct it")
        if not anywhere and parts.hostname not in _HERE:
            raise ValueError(
                f"webhook must be on localhost or 127.0.0.1, got {parts.hostname}; "
                "allow other machines with --webhook-anywhere"
            )
        self._url = url
        # Redirects could lead elsewhere, and so could a proxy.
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))

    def send(self, alarm: Alarm, more: dict[str, Any]) -> str:
        """POST an alarm and more beside it; return what went wrong, empty if nothing did."""
        body = json.dumps(asdict(alarm) | more).encode()
        request = urllib.request.Request(
            self._url, data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        try:
            with self._opener.open(request, timeout=_PATIENCE):
                return ""
        except (OSError, ValueError, http.client.HTTPException) as error:
            return f"webhook {self._url}: {' '.join(str(error).split())}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None
