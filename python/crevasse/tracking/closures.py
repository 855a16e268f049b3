"""What has become of every crack so far, and which closures may still turn out to be none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._joined import joined
from crevasse._table import Coded, Table
from crevasse.tracking.events import ClosureStatus
from crevasse.tracking.groups import first_of_each

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

OPEN, CLOSED = 0, -1  # any other fate is the crack it merged into


@dataclass(frozen=True)
class Fates:
    """The fate of crack 1, 2, …: open, closed, or the crack it merged into."""

    values: Ints

    @property
    def n_cracks(self) -> int:
        """How many cracks there have been."""
        return len(self.values)

    @classmethod
    def of_open(cls, n_cracks: int) -> Fates:
        """All of them open."""
        return cls(np.full(n_cracks, OPEN, dtype=np.int64))

    def heirs(self, cracks: Ints) -> Ints:
        """The crack that each has become, through all mergers."""
        heir = cracks.copy()
        while True:
            merged_into = self.values[heir - 1]
            if not (merged_into > 0).any():
                return heir
            heir = np.where(merged_into > 0, merged_into, heir)

    def closed(self, cracks: Ints) -> Bools:
        """Whether each, or what it has become, has closed."""
        closed: Bools = self.values[self.heirs(cracks) - 1] == CLOSED
        return closed

    def after(self, n_cracks: int, ended: Ints, merged_into: Ints) -> Fates:
        """With new cracks up to `n_cracks`, and what became of those that have ended."""
        values = np.full(n_cracks, OPEN, dtype=np.int64)
        values[: len(self.values)] = self.values
        values[ended - 1] = np.where(merged_into > 0, merged_into, CLOSED)
        return Fates(values)


@dataclass(frozen=True)
class Provisional:
    """Closures that are not confirmed yet: their events, cracks and frames."""

    event: Ints
    crack: Ints
    frame: Ints

    @classmethod
    def none(cls) -> Provisional:
        """Nothing has closed."""
        return cls(*(np.empty(0, dtype=np.int64) for _ in range(3)))

    def settle(
        self, frame: int, reopened: Ints, by_event: Ints, confirm_after: int
    ) -> tuple[Provisional, Table]:
        """Decide what can be decided in `frame`.

        `reopened` are cracks of which voxels have opened again, in events `by_event`. Returns what
        stays provisional, and the corrections: a row for each closure that turned out to be none,
        and for each that is confirmed.
        """
        cracks, rows = first_of_each(reopened, by_event)
        position = np.searchsorted(cracks, self.crack)
        is_open = np.append(cracks, 0)[position] == self.crack
        confirmed = ~is_open & (frame - self.frame >= confirm_after)
        by = np.full(len(self.event), -1, dtype=np.int64)
        by[is_open] = by_event[rows[position[is_open]]]
        settled = is_open | confirmed
        status = np.where(is_open, ClosureStatus.REOPENED.code, ClosureStatus.CONFIRMED.code)
        corrections = Table(
            {
                "event": self.event[settled],
                "frame": np.full(int(settled.sum()), frame, dtype=np.int64),
                "status": Coded(status[settled], ClosureStatus),
                "by_event": by[settled],
            }
        )
        return self._where(~settled), corrections

    def joined(self, other: Provisional) -> Provisional:
        """Both, in order."""
        return joined([self, other])

    def _where(self, keep: Bools) -> Provisional:
        return Provisional(self.event[keep], self.crack[keep], self.frame[keep])
