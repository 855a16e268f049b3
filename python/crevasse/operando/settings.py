"""What to do with a series, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crevasse._electrode import Electrode
from crevasse._shape import Box
from crevasse._table import Table
from crevasse.io import Series
from crevasse.operando.electrochemistry import CyclerData, FrameStates
from crevasse.operando.interface import InterfaceRecord
from crevasse.operando.segment import Image, Segmentation
from crevasse.tracking import Fronts, History


@dataclass(frozen=True)
class Cycling:
    """The cycler's record that goes with a series.

    Attributes
    ----------
    cycler
        What it recorded.
    begin
        When the record begins, in h on the clock of the scans.
    scan_duration, uncertainty
        How long a scan takes, and how well the clocks agree, in h.
    area
        Of the electrode, in cm²; None: not known, and capacities are in mAh.
    """

    cycler: CyclerData
    begin: float = 0.0
    scan_duration: float = 0.0
    uncertainty: float = 0.0
    area: float | None = None

    def hours(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times of the cycler's clock on that of the scans."""
        hours: NDArray[np.float64] = self.begin + (seconds - self.cycler.time[0]) / 3600
        return hours

    def seconds(self, hours: NDArray[np.float64]) -> NDArray[np.float64]:
        """Times of the scans' clock on that of the cycler."""
        seconds: NDArray[np.float64] = self.cycler.time[0] + 3600 * (hours - self.begin)
        return seconds


@dataclass(frozen=True)
class Layer:
    """A lithium layer to measure against time.

    Attributes
    ----------
    face
        Of the volume, at which its electrode lies.
    low, high
        Grey values of lithium, both included; None: that side is open.
    roi, centre
        Columns that count, as in `InterfaceRecord`.
    """

    face: str
    low: float | None
    high: float | None
    roi: float | None = None
    centre: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Settings:
    """What to do with a series.

    Attributes
    ----------
    segmentation
        How grey values become the open phase.
    roi
        Region of interest, a slice per axis in voxels of the first frame; None: everything.
    align
        Correct drift between frames.
    stable
        Where drift is looked for: what does not change but by it. None: in `roi`.
    match_light
        Scale each frame's grey values to the first frame's bright level.
    baseline_frames, repeatability, confirm_after, working, counter
        As in `crevasse.Tracker`.
    sensitivity
        Every volume is also measured with the thresholds this fraction lower and higher.
    fronts
        Measure fronts, tips and what is left between the electrodes; needs `working`.
    cycling
        What the cell was doing meanwhile.
    layers
        Lithium layers to measure, by electrode.
    """

    segmentation: Segmentation
    roi: Box | None = None
    align: bool = False
    stable: Box | None = None
    match_light: bool = False
    baseline_frames: int = 1
    repeatability: float = 0.05
    confirm_after: int = 2
    working: Electrode | None = None
    counter: Electrode | None = None
    sensitivity: float = 0.1
    fronts: bool = False
    cycling: Cycling | None = None
    layers: dict[str, Layer] = field(default_factory=dict)


@dataclass(frozen=True)
class Picture:
    """A section of one frame, to look at: grey values, open voxels, pre-existing ones of them."""

    grey: Image
    open: NDArray[np.bool_]
    preexisting: NDArray[np.bool_]


@dataclass(frozen=True)
class Analysis:
    """What a series has shown.

    Attributes
    ----------
    series, settings
        What was analysed, and how; the settings hold the threshold that was found.
    threshold_source
        Whether the threshold was given or found.
    history
        The tracked cracks.
    measures
        A row a frame: ``frame, name, time, drift_*`` and ``residual`` in voxels, ``fraction`` of
        the region of interest that is open, and ``volume_low, volume_high``: the volume with the
        threshold lowered and raised by `Settings.sensitivity`.
    pictures
        One a frame: the image, or the middle slice of the region of interest of a volume.
    failure
        Why the analysis ended before the series did; empty if it did not.
    cycling
        The state of the cell at each frame; None without `Settings.cycling`.
    fronts
        How far cracks have gone; None without `Settings.fronts`.
    layers
        The lithium layers, by electrode.
    """

    series: Series
    settings: Settings
    threshold_source: str
    history: History
    measures: Table
    pictures: tuple[Picture, ...]
    failure: str = ""
    cycling: FrameStates | None = None
    fronts: Fronts | None = None
    layers: dict[str, InterfaceRecord] = field(default_factory=dict)

    def tables(self) -> dict[str, Table]:
        """Every table by name: the history's, the measures of frames, and what else was asked."""
        tables = self.history.tables | {"measures": self.measures}
        if self.cycling is not None:
            tables |= {"cycling": self.cycling.table, "half_cycles": self.cycling.half_cycles}
        if self.fronts is not None:
            tables |= {
                "front_frames": self.fronts.frames,
                "front_cracks": self.fronts.cracks,
                "front_tips": self.fronts.tips,
            }
        return tables | {f"layer_{name}": record.table() for name, record in self.layers.items()}
