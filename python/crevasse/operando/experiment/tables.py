"""What was measured, and what is wanted of it: an experiment, as dataclasses and as TOML."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from crevasse.tracking.options import Repeatability

Side = Literal["dark", "middle", "bright"]
Interval = tuple[float, float]


class ExperimentError(ValueError):
    """An experiment that cannot be analysed; every problem is a line of its own.

    Attributes
    ----------
    problems
        Each names the field, its value and the mend.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Scans:
    """Table ``[scans]``: where the frames are, how large a voxel is and when they were taken.

    Attributes
    ----------
    source
        Folder or pattern, or files and folders in order, as for `crevasse.io.open_series`.
    dataset
        Which array of each file, where it holds several, as for `crevasse.io.open_series`.
    voxel_size
        In µm, a number or one per axis in axis order. None: from `times`, if it is there, else what
        the scans say, unless that is doubtful.
    times
        CSV file, as for `crevasse.io.open_series`.
    start, interval
        Times in h instead of a file: of the first scan, and from one scan to the next.
    scan_duration
        In h.
    skip_broken
        Leave out scans that cannot be read or used, and list them, rather than end there.
    slices
        Of each scan, so that `crevasse watch` knows when one is whole. None: as the first has.
    unit, time_unit
        Of every length and time of the experiment: "um" and "h".
    """

    source: str | tuple[str, ...]
    voxel_size: float | tuple[float, ...] | None = None
    times: str | None = None
    start: float | None = None
    interval: float | None = None
    scan_duration: float | None = None
    skip_broken: bool = False
    slices: int | None = None
    unit: str = "um"
    time_unit: str = "h"
    dataset: str | None = None


@dataclass(frozen=True)
class Extent:
    """A box: where it begins and ends along each axis, in µm from the volume's outer face.

    A voxel belongs to it if its centre does. None: the whole axis.
    """

    z: Interval | None = None
    y: Interval | None = None
    x: Interval | None = None


@dataclass(frozen=True)
class Disc:
    """A disc across the cell: where layers are measured, or the inside of a round cell.

    Attributes
    ----------
    diameter
        In µm.
    centre
        One number per axis across, in µm from the volume's outer face. None: the middle.
    """

    diameter: float
    centre: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Region:
    """Table ``[region]``: what is read of each scan, and where cracks and layers are measured.

    Attributes
    ----------
    crop
        What is kept of each scan.
    box
        Region of interest, within `crop`; both count from the whole scan's faces.
    cylinder
        Region of interest too: the inside of a round cell, what is around it being its casing.
    disc
        Where layers are measured, within both.
    """

    crop: Extent = Extent()
    box: Extent = Extent()
    cylinder: Disc | None = None
    disc: Disc | None = None


@dataclass(frozen=True)
class Electrode:
    """Where an electrode is. In TOML, ``"zmin"`` stands for ``{ face = "zmin" }``.

    Attributes
    ----------
    face
        Face of the volume that the electrode lies at: "zmin", "zmax", "ymin", ….
    plane
        The electrode reaches from `face` to this position, in µm from the volume's outer face.
    mask
        TIFF of its voxels.
    brightest
        The electrode reaches from `face` to behind the brightest layer in the half of the volume at
        `face`, as it is in the first scan.
    until
        The electrode reaches from `face` to the first voxel of this phase, as it is in the first
        scan.
    layer
        The phase that is measured as a layer at this electrode. None: "lithium", if there is such a
        phase.
    """

    face: str | None = None
    plane: float | None = None
    mask: str | None = None
    brightest: bool = False
    until: str | None = None
    layer: str | None = None

    @property
    def is_bare_face(self) -> bool:
        """Whether it lies outside of the scans, against their face."""
        elsewhere = self.plane is not None or self.mask or self.brightest or self.until is not None
        return self.face is not None and not elsewhere


@dataclass(frozen=True)
class Electrodes:
    """Table ``[electrodes]``."""

    working: Electrode | None = None
    counter: Electrode | None = None


