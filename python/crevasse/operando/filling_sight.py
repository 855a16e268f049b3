"""The cores of what has opened since the first frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

from crevasse._runs import RunVolume
from crevasse.io import Series
from crevasse.operando.drift.motion import Motion
from crevasse.operando.grey.cores import core_greys
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.sample import GreySample
from crevasse.operando.grey.signal import Image, Signal
from crevasse.operando.grey.thresholds import Threshold
from crevasse.operando.grey.windows import within
from crevasse.operando.phases.phases import PhaseRule, settled, volumes_of, with_initial
from crevasse.operando.preparation import Preparation
from crevasse.operando.settings import Settings
from crevasse.operando.sight import Sight

_SETTLED = 1e-3  # of the contrast
_MOST_STEPS = 10


@dataclass(frozen=True, eq=False)
class FillingSight(Sight[Mapping[str, Histogram]]):
    """Counts, by phase, the grey values of the cores of what has opened.

    They are those with the threshold half way to their median: it is moved until it stays.

    Attributes
    ----------
    signal
        What is counted.
    rules
        The phases, with thresholds that hold for what was open at first.
    region, axis
        As in `Segmenter`.
    around
        Of the phases that are looked at: the grey value of what is around them.
    is_settled
        From the first frame on, which shows what was open at first.
    """

    signal: Signal
    rules: tuple[PhaseRule, ...]
    region: RunVolume
    axis: int
    around: Mapping[str, float]
    is_settled: bool = False

    @classmethod
    def of(cls, series: Series, settings: Settings, sample: GreySample) -> FillingSight:
        """Of the first frame of a series; thresholds are those of the sample."""
        around = {
            name: grey.around(sample.found(name, grey))
            for name, grey in settings.find.items()
            if sample.is_filled(name, grey)
        }
        rules = (
            replace(rule, later=rule.high if rule.low is None else rule.low, grow=0)
            if rule.name in around
            else rule
            for rule in settings.with_thresholds(sample).rules
        )
        return cls(
            Preparation.of(settings),
            settings.signal,
            tuple(rules),
            settings.region(series.shape, series.spacing),
            settings.axis,
            around,
        )

    def look(
        self, image: Image, motion: Motion
    ) -> Callable[[], tuple[Mapping[str, Histogram], Self]]:
        """As in `Sight`."""
        signal = self.signal.of(motion.undo(image, in_place=True).image)
        if self.is_settled:
            cores = self._cores(signal)
            return lambda: (cores, self)
        rules = with_initial(within(signal), self.rules, self.region, self.axis)
        volumes = volumes_of(within(signal), rules, self.region, self.axis)
        rules = settled(rules, volumes, self.region, self.axis)
        after = replace(self, rules=rules, is_settled=True)
        return lambda: ({}, after)

    def _cores(self, signal: Image) -> dict[str, Histogram]:
        rules = self.rules
        for _ in range(_MOST_STEPS):
            volumes = volumes_of(within(signal), rules, self.region, self.axis)
            cores = {
                rule.name: core_greys(signal, volumes[rule.name] - rule.initial)
                for rule in rules
                if rule.name in self.around and rule.initial is not None
            }
            before, rules = rules, tuple(self._moved(rule, cores) for rule in rules)
            if all(a is b for a, b in zip(before, rules, strict=True)):
                break
        return cores

    def _moved(self, rule: PhaseRule, cores: Mapping[str, Histogram]) -> PhaseRule:
        """With the threshold that these cores tell, unless that is where it is already."""
        if rule.later is None or rule.name not in cores or not cores[rule.name].n_voxels:
            return rule
        around, median = self.around[rule.name], cores[rule.name].median
        later, is_at = (around + median) / 2, Threshold.of(rule.later).value
        near = abs(later - is_at) <= _SETTLED * abs(around - median)
        return rule if near else replace(rule, later=later)
