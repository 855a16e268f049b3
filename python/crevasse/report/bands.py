"""Numbers with the bands that thresholds leave them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table
from crevasse.operando import Analysis, InterfaceRecord

Curve = NDArray[np.float64]


class Banded(NamedTuple):
    """A number and the band that it lies in, NaN where there is none."""

    value: float
    low: float = math.nan
    high: float = math.nan


def banded(number: Callable[[Curve], float], curves: tuple[Curve, ...]) -> Banded:
    """A number of a curve, the first, and of the same with thresholds at the ends of their bands.

    Without a band where one of them is not known.
    """
    values = [float(number(curve)) for curve in curves]
    if not all(map(math.isfinite, values)):
        return Banded(values[0])
    return Banded(values[0], min(values), max(values))


def ratio(part: Banded, whole: Banded) -> Banded:
    """With thresholds that are wrong in their own ways: pores and cracks differ in grey value.

    Without a band where one is not known, or the whole may be nothing.
    """
    if whole.value == 0:
        return Banded(math.nan)
    value = part.value / whole.value
    if not (math.isfinite(part.low + whole.low) and whole.low > 0):
        return Banded(value)
    ends = [p / w for p in (part.low, part.high) for w in (whole.low, whole.high)]
    return Banded(value, min(ends), max(ends))


def growth(curves: tuple[Curve, ...]) -> Banded:
    """Greatest less first, over first."""
    return ratio(_grown(curves), banded(lambda v: v[0], curves))


def left_of_growth(curves: tuple[Curve, ...]) -> Banded:
    """What of greatest less first is left at the end; never more than all of it."""
    left = ratio(banded(lambda v: v[-1] - v[0], curves), _grown(curves))
    return left._replace(high=min(left.high, 1.0) if math.isfinite(left.high) else left.high)


def _grown(curves: tuple[Curve, ...]) -> Banded:
    return banded(lambda v: v.max() - v[0], curves)


def volumes(analysis: Analysis, name: str = "volume") -> tuple[Curve, ...]:
    """Open volume, or what of it is pre-existing or new, against time, and its band."""
    return analysis.history.frames[name], *measured(analysis, name)


def measured(analysis: Analysis, name: str) -> tuple[Curve, Curve]:
    """The least and the greatest of a measure against time, as thresholds may be."""
    measures = analysis.measures
    return measures[f"{name}_low"], measures[f"{name}_high"]


def with_ends(table: Table, column: str) -> tuple[Curve, ...]:
    """A column, and with thresholds at the ends of their bands."""
    return table[column], table[f"{column}_low"], table[f"{column}_high"]


def changed(layer: InterfaceRecord, row: int) -> Banded:
    """Mean thickness less the first one. What both share drops out, `finest` is left."""
    change = banded(lambda t: t[row] - t[0], thicknesses(layer.table()))
    return change._replace(low=change.low - layer.finest, high=change.high + layer.finest)


def shorted(analysis: Analysis, frame: int) -> Banded:
    """The frame of the short, and from when on nothing is left between the electrodes.

    Without a band where fronts were not measured, or that may not have come yet.
    """
    if analysis.fronts is None:
        return Banded(frame)
    ends = [np.flatnonzero(left == 0) for left in measured(analysis, "ligament")]
    if not all(map(len, ends)):
        return Banded(frame)
    first = [frame, *(int(end[0]) for end in ends)]
    return Banded(frame, min(first), max(first))


def thicknesses(layer: Table) -> tuple[Curve, ...]:
    """Mean thickness of a layer against time, and its band.

    It is that of the thresholds, and of what cannot be resolved.
    """
    low = np.minimum(layer["threshold_low"], layer["mean_low"])
    high = np.maximum(layer["threshold_high"], layer["mean_high"])
    return layer["mean"], low, high
