"""A frame that has been labelled and measured, but not compared yet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse._regions import Regions
from crevasse._runs import RunLabeling, RunVolume
from crevasse._table import Table
from crevasse.tracking.cycle import CycleState
from crevasse.tracking.electrodes import Surroundings
from crevasse.tracking.options import Options
from crevasse.tracking.result import FrameResult


@dataclass(frozen=True)
class Scan:
    """What is known of a frame by itself; attributes as of `FrameResult`."""

    open: RunVolume
    time: float
    cycle: CycleState
    labeling: RunLabeling
    spacing: tuple[float, ...]
    connectivity: int
    regions: Regions
    at_working: NDArray[np.bool_]
    at_counter: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        runs: RunVolume,
        time: float,
        cycle: CycleState,
        surroundings: Surroundings,
        options: Options,
        threads: int,
    ) -> Scan:
        """Label and measure the components of a frame."""
        labeling = runs.label(options.connectivity, n_threads=threads)
        return cls(
            open=runs,
            time=time,
            cycle=cycle,
            labeling=labeling,
            spacing=options.spacing_of(len(runs.shape)),
            connectivity=options.connectivity,
            regions=labeling.regions(spacing=options.spacing, unit=options.unit, n_threads=threads),
            at_working=surroundings.at_working(labeling, threads),
            at_counter=surroundings.at_counter(labeling, threads),
        )

    def result(
        self,
        frame: int,
        crack_ids: NDArray[np.int64],
        n_preexisting: int,
        events: Table,
        memory: Table,
        corrections: Table,
    ) -> FrameResult:
        """With what the comparison gave."""
        # Added up by component, of which there are fewer than runs.
        n_voxels = int(self.regions["n_voxels"].sum())
        return FrameResult(
            frame=frame,
            time=self.time,
            cycle=self.cycle,
            labeling=self.labeling,
            spacing=self.spacing,
            connectivity=self.connectivity,
            regions=self.regions,
            crack_ids=crack_ids,
            at_working=self.at_working,
            at_counter=self.at_counter,
            n_voxels=n_voxels,
            n_preexisting=n_preexisting,
            n_new=n_voxels - n_preexisting,
            events=events,
            memory=memory,
            corrections=corrections,
        )
