"""What was measured, and what is wanted of it: an experiment, as dataclasses and as TOML."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Side = Literal["dark", "bright"]
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
    voxel_size
        In µm, a number or one per axis in axis order. None: from `times`, if it is there.
    times
        CSV file, as for `crevasse.io.open_series`.
    start, interval
        Times in h instead of a file: of the first scan, and from one scan to the next.
    scan_duration
        In h.
    unit, time_unit
        Of every length and time of the experiment: "um" and "h".
    """

    source: str | tuple[str, ...]
    voxel_size: float | tuple[float, ...] | None = None
    times: str | None = None
    start: float | None = None
    interval: float | None = None
    scan_duration: float | None = None
    unit: str = "um"
    time_unit: str = "h"


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
    """The area in which layers are measured.

    Attributes
    ----------
    diameter
        In µm.
    centre
        One number per axis of the map, in µm from the volume's outer face. None: the middle.
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
        Region of interest for cracks, within `crop`; both count from the whole scan's faces.
    disc
        Region of interest for layers.
    """

    crop: Extent = Extent()
    box: Extent = Extent()
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
        The electrode is the brightest layer along the axis of `face`, in the half of the volume
        at `face`.
    """

    face: str | None = None
    plane: float | None = None
    mask: str | None = None
    brightest: bool = False


@dataclass(frozen=True)
class Electrodes:
    """Table ``[electrodes]``."""

    working: Electrode | None = None
    counter: Electrode | None = None


@dataclass(frozen=True)
class Phase:
    """Table ``[phases.<name>]``: what a phase looks like.

    Attributes
    ----------
    name
        As the table is called.
    low, high
        The phase's grey values, both included; contrasts where `Segmenting.flatten` is set.
    rule
        Instead: how to find them from the frames' histogram: ``"otsu"``, ``"multi-otsu:3"`` (as
        many classes), ``"gaussians:2"`` (as many distributions).
    side
        Whether the phase is darker or brighter than the rest, where that is not clear.
    seed
        Only components are kept that reach this stricter value (hysteresis).
    location
        "everywhere", or "electrolyte" or "collector" alone.
    """

    name: str
    low: float | None = None
    high: float | None = None
    rule: str | None = None
    side: Side | None = None
    seed: float | None = None
    location: str = "everywhere"


@dataclass(frozen=True)
class Segmenting:
    """Table ``[segmentation]``: what is done to grey values, and to the phases found.

    Attributes
    ----------
    flatten, smooth, min_voxels, connectivity
        As in `crevasse.operando.Segmentation`.
    denoise
        "none", "median:3" (width in voxels) or "non-local-means".
    match_light
        Scale each frame's grey values to the first frame's bright level.
    sensitivity
        Every volume is also measured with thresholds this fraction lower and higher.
    """

    flatten: int | None = None
    smooth: float = 0.0
    denoise: str = "none"
    min_voxels: int = 1
    connectivity: int = 26
    match_light: bool = False
    sensitivity: float = 0.1


@dataclass(frozen=True)
class Alignment:
    """Table ``[alignment]``: correction of drift by "none", "translation" or "rigid" motion.

    Drift is looked for in `region`, where nothing should grow, or else in the region of interest
    for cracks.
    """

    method: str = "none"
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
        To be added to the cycler's times, in h.
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
    """Table ``[tracking]``, as in `crevasse.Tracker`."""

    baseline_frames: int = 1
    repeatability: float = 0.05
    confirm_after: int = 2


@dataclass(frozen=True)
class Measure:
    """Table ``[measure]``: what is wanted."""

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
class Experiment:
    """A series of scans and what is wanted of it, table by table as in its TOML file.

    Lengths are in µm and times in h. In TOML both may also be text with a unit: ``"1.4 mm"``,
    ``"15 min"``. Paths are relative to the file. The tables' classes are in
    `crevasse.operando.experiment`; `crevasse init` writes a commented file to start from.

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
        from crevasse.operando.experiment_reader import read_experiment
        from crevasse.operando.planning import plan_toml

        if check:
            return plan_toml(path).experiment
        experiment, problems = read_experiment(path)
        if experiment is None or problems:
            raise ExperimentError(problems)
        return experiment

    def to_toml(self) -> str:
        """The text of a TOML file from which `from_toml` makes an equal experiment."""
        from crevasse.operando.experiment_writer import experiment_toml

        return experiment_toml(self)
