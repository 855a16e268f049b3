"""What to do with a series."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from crevasse._disc import disc
from crevasse._electrode import Electrode
from crevasse._layer_thickness import columns_of
from crevasse._runs import RunVolume
from crevasse._shape import Box
from crevasse.operando.electrochemistry import CyclerData
from crevasse.operando.electrochemistry.join import Outside
from crevasse.operando.grey.rule import GreyRule
from crevasse.operando.grey.sample import GreySample
from crevasse.operando.grey.signal import Signal
from crevasse.operando.grey.thresholds import Threshold
from crevasse.operando.layers.column_scale import ColumnScale
from crevasse.operando.phases.phases import PhaseRule
from crevasse.operando.phases.seen_electrode import SeenElectrode
from crevasse.tracking.options import Repeatability, checked_repeatability


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
    outside
        What becomes of frames outside of the record, as in `join_frames`.
    """

    cycler: CyclerData
    begin: float = 0.0
    scan_duration: float = 0.0
    uncertainty: float = 0.0
    area: float | None = None
    outside: Outside = "error"

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
    phase
        That the layer consists of.
    roi, centre
        Columns that count, as in `InterfaceRecord`, if they cross the region of interest.
    """

    face: str
    phase: str
    roi: float | None = None
    centre: tuple[float, ...] | None = None

    def columns(self, region: RunVolume, spacing: tuple[float, ...]) -> NDArray[np.bool_]:
        """A map of those that count; `ValueError` if there is none."""
        scale = ColumnScale.of(region.shape, self.face, spacing, self.roi, self.centre)
        crossed = columns_of(region, scale.axis).n_voxels > 0
        counting: NDArray[np.bool_] = crossed if scale.area is None else crossed & scale.area
        if not counting.any():
            raise ValueError("the disc must hold a column of the region of interest, got none")
        return counting


@dataclass(frozen=True)
class Cylinder:
    """The inside of a round cell: its diameter, along which axis it stands, and where.

    `centre` is one number per remaining axis, the first voxel's centre being 0; None: the middle.
    """

    diameter: float
    axis: int = 0
    centre: tuple[float, ...] | None = None

    def region(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> RunVolume:
        """Its voxels."""
        across = [a for a in range(len(shape)) if a != self.axis]
        inside = disc(
            [shape[a] for a in across],
            self.diameter,
            spacing=tuple(spacing[a] for a in across),
            centre=self.centre,
        )
        end = np.where(inside, shape[self.axis], 0)
        return RunVolume.from_columns(shape, np.zeros_like(end), end, axis=self.axis)


@dataclass(frozen=True)
class Settings:
    """What to do with a series.

    Attributes
    ----------
    rules
        The phases, in order; see `segment_phases`.
    find
        How the grey windows of some of them are found, by phase, whatever windows they have.
    follow
        Phases that are tracked, together: cracks and pores. None of them: no phase is.
    signal
        What is done to grey values before.
    connectivity
        Of what is tracked, as in `crevasse.label`.
    roi, cylinder
        Region of interest: a slice per axis in voxels of the first frame, and the inside of a round
        cell; None: everything.
    axis
        Along which columns run.
    align
        How drift between frames is corrected: "none", "translation" or "rigid".
    stable
        Where drift is looked for: what does not change but by it. None: in `roi`.
    match_light
        Scale each frame's grey values to the first frame's bright level.
    level_region
        Where a phase fills most of every slice along z, which is brought to one grey value there;
        see `level_slices`. None: slices are left as they are.
    baseline_frames, repeatability, confirm_after
        As in `crevasse.Tracker`.
    working, counter
        As in `crevasse.Tracker`, or what the first frame shows.
    top
        Face at which the working electrode lies, where `working` is voxels and does not tell;
        sections are shown with it up.
    sensitivity
        How wide the bands of thresholds that are found are, as in `ThresholdRule`. Every number is
        also measured with all thresholds at the ends of their bands.
    fronts
        Measure fronts, tips and what is left between the electrodes; needs `working`.
    thickness
        Measure the local thickness of what is tracked.
    grey
        Compare grey values of what was open at first with those of what opened later.
    cycling
        What the cell was doing meanwhile.
    layers
        Lithium layers to measure, by electrode.
    skip_broken
        Leave out frames that cannot be read or used, rather than end there.
    """

    rules: tuple[PhaseRule, ...]
    find: Mapping[str, GreyRule] = field(default_factory=dict)
    follow: tuple[str, ...] = ()
    signal: Signal = field(default_factory=Signal)
    connectivity: int = 26
    roi: Box | None = None
    cylinder: Cylinder | None = None
    axis: int = 0
    align: Literal["none", "translation", "rigid"] = "none"
    stable: Box | None = None
    match_light: bool = False
    level_region: Box | None = None
    baseline_frames: int = 1
    repeatability: Repeatability = 0.05
    confirm_after: int = 2
    working: Electrode | SeenElectrode | None = None
    counter: Electrode | SeenElectrode | None = None
    top: str | None = None
    sensitivity: float = 0.1
    fronts: bool = False
    thickness: bool = False
    grey: bool = False
    cycling: Cycling | None = None
    layers: Mapping[str, Layer] = field(default_factory=dict)
    skip_broken: bool = False

    def __post_init__(self) -> None:
        share = checked_repeatability(self.repeatability, self.baseline_frames)
        object.__setattr__(self, "repeatability", share)
        if self.fronts and self.working is not None and self.connectivity not in (8, 26):
            raise ValueError(f"fronts need connectivity 26 (8 in images), got {self.connectivity}")

    @classmethod
    def for_cracks(
        cls,
        *,
        phase: Literal["dark", "bright"] = "dark",
        threshold: float | None = None,
        seed_threshold: float | None = None,
        flatten: int | None = None,
        smooth: float = 0.0,
        min_voxels: int = 1,
        connectivity: int = 26,
        sensitivity: float = 0.1,
        rule: str = "otsu",
        **more: Any,
    ) -> Settings:
        """Settings for one phase, that is tracked: cracks and pores.

        Parameters
        ----------
        phase
            Whether they are darker or brighter than the material.
        threshold
            Voxels at least this dark or bright are open: a grey value, or a contrast where
            `flatten` is set. None: `rule` finds it.
        seed_threshold
            Where set, only components that reach this value are kept (hysteresis).
        flatten, smooth
            As in `Signal`.
        min_voxels
            Smaller components are dropped.
        connectivity, sensitivity, **more
            As in `Settings`; thresholds that are given are moved by the fraction `sensitivity` of
            their value.
        rule
            As in `ThresholdRule`.

        Raises
        ------
        ValueError
            If a value makes no sense.
        """
        signal = Signal(smooth=smooth, flatten=flatten, side=phase)
        bright = phase == "bright" or flatten is not None
        _check_seed(threshold, seed_threshold, bright)
        bounds = {
            "low" if bright else "high": threshold,
            "seed_low" if bright else "seed_high": seed_threshold,
        }
        window: dict[str, Any] = {**Threshold.around_each(bounds, sensitivity)}
        open_ = PhaseRule("open", min_voxels=min_voxels, connectivity=connectivity, **window)
        grey = GreyRule(rule, "bright" if bright else "dark")
        return cls(
            rules=(open_,),
            find={} if threshold is not None else {"open": grey},
            follow=("open",),
            signal=signal,
            connectivity=connectivity,
            sensitivity=sensitivity,
            **more,
        )

    def with_thresholds(self, sample: GreySample) -> Settings:
        """The same with the windows of `find` set to what was found from a sample."""
        rules = []
        for rule in self.rules:
            if rule.name in self.find:
                grey = self.find[rule.name]
                found = sample.found(rule.name, grey)
                low, high = grey.window(found)
                rule = replace(rule, low=low, high=high, later=sample.later(rule.name, grey))
                if grey.reach:
                    seed_low, seed_high = grey.seeds(found)
                    rule = replace(rule, seed_low=seed_low, seed_high=seed_high)
            rules.append(rule)
        return replace(self, rules=tuple(rules))

    def face_up(self, ndim: int) -> str:
        """The face of the working electrode; where it is not known, the one where columns begin."""
        if isinstance(self.working, SeenElectrode):
            return self.working.face
        if isinstance(self.working, str):
            return self.working
        return self.top or f"{'zyx'[-ndim:][self.axis]}min"

    def region(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> RunVolume:
        """The region of interest."""
        box = RunVolume.from_box(shape, self.roi)
        return box if self.cylinder is None else box & self.cylinder.region(shape, spacing)

    def area(self, shape: tuple[int, ...], spacing: tuple[float, ...]) -> float:
        """Of the region, seen along the cell's axis."""
        crossed = columns_of(self.region(shape, spacing), self.axis).n_voxels > 0
        across = math.prod(s for a, s in enumerate(spacing) if a != self.axis)
        return float(np.count_nonzero(crossed) * across)


def _check_seed(threshold: float | None, seed: float | None, bright: bool) -> None:
    for name, value in (("threshold", threshold), ("seed_threshold", seed)):
        if value is not None and not math.isfinite(value):
            raise ValueError(f"{name} must be a finite number, got {value}")
    if seed is None or threshold is None:
        return
    if (seed - threshold if bright else threshold - seed) < 0:
        raise ValueError(f"seed_threshold must be stricter than threshold {threshold}, got {seed}")
