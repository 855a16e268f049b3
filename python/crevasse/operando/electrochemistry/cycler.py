"""What a cycler recorded: time, voltage and current with a stated sign, and the charge passed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse.tracking import Direction

Floats = NDArray[np.float64]
Clock = Literal["unix", "test"]
Sampling = Literal["points", "means", "steps"]

COULOMB_PER_MAH = 3.6
_ROUNDING = 1e-3  # s: what ends so little before or after the record ends with it
_SIGNS = {Direction.PLATING: 1.0, Direction.STRIPPING: -1.0}
_HOLE_SPAN = 10  # times the median between samples
_HOLE_SHARE = 0.02  # of all charge that goes either way


@dataclass(frozen=True, eq=False)
class CyclerData:
    """Time, voltage and current of one cell, in order of time.

    Attributes
    ----------
    time
        In seconds, float64, shape (n,), never decreasing; n is at least 2.
    voltage
        In volt; nan where there is none.
    current
        In ampere, with the sign that the file had.
    positive
        What a positive current does at the working electrode: "plating" or "stripping". The Battery
        Data Format counts charging as positive and EC-Lab oxidation, but which of these plates
        depends on how the cell is wired: it is never guessed.
    clock
        "unix": `time` counts from 1970-01-01 UTC; "test": from the beginning of the test.
    sampling
        What the current is between samples. "points": it runs straight from one to the next, so
        that charge is the trapezoid rule's; "means": each is the mean since the one before, as
        EC-Lab's ``<I>``; "steps": each holds until the next.
    source
        Where the numbers come from, in words.

    Raises
    ------
    ValueError
        Unequal lengths, fewer than two samples, times that go back, current that is not finite, or
        `positive` that is not given.

    Examples
    --------
    >>> cycler = CyclerData([0, 3600, 7200], [-0.1, -0.1, -0.1], [1e-3, 1e-3, 1e-3],
    ...                     positive="plating")
    >>> cycler.charge().tolist()
    [0.0, 1.0, 2.0]
    """

    time: Floats
    voltage: Floats
    current: Floats
    positive: Direction | str | None = None
    clock: Clock = "test"
    sampling: Sampling = "points"
    source: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "positive", stated_sign(self.positive))
        for name in ("time", "voltage", "current"):
            object.__setattr__(self, name, _column(getattr(self, name), name))
        _one_of(self.clock, Clock, "clock")
        _one_of(self.sampling, Sampling, "sampling")
        lengths = {name: len(getattr(self, name)) for name in ("time", "voltage", "current")}
        if len(set(lengths.values())) > 1 or lengths["time"] < 2:
            raise ValueError(
                f"{_of(self.source)}cycler data must have equal numbers of samples, at least 2, "
                f"got {lengths}"
            )
        for name in ("time", "current"):
            _finite(getattr(self, name), name, self.source)
        back = np.flatnonzero(np.diff(self.time) < 0)
        if len(back):
            i = int(back[0])
            raise ValueError(
                f"{_of(self.source)}time must not go back, got {self.time[i + 1]:.3f} s after "
                f"{self.time[i]:.3f} s in sample {i + 1}; sort the rows"
            )
        if self.time[0] == self.time[-1]:
            raise ValueError(f"{_of(self.source)}time must span something, got {self.time[0]} s")

    def __len__(self) -> int:
        return len(self.time)

    @property
    def plating_current(self) -> Floats:
        """Current in ampere, positive where lithium is plated on the working electrode."""
        return _SIGNS[stated_sign(self.positive)] * self.current

    def holes(self) -> list[tuple[float, float]]:
        """Where nothing was recorded although charge may well have flowed.

        Returns
        -------
        list of (begin, end)
            In seconds: stretches more than ten times as long as samples usually lie apart, in which
            2 % or more of all charge that went either way is interpolated.

        Examples
        --------
        >>> time = [*range(0, 600, 10), *range(1800, 3600, 10)]
        >>> CyclerData(time, [0] * 240, [1e-3] * 240, positive="plating").holes()
        [(590.0, 1800.0)]
        """
        a, b = self.interval_currents()
        span = np.diff(self.time)
        moved = (np.abs(a) + np.abs(b)) / 2 * span
        long = span > _HOLE_SPAN * np.median(span[span > 0])
        holes = np.flatnonzero(long & (moved >= _HOLE_SHARE * moved.sum()) & (moved > 0))
        return [(float(self.time[i]), float(self.time[i + 1])) for i in holes]

    def charge(self, at: ArrayLike | None = None) -> Floats:
        """Net charge plated since the first sample.

        Parameters
        ----------
        at
            Times in seconds; None: at every sample. Before the first sample the charge is 0, after
            the last one it stays.

        Returns
        -------
        float64, shape of `at`
            In mAh; stripping takes away.
        """
        a, b = self.interval_currents()
        span = np.diff(self.time)
        sums = np.concatenate(([0.0], np.cumsum((a + b) / 2 * span))) / COULOMB_PER_MAH
        if at is None:
            return sums
        t = np.clip(np.asarray(at, dtype=np.float64), self.time[0], self.time[-1])
        i = self._interval(t)
        into = t - self.time[i]
        slope = np.divide(b - a, span, out=np.zeros_like(span), where=span > 0)
        return np.asarray(sums[i] + (a[i] + slope[i] * into / 2) * into / COULOMB_PER_MAH)

    def covers(self, at: ArrayLike) -> NDArray[np.bool_]:
        """Whether times in seconds lie within the recording, but for rounding."""
        t, (first, last) = np.asarray(at, dtype=np.float64), self.time[[0, -1]]
        inside: NDArray[np.bool_] = (t >= first - _ROUNDING) & (t <= last + _ROUNDING)
        return inside

    def voltage_within(self, begin: Floats, end: Floats) -> tuple[Floats, Floats]:
        """Voltage in volt of the first and of the last sample from each begin to its end.

        Where the current turns between two samples, neither voltage is that of the other side. nan
        where no sample is.
        """
        time, n = self.time, len(self)
        first = np.searchsorted(time, begin, side="right") - 1
        last = np.searchsorted(time, end, side="left")
        alone = np.append(True, np.diff(time) > 0) & np.append(np.diff(time) > 0, True)
        # A sample alone at a turn is of one side where its current is that of an interval.
        others_first, others_last = self.sampling == "means", self.sampling == "steps"
        first += (time[np.maximum(first, 0)] < begin) | (
            others_first & alone[np.maximum(first, 0)] & (first > 0)
        )
        last -= (time[np.minimum(last, n - 1)] > end) | (
            others_last & alone[np.minimum(last, n - 1)] & (last < n - 1)
        )
        at = np.clip(np.stack([first, last]), 0, len(self) - 1)
        found = np.where(first <= last, self.voltage[at], np.nan)
        return found[0], found[1]

    def voltage_at(self, at: ArrayLike) -> Floats:
        """Voltage in volt at times in seconds, straight between samples.

        Where two samples have one time it is the first one's. Outside of the recording it is nan.
        """
        t = np.asarray(at, dtype=np.float64)
        at_or_behind = np.searchsorted(self.time, t)
        i = np.clip(at_or_behind, 1, len(self) - 1)
        before, after = self.time[i - 1], self.time[i]
        share = np.divide(t - before, after - before, out=np.ones_like(t), where=after > before)
        v = self.voltage[i - 1] + share * (self.voltage[i] - self.voltage[i - 1])
        # A sample's own voltage holds even if the one beside it is nan.
        own = np.minimum(at_or_behind, len(self) - 1)
        v = np.where(t == self.time[own], self.voltage[own], v)
        return np.where((t < self.time[0]) | (t > self.time[-1]), np.nan, v)

    def interval_currents(self) -> tuple[Floats, Floats]:
        """Plating current at the begin and the end of each interval between samples, in ampere."""
        current = self.plating_current
        begin = current[1:] if self.sampling == "means" else current[:-1]
        end = current[:-1] if self.sampling == "steps" else current[1:]
        return begin, end

    def as_points(self) -> CyclerData:
        """The same current as points: two samples at each time at which it may jump."""
        if self.sampling == "points":
            return self
        begin, end = self.interval_currents()
        sign = _SIGNS[stated_sign(self.positive)]
        return replace(
            self,
            time=np.repeat(self.time, 2)[1:-1],
            voltage=np.repeat(self.voltage, 2)[1:-1],
            current=sign * np.column_stack((begin, end)).ravel(),
            sampling="points",
        )

    def pieces(self, threshold: float) -> tuple[Floats, NDArray[np.int8]]:
        """Cut time where the current crosses `threshold` (in ampere), either way.

        Returns
        -------
        edges : float64, shape (m + 1,)
            In seconds, increasing.
        states : int8, shape (m,)
            1: plating, -1: stripping, 0: not above the threshold.
        """
        a, b = self.interval_currents()
        span = np.diff(self.time)
        cuts = [self.time]
        for level in {threshold, -threshold}:
            crosses = (a - level) * (b - level) < 0
            share = (level - a[crosses]) / (b[crosses] - a[crosses])
            cuts.append(self.time[:-1][crosses] + share * span[crosses])
        edges = np.unique(np.concatenate(cuts))
        middle = (edges[:-1] + edges[1:]) / 2
        i = self._interval(middle)
        share = np.divide(
            middle - self.time[i], span[i], out=np.zeros_like(middle), where=span[i] > 0
        )
        current = a[i] + share * (b[i] - a[i])
        states = np.sign(current) * (np.abs(current) > threshold)
        return edges, states.astype(np.int8)

    def _interval(self, t: Floats) -> NDArray[np.intp]:
        return np.clip(np.searchsorted(self.time, t, side="right") - 1, 0, len(self) - 2)


def concatenate(parts: Sequence[CyclerData]) -> CyclerData:
    """Recordings of one cell as one, in order of time.

    Between two of them, no current is taken to have passed. Where they were sampled in different
    ways, all become points; that changes no charge.

    Raises
    ------
    ValueError
        No parts, parts that differ in sign or clock, or that overlap in time.
    """
    if not parts:
        raise ValueError("cycler data must have at least one part, got none")
    ordered = sorted(parts, key=lambda part: (part.time[0], part.time[-1]))
    if len({part.sampling for part in ordered}) > 1:
        ordered = [part.as_points() for part in ordered]
    first = ordered[0]
    times, voltages, currents = [first.time], [first.voltage], [first.current]
    for before, part in pairwise(ordered):
        for name in ("positive", "clock"):
            if getattr(before, name) != getattr(part, name):
                raise ValueError(
                    f"parts must have the same {name}, got {getattr(before, name)!s} in "
                    f"{before.source or 'one'} and {getattr(part, name)!s} in "
                    f"{part.source or 'another'}"
                )
        if part.time[0] < before.time[-1]:
            raise ValueError(
                f"parts must follow one another, but {part.source or 'one'} begins "
                f"{before.time[-1] - part.time[0]:.3f} s before {before.source or 'another'} ends"
            )
        # Two samples without current keep the last current from running on across the gap.
        times += [np.array([before.time[-1], part.time[0]]), part.time]
        voltages += [np.full(2, np.nan), part.voltage]
        currents += [np.zeros(2), part.current]
    return replace(
        first,
        time=np.concatenate(times),
        voltage=np.concatenate(voltages),
        current=np.concatenate(currents),
        source="; ".join(part.source for part in ordered if part.source),
    )


def stated_sign(positive: Direction | str | None) -> Direction:
    """`positive` as a direction; refuses what does not say it."""
    try:
        direction = Direction(positive or "")
    except ValueError:
        direction = Direction.UNKNOWN
    if direction not in _SIGNS:
        raise ValueError(
            "positive must say what a positive current does at the working electrode, 'plating' or "
            f"'stripping', got {positive!r}"
        )
    return direction


def _column(values: ArrayLike, name: str) -> Floats:
    try:
        column = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must hold numbers, got {values!r:.60}") from None
    if column.ndim != 1:
        raise ValueError(f"{name} must be 1-D, got shape {column.shape}")
    column.flags.writeable = False
    return column


def _finite(values: Floats, name: str, source: str) -> None:
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        i = int(bad[0])
        raise ValueError(
            f"{_of(source)}{name} must be finite, got {values[i]} in sample {i}; drop such rows"
        )


def _one_of(value: object, kinds: object, name: str) -> None:
    if value not in get_args(kinds):
        known = ", ".join(repr(kind) for kind in get_args(kinds))
        raise ValueError(f"{name} must be one of {known}, got {value!r}")


def _of(source: str) -> str:
    return f"{source}: " if source else ""