@dataclass(frozen=True)
class Phase:
    """Table ``[phases.<name>]``: what a phase looks like, and where it lies.

    Phases are found in order: a voxel that one has taken is not seen by the next.

    Attributes
    ----------
    name
        As the table is called.
    low, high
        The phase's grey values, both included; contrasts where `Segmenting.flatten` is set.
    rule
        Instead: how to find them from a few scans, the first and last among them, as
        `crevasse.operando.ThresholdRule` names it: "edges" for cracks and pores in one material,
        "levels:3" for the layers of a cell, "otsu", "gaussians:2" and others.
    side
        Which class of the rule the phase is: "dark", "bright", or "middle".
    against
        Which class it lies beside, if that is not the next one in grey value: "dark" or "bright".
    seed
        Only components are kept that reach this stricter value (hysteresis).
    reach
        The same for a phase by rule: how far from the threshold to the phase's own mean grey value
        a component must reach, 0 to 1.
    filled
        What opens after the first scan is filled, as cracks with lithium are where pores are empty:
        it has a threshold of its own, half way from what is around to the median grey value of its
        cores, and the rule looks at the first scan alone. Where too little has opened, or too
        little is open at first, one threshold holds for all, which is told.
    later
        That threshold as a number, where `low` or `high` is one.
    where
        Place, or several in all of which the phase lies: "below:collector", "above:electrolyte",
        "inside:electrolyte", "touching:collector", each relative to a phase whose table comes
        earlier; with "initially-" before it, to that phase as it is in the first scan. Columns run
        along the axis on which the electrodes face each other (z where there is none), and down is
        where its index grows: at a working electrode at "ymax" the lithium is below.
    min_voxels
        Smaller components are dropped. None: as `Segmenting.min_voxels` for phases that are
        followed, else 1.
    bulk
        Only the phase's bulk is kept: the largest component of what is left when this many voxels
        are taken off its surface, with these put back.
    grow
        Voxels by which the phase is grown at the end, into what no earlier phase has taken.
    """

    name: str
    low: float | None = None
    high: float | None = None
    rule: str | None = None
    side: Side | None = None
    against: Side | None = None
    seed: float | None = None
    reach: float | None = None
    filled: bool = False
    later: float | None = None
    where: tuple[str, ...] = ()
    min_voxels: int | None = None
    bulk: int = 0
    grow: int = 0


@dataclass(frozen=True)
class Segmenting:
    """Table ``[segmentation]``: what is done to grey values, and to the phases found.

    Attributes
    ----------
    flatten, smooth, denoise
        As in `crevasse.operando.Signal`.
    min_voxels
        Smaller components of what is followed are dropped.
    connectivity
        As in `crevasse.label`.
    match_light
        Scale each frame's grey values to the first frame's bright level.
    level_region
        Where one phase fills most of every slice along z: slices are brought to the same grey value
        there, that of the first scan.
    sensitivity
        Every number is also measured with all thresholds lower and higher: by this fraction of
        their value where they are given, and of the contrast of the two phases that they part where
        they are found.
    """

    flatten: int | None = None
    smooth: float = 0.0
    denoise: str = "none"
    min_voxels: int = 1
    connectivity: int = 26
    match_light: bool = False
    level_region: Extent = Extent()
    sensitivity: float = 0.1


@dataclass(frozen=True)
class Alignment:
    """Table ``[alignment]``: correction of drift by "none", "translation" or "rigid" motion.

    Drift is looked for in `region`, where nothing should grow, or else in the region of interest
    for cracks.
    """

    method: Literal["none", "translation", "rigid"] = "none"
    region: Extent = Extent()


@dataclass(frozen=True)
class Cycler:
    """Table ``[cycler]``: the electrochemistry that goes with the scans.

    Attributes
    ----------
    file
        The cycler's record.
    positive
        What a positive current does at the working electrode: "plating" or "stripping".
    area_cm2
        Of the electrode.
    timezone
        Of the cycler's clock: a name such as "America/Chicago", or "+02:00".
    offset
        When the record begins, that is its first sample, on the clock of the scans, in h.
    uncertainty
        Of the match between the clocks, in h.
    """

    file: str
    positive: str
    area_cm2: float | None = None
    timezone: str | None = None
    offset: float = 0.0
    uncertainty: float = 0.0


