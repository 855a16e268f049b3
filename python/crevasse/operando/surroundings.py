"""What lies around the cracks of an experiment: electrodes, their layers, and the cycler."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crevasse._electrode import Electrode
from crevasse._runs import RunVolume
from crevasse._shape import Box
from crevasse.io import Series, read_tiff
from crevasse.operando.electrochemistry import read_cycler
from crevasse.operando.experiment import Experiment, Extent
from crevasse.operando.extents import box_of, misfits, within
from crevasse.operando.settings import Cycling, Layer
from crevasse.operando.unavailable import face_of, lithium_of


@dataclass(frozen=True)
class Around:
    """Reads them; what is wrong is added to a list of problems, each a line.

    `series` are the whole scans, of which `crop` is kept.
    """

    experiment: Experiment
    series: Series
    crop: Box

    def electrode(self, name: str, problems: list[str]) -> Electrode | None:
        """An electrode as the tracker takes it: a face, or the voxels of the cropped scans."""
        wanted = getattr(self.experiment.electrodes, name)
        if wanted is None:
            return None
        if wanted.mask is not None:
            return self._mask(name, wanted.mask, problems)
        if wanted.plane is not None:
            return self._slab(name, wanted.face, wanted.plane, problems)
        return str(wanted.face)

    def cycling(self, problems: list[str]) -> Cycling | None:
        """The cycler's record, on the clock of the scans."""
        wanted = self.experiment.cycler
        if wanted is None:
            return None
        try:
            cycler = read_cycler(wanted.file, positive=wanted.positive, timezone=wanted.timezone)
        except (ValueError, OSError) as error:
            problems.append(f"cycler.file: {error}")
            return None
        cycling = Cycling(
            cycler=cycler,
            begin=wanted.offset,
            scan_duration=self.experiment.scans.scan_duration or 0.0,
            uncertainty=wanted.uncertainty,
            area=wanted.area_cm2,
        )
        problems += self._outside(cycling)
        return cycling

    def layers(self) -> dict[str, Layer]:
        """The lithium layers to measure, by electrode."""
        lithium = lithium_of(self.experiment)
        if lithium is None or not self.experiment.measure.interfaces:
            return {}
        disc = self.experiment.region.disc
        return {
            name: Layer(
                face=face,
                low=lithium.low,
                high=lithium.high,
                roi=None if disc is None else disc.diameter,
                centre=self._centre(face),
            )
            for name in ("working", "counter")
            if (face := face_of(self.experiment, name)) is not None
        }

    def _centre(self, face: str) -> tuple[float, ...] | None:
        """Centre of the disc in the cropped scans, counted from the centre of the first voxel."""
        disc = self.experiment.region.disc
        if disc is None or disc.centre is None:
            return None
        axes = "zyx"[-len(self.series.shape) :]
        kept = [
            (self.crop[i].start + 0.5) * self.series.spacing[i]
            for i, axis in enumerate(axes)
            if axis != face[0]
        ]
        return tuple(c - begin for c, begin in zip(disc.centre, kept, strict=True))

    def _slab(self, name: str, face: str, plane: float, problems: list[str]) -> RunVolume | None:
        axis = "zyx"[-len(self.series.shape) :].find(face[0])
        if axis < 0:
            problems.append(f"electrodes.{name}.face must be of the frames' axes, got {face!r}")
            return None
        length = self.series.shape[axis] * self.series.spacing[axis]
        ends = (0.0, plane) if face.endswith("min") else (plane, length)
        extent = replace(Extent(), **{face[0]: ends})
        wrong = list(misfits(f"electrodes.{name}.plane", extent, self.series))
        if wrong:
            problems += wrong
            return None
        box = within(box_of(extent, self.series), self.crop)
        shape = tuple(part.stop - part.start for part in self.crop)
        return RunVolume.from_box(shape, tuple(slice(b.start, max(b.start, b.stop)) for b in box))

    def _mask(self, name: str, path: str, problems: list[str]) -> RunVolume | None:
        try:
            mask = read_tiff(path)
        except (ValueError, OSError) as error:
            problems.append(f"electrodes.{name}.mask: {error}")
            return None
        if mask.shape != self.series.shape:
            problems.append(
                f"electrodes.{name}.mask must have the scans' shape {self.series.shape}, "
                f"got {mask.shape} in {path}; give another file"
            )
            return None
        return RunVolume.from_mask(np.ascontiguousarray(mask[self.crop]) != 0)

    def _outside(self, cycling: Cycling) -> list[str]:
        """A line if scans were taken while the cycler did not record."""
        first, last = cycling.hours(cycling.cycler.time[[0, -1]]).tolist()
        outside = [f.name for f in self.series.frames if not first <= f.time <= last]
        if not outside:
            return []
        return [
            f"cycler.offset must place the record, {first:g} to {last:g} h, over all scans, but "
            f"{len(outside)} end outside of it, {outside[0]} first; correct it or the times"
        ]
