"""What thresholds of a series are found from: grey values of a few of its frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from crevasse._runs import RunVolume
from crevasse.operando.edges import EdgeLevel, edge_level
from crevasse.operando.histogram import Histogram
from crevasse.operando.signal import Image
from crevasse.operando.thresholds import ThresholdRule, Thresholds


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
    def gather(
        cls,
        images: Iterable[tuple[int, Image]],
        rules: Iterable[str],
        region: RunVolume,
        sensitivity: float,
    ) -> GreySample:
        """Look at images, each with the number of its frame, one after the other."""
        finders = {name: ThresholdRule(name, sensitivity) for name in rules}
        needs_edges = any(finder.needs_edges for finder in finders.values())
        frames, histograms, edges = [], [], EdgeLevel(0.0, 0.0)
        for frame, image in images:
            frames.append(frame)
            histograms.append(Histogram.from_image(image, roi=region))
            if needs_edges:
                edges = edges + edge_level(image, roi=region)
            del image  # before the next is read
        histogram = sum(histograms[1:], start=histograms[0])
        found = {name: finder.find(histogram, edges=edges) for name, finder in finders.items()}
        return cls(tuple(frames), histogram, found)
