"""Which components touch an electrode, or the border of the region of interest."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse._electrode import Electrode, electrode_zone
from crevasse._runs import RunLabeling, RunVolume, as_region
from crevasse._shape import Box

Bools = NDArray[np.bool_]
Roi = RunVolume | ArrayLike | Box


@dataclass(frozen=True)
class Surroundings:
    """The voxels in which a component is at an electrode, and those that frames may be open in.

    None where nobody named them.
    """

    shape: tuple[int, ...]
    working: RunVolume | None = None
    counter: RunVolume | None = None
    roi: RunVolume | None = None

    @classmethod
    def of(
        cls,
        shape: tuple[int, ...],
        working: Electrode | None,
        counter: Electrode | None,
        roi: Roi | None,
        threads: int,
    ) -> Surroundings:
        """From what a user gives; `ValueError` where it does not fit `shape`."""
        region = None if roi is None else as_region(roi, shape, "frames")
        if region is not None and region.n_voxels == 0:
            raise ValueError(f"roi must hold a voxel of the frames {shape}, got none; see its ends")
        return cls(
            shape=shape,
            working=None if working is None else electrode_zone(working, shape, "working", threads),
            counter=None if counter is None else electrode_zone(counter, shape, "counter", threads),
            roi=region,
        )

    @cached_property
    def border(self) -> RunVolume:
        """Voxels of the region with a neighbour outside of it or of the volume.

        Those at an electrode are none of them: a crack does not come in through an electrode.
        """
        inner = tuple(slice(1, n - 1) if n > 1 else slice(None) for n in self.shape)
        within = RunVolume.from_box(self.shape, inner)
        if self.roi is None:
            rim = RunVolume.from_box(self.shape) - within
        else:
            rim = self.roi - (self.roi.erode() & within)
        for zone in (self.working, self.counter):
            if zone is not None:
                rim = rim - zone
        return rim

    def at_working(self, labeling: RunLabeling, threads: int) -> Bools:
        """Whether label 1, 2, … has a voxel at the working electrode."""
        return _at(labeling, self._working_marks, threads)

    def at_counter(self, labeling: RunLabeling, threads: int) -> Bools:
        """Whether label 1, 2, … has a voxel at the counter electrode."""
        return _at(labeling, self._counter_marks, threads)

    def at_border(self, labeling: RunLabeling, threads: int) -> Bools:
        """Whether label 1, 2, … has a voxel in the border."""
        return _at(labeling, self._border_marks, threads)

    # Labelled once: the zones stay the same from frame to frame.
    @cached_property
    def _working_marks(self) -> RunLabeling | None:
        return None if self.working is None else self.working.label()

    @cached_property
    def _counter_marks(self) -> RunLabeling | None:
        return None if self.counter is None else self.counter.label()

    @cached_property
    def _border_marks(self) -> RunLabeling:
        return self.border.label()


def _at(labeling: RunLabeling, marks: RunLabeling | None, threads: int) -> Bools:
    if marks is None:
        return np.zeros(labeling.count, dtype=np.bool_)
    return labeling.overlapping(marks, n_threads=threads)
