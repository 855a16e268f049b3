"""Every key figure with its band, and how it was obtained."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from crevasse._table import Table
from crevasse.operando import Analysis
from crevasse.operando.electrochemistry import (
    UM_PER_MAH_CM2,
    accommodated,
    coulombic_efficiency,
    lithium_thickness,
)
from crevasse.report.bands import (
    Banded,
    Curve,
    banded,
    changed,
    growth,
    left_of_growth,
    measured,
    shorted,
    thicknesses,
    volumes,
    with_ends,
)
from crevasse.report.figures import pretty_unit, quantity
from crevasse.tracking.short import Short

_THRESHOLDS = "band: that of the thresholds"
_APART = "band: that of the thresholds, which may differ for both"


class Number(NamedTuple):
    """A row: NaN where there is no band; `how` it was obtained."""

    quantity: str
    value: float
    low: float
    high: float
    unit: str
    how: str


def numbers(analysis: Analysis) -> Table:
    """The numbers of a report: ``quantity, value, low, high, unit, how``.

    Low and high are the least and greatest value with thresholds at the ends of their bands; NaN
    where a number hangs on none.
    """
    rows = [
        *_cracks(analysis),
        *_layers(analysis),
        *_charge(analysis),
        *_accommodated(analysis),
        *_fronts(analysis),
    ]
    columns = zip(*rows, strict=True) if rows else ([] for _ in Number._fields)
    return Table({n: np.array(c) for n, c in zip(Number._fields, columns, strict=True)})


def _cracks(analysis: Analysis) -> Iterator[Number]:
    if not analysis.settings.follow:
        return
    frames, measures = analysis.history.frames, analysis.measures
    curves = volumes(analysis)
    what, unit = quantity(analysis), pretty_unit(frames.units["volume"])
    voxels = f"count of open voxels; {_THRESHOLDS}"

    def of(name: str, unit: str, number: Callable[[Curve], float], how: str) -> Number:
        return Number(name, *banded(number, curves), unit, how)

    yield of(f"open {what}, first frame", unit, lambda v: v[0], voxels)
    yield of(f"open {what}, last frame", unit, lambda v: v[-1], voxels)
    yield of(f"open {what}, greatest", unit, np.max, voxels)
    share = float(measures["fraction"][0] / curves[0][0]) if curves[0][0] else math.nan
    if math.isfinite(share):
        region = "of the region of interest; " + _THRESHOLDS
        yield of("porosity, first frame", "%", lambda v: 100 * v[0] * share, region)
    if curves[0][0]:
        yield _percent("growth", growth(curves), "greatest less first, over first; " + _APART)
    if curves[0].max() > curves[0][0]:
        how = "what is left of greatest less first, over that; " + _APART
        yield _percent("left of the growth, last frame", left_of_growth(curves), how)
    for name in ("preexisting", "new"):
        at_last = banded(_last, volumes(analysis, f"volume_{name}"))
        how = f"open in the first {analysis.settings.baseline_frames} frame(s); {_THRESHOLDS}"
        how = how if name == "preexisting" else f"not {how}"
        label = f"{name.replace('preex', 'pre-ex')} {what}, last frame"
        yield Number(label, *at_last, unit, how)
    for name in ("mean", "median", "p90"):
        if (column := f"thickness_{name}") in measures.columns:
            at_last = banded(_last, with_ends(measures, column))
            how = f"local thickness, weighted by volume, last frame; {_THRESHOLDS}"
            length = pretty_unit(analysis.series.unit)
            yield Number(f"thickness of cracks, {name}", *at_last, length, how)


def _last(curve: Curve) -> float:
    return float(curve[-1])


def _percent(name: str, number: Banded, how: str) -> Number:
    return Number(name, 100 * number.value, 100 * number.low, 100 * number.high, "%", how)


def _layers(analysis: Analysis) -> Iterator[Number]:
    unit = pretty_unit(analysis.series.unit)
    for name, record in analysis.layers.items():
        table = record.table()
        columns = f"column sums in {int(table['n_columns'][0])} columns"
        how = f"{columns}; {_THRESHOLDS} and of what is too thin to be resolved"
        curves = thicknesses(table)
        for when, mean in (
            ("mean, first frame", banded(lambda t: t[0], curves)),
            ("mean, last frame", banded(lambda t: t[-1], curves)),
            ("change", changed(record, -1)),
        ):
            yield Number(f"{name} layer, {when}", *mean, unit, how)
        deviation = banded(_last, with_ends(table, "std_corrected"))
        how = (
            f"of the thickness map, less what rounding to voxels adds; {_THRESHOLDS}, and a "
            "twentieth of a voxel"
        )
        yield Number(f"{name} layer, deviation, last frame", *deviation, unit, how)
        lost = banded(_last, with_ends(table, "contact_loss"))
        how = f"of the area, last frame; {_THRESHOLDS}"
        yield _percent(f"{name} layer, without lithium", lost, how)


def _charge(analysis: Analysis) -> Iterator[Number]:
    cycling = analysis.cycling
    if cycling is None:
        return
    try:
        efficiency = coulombic_efficiency(cycling.half_cycles)["efficiency"]
    except ValueError:  # there is no whole cycle
        efficiency = np.zeros(0)
    for cycle, value in enumerate(efficiency.tolist(), start=1):
        if math.isfinite(value):
            how = "charge stripped over charge plated, from the cycler's record"
            yield Number(f"coulombic efficiency, cycle {cycle}", 100 * value, *_NO_BAND, "%", how)
    if not _area_known(analysis):
        return
    charge = float(np.max(analysis.charge["inventory"], initial=-math.inf))
    if not math.isfinite(charge):
        return
    thickness = float(lithium_thickness(charge))
    how = f"Faraday: {UM_PER_MAH_CM2:.4g} µm for 1 mAh/cm², greatest charge at a scan"
    yield Number("lithium expected as a layer", thickness, *_NO_BAND, "µm", how)


def _accommodated(analysis: Analysis) -> Iterator[Number]:
    """When most lithium is plated: what of it the cracks can hold."""
    settings, series = analysis.settings, analysis.series
    if analysis.cycling is None or not (_area_known(analysis) and settings.follow):
        return
    if series.unit != "um" or len(series.shape) != 3:
        return
    charge = analysis.charge
    # By the charge, not by the volume, of which noise would choose the greatest.
    k = int(np.argmax(np.nan_to_num(charge["inventory"], nan=-math.inf)))
    capacity = float(charge["inventory"][k] - charge["inventory"][0])
    band = (
        float(charge["inventory_low"][k] - charge["inventory_high"][0]),
        float(charge["inventory_high"][k] - charge["inventory_low"][0]),
    )
    if not band[0] > 0:
        return
    gain = banded(lambda v: v[k] - v[0], volumes(analysis))
    found = accommodated(
        gain.value,
        capacity,
        local_area=settings.area(series.shape, series.spacing),
        gain_band=(gain.low, gain.high),
        capacity_band=band,
    )
    how = (
        f"growth of cracks till frame {k} over the {found.expected:.0f} µm³ that the charge since "
        f"the first frame is over the region; {_THRESHOLDS} and of the charge"
    )
    low, high = 100 * found.low, 100 * found.high
    yield Number("lithium accommodated by cracks", 100 * found.fraction, low, high, "%", how)


def _area_known(analysis: Analysis) -> bool:
    cycling = analysis.settings.cycling
    return cycling is not None and cycling.area is not None


def _fronts(analysis: Analysis) -> Iterator[Number]:
    if analysis.fronts is not None:
        frames, unit = analysis.fronts.frames, pretty_unit(analysis.history.unit)
        depths = (frames["depth_max"], *measured(analysis, "depth_max"))
        left = (frames["ligament"], *measured(analysis, "ligament"))
        inside = f"shortest way inside of cracks; {_THRESHOLDS}"
        between = f"on the shortest way, last frame; {_THRESHOLDS}"
        for name, number, curves, how in (
            ("deepest crack, all frames", _greatest, depths, inside),
            ("deepest crack, last frame", _last, depths, inside),
            ("solid left between the electrodes", _last, left, between),
        ):
            found = banded(number, curves)
            if math.isfinite(found.value):
                yield Number(name, *found, unit, how)
    short = analysis.history.short() if analysis.settings.counter is not None else None
    if short is not None:
        how = f"bridged {spans_in_words(analysis, short)}, first by crack {short.crack}"
        found = shorted(analysis, short.frame)
        if math.isfinite(found.low):
            how += f"; {_THRESHOLDS}"
        time = analysis.history.frames["time"]
        at = Banded(*(float(time[int(k)]) if math.isfinite(k) else k for k in found))
        yield Number("short", *at, analysis.history.time_unit, how)
        if analysis.cycling is not None and _area_known(analysis):
            charge = float(analysis.charge["inventory"][short.frame])
            how = "net plated since the record began, at the end of the first bridged scan"
            yield Number("charge at the short", charge, *_NO_BAND, "mAh/cm²", how)


def spans_in_words(analysis: Analysis, short: Short) -> str:
    """When the electrodes are bridged."""
    time, unit = analysis.history.frames["time"], analysis.history.time_unit

    def frame(k: int) -> str:
        return f"frame {k}" + (f" ({time[k]:.4g} {unit})" if unit != "frame" else "")

    words = []
    for first, last in short.spans:
        if first == last:
            words.append(f"in {frame(first)}")
        elif last == len(time) - 1:
            words.append(f"from {frame(first)} on")
        else:
            words.append(f"from {frame(first)} to {frame(last)}")
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def _greatest(curve: Curve) -> float:
    return float(np.nanmax(curve, initial=-math.inf))


_NO_BAND = (math.nan, math.nan)
