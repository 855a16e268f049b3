"""All that needs a frame's grey values: what is kept of them is small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from crevasse._electrode import Electrode
from crevasse._runs import RunVolume
from crevasse.io import Series
from crevasse.operando.drift.motion import Aligned, Motion
from crevasse.operando.fingerprint import fingerprint
from crevasse.operando.grey.light import Light
from crevasse.operando.grey.signal import Image
from crevasse.operando.grey.study import GreyCount
from crevasse.operando.grey.windows import Within
from crevasse.operando.layers.layer_gauge import GaugedLayer, LayerGauge
from crevasse.operando.phases.phases import Phases
from crevasse.operando.phases.seen_electrode import SeenElectrode
from crevasse.operando.phases.segmenter import Segmented, Segmenter
from crevasse.operando.preparation import Preparation
from crevasse.operando.section_plane import Picture, SectionPlane, pictures
from crevasse.operando.settings import Settings
from crevasse.operando.sight import Sight


class Opened(NamedTuple):
    """What is open in a frame.

    Attributes
    ----------
    all
        The phases that are followed, together.
    preexisting
        What of it was open at first.
    """

    all: RunVolume
    preexisting: RunVolume


Ends = tuple[RunVolume, RunVolume]


@dataclass(frozen=True, eq=False)
class Observation:
    """What is kept of a frame's grey values: runs, small pictures and numbers.

    Attributes
    ----------
    open_
        As thresholds are.
    low, high
        With all thresholds at the low and at the high ends of their bands.
    motion
        How it had moved, as columns of the measures.
    brightness
        How many times as bright as the first the frame was as it was segmented; nan where grey
        values are not positive.
    fingerprint
        See `fingerprint`.
    sections
        One a plane.
    phases
        Rows of `Phases.table`.
    layers
        The lithium layers, by electrode.
    grey
        Grey values of what was open at first and of what opened later, where they are wanted.
    """

    open_: Opened
    low: Opened
    high: Opened
    motion: dict[str, float]
    brightness: float
    fingerprint: int | None
    sections: tuple[Picture, ...]
    phases: list[dict[str, Any]]
    layers: dict[str, GaugedLayer]
    grey: tuple[GreyCount | None, GreyCount | None]


@dataclass(frozen=True, eq=False)
class _Glance:
    """All that is taken from a frame's grey values; these themselves where a frame needs them."""

    within: Within
    sections: tuple[Image, ...]
    motion: dict[str, float]
    light: Light
    brightness: float
    fingerprint: int | None
    image: Image | None = None
    signal: Image | None = None


