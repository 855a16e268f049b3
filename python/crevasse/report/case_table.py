"""What a paper says, what is true of the phantom of its case, and what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from crevasse._table import Table
from crevasse.operando import Analysis
from crevasse.operando.electrochemistry import coulombic_efficiency, lithium_volume
from crevasse.phantom import CaseTruth, Scene
from crevasse.report.bands import (
    Banded,
    Curve,
    banded,
    changed,
    growth,
    left_of_growth,
    ratio,
    shorted,
    thicknesses,
    volumes,
    with_ends,
)
from crevasse.report.figures import pretty_unit

_UPPER = 80 / 266  # of the solid's depth: the paper's subvolume


def case_table(scene: Scene, analysis: Analysis) -> Table:
    """Set the numbers of a case side by side.

    Parameters
    ----------
    scene
        From `crevasse.phantom.case_a`, `case_b` or `case_c`.
    analysis
        Of its images, by the experiment that `crevasse.phantom.write_case` writes.

    Returns
    -------
    Table
        ``quantity, paper, truth, measured, low, high, unit``. Low and high are the least and
        greatest value with thresholds at the ends of their bands; NaN where a number hangs on none.
    """
    find = {"case_a": _case_a, "case_b": _case_b, "case_c": _case_c}[scene.name]
    measured = dict(find(scene, analysis))
    facts = {fact.quantity: fact for fact in _truth(scene).facts}
    rows = [
        (name, fact.paper, fact.truth, *measured.get(name, Banded(math.nan)), fact.unit)
        for name, fact in facts.items()
    ]
    names = ("quantity", "paper", "truth", "measured", "low", "high", "unit")
    columns = zip(*rows, strict=True)
    return Table({name: np.array(c) for name, c in zip(names, columns, strict=True)})


def case_markdown(table: Table) -> str:
    """The table as Markdown, to three digits, as in the documentation."""
    lines = ["| | paper | truth | measured | low to high |", "|---|---|---|---|---|"]
    for row in table.rows():
        unit = f" ({pretty_unit(row['unit'])})" if row["unit"] else ""
        numbers = " | ".join(f"{row[name]:.3g}" for name in ("paper", "truth", "measured"))
        band = f"{row['low']:.3g} to {row['high']:.3g}" if math.isfinite(row["low"]) else ""
        lines.append(f"| {row['quantity']}{unit} | {numbers} | {band} |")
    return "\n".join(lines)


def _case_a(scene: Scene, analysis: Analysis) -> Iterator[tuple[str, Banded]]:
    frames, measures = analysis.history.frames, analysis.measures
    curves, time = volumes(analysis), frames["time"]
    of = partial(banded, curves=curves)
    fraction = float(measures["fraction"][0] / curves[0][0])
    subvolume = _opened_above(scene, analysis) / float(curves[0][0])
    yield "porosity", of(lambda v: v[0] * fraction)
    yield "pore volume of the subvolume", of(lambda v: v[0] * subvolume)
    yield "volume before", of(lambda v: v[0])
    yield "volume after plating", of(np.max)
    yield "growth", growth(curves)
    expected = _expected_lithium(scene, analysis)
    yield "expected lithium", Banded(expected)
    yield "accommodated", of(lambda v: (v.max() - v[0]) / expected)
    yield "left of the growth", left_of_growth(curves)
    new = volumes(analysis, "volume_new")
    left, greatest = (banded(number, new) for number in (lambda v: v[-1], np.max))
    yield "left of the new cracks", ratio(left, greatest)
    yield "first-cycle efficiency", Banded(_efficiency(analysis))
    peak = int(np.argmax(curves[0]))
    between = float(np.diff(time).max()) / 2  # scans show no more of when something was
    flat = _bend(time[: peak + 1], curves[0][: peak + 1])
    yield "flat until", Banded(flat, flat - between, flat + between)
    plateau = -_bend(-time[peak:][::-1], curves[0][peak:][::-1]) - float(time[peak])
    yield "plateau after stripping for", Banded(plateau, plateau - between, plateau + between)


def _case_b(scene: Scene, analysis: Analysis) -> Iterator[tuple[str, Banded]]:
    from crevasse.phantom.case_b import STAGES

    yield "first-cycle efficiency", Banded(_efficiency(analysis))
    for stage in STAGES:
        row = int(np.argmin(np.abs(analysis.history.frames["time"] - stage.time)))
        working, counter = (_layer(analysis, name, row) for name in ("working", "counter"))
        yield f"thickness mean, {stage.name}", working[0]
        yield f"thickness std, {stage.name}", working[1]
        yield f"counter electrode, {stage.name}", counter[2]


def _case_c(scene: Scene, analysis: Analysis) -> Iterator[tuple[str, Banded]]:
    yield "thickness mean after 3 mAh/cm²", _layer(analysis, "working", 0)[0]
    short = analysis.history.short()
    yield "filaments that span the cell", Banded(0.0 if short is None else 1.0)
    if short is None:
        return
    yield "frame of the short", shorted(analysis, short.frame)
    charge = float(analysis.charge["inventory"][short.frame])
    yield "charge at the short", Banded(charge)
    opened = (analysis.history.first_crack() == short.crack) & (
        analysis.history.first_open() <= short.frame
    )
    truth = _truth(scene)
    filament = truth.objects(short.frame) == truth.short_object
    shared = float(np.count_nonzero(opened & filament)) / float(np.count_nonzero(opened) or 1)
    yield "share of the shorting crack in the filament", Banded(shared)


def _layer(analysis: Analysis, name: str, row: int) -> tuple[Banded, Banded, Banded]:
    """Mean, standard deviation and change of a layer."""
    layer = analysis.layers[name]
    table = layer.table()
    return (
        banded(lambda t: t[row], thicknesses(table)),
        banded(lambda t: t[row], with_ends(table, "std_corrected")),
        changed(layer, row),
    )


def _efficiency(analysis: Analysis) -> float:
    assert analysis.cycling is not None
    return float(coulombic_efficiency(analysis.cycling.half_cycles)["efficiency"][0])


def _expected_lithium(scene: Scene, analysis: Analysis) -> float:
    """What has been plated since cracks began to grow, as a volume under the region."""
    time = analysis.history.frames["time"]
    inventory = analysis.charge["inventory"]
    begin = _truth(scene).fact("flat until").truth
    plated = inventory.max() - np.interp(begin, time, inventory)
    area = math.prod(scene.shape[1:]) * math.prod(scene.spacing[1:])
    return float(lithium_volume(plated, local_area=area))


def _truth(scene: Scene) -> CaseTruth:
    assert isinstance(scene.truth, CaseTruth)
    return scene.truth


def _opened_above(scene: Scene, analysis: Analysis) -> float:
    """Volume that was open in the first frame, in the paper's subvolume below the collector."""
    assert scene.cell is not None
    collector = round(float(scene.cell.faces(0)[0].mean()))
    end = collector + round((scene.shape[0] - collector) * _UPPER)
    opened = np.count_nonzero(analysis.history.first_open()[:end] == 0)
    return float(opened * math.prod(scene.spacing))


def _bend(time: Curve, volume: Curve) -> float:
    """When a curve that is flat begins to rise evenly: the least squares over all such bends."""
    best = (math.inf, math.nan)
    for bend in np.linspace(time[0], time[-2], 400):
        rise = np.maximum(time - bend, 0)
        design = np.stack([np.ones_like(time), rise], axis=1)
        fit, *_ = np.linalg.lstsq(design, volume, rcond=None)
        best = min(best, (float(((design @ fit - volume) ** 2).sum()), float(bend)))
    return best[1]
