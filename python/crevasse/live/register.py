"""Every scan that has been seen, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

import numpy as np

from crevasse._table import Table
from crevasse.io.scan import natural_key


class State(StrEnum):
    """What became of a scan."""

    ANALYSED = "analysed"
    WAITING = "waiting"
    LATE = "late"
    DUPLICATE = "duplicate"
    CHANGED = "changed"
    BROKEN = "broken"


@dataclass(frozen=True)
class ScanRecord:
    """One scan that has been decided on.

    Attributes
    ----------
    name
        Of the file or folder.
    state, why
        What became of it, and why it is not simply analysed.
    stamp
        As in `Sighting`, when that was decided.
    frame, time
        Number and time in the analysis; -1 and None if it is not part of it.
    digest
        Of its grey values; empty if it could not be read.
    """

    name: str
    state: State
    stamp: str
    why: str = ""
    frame: int = -1
    time: float | None = None
    digest: str = ""


class Register:
    """The scans that have been decided on, by name.

    Examples
    --------
    >>> register = Register()
    >>> register.put(ScanRecord("scan_9.tif", State.ANALYSED, "1 200 5", frame=0, time=0.0))
    >>> register.is_late("scan_8.tif"), register.is_late("scan_10.tif")
    (True, False)
    """

    def __init__(self) -> None:
        self._records: dict[str, ScanRecord] = {}
        self.revision = 0  # rises with every change

    def __iter__(self) -> Iterator[ScanRecord]:
        return iter(self._records.values())

    @property
    def names(self) -> Collection[str]:
        """Of the scans that have been decided on."""
        return self._records.keys()

    def get(self, name: str) -> ScanRecord | None:
        """The scan of this name, None if nothing has been decided."""
        return self._records.get(name)

    def put(self, record: ScanRecord) -> None:
        """Add a scan, or what is known of it now."""
        self._records[record.name] = record
        self.revision += 1

    def renew(self, record: ScanRecord, stamp: str, state: State, why: str) -> None:
        """The same scan with what became of it since."""
        self.put(replace(record, stamp=stamp, state=state, why=why))

    @property
    def analysed(self) -> list[ScanRecord]:
        """The scans that are part of the analysis, in its order."""
        return sorted((r for r in self if r.frame >= 0), key=lambda r: r.frame)

    def is_late(self, name: str) -> bool:
        """Whether a scan sorts before one that has been analysed."""
        done = self.analysed
        return bool(done) and natural_key(name) < natural_key(done[-1].name)

    def position(self, name: str) -> int:
        """How many scans there are before this one; copies are none."""
        key = natural_key(name)
        return sum(r.state != State.DUPLICATE and natural_key(r.name) < key for r in self)

    def original(self, digest: str) -> ScanRecord | None:
        """The analysed scan that has the same grey values."""
        return next((r for r in self.analysed if r.digest == digest), None)

    def table(self, waiting: Mapping[str, str], time_unit: str) -> Table:
        """A row a scan, sorted as people count: ``name, state, why, frame, time, digest``.

        `waiting` are those that have not been decided on: name and why.
        """
        rows = [*self, *(ScanRecord(n, State.WAITING, "", why) for n, why in waiting.items())]
        rows.sort(key=lambda r: natural_key(r.name))
        columns = {
            "name": np.array([r.name for r in rows], dtype=str),
            "state": np.array([r.state.value for r in rows], dtype=str),
            "why": np.array([r.why for r in rows], dtype=str),
            "frame": np.array([r.frame for r in rows], dtype=np.int64),
            "time": np.array([np.nan if r.time is None else r.time for r in rows]),
            "digest": np.array([r.digest for r in rows], dtype=str),
        }
        return Table(columns, units={"time": time_unit})

    def to_json(self) -> str:
        """Text that `from_json` reads."""
        return json.dumps([asdict(record) for record in self])

    @classmethod
    def from_json(cls, text: str) -> Register:
        """What `to_json` wrote."""
        register = cls()
        for fields in json.loads(text):
            register.put(ScanRecord(**fields | {"state": State(fields["state"])}))
        return register