@dataclass(frozen=True, eq=False)
class Observer(Sight[Observation]):
    """Makes observations, frame after frame; settled when the baseline is complete.

    Attributes
    ----------
    settings
        With their thresholds.
    region, spacing
        Where is looked, and the size of voxels.
    planes, gauges
        Of the sections, and of the layers by electrode.
    segmenter
        For the next frame.
    electrodes
        Working and counter electrode, once the first frame has shown them.
    baseline, baseline_ends
        What was open in the baseline frames, as thresholds are and at the ends of their bands.
    n_baseline
        How many of these have been seen.
    light
        Of the first frame.
    """

    settings: Settings
    region: RunVolume
    spacing: tuple[float, ...]
    planes: tuple[SectionPlane, ...]
    gauges: dict[str, LayerGauge]
    segmenter: Segmenter
    electrodes: tuple[Electrode | None, ...]
    baseline: RunVolume
    baseline_ends: Ends
    n_baseline: int = 0
    light: Light | None = None

    @classmethod
    def of(
        cls,
        series: Series,
        settings: Settings,
        planes: tuple[SectionPlane, ...],
        gauges: dict[str, LayerGauge],
    ) -> Observer:
        """Of the first frame of a series."""
        region = settings.region(series.shape, series.spacing)
        nothing = region - region
        return cls(
            settings=replace(settings, cycling=None),
            region=region,
            spacing=series.spacing,
            planes=planes,
            gauges=gauges,
            preparation=Preparation.of(settings),
            segmenter=Segmenter(settings.rules, region, settings.axis),
            electrodes=(None, None),
            baseline=nothing,
            baseline_ends=(nothing, nothing),
        )

    @property
    def is_settled(self) -> bool:
        """As in `Sight`."""
        return self.n_baseline >= self.settings.baseline_frames

    def look(self, image: Image, motion: Motion) -> Callable[[], tuple[Observation, Observer]]:
        """As in `Sight`."""
        number = fingerprint(image)
        aligned = motion.undo(image, in_place=True)
        signal = self.settings.signal.of(aligned.image)
        light = self.light or Light.of(aligned.image)
        glance = _Glance(
            within=self.segmenter.windows(signal),
            sections=tuple(plane.grey(aligned.image) for plane in self.planes),
            motion=_in_numbers(aligned, rotated=self.settings.align == "rigid"),
            light=light,
            brightness=light.ratio(aligned.image),
            fingerprint=number,
        )
        if self.n_baseline == 0 or self.settings.grey:
            seen = self._seen(replace(glance, image=aligned.image, signal=signal))
            return lambda: seen
        return partial(self._seen, glance)

    def _seen(self, glance: _Glance) -> tuple[Observation, Observer]:
        segmented = self.segmenter.segment(glance.within)
        open_, low, high = segmented.together(self.settings.follow)
        after = self
        if not self.is_settled:
            after = self._with_first(glance, segmented, open_, (low, high))
        old = open_ & after.baseline
        old_low, old_high = (
            end & first for end, first in zip((low, high), after.baseline_ends, strict=True)
        )
        ends = (segmented.low, segmented.high)
        phases = Phases.banded(segmented.volumes, self.region, ends)
        observation = Observation(
            open_=Opened(open_, old),
            low=Opened(low, old_low),
            high=Opened(high, old_high),
            motion=glance.motion,
            brightness=glance.brightness,
            fingerprint=glance.fingerprint,
            sections=pictures(self.planes, glance.sections, open_, old),
            phases=list(phases.table(spacing=self.spacing).rows()),
            layers={name: self._gauged(name, segmented) for name in self.gauges},
            grey=self._grey(glance.image, open_),
        )
        return observation, after

    def _gauged(self, name: str, segmented: Segmented) -> GaugedLayer:
        phase = self.settings.layers[name].phase
        lithium = segmented.volumes[phase]
        ends = [segmented.low[phase], segmented.high[phase]]
        banded = [end for end in ends if end is not lithium]
        return self.gauges[name].measure(
            lithium, banded, self.segmenter.beside(phase, segmented.volumes)
        )

    def _with_first(
        self, glance: _Glance, segmented: Segmented, open_: RunVolume, ends: Ends
    ) -> Observer:
        """With one more baseline frame; the first also shows where electrodes are."""
        low, high = (old | end for old, end in zip(self.baseline_ends, ends, strict=True))
        after = replace(
            self,
            baseline=self.baseline | open_,
            baseline_ends=(low, high),
            n_baseline=self.n_baseline + 1,
            light=glance.light,
        )
        if self.n_baseline:
            return after
        assert glance.signal is not None
        wanted = (self.settings.working, self.settings.counter)
        electrodes = tuple(
            electrode.locate(glance.signal, segmented.volumes, self.region)
            if isinstance(electrode, SeenElectrode)
            else electrode
            for electrode in wanted
        )
        return replace(after, electrodes=electrodes, segmenter=self.segmenter.settled(segmented))

    def _grey(
        self, image: Image | None, open_: RunVolume
    ) -> tuple[GreyCount | None, GreyCount | None]:
        if not self.settings.grey:
            return None, None
        assert image is not None
        if not self.is_settled:
            return GreyCount.of(image, open_), None
        # The voxels beside what was open before hold part of it.
        return None, GreyCount.of(image, open_ - self.baseline.dilate())


def _in_numbers(aligned: Aligned, *, rotated: bool) -> dict[str, float]:
    """In voxels, and degrees where rotation was looked for."""
    axes = "zyx"[-aligned.image.ndim :]
    row = {f"drift_{a}": float(d) for a, d in zip(axes, aligned.drift, strict=True)}
    if rotated:
        about = "zyx" if aligned.image.ndim == 3 else "z"
        row |= {f"rotation_{a}": float(r) for a, r in zip(about, aligned.rotation, strict=True)}
    row |= {f"agreement_{a}": float(n) for a, n in zip(axes, aligned.agreement, strict=True)}
    row |= {f"doubtful_{a}": bool(d) for a, d in zip(axes, aligned.doubtful, strict=True)}
    return row | {"residual": aligned.residual}
