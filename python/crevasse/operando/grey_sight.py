"""The grey values of frames as thresholds will apply to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from crevasse._runs import RunVolume
from crevasse.io import Series
from crevasse.operando.drift.motion import Motion
from crevasse.operando.grey.edges import EdgeLevel, edge_level
from crevasse.operando.grey.histogram import Histogram
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
    needs_edges
        Whether edges are looked at as well.
    is_settled
        From the first frame on.
    """

    signal: Signal
    region: RunVolume
    needs_edges: bool
    is_settled: bool = False

    @classmethod
    def of(cls, series: Series, settings: Settings) -> GreySight:
        """Of the first frame of a series."""
        return cls(
            Preparation.of(settings),
            settings.signal,
            settings.region(series.shape, series.spacing),
            any(ThresholdRule(grey.rule).needs_edges for grey in settings.find.values()),
        )

    def look(self, image: Image, motion: Motion) -> Callable[[], tuple[GreyPart, Self]]:
        """As in `Sight`."""
        signal = self.signal.of(motion.undo(image, in_place=True).image)
        histogram = Histogram.from_image(signal, roi=self.region)
        edges = edge_level(signal, roi=self.region) if self.needs_edges else EdgeLevel(0.0, 0.0)
        seen = GreyPart(histogram, edges), replace(self, is_settled=True)
        return lambda: seen
