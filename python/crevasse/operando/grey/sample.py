"""What thresholds of a series are found from: grey values of a few of its frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from crevasse.operando.grey.edges import EdgeLevel
from crevasse.operando.grey.histogram import Histogram
from crevasse.operando.grey.rule import GreyRule
from crevasse.operando.grey.thresholds import (
    FEWEST_CORES,
    Threshold,
    ThresholdRule,
    Thresholds,
)

_LISTED = 4  # frames: more are not listed one by one
_SAME = 0.25  # of the contrast: a threshold found from noise lies at what is around the phase


@dataclass(frozen=True)
class GreyPart:
    """Grey values of one frame, and of its edges and cores where these are looked at.

    Cores are listed by `GreyRule.source`.
    """

    histogram: Histogram
    edges: EdgeLevel
    cores: Mapping[str, Histogram] = field(default_factory=dict)

    def __add__(self, other: GreyPart) -> GreyPart:
        if not isinstance(other, GreyPart):
            return NotImplemented
        cores = {name: own + other.cores[name] for name, own in self.cores.items()}
        return GreyPart(self.histogram + other.histogram, self.edges + other.edges, cores)


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
        By `GreyRule.source`.
    initial
        The same from the first frame alone, as far as it shows any, of rules for phases of which
        what opens later is filled.
    cores
        Of these phases, by name: grey values of the cores of what has opened since the first frame.
        None: not looked at.
    stamps
        What tells the scans that were asked for from others.
    """

    frames: tuple[int, ...]
    histogram: Histogram
    thresholds: dict[str, Thresholds]
    initial: dict[str, Thresholds] = field(default_factory=dict)
    cores: dict[str, Histogram] | None = None
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
        every = sum(more, start=first)
        found, initial = {}, {}
        for grey in find.values():
            rule, name = ThresholdRule(grey.rule, sensitivity), grey.source
            if name not in found:
                found[name] = _found(rule, name, every)
            if grey.filled and name not in initial:
                with suppress(ValueError):  # the first frame shows none of it
                    alone = _found(rule, name, first)
                    if _is_no_noise(grey, alone, found[name]):
                        initial[name] = alone
        return cls(tuple(parts), every.histogram, found, initial)

    def with_cores(self, parts: Iterable[Mapping[str, Histogram]]) -> GreySample:
        """With the cores of what has opened, of some frames, by phase."""
        cores: dict[str, Histogram] = {}
        for part in parts:
            for name, own in part.items():
                cores[name] = cores[name] + own if name in cores else own
        return replace(self, cores=cores)

    def is_filled(self, phase: str, grey: GreyRule) -> bool:
        """Whether what opens later has a threshold of its own."""
        if not grey.filled or grey.source not in self.initial:
            return False
        return self.cores is None or self.n_cores(phase) >= FEWEST_CORES

    def n_cores(self, phase: str) -> int:
        """Of how many voxels the cores of what has opened are."""
        return self.cores[phase].n_voxels if self.cores and phase in self.cores else 0

    def found(self, phase: str, grey: GreyRule) -> Thresholds:
        """The thresholds that a phase has its window from."""
        return (self.initial if self.is_filled(phase, grey) else self.thresholds)[grey.source]

    def later(self, phase: str, grey: GreyRule) -> Threshold | None:
        """The threshold of what opens later, where it has one of its own."""
        if self.cores is None or not self.is_filled(phase, grey):
            return None
        return grey.later(self.found(phase, grey), self.cores[phase])


def _found(rule: ThresholdRule, source: str, part: GreyPart) -> Thresholds:
    return rule.find(part.histogram, edges=part.edges, cores=part.cores.get(source))


def _is_no_noise(grey: GreyRule, alone: Thresholds, pooled: Thresholds) -> bool:
    """Whether a threshold of one frame is far enough from what is around the phase."""
    (own,), (other,) = (
        [bound for bound in grey.window(found) if bound is not None] for found in (alone, pooled)
    )
    contrast = pooled.classes[-1].mean - pooled.classes[0].mean
    towards = own.value - other.value
    return (towards if grey.side == "dark" else -towards) <= _SAME * contrast
