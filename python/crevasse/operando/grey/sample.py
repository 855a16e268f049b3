"""What thresholds of a series are found from: grey values of a few of its frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crevasse.operando.grey.edges import EdgeLevel
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.thresholds import ThresholdRule, Thresholds

_LISTED = 4  # frames: more are not listed one by one


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
    stamps
        What tells the scans that were asked for from others.
    """

    frames: tuple[int, ...]
    histogram: Histogram
    thresholds: dict[str, Thresholds]
    stamps: tuple[str, ...] = ()

    @property
    def which(self) -> str:
        """The frames in words.

        Examples
        --------
        >>> import numpy as np
        >>> grey = Histogram.from_image(np.zeros((1, 1), np.uint8))
        >>> GreySample((0, 6, 13), grey, {}).which, GreySample(tuple(range(14)), grey, {}).which
        ('frames 0, 6, 13', 'frames 0 to 13')
        """
        first, last, n = self.frames[0], self.frames[-1], len(self.frames)
        if n <= _LISTED:
            return f"frame{'s' * (n > 1)} {', '.join(map(str, self.frames))}"
        if n == last - first + 1:
            return f"frames {first} to {last}"
        return f"{n} frames of {first} to {last}"

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
