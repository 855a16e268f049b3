"""What one frame adds to a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._regions import Regions
from crevasse._runs import RunLabeling
from crevasse._table import Table


@dataclass(frozen=True)
class FrameResult:
    """What one frame added to a series.

    Attributes
    ----------
    frame, time
        Index, from 0, and time of the frame.
    labeling, regions
        Its components and their measures, in label order.
    crack_ids
        Crack id of label 1, 2, ….
    n_voxels, n_preexisting, n_new
        Open voxels: all, those open in a baseline frame too, and the others.
    events
        The rows this frame adds to `History.events`; none for the first frame.
    """

    frame: int
    time: float
    labeling: RunLabeling
    regions: Regions
    crack_ids: NDArray[np.int64]
    n_voxels: int
    n_preexisting: int
    n_new: int
    events: Table
