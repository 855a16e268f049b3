"""What one frame adds to a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._regions import Regions
from crevasse._runs import RunLabeling
from crevasse._table import Table, read_only
from crevasse.tracking.cycle import CycleState


@dataclass(frozen=True)
class FrameResult:
    """What one frame added to a series.

    Attributes
    ----------
    frame, time
        Index, from 0, and time of the frame.
    cycle
        Where in its charging the cell was, as given.
    labeling, regions
        Its components and their measures, in label order.
    spacing, connectivity
        Voxel size in axis order, and how components are joined: those of the tracker.
    crack_ids
        Crack id of label 1, 2, ….
    at_working, at_counter
        Whether label 1, 2, … touches that electrode.
    n_voxels, n_preexisting, n_new
        Open voxels: all, those open in a baseline frame too, and the others.
    events, memory, corrections
        The rows this frame adds to the tables of `History`; none for the first frame.
    """

    frame: int
    time: float
    cycle: CycleState
    labeling: RunLabeling
    spacing: tuple[float, ...]
    connectivity: int
    regions: Regions
    crack_ids: NDArray[np.int64]
    at_working: NDArray[np.bool_]
    at_counter: NDArray[np.bool_]
    n_voxels: int
    n_preexisting: int
    n_new: int
    events: Table
    memory: Table
    corrections: Table

    def __post_init__(self) -> None:
        # The tracker goes on with them.
        for name in ("crack_ids", "at_working", "at_counter"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    @property
    def bridging(self) -> NDArray[np.bool_]:
        """Whether label 1, 2, … touches both electrodes."""
        both: NDArray[np.bool_] = self.at_working & self.at_counter
        return both
