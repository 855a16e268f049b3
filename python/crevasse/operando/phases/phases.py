"""Segmentation into phases, by grey value and by location."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from crevasse import _validate
from crevasse._clean import connected_to, keep_largest, remove_small
from crevasse._encode import Window
from crevasse._runs import RunVolume, as_region
from crevasse._shape import Box
from crevasse._table import Table
from crevasse.operando.grey.thresholds import Threshold
from crevasse.operando.grey.windows import Within, within
from crevasse.operando.phases.places import (
    Faces,
    PhaseFaces,
    Place,
    initial_region,
    parse_place,
    places,
    region_of,
    touching,
)

Bound = Threshold | float
End = Literal["low", "value", "high"]
ENDS: tuple[End, End] = ("low", "high")
BOUNDS = ("low", "high", "seed_low", "seed_high", "later")


@dataclass(frozen=True)
class PhaseRule:
    """Which voxels are of one phase.

    Attributes
    ----------
    name
        Of the phase.
    low, high
        Grey values of the closed window, each a number or a `Threshold`; None leaves that side
        open. Both None: every voxel in the place.
    seed_low, seed_high
        Where set, only components are kept that hold a voxel in this stricter window (hysteresis).
    where
        Place, or several in a list or tuple, in all of which the phase lies: a `RunVolume`, a mask,
        a tuple of slices, or in words, relative to a phase whose rule comes earlier:

        - ``below:NAME``, ``above:NAME``: behind its last, before its first voxel in the column;
          columns run along the axis that `segment_phases` is given, and down is where its index
          grows;
        - ``inside:NAME``: from its first to its last voxel in the column, what it encloses
          included;
        - ``touching:NAME``: components that touch it;
        - ``initially-below:NAME``, ``initially-above:NAME``, ``initially-inside:NAME``: the same
          as it was in the first frame of a series; see `settled`. A crack that opens at the face of
          the electrolyte is still inside of where that was.

        Below, above and inside look at the phase's largest component alone. Columns that it does
        not cross are in none of them.
    min_voxels
        Smaller components are dropped.
    bulk
        Where set, only the largest component is kept of what is left when this many voxels are
        taken off its surface, with these put back: shells of in-between grey, as around any
        brighter phase, are not of it even where they touch it.
    grow
        Voxels by which the phase is grown at the end, in all directions, into what no earlier rule
        has taken: the fringe of a bright phase has the grey values of darker ones.
    connectivity
        As in `crevasse.label`.
    later, initial
        Where both are set, `later` is the threshold outside of `initial`, in place of the one of
        `low` and `high` that is set: what opens later may be filled, as cracks with lithium are,
        where the pores that were there at first are empty.
    """

    name: str
    low: Bound | None = None
    high: Bound | None = None
    seed_low: Bound | None = None
    seed_high: Bound | None = None
    where: Place | Sequence[Place] | None = None
    min_voxels: int = 1
    bulk: int = 0
    grow: int = 0
    connectivity: int = 26
    later: Bound | None = None
    initial: RunVolume | None = None

    def __post_init__(self) -> None:
        if not self.name or ":" in self.name:
            raise ValueError(f"name must be a word without a colon, got {self.name!r}")
        for name, least in (("min_voxels", 1), ("bulk", 0), ("grow", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        for name in BOUNDS:
            bound = getattr(self, name)
            if isinstance(bound, float | int) and not math.isfinite(bound):
                raise ValueError(f"{name} of {self.name} must be a finite number, got {bound}")
        self._check_windows()
        for place in places(self.where):
            if isinstance(place, str):
                parse_place(place)

    def _check_windows(self) -> None:
        (low, high), (seed_low, seed_high), _ = self.windows()
        if self.later is not None and (low is None) == (high is None):
            raise ValueError(
                f"later of {self.name} must go with one of low and high, got {low} and {high}"
            )
        if low is not None and high is not None and low > high:
            raise ValueError(f"low of {self.name} must not be above high, got {low} and {high}")
        if (low is not None and seed_low is not None and seed_low < low) or (
            high is not None and seed_high is not None and seed_high > high
        ):
            raise ValueError(
                f"seed window of {self.name} must lie within {low}..{high}, "
                f"got {seed_low}..{seed_high}"
            )

    @property
    def bounds(self) -> list[Threshold]:
        """The thresholds that there are."""
        bounds = (getattr(self, name) for name in BOUNDS)
        return [Threshold.of(bound) for bound in bounds if bound is not None]

    def windows(self, end: End = "value") -> tuple[Window, Window, Window]:
        """The window, that of the seeds and the later one as numbers, at an end of their bands."""
        bounds = (getattr(self, name) for name in BOUNDS)
        low, high, seed_low, seed_high, later = (
            getattr(b, end) if isinstance(b, Threshold) else b for b in bounds
        )
        return (low, high), (seed_low, seed_high), (None, later) if low is None else (later, None)


class Phases(Mapping[str, RunVolume]):
    """The phases of one image: name to voxels, disjoint, in the order of the rules.

    Attributes
    ----------
    region
        Where was looked.
    n_voxels_low, n_voxels_high
        Of each phase, the fewest and the most voxels with all thresholds as they are, at the low
        and at the high ends of their bands.
    """

    def __init__(
        self,
        volumes: dict[str, RunVolume],
        region: RunVolume,
        n_voxels_low: dict[str, int],
        n_voxels_high: dict[str, int],
    ) -> None:
        self._volumes = volumes
        self.region = region
        self.n_voxels_low = n_voxels_low
        self.n_voxels_high = n_voxels_high

    @classmethod
    def banded(
        cls,
        volumes: Mapping[str, RunVolume],
        region: RunVolume,
        ends: Iterable[Mapping[str, RunVolume]],
    ) -> Phases:
        """Phases, and the sizes of the same with thresholds at the ends of their bands."""
        sizes = [{name: v.n_voxels for name, v in each.items()} for each in (volumes, *ends)]
        low, high = (
            {name: extreme(size[name] for size in sizes) for name in volumes}
            for extreme in (min, max)
        )
        return cls(dict(volumes), region, low, high)

    def __getitem__(self, name: str) -> RunVolume:
        return self._volumes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._volumes)

    def __len__(self) -> int:
        return len(self._volumes)

    @property
    def rest(self) -> RunVolume:
        """What of the region is of no phase."""
        return self.region - _union(self._volumes.values(), self.region.shape)

    def table(self, *, spacing: _validate.Spacing = 1.0, unit: str | None = None) -> Table:
        """A row a phase, and how far it hangs on the thresholds.

        Parameters
        ----------
        spacing
            Voxel size, a number or one per axis.
        unit
            Of the spacing.

        Returns
        -------
        Table
            ``phase, n_voxels, n_voxels_low, n_voxels_high, volume, volume_low, volume_high`` (area,
            in images) and ``fraction, fraction_low, fraction_high`` of the region.
        """
        names = list(self._volumes)
        shape = self.region.shape
        voxel = math.prod(_validate.spacing(spacing, len(shape)))
        counts = {
            "": [self[name].n_voxels for name in names],
            "_low": [self.n_voxels_low[name] for name in names],
            "_high": [self.n_voxels_high[name] for name in names],
        }
        whole = self.region.n_voxels or math.nan
        columns = {"phase": np.array(names)}
        columns |= {f"n_voxels{k}": np.array(v, dtype=np.int64) for k, v in counts.items()}
        columns |= {f"volume{k}": np.array(v) * voxel for k, v in counts.items()}
        columns |= {f"fraction{k}": np.array(v) / whole for k, v in counts.items()}
        units = {f"volume{k}": f"{unit}^{len(shape)}" for k in counts} if unit else {}
        return Table(columns, units=units)


def segment_phases(
    image: ArrayLike,
    rules: Sequence[PhaseRule],
    *,
    roi: RunVolume | Box | ArrayLike | None = None,
    axis: int = 0,
    sensitivity: bool = True,
) -> Phases:
    """Part an image into phases by grey value and location.

    Rules are applied in order and earlier ones win: a voxel that a rule has taken is not seen by
    later ones, so phases are disjoint.

    Parameters
    ----------
    image
        (z, y, x) or (y, x) grey values of a dtype that `RunVolume.from_threshold` takes.
    rules
        One a phase.
    roi
        Region of interest, as in `RunVolume.from_threshold`; nothing outside of it is of a phase.
    axis
        Along which columns run for places in words.
    sensitivity
        Whether to segment twice more, with all thresholds at the low and at the high ends of their
        bands. If not, the fewest and most voxels are those found.

    Raises
    ------
    ValueError
        If names repeat, a place names a phase without an earlier rule, or a value that is looked at
        is NaN.

    Examples
    --------
    A collector above an electrolyte with a pore; void outside of the electrolyte is not of it.

    >>> grey = np.array([[250, 250], [120, 120], [10, 120], [120, 120], [10, 10]], np.uint8)
    >>> phases = segment_phases(grey, [
    ...     PhaseRule("collector", low=200),
    ...     PhaseRule("electrolyte", low=Threshold(60, 50, 70), where="below:collector"),
    ...     PhaseRule("void", high=Threshold(60, 50, 70), where="inside:electrolyte"),
    ... ])
    >>> {name: volume.n_voxels for name, volume in phases.items()}
    {'collector': 2, 'electrolyte': 5, 'void': 1}
    """
    shape = np.shape(image)
    _check_rules(rules)
    if not -len(shape) <= axis < len(shape):
        raise ValueError(f"axis must lie in {-len(shape)}..{len(shape) - 1}, got {axis}")
    region = RunVolume.from_box(shape) if roi is None else as_region(roi, shape)
    grey = within(image)
    ends = (volumes_of(grey, rules, region, axis, end) for end in ENDS) if sensitivity else ()
    return Phases.banded(volumes_of(grey, rules, region, axis), region, ends)


def volumes_of(
    grey: Within,
    rules: Sequence[PhaseRule],
    region: RunVolume,
    axis: int,
    end: End = "value",
) -> dict[str, RunVolume]:
    """The voxels of each phase, thresholds being at an end of their bands; see `segment_phases`."""
    phases: dict[str, RunVolume] = {}
    faces = PhaseFaces(phases, axis % len(region.shape))
    free, taken = region, None
    for rule in rules:
        free = free if taken is None else free - taken
        taken = phases[rule.name] = _phase(grey, rule, phases, faces, free, end)
    return phases


def settled(
    rules: Sequence[PhaseRule], phases: Mapping[str, RunVolume], region: RunVolume, axis: int
) -> tuple[PhaseRule, ...]:
    """The rules for all frames but the first, whose phases are given.

    Places that are relative to a phase as it was initially become the voxels that they hold.
    """
    faces = PhaseFaces(phases, axis % len(region.shape))
    return tuple(replace(rule, where=initial_region(rule.where, faces, region)) for rule in rules)


def begun(
    grey: Within, rules: Sequence[PhaseRule], region: RunVolume, axis: int
) -> tuple[dict[str, RunVolume], tuple[PhaseRule, ...]]:
    """The phases of a frame, and the rules for it and for those after it, if it is the first.

    Where a phase with a later threshold is without it, and the voxels beside, which hold part of
    it, are its `initial`, unless that is known.
    """
    volumes = volumes_of(grey, rules, region, axis)
    if any(_lacks_initial(rule) for rule in rules):
        rules = [
            replace(rule, initial=volumes[rule.name].dilate()) if _lacks_initial(rule) else rule
            for rule in rules
        ]
        volumes = volumes_of(grey, rules, region, axis)
    return volumes, settled(rules, volumes, region, axis)


def _lacks_initial(rule: PhaseRule) -> bool:
    return rule.later is not None and rule.initial is None


def _phase(
    grey: Within,
    rule: PhaseRule,
    phases: Mapping[str, RunVolume],
    faces: Mapping[str, Faces],
    free: RunVolume,
    end: End,
) -> RunVolume:
    allowed = region_of(rule.where, faces, free)
    window, seed_window, later_window = rule.windows(end)
    if rule.later is None or rule.initial is None:
        volume = grey(window, allowed)
    else:
        near = allowed & rule.initial
        volume = grey(window, near) | grey(later_window, allowed - near)
    if seed_window != (None, None):
        seeds = grey(seed_window, volume)
        volume = connected_to(volume, seeds, connectivity=rule.connectivity)
    volume = touching(rule.where, phases, volume, rule.connectivity)
    if rule.bulk:
        volume = _bulk(volume, rule.bulk)
    if rule.min_voxels > 1:
        volume = remove_small(volume, rule.min_voxels, connectivity=rule.connectivity)
    for _ in range(rule.grow):
        volume = volume.dilate() & free
    return volume


def _bulk(volume: RunVolume, depth: int) -> RunVolume:
    inner = volume
    for _ in range(depth):
        inner = inner.erode()
    if inner.n_voxels == 0:
        return inner
    inner = keep_largest(inner, connectivity=6 if len(volume.shape) == 3 else 4)
    # One voxel more than was taken off, so that no corner is lost.
    for _ in range(depth + 1):
        inner = inner.dilate() & volume
    return inner


def _check_rules(rules: Sequence[PhaseRule]) -> None:
    names: list[str] = []
    for rule in rules:
        if rule.name in names:
            raise ValueError(f"phases must have different names, got {rule.name!r} twice")
        for place in places(rule.where):
            if isinstance(place, str) and (phase := parse_place(place)[1]) not in names:
                raise ValueError(
                    f"place {place!r} of {rule.name} must name a phase whose rule comes earlier, "
                    f"got {phase!r}; earlier are {', '.join(names) or 'none'}"
                )
        names.append(rule.name)
    if not names:
        raise ValueError("rules must hold at least one phase, got none")


def _union(volumes: Iterable[RunVolume], shape: tuple[int, ...]) -> RunVolume:
    empty = RunVolume.from_box(shape, (slice(0, 0),) * len(shape))
    return reduce(RunVolume.__or__, volumes, empty)
