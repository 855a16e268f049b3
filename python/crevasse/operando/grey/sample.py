"""What thresholds of a series are found from: grey values of a few of its frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise

from crevasse.operando.grey.edges import EdgeLevel
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.rule import GreyRule
from crevasse.operando.grey.thresholds import Threshold, ThresholdRule, Thresholds

_LISTED = 4  # frames: more are not listed one by one
_SAME = 0.25  # of the distance between classes: a threshold found from noise is twice as far off
_FEWEST = 30  # voxels: the median of fewer is no better than what it would mend


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
    initial
        The same from the first frame alone, as far as it shows any, of rules for phases of which
        what opens later is filled.
    inside
        Of these phases: grey values inside of what has opened since the first frame. None: not
        looked at.
    stamps
        What tells the scans that were asked for from others.
    """

    frames: tuple[int, ...]
    histogram: Histogram
    thresholds: dict[str, Thresholds]
    initial: dict[str, Thresholds] = field(default_factory=dict)
    inside: dict[str, Histogram] | None = None
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
        cls, parts: Mapping[int, GreyPart], find: Mapping[str, GreyRule], sensitivity: float
    ) -> GreySample:
        """Of the grey values of some frames, by their numbers; `find` are the rules by phase."""
        first, *more = parts.values()
        histogram = sum((part.histogram for part in more), start=first.histogram)
        edges = sum((part.edges for part in more), start=first.edges)
        finders = {g.rule: ThresholdRule(g.rule, sensitivity) for g in find.values()}
        found = {name: rule.find(histogram, edges=edges) for name, rule in finders.items()}
        initial = {}
        for name in sorted({grey.rule for grey in find.values() if grey.filled}):
            with suppress(ValueError):  # the first frame shows none of it
                alone = finders[name].find(first.histogram, edges=first.edges)
                if _are_of_the_same(alone, found[name]):
                    initial[name] = alone
        return cls(tuple(parts), histogram, found, initial)

    def with_inside(self, parts: Iterable[Mapping[str, Histogram]]) -> GreySample:
        """With the grey values inside of what has opened, of some frames, by phase."""
        inside: dict[str, Histogram] = {}
        for part in parts:
            for name, own in part.items():
                inside[name] = inside[name] + own if name in inside else own
        return replace(self, inside=inside)

    def is_filled(self, phase: str, grey: GreyRule) -> bool:
        """Whether what opens later has a threshold of its own."""
        if not grey.filled or grey.rule not in self.initial:
            return False
        return self.inside is None or self.n_inside(phase) >= _FEWEST

    def n_inside(self, phase: str) -> int:
        """How many voxels were found inside of what has opened."""
        return self.inside[phase].n_voxels if self.inside and phase in self.inside else 0

    def found(self, phase: str, grey: GreyRule) -> Thresholds:
        """The thresholds that a phase has its window from."""
        return (self.initial if self.is_filled(phase, grey) else self.thresholds)[grey.rule]

    def later(self, phase: str, grey: GreyRule) -> Threshold | None:
        """The threshold of what opens later, where it has one of its own."""
        if self.inside is None or not self.is_filled(phase, grey):
            return None
        return grey.later(self.found(phase, grey), self.inside[phase])


def _are_of_the_same(a: Thresholds, b: Thresholds) -> bool:
    """Whether thresholds of one rule may part the same phases."""
    return len(a) == len(b) and all(
        abs(own.value - other.value) <= _SAME * (above.mean - below.mean)
        for own, other, (below, above) in zip(a, b, pairwise(b.classes), strict=True)
    )
