"""The voxel ledger as a table of runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._table import Table
from crevasse.tracking.result import FrameResult

Ints = NDArray[np.int64]


def ledger_table(ledger: _core.Ledger, latest: FrameResult, time_unit: str) -> Table:
    """See `History.ledger`."""
    runs_per_row, ends, openings = ledger.arrays()
    _, height, width = latest.labeling._core.runs.shape
    row = np.repeat(np.arange(len(runs_per_row)), runs_per_row)
    begin, end = ends[0::2].astype(np.int64), ends[1::2].astype(np.int64)
    times = np.asarray(ledger.times)
    changed = np.concatenate([times[:1], (times[1:] + times[:-1]) / 2])
    is_open = openings["n_toggles"] % 2 == 1
    since = openings["since"].astype(np.int64)
    still = np.where(is_open, times[-1] - changed[since], 0.0)
    last_crack = openings["last_crack"].astype(np.int64)
    last_crack[is_open] = _crack_at(latest, row[is_open] * width + begin[is_open])
    return Table(
        {
            "z": row // max(height, 1),
            "y": row % max(height, 1),
            "x_begin": begin,
            "x_end": end,
            "n_voxels": end - begin,
            "first_open": openings["first_open"].astype(np.int64),
            "last_open": np.where(is_open, len(times) - 1, since - 1),
            "n_toggles": openings["n_toggles"].astype(np.int64),
            "open_time": openings["open_time"] + still,
            "first_crack": openings["first_crack"].astype(np.int64),
            "last_crack": last_crack,
        },
        units=dict.fromkeys(("z", "y", "x_begin", "x_end"), "voxel") | {"open_time": time_unit},
    )


def _crack_at(latest: FrameResult, voxel: Ints) -> Ints:
    """The crack of open voxels of the latest frame, by raster index."""
    core = latest.labeling._core
    row = np.repeat(np.arange(len(core.runs.row_begin) - 1), np.diff(core.runs.row_begin))
    first = row * core.runs.shape[2] + core.runs.runs[:, 0]
    run = np.searchsorted(first, voxel, side="right") - 1
    return latest.crack_ids[core.labels[run].astype(np.int64) - 1]