@dataclass(frozen=True)
class Tracking:
    """Table ``[tracking]``, as in `crevasse.Tracker`.

    Attributes
    ----------
    baseline_frames, repeatability, confirm_after
        As there: `repeatability` is a number, or "baseline".
    follow
        Phases that are followed, together. None: those that are neither a layer at an electrode nor
        what the place of another phase or an electrode is relative to.
    """

    baseline_frames: int = 1
    repeatability: Repeatability = 0.05
    confirm_after: int = 2
    follow: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Measure:
    """Table ``[measure]``: what is wanted.

    Attributes
    ----------
    cracks
        What is followed from scan to scan.
    interfaces
        The layers at the electrodes.
    thickness
        The local thickness of what is followed; takes a second per 10⁸ voxels.
    fronts
        How far cracks have gone from the working electrode, and what is left to the counter
        electrode.
    grey
        Whether what was open at first and what opened later can be told apart by grey value: empty
        pores and cracks full of lithium.
    """

    cracks: bool = True
    interfaces: bool = False
    thickness: bool = False
    fronts: bool = False
    grey: bool = False


@dataclass(frozen=True)
class Output:
    """Table ``[output]``: folder of the report and its title."""

    folder: str = "crevasse-report"
    title: str | None = None


@dataclass(frozen=True)
class Alarms:
    """Table ``[alarms]``: what `crevasse watch` tells at once.

    Attributes
    ----------
    rules
        As for `crevasse.operando.AlarmRule.parse`: ``"ligament < 50 um"``, ``"shorted"``, ….
    webhook
        URL to which each alarm is sent as JSON.
    """

    rules: tuple[str, ...] = ()
    webhook: str | None = None


@dataclass(frozen=True)
class Experiment:
    """A series of scans and what is wanted of it, table by table as in its TOML file.

    Lengths are in µm and times in h. In TOML both may also be text with a unit: ``"1.4 mm"``,
    ``"15 min"``. Paths are relative to the file. The tables' classes are in
    `crevasse.operando.experiment.tables`; `crevasse init` writes a commented file to start from.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> text = '''
    ... [scans]
    ... source = "scans"
    ... voxel_size = 1.8
    ... interval = "15 min"
    ... [phases.void]
    ... high = 90
    ... '''
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "cell.toml"
    ...     _ = file.write_text(text)
    ...     experiment = Experiment.from_toml(file, check=False)
    >>> experiment.scans.interval, experiment.phases[0].high
    (0.25, 90.0)
    """

    scans: Scans
    phases: tuple[Phase, ...]
    region: Region = Region()
    electrodes: Electrodes = Electrodes()
    segmentation: Segmenting = Segmenting()
    alignment: Alignment = Alignment()
    cycler: Cycler | None = None
    tracking: Tracking = Tracking()
    measure: Measure = Measure()
    output: Output = Output()
    alarms: Alarms | None = None

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str], *, check: bool = True) -> Experiment:
        """Read an experiment.

        Parameters
        ----------
        path
            TOML file in UTF-8.
        check
            Also look at the files that it names, the scans' headers included, and refuse what
            cannot be analysed yet. No scan is read.

        Raises
        ------
        ExperimentError
            With everything that is wrong: unknown keys, values, files, regions.
        OSError
            If the file cannot be read.
        """
        from crevasse.operando.experiment.planning import plan_toml
        from crevasse.operando.experiment.reader import read_experiment

        if check:
            return plan_toml(path).experiment
        experiment, problems = read_experiment(path)
        if experiment is None or problems:
            raise ExperimentError(problems)
        return experiment

    def phase(self, name: str) -> Phase | None:
        """The phase of that name."""
        return next((phase for phase in self.phases if phase.name == name), None)

    def layer(self, electrode: str) -> str | None:
        """The phase that is a layer at the "working" or "counter" electrode."""
        wanted = getattr(self.electrodes, electrode)
        if wanted is None or wanted.face is None or not self.measure.interfaces:
            return None
        return wanted.layer or ("lithium" if self.phase("lithium") else None)

    def followed(self) -> tuple[str, ...]:
        """The phases that are followed."""
        if not self.measure.cracks:
            return ()
        if self.tracking.follow is not None:
            return self.tracking.follow
        used = {place.partition(":")[2] for phase in self.phases for place in phase.where}
        for name in ("working", "counter"):
            electrode = getattr(self.electrodes, name)
            until = None if electrode is None else electrode.until
            used |= {self.layer(name) or "", until or ""}
        return tuple(phase.name for phase in self.phases if phase.name not in used)

    def to_toml(self) -> str:
        """The text of a TOML file from which `from_toml` makes an equal experiment."""
        from crevasse.operando.experiment.writer import experiment_toml

        return experiment_toml(self)
