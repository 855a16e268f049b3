"""The grey values inside of what has opened since the first frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from crevasse._runs import RunVolume
from crevasse.io import Series
from crevasse.operando.drift.motion import Motion
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.signal import Image, Signal
from crevasse.operando.grey.windows import within
from crevasse.operando.phases.phases import PhaseRule, settled, volumes_of
from crevasse.operando.preparation import Preparation
from crevasse.operando.settings import Settings
from crevasse.operando.sight import Sight


@dataclass(frozen=True, eq=False)
class FillingSight(Sight[Mapping[str, Histogram]]):
    """Counts, by phase, the grey values of voxels whose neighbours have opened as well.

    Attributes
    ----------
    signal
        What is counted.
    rules
        The phases, with thresholds that hold for what was open at first.
    region, axis
        As in `Segmenter`.
    filled
        Names of the phases that are looked at.
    initial
        Where these are in the first frame, and the voxels beside, which hold part of them.
    """

    signal: Signal
    rules: tuple[PhaseRule, ...]
    region: RunVolume
    axis: int
    filled: tuple[str, ...]
    initial: Mapping[str, RunVolume] | None = None

    @classmethod
    def of(cls, series: Series, settings: Settings) -> FillingSight:
        """Of the first frame of a series; the settings have their thresholds."""
        return cls(
            Preparation.of(settings),
            settings.signal,
            settings.rules,
            settings.region(series.shape, series.spacing),
            settings.axis,
            tuple(name for name, grey in settings.find.items() if grey.filled),
        )

    @property
    def is_settled(self) -> bool:
        """As in `Sight`."""
        return self.initial is not None

    def look(
        self, image: Image, motion: Motion
    ) -> Callable[[], tuple[Mapping[str, Histogram], Self]]:
        """As in `Sight`."""
        signal = self.signal.of(motion.undo(image, in_place=True).image)
        volumes = volumes_of(within(signal), self.rules, self.region, self.axis)
        if self.initial is None:
            rules = settled(self.rules, volumes, self.region, self.axis)
            initial = {name: volumes[name].dilate() for name in self.filled}
            after = replace(self, rules=rules, initial=initial)
            return lambda: ({}, after)
        inside = {
            name: Histogram.from_image(signal, roi=(volumes[name] - before).erode(6))
            for name, before in self.initial.items()
        }
        return lambda: (inside, self)
