"""Where a live run stands, for machines: status.json, and the same for the open page."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import crevasse
from crevasse._plain import plain
from crevasse._table import Table
from crevasse.live.alarms import Alarm
from crevasse.live.readings import Reading
from crevasse.live.register import State


@dataclass
class Status:
    """Of a watch.

    Attributes
    ----------
    source
        Where scans arrive.
    units
        Of volume, length and time.
    rows
        What was read of each analysed scan.
    fired
        Alarms.
    scans
        All scans, as from `Register.table`.
    busy
        The scan that is being analysed; empty while there is none.
    page
        Which writing of the page it is, so that an open one can tell that there is a newer one.
    ended
        Why the watch has ended; empty while it goes on.
    trouble
        What goes wrong at the moment, by what it hits.
    """

    source: str
    units: dict[str, str] = field(default_factory=dict)
    rows: list[Reading] = field(default_factory=list)
    fired: list[Alarm] = field(default_factory=list)
    scans: Table = field(default_factory=lambda: Table({}))
    busy: str = ""
    page: str = ""
    ended: str = ""
    trouble: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; what is not known or infinite is None."""
        states = Counter(self.scans["state"].tolist()) if "state" in self.scans else Counter()
        return {
            "crevasse": crevasse.__version__,
            "process": os.getpid(),
            "state": "ended" if self.ended else "watching",
            "ended": self.ended,
            "source": self.source,
            "units": self.units,
            "scans": dict(sorted(states.items())),
            "waiting": self._waiting(),
            "latest": _latest(self.rows),
            "alarms": [asdict(alarm) for alarm in self.fired],
            "busy": self.busy,
            "trouble": list(self.trouble.values()),
            "page": self.page,
            "looked": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def _waiting(self) -> dict[str, str]:
        """Scans that have not been decided on: name and why."""
        if "state" not in self.scans:
            return {}
        rows = self.scans.where(self.scans["state"] == State.WAITING).rows()
        return {row["name"]: row["why"] for row in rows}


def _latest(rows: list[Reading]) -> dict[str, Any] | None:
    """The last scan; None without any."""
    return reading_values(rows[-1]) if rows else None


def reading_values(row: Reading) -> dict[str, Any]:
    """A reading as plain values for JSON."""
    left, low, high = row.time_to_short
    numbers = {
        **{n: getattr(row, n) for n in ("time", "volume", "volume_change", "depth", "ligament")},
        "time_to_short": left,
        "time_to_short_low": low,
        "time_to_short_high": high,
    }
    numbers |= {f"layer_{name}": mean for name, mean in row.layers.items()}
    known = {name: plain(value) for name, value in numbers.items()}
    return {"frame": row.frame, "name": row.name, **known, "shorted": row.shorted}
