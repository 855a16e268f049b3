"""What a component without parents remembers: cracks that had its voxels open before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table
from crevasse.tracking.closures import Fates

Ints = NDArray[np.int64]


def memory_table(memories: NDArray[Any], fates: Fates, times: list[float]) -> Table:
    """A row for each component without parents and each crack that had voxels of it open.

    `memories` come from the voxel ledger, `fates` is of the cracks before this frame, `times` of
    all frames.
    """
    frame = len(times) - 1
    last_open = memories["last_open"].astype(np.int64)
    cracks = memories["crack"].astype(np.int64)
    return Table(
        {
            "frame": np.full(len(memories), frame, dtype=np.int64),
            "label": memories["label"].astype(np.int64),
            "crack": cracks,
            "n_voxels": memories["n_voxels"].astype(np.int64),
            "last_open": last_open,
            "gap_frames": frame - 1 - last_open,
            "gap": times[frame] - np.asarray(times, dtype=np.float64)[last_open],
            "closed": fates.closed(cracks),
        }
    )
