"""Phases of every frame of a series, with thresholds as they are and at the ends of their bands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from crevasse._runs import RunVolume
from crevasse.operando.grey.signal import Image
from crevasse.operando.grey.windows import Within, kept
from crevasse.operando.phases.phases import ENDS, End, PhaseRule, begun, volumes_of
from crevasse.operando.phases.places import parse_place, places

Volumes = Mapping[str, RunVolume]


@dataclass(frozen=True)
class Segmented:
    """Phases of one frame, by name.

    Attributes
    ----------
    volumes
        As the thresholds are.
    low, high
        With all thresholds at the low and at the high ends of their bands.
    rules
        Those that it was made with.
    """

    volumes: Volumes
    low: Volumes
    high: Volumes
    rules: tuple[PhaseRule, ...]

    def together(self, names: Iterable[str]) -> tuple[RunVolume, RunVolume, RunVolume]:
        """The union of some phases: as thresholds are, low and high."""
        chosen = tuple(names)
        value, low, high = (_union(v, chosen) for v in (self.volumes, self.low, self.high))
        return value, low, high


@dataclass(frozen=True)
class Segmenter:
    """Part frames into phases, as `segment_phases` does one.

    Attributes
    ----------
    rules
        With their thresholds. Places that are relative to how a phase was initially mean how the
        first frame shows it, which is the one given until the segmenter is `settled`.
    region
        Where is looked.
    axis
        Along which columns run.
    """

    rules: tuple[PhaseRule, ...]
    region: RunVolume
    axis: int

    def windows(self, signal: Image) -> Within:
        """What `segment` needs of a frame."""
        ends: tuple[End, ...] = ("value", *ENDS)
        wanted = {window for rule in self.rules for end in ends for window in rule.windows(end)}
        return kept(signal, wanted, self.region)

    def segment(self, grey: Within) -> Segmented:
        """The phases of a frame."""
        # Rules that are settled, so that "initially" is the same at all thresholds.
        volumes, rules = begun(grey, self.rules, self.region, self.axis)
        if all(rule.windows("low") == rule.windows("high") for rule in rules):
            return Segmented(volumes, volumes, volumes, rules)
        low, high = (volumes_of(grey, rules, self.region, self.axis, end) for end in ENDS)
        return Segmented(volumes, low, high, rules)

    def beside(self, name: str, volumes: Volumes) -> list[RunVolume]:
        """The phases that a phase lies above or below of."""
        (where,) = (rule.where for rule in self.rules if rule.name == name)
        words = (parse_place(place) for place in places(where) if isinstance(place, str))
        return [volumes[phase] for relation, phase in words if relation in ("above", "below")]

    def settled(self, first: Segmented) -> Segmenter:
        """The segmenter of all frames after the first, whose phases are given."""
        return replace(self, rules=first.rules)


def _union(volumes: Volumes, names: Sequence[str]) -> RunVolume:
    if not names:
        some = next(iter(volumes.values()))
        return some - some
    return reduce(RunVolume.__or__, (volumes[name] for name in names))
