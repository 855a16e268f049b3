"""Where and when voxels opened and closed, and the table of what closed beside what opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table
from crevasse.tracking.analyses._beside import Ints, Neighbours, nearest_accepted
from crevasse.tracking.analyses._moments import first_new_frame
from crevasse.tracking.events import Origin
from crevasse.tracking.history import History

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Of the greatest lag, which two times may differ by whatever their rounding.
_SLACK = 1e-9


@dataclass(frozen=True)
class Openings:
    """The maps of a history inside the region, and the times of its frames."""

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    crack: NDArray[np.uint32]
    family: Ints  # of each crack id
    times: Floats
    first_new: int  # frames before are of the baseline
    max_lag: float

    def opened(self) -> Bools:
        return self.first >= self.first_new

    def closed(self) -> Bools:
        return (self.last >= 0) & (self.last < len(self.times) - 1)

    def earliest_opening(self) -> Ints:
        """For each frame the first one whose openings lie within the lag."""
        rounding = float(np.spacing(np.abs(self.times).max()))
        slack = max(_SLACK * self.max_lag, 2 * rounding)
        earliest = np.searchsorted(self.times, self.times - self.max_lag - slack)
        return np.maximum(earliest, self.first_new)


def openings_of(history: History, max_lag: float, box: tuple[slice, ...]) -> Openings:
    """Of a history, inside a box."""
    return Openings(
        first=np.ascontiguousarray(history.first_open()[box]),
        last=np.ascontiguousarray(history.last_open()[box]),
        crack=np.ascontiguousarray(history.first_crack()[box]),
        family=families(history.cracks),
        times=history.frames["time"],
        first_new=first_new_frame(history),
        max_lag=max_lag,
    )


def families(cracks: Table) -> Ints:
    """The first ancestor of each crack id (0 of none): what it split off from, and so on.

    What it opens again is no ancestor: a crack may come over a pore that has closed.
    """
    ancestor = np.arange(len(cracks) + 1)
    has_parent = (cracks["parent"] > 0) & (cracks["origin"] != Origin.REOPENING)
    ancestor[cracks["crack"][has_parent]] = cracks["parent"][has_parent]
    while (further := ancestor[ancestor]).tolist() != ancestor.tolist():
        ancestor = further
    return ancestor.astype(np.int64)


def table_of(
    ledger: Openings, history: History, places: Ints, radius: float, threads: int
) -> Table:
    """Rows of `ClosedBesideOpened.table` for closed voxels that have an opening beside them."""
    shape, spacing = ledger.first.shape, history.spacing
    first, last, crack = (m.reshape(-1) for m in (ledger.first, ledger.last, ledger.crack))
    earliest = ledger.earliest_opening()
    closed = np.ravel_multi_index(tuple(places), shape)
    frame = last[closed].astype(np.int64) + 1

    def opened_before(which: Ints, index: Ints) -> Bools:
        k = frame[which]
        in_time = (first[index] >= earliest[k]) & (first[index] <= k)
        return np.asarray(
            in_time & (ledger.family[crack[index]] != ledger.family[crack[closed[which]]])
        )

    opened, away = nearest_accepted(places, shape, spacing, radius, opened_before)
    lag = ledger.times[frame] - ledger.times[first[opened]]
    keys = np.stack([frame, crack[closed], crack[opened]], axis=1).astype(np.int64)
    rows, row = np.unique(keys, axis=0, return_inverse=True)
    row = row.reshape(-1)
    n_rows = len(rows)

    row_at = np.full(first.size, -1, dtype=np.int64)
    row_at[closed] = row
    n_opened = _opened_by_row(ledger, rows, row_at, places, spacing, radius, threads)
    n = np.bincount(row, minlength=n_rows)
    preexisting = first[closed] < ledger.first_new
    voxel = float(np.prod(spacing))
    columns: dict[str, NDArray[Any]] = {
        "frame": rows[:, 0],
        "time": ledger.times[rows[:, 0]],
        "crack": rows[:, 1],
        "beside": rows[:, 2],
        "n_voxels": n,
        "volume": n * voxel,
        "n_preexisting": np.bincount(row, preexisting, n_rows).astype(np.int64),
        "n_opened": n_opened,
        "volume_opened": n_opened * voxel,
        "distance_min": _least(row, away, n_rows),
        "distance_mean": np.bincount(row, away, n_rows) / n,
        "lag_min": _least(row, lag, n_rows),
        "lag_mean": np.bincount(row, lag, n_rows) / n,
    }
    units = dict.fromkeys(("time", "lag_min", "lag_mean"), history.time_unit)
    units |= dict.fromkeys(("distance_min", "distance_mean"), history.unit)
    units |= dict.fromkeys(("volume", "volume_opened"), f"{history.unit}^{len(shape)}")
    return Table(columns, units=units)


def _opened_by_row(
    ledger: Openings,
    rows: Ints,
    row_at: Ints,
    closed: Ints,
    spacing: tuple[float, ...],
    radius: float,
    threads: int,
) -> Ints:
    """How many opened voxels have their nearest closed one of the same crack in each row."""
    shape = ledger.first.shape
    if not len(rows):
        return np.zeros(0, dtype=np.int64)
    family = np.zeros(closed.shape[1], dtype=np.int64)
    neighbours = Neighbours(closed, family, shape, spacing, radius, threads)
    places = np.array(np.nonzero(ledger.opened()), dtype=np.int64)
    near, within = neighbours.beside(places, np.ones(places.shape[1], dtype=np.int64))
    places = places[:, near | within]
    first = ledger.first[tuple(places)]
    crack = ledger.crack[tuple(places)]
    earliest = ledger.earliest_opening()

    def closed_beside(which: Ints, index: Ints) -> Bools:
        row = row_at[index]
        frame, beside = rows[row, 0], rows[row, 2]
        in_time = (first[which] >= earliest[frame]) & (first[which] <= frame)
        return np.asarray((row >= 0) & in_time & (beside == crack[which]))

    found, _ = nearest_accepted(places, shape, spacing, radius, closed_beside)
    return np.bincount(row_at[found[found >= 0]], minlength=len(rows))


def _least(row: Ints, values: Floats, n_rows: int) -> Floats:
    least = np.full(n_rows, np.inf)
    np.minimum.at(least, row, values)
    return least
