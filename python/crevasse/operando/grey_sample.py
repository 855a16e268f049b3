"""What thresholds of a series are found from: grey values of a few of its frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crevasse.operando.edges import EdgeLevel
from crevasse.operando.histogram import Histogram
from crevasse.operando.thresholds import ThresholdRule, Thresholds


@dataclass(frozen=True)
class GreyPart:
    """Grey values of one frame, and of its edges where these are looked at."""

    histogram: Histogram
    edges: EdgeLevel


@dataclass(frozen=True)
class GreySample:
    """Grey values of some frames in the region of interest, and the thresholds found from them.

    One set of thresholds for all frames: one a frame would hide growth.

    Attributes
    ----------
    frames
        Numbers of the frames.
    histogram
        Of all of them.
    thresholds
        By name of the rule.
    """

    frames: tuple[int, ...]
    histogram: Histogram
    thresholds: dict[str, Thresholds]

    @classmethod
    def of(
        cls, parts: Mapping[int, GreyPart], rules: Iterable[str], sensitivity: float
    ) -> GreySample:
        """Of the grey values of some frames, by their numbers."""
        histogram, *more = (part.histogram for part in parts.values())
        histogram = sum(more, start=histogram)
        edges = sum((part.edges for part in parts.values()), start=EdgeLevel(0.0, 0.0))
        finders = {name: ThresholdRule(name, sensitivity) for name in rules}
        found = {name: finder.find(histogram, edges=edges) for name, finder in finders.items()}
        return cls(tuple(parts), histogram, found)
