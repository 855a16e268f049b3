"""Phases of every frame of a series, with thresholds as they are and at the ends of their bands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

from crevasse._runs import RunVolume
from crevasse.operando.phases import ENDS, PhaseRule, settled, volumes_of
from crevasse.operando.signal import Image

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
    """

    volumes: Volumes
    low: Volumes
    high: Volumes

    def together(self, names: Iterable[str]) -> tuple[RunVolume, RunVolume, RunVolume]:
        """The union of some phases: as thresholds are, low and high."""
        chosen = tuple(names)
        value, low, high = (_union(v, chosen) for v in (self.volumes, self.low, self.high))
        return value, low, high


class Segmenter:
    """Part frame after frame into phases, as `segment_phases` does one.

    Parameters
    ----------
    rules
        With their thresholds. Places that are relative to how a phase was initially mean how the
        first frame shows it.
    region
        Where is looked.
    axis
        Along which columns run.
    """

    def __init__(self, rules: Sequence[PhaseRule], region: RunVolume, axis: int) -> None:
        self._rules, self._region, self._axis = tuple(rules), region, axis
        self._settled = False
        self._banded = any(rule.window("low") != rule.window("high") for rule in self._rules)

    def segment(self, signal: Image) -> Segmented:
        """The phases of the next frame."""
        volumes = volumes_of(signal, self._rules, self._region, self._axis)
        if not self._settled:
            self._rules = settled(self._rules, volumes, self._region, self._axis)
            self._settled = True
        if not self._banded:
            return Segmented(volumes, volumes, volumes)
        low, high = (volumes_of(signal, self._rules, self._region, self._axis, end) for end in ENDS)
        return Segmented(volumes, low, high)


def _union(volumes: Volumes, names: Sequence[str]) -> RunVolume:
    if not names:
        some = next(iter(volumes.values()))
        return some - some
    return reduce(RunVolume.__or__, (volumes[name] for name in names))
