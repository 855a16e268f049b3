"""The cores of what has opened since the first frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from crevasse._runs import RunVolume
from crevasse.io import Series
from crevasse.operando.drift.motion import Motion
from crevasse.operando.grey.cores import core_greys, settled_cores
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.sample import GreySample
from crevasse.operando.grey.signal import Image, Signal
from crevasse.operando.grey.thresholds import Threshold
from crevasse.operando.grey.windows import within
from crevasse.operando.phases.phases import PhaseRule, begun, volumes_of
from crevasse.operando.preparation import Preparation
from crevasse.operando.settings import Settings
from crevasse.operando.sight import Sight


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
        _, rules = begun(within(signal), self.rules, self.region, self.axis)
        after = replace(self, rules=rules, is_settled=True)
        return lambda: ({}, after)

    def _cores(self, signal: Image) -> dict[str, Histogram]:
        """Phase by phase, each with the later thresholds of those before it."""
        rules, found = list(self.rules), {}
        for i, rule in enumerate(self.rules):
            if rule.name in self.around and rule.later is not None:
                start, around = Threshold.of(rule.later).value, self.around[rule.name]
                cores_at = partial(self._cores_at, signal, rules, i)
                found[rule.name], later = settled_cores(cores_at, start, around, 0.5)
                rules[i] = replace(rule, later=later)
        return found

    def _cores_at(self, signal: Image, rules: list[PhaseRule], i: int, later: float) -> Histogram:
        rule = replace(rules[i], later=later)
        assert rule.initial is not None
        moved = [*rules[:i], rule, *rules[i + 1 :]]
        volumes = volumes_of(within(signal), moved, self.region, self.axis)
        return core_greys(signal, volumes[rule.name] - rule.initial)
