"""What lies around the cracks of an experiment: electrodes, their layers, and the cycler."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from crevasse._electrode import Electrode
from crevasse._runs import RunVolume
from crevasse._shape import Box
from crevasse.io import Series, read_tiff
from crevasse.operando.electrochemistry import read_cycler
from crevasse.operando.experiment.extents import box_of, extent_misfits, within
from crevasse.operando.experiment.tables import Disc, Experiment, Extent
from crevasse.operando.phases.seen_electrode import SeenElectrode
from crevasse.operando.settings import Cycling, Cylinder, Layer


@dataclass(frozen=True)
class Around:
    """Reads them; what is wrong is added to a list of problems, each a line.

    `series` are the whole scans, of which `crop` is kept.
    """

    experiment: Experiment
    series: Series
    crop: Box

    @property
    def axis(self) -> int:
        """Along which the electrodes face each other; 0 where no face is given."""
        return electrode_axis(self.experiment, len(self.series.shape))

    @property
    def top(self) -> str | None:
        """The face at which the working electrode lies; None where none is given."""
        working = self.experiment.electrodes.working
        return None if working is None else working.face

    def cylinder(self) -> Cylinder | None:
        """The inside of a round cell, in the cropped scans."""
        wanted = self.experiment.region.cylinder
        if wanted is None:
            return None
        return Cylinder(wanted.diameter, self.axis, self._centre(wanted, self.axis))

    def electrode(self, name: str, problems: list[str]) -> Electrode | SeenElectrode | None:
        """An electrode as the tracker takes it: a face, or the voxels of the cropped scans."""
        wanted = getattr(self.experiment.electrodes, name)
        if wanted is None:
            return None
        if wanted.mask is not None:
            return self._mask(name, wanted.mask, problems)
        if wanted.plane is not None:
            return self._slab(name, wanted.face, wanted.plane, problems)
        if wanted.brightest or wanted.until is not None:
            return self._seen(name, wanted.face, wanted.until, problems)
        return wanted.face if self._has_axis(name, wanted.face, problems) else None

    def cycling(self, problems: list[str]) -> Cycling | None:
        """The cycler's record, on the clock of the scans."""
        try:
            cycling = cycler_record(self.experiment)
        except (ValueError, OSError) as error:
            problems.append(f"cycler.file: {error}")
            return None
        if cycling is not None:
            problems += self._outside(cycling)
        return cycling

    def layers(self) -> dict[str, Layer]:
        """The lithium layers to measure, by electrode."""
        disc = self.experiment.region.disc
        layers = {}
        for name in ("working", "counter"):
            phase = self.experiment.layer(name)
            if phase is None:
                continue
            face = getattr(self.experiment.electrodes, name).face
            if face is None:
                continue
            axis = "zyx"[-len(self.series.shape) :].find(face[0])
            layers[name] = Layer(
                face=face,
                phase=phase,
                roi=None if disc is None else disc.diameter,
                centre=None if disc is None else self._centre(disc, axis),
            )
        return layers

    def _centre(self, disc: Disc, axis: int) -> tuple[float, ...] | None:
        """Centre of a disc in the cropped scans, counted from the centre of the first voxel."""
        if disc.centre is None:
            return None
        kept = [
            (self.crop[i].start + 0.5) * length
            for i, length in enumerate(self.series.spacing)
            if i != axis
        ]
        return tuple(c - begin for c, begin in zip(disc.centre, kept, strict=True))

    def _seen(
        self, name: str, face: str, until: str | None, problems: list[str]
    ) -> SeenElectrode | None:
        if self._has_axis(name, face, problems):
            return SeenElectrode(face, until)
        return None

    def _has_axis(self, name: str, face: str | None, problems: list[str]) -> bool:
        if face is None:  # it was refused as it was read
            return False
        if face[0] in "zyx"[-len(self.series.shape) :]:
            return True
        problems.append(f"electrodes.{name}.face must be of the frames' axes, got {face!r}")
        return False

    def _slab(self, name: str, face: str, plane: float, problems: list[str]) -> RunVolume | None:
        if not self._has_axis(name, face, problems):
            return None
        axis = "zyx"[-len(self.series.shape) :].index(face[0])
        length = self.series.shape[axis] * self.series.spacing[axis]
        ends = (0.0, plane) if face.endswith("min") else (plane, length)
        extent = replace(Extent(), **{face[0]: ends})
        wrong = list(extent_misfits(f"electrodes.{name}.plane", extent, self.series))
        if wrong:
            problems += wrong
            return None
        box = within(box_of(extent, self.series), self.crop)
        if any(part.start >= part.stop for part in box):
            problems.append(
                f"electrodes.{name}.plane must lie in region.crop, got {plane:g}; move it"
            )
            return None
        return RunVolume.from_box(tuple(part.stop - part.start for part in self.crop), box)

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
        covered = cycling.cycler.covers(cycling.seconds(self.series.times))
        outside = [f.name for f, ok in zip(self.series.frames, covered, strict=True) if not ok]
        if not outside:
            return []
        return [
            f"cycler.offset must place the record, {first:g} to {last:g} h, over all scans, but "
            f"{len(outside)} end outside of it, {outside[0]} first; correct it or the times"
        ]


def electrode_axis(experiment: Experiment, ndim: int) -> int:
    """Along which the electrodes face each other; 0 where no face is given."""
    electrodes = experiment.electrodes
    axes = "zyx"[-ndim:]
    faces = [e.face for e in (electrodes.working, electrodes.counter) if e and e.face]
    return max(0, axes.find(faces[0][0])) if faces else 0


def cycler_record(experiment: Experiment) -> Cycling | None:
    """The cycler's record as its file is now; `ValueError` or `OSError` if it cannot be read."""
    wanted = experiment.cycler
    if wanted is None:
        return None
    return Cycling(
        cycler=read_cycler(wanted.file, positive=wanted.positive, timezone=wanted.timezone),
        begin=wanted.offset,
        scan_duration=experiment.scans.scan_duration or 0.0,
        uncertainty=wanted.uncertainty,
        area=wanted.area_cm2,
    )
