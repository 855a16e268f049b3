"""The grey values of frames as thresholds will apply to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, Self

from crevasse._runs import RunVolume
from crevasse.io import Series
from crevasse.operando.drift.motion import Motion
from crevasse.operando.grey.cores import find_cores
from crevasse.operando.grey.edges import EdgeLevel, edge_level
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.rule import GreyRule
from crevasse.operando.grey.sample import GreyPart
from crevasse.operando.grey.signal import Image, Signal
from crevasse.operando.grey.thresholds import ThresholdRule
from crevasse.operando.preparation import Preparation
from crevasse.operando.settings import Settings
from crevasse.operando.sight import Sight


@dataclass(frozen=True, eq=False)
class GreySight(Sight[GreyPart]):
    """Counts grey values frame after frame.

    Attributes
    ----------
    signal
        What is counted.
    region
        Where.
    rules
        What thresholds are to be found: edges are looked at and cores where they need them.
    is_settled
        From the first frame on.
    """

    signal: Signal
    region: RunVolume
    rules: tuple[GreyRule, ...]
    is_settled: bool = False

    @classmethod
    def of(cls, series: Series, settings: Settings) -> GreySight:
        """Of the first frame of a series."""
        return cls(
            Preparation.of(settings),
            settings.signal,
            settings.region(series.shape, series.spacing),
            tuple(settings.find.values()),
        )

    def look(self, image: Image, motion: Motion) -> Callable[[], tuple[GreyPart, Self]]:
        """As in `Sight`."""
        signal = self.signal.of(motion.undo(image, in_place=True).image)
        histogram = Histogram.from_image(signal, roi=self.region)
        edges = EdgeLevel(0.0, 0.0)
        if any(ThresholdRule(grey.rule).needs_edges for grey in self.rules):
            edges = edge_level(signal, roi=self.region)
        seen = GreyPart(histogram, edges, self._cores(signal)), replace(self, is_settled=True)
        return lambda: seen

    def _cores(self, signal: Image) -> dict[str, Histogram]:
        found: dict[str, Histogram] = {}
        for grey in self.rules:
            rule = ThresholdRule(grey.rule)
            if rule.needs_cores and grey.source not in found:
                side: Literal["dark", "bright"] = "bright" if grey.side == "bright" else "dark"
                found[grey.source] = find_cores(
                    signal, side=side, share=rule.share, roi=self.region
                )
        return found
