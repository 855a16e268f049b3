"""The few numbers that a person asks for first, and how they were obtained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

import crevasse
from crevasse._plain import plain
from crevasse.operando import Analysis, GreySample, PhaseRule, Threshold, doubts
from crevasse.operando.phases.phases import BOUNDS
from crevasse.operando.phases.places import places
from crevasse.operando.phases.seen_electrode import SeenElectrode
from crevasse.report.figures import pretty_unit
from crevasse.report.numbers import numbers
from crevasse.tracking import EventType

_ALIGNED = {
    "none": "no",
    "translation": "yes, translation",
    "rigid": "yes, translation and rotation",
}


def summary(analysis: Analysis) -> dict[str, Any]:
    """Key figures as plain values, ready for JSON."""
    history, series = analysis.history, analysis.series
    frames, events = history.frames, history.events
    volume = frames["volume"]
    return {
        "crevasse": crevasse.__version__,
        "source": series.source,
        "n_frames": len(frames),
        "n_frames_in_series": len(series),
        "shape": list(series.shape),
        "spacing": list(series.spacing),
        "origin": list(series.origin or (0.0,) * len(series.shape)),
        "unit": series.unit,
        "time_unit": history.time_unit,
        "volume_unit": frames.units["volume"],
        "thresholds": {rule.name: _windows(rule) for rule in analysis.settings.rules},
        "skipped": [list(skipped) for skipped in analysis.skipped],
        "doubts": [asdict(d) | {"about": [list(a) for a in d.about]} for d in doubts(analysis)],
        "time": frames["time"].tolist(),
        "volume": volume.tolist(),
        "volume_low": analysis.measures["volume_low"].tolist(),
        "volume_high": analysis.measures["volume_high"].tolist(),
        "volume_preexisting": frames["volume_preexisting"].tolist(),
        "volume_new": frames["volume_new"].tolist(),
        "volume_change": float(volume[-1] - volume[0]),
        "n_cracks": frames["n_cracks"].tolist(),
        "n_crack_ids": len(history.cracks),
        "events": {kind.value: int((events["type"] == kind.value).sum()) for kind in EventType},
        "failure": analysis.failure,
        "numbers": [_row(row) for row in numbers(analysis).rows()],
        **_cell(analysis),
    }


def _cell(analysis: Analysis) -> dict[str, Any]:
    """Of the cell around the cracks: only what was asked for."""
    found: dict[str, Any] = {}
    if analysis.settings.counter is not None:
        short = analysis.history.short()
        found["short"] = None if short is None else asdict(short)
    if analysis.cycling is not None:
        found["capacity"] = _listed(analysis.history.frames["capacity"])
        found["direction"] = analysis.history.frames["direction"].tolist()
    if analysis.fronts is not None:
        for name in ("depth_max", "ligament"):
            found[name] = _listed(analysis.fronts.frames[name])
            for end in ("low", "high"):
                found[f"{name}_{end}"] = _listed(analysis.measures[f"{name}_{end}"])
    for name, record in analysis.layers.items():
        table = record.table()
        found[f"layer_{name}"] = {
            column: _listed(table[column])
            for column in ("mean", "std_corrected", "change", "threshold_low", "threshold_high")
        }
    return found


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in row.items()}


def _listed(values: NDArray[np.float64]) -> list[float | None]:
    return [plain(value) for value in values.tolist()]


def settings_in_words(analysis: Analysis) -> list[tuple[str, str]]:
    """How the numbers were obtained: name and value, in the order of the work."""
    series, settings = analysis.series, analysis.settings
    signal = settings.signal
    spacing = " × ".join(f"{length:g}" for length in series.spacing)
    return [
        ("source", series.source),
        ("frames", f"{len(series)} of {' × '.join(map(str, series.shape))} {series.dtype}"),
        (
            "voxel size",
            f"{spacing} {pretty_unit(series.unit)} ({series.spacing_source})",
        ),
        *_crop_in_words(analysis),
        ("times", f"{series.times_source}, in {series.time_unit}"),
        ("region of interest", _roi_in_words(analysis)),
        ("light matched", "yes, by the bright level" if settings.match_light else "no"),
        ("drift corrected", _ALIGNED[settings.align]),
        ("denoising", signal.denoise),
        (
            "smoothing",
            f"Gaussian, σ = {signal.smooth:g} voxels" if signal.smooth else "none",
        ),
        (
            "background",
            f"removed, features up to {signal.flatten} voxels wide" if signal.flatten else "kept",
        ),
        *((f"phase {rule.name}", _phase_in_words(rule, analysis)) for rule in settings.rules),
        ("followed", ", ".join(settings.follow) or "nothing"),
        ("connectivity", str(settings.connectivity)),
        ("pre-existing", f"open in the first {settings.baseline_frames} frame(s)"),
        ("repeatability", _repeatability_in_words(analysis)),
        *_cell_in_words(analysis),
    ]


def _crop_in_words(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """Where what was analysed lies in the scans, if these were cropped."""
    series = analysis.series
    if series.origin:
        axes = ", ".join("zyx"[-len(series.shape) :])
        begin = ", ".join(f"{length:g}" for length in series.origin)
        yield (
            "crop",
            f"begins at ({axes}) = ({begin}) {series.unit} of the scans; positions count from it",
        )


def _cell_in_words(analysis: Analysis) -> Iterator[tuple[str, str]]:
    """What is around the cracks, where it was given: electrodes, and the cycler's record."""
    settings = analysis.settings
    for name in ("working", "counter"):
        electrode = getattr(settings, name)
        if isinstance(electrode, SeenElectrode):
            yield f"{name} electrode", f"seen in the first scan, at {electrode.face}"
        elif electrode is not None:
            yield (
                f"{name} electrode",
                electrode if isinstance(electrode, str) else "a plane or mask",
            )
    for name, layer in settings.layers.items():
        disc = "" if layer.roi is None else f", in a disc of {_diameter(layer.roi, analysis)}"
        yield f"{name} layer", f"{layer.phase} at {layer.face}{disc}"
    if settings.cycling is None:
        return
    cycling, cycler = settings.cycling, settings.cycling.cycler
    area = "area not known" if cycling.area is None else f"{cycling.area:g} cm²"
    yield "cycler's record", f"{cycler.source}; positive current is {cycler.positive}; {area}"
    yield (
        "its clock",
        f"begins at {cycling.begin:.4g} h of the scans', ± {cycling.uncertainty:.3g} h; "
        f"a scan takes {cycling.scan_duration:.3g} h",
    )


def _repeatability_in_words(analysis: Analysis) -> str:
    given = analysis.settings.repeatability
    if given != "baseline":
        return f"{given:.0%} of a crack's volume"
    source = f"measured between the first {analysis.settings.baseline_frames} frames"
    measured = analysis.history.intervals["repeatability"]
    return f"{measured[-1]:.1%} of a crack's volume, {source}" if measured.size else source


def _phase_in_words(rule: PhaseRule, analysis: Analysis) -> str:
    """Its grey values and how they were found, its place, and what is dropped."""
    settings = analysis.settings
    kind = "contrast" if settings.signal.flatten else "grey value"
    parts = []
    for name, sign in (("low", "≥"), ("high", "≤")):
        bound = getattr(rule, name)
        if bound is not None:
            parts.append(f"{kind} {sign} {_banded(Threshold.of(bound))}")
        seed = getattr(rule, f"seed_{name}")
        if seed is not None:
            parts.append(f"kept where {sign} {_banded(Threshold.of(seed))} is reached")
    if rule.name in settings.find and analysis.sample is not None:
        grey, sample = settings.find[rule.name], analysis.sample
        source = sample.found(rule.name, grey).source
        if rule.later is None:
            parts.append(f"by {source}, {sample.which} pooled")
        else:
            parts.append(f"by {source}, frame {sample.frames[0]}")
            parts.append(_later_in_words(rule, sample))
    elif rule.low is not None or rule.high is not None:
        parts.append("given")
    parts += [place for place in places(rule.where) if isinstance(place, str)]
    if rule.min_voxels > 1:
        parts.append(f"components of at least {rule.min_voxels} voxels")
    if rule.bulk:
        parts.append("its bulk alone")
    return "; ".join(parts) or "all that is left"


def _later_in_words(rule: PhaseRule, sample: GreySample) -> str:
    assert rule.later is not None
    sign = "≥" if rule.high is None else "≤"
    return (
        f"{sign} {_banded(Threshold.of(rule.later))} away from where it was then, half way to the "
        f"median of the cores of what opened later, {sample.n_cores(rule.name)} voxels in "
        f"{sample.which}"
    )


def _banded(threshold: Threshold) -> str:
    if threshold.low == threshold.high:
        return f"{threshold.value:.5g}"
    return f"{threshold.value:.5g} ({threshold.low:.5g} to {threshold.high:.5g})"


def _windows(rule: PhaseRule) -> dict[str, dict[str, float] | None]:
    """For JSON: the bounds with their bands."""
    bounds = {name: getattr(rule, name) for name in BOUNDS}
    return {
        name: None if bound is None else asdict(Threshold.of(bound))
        for name, bound in bounds.items()
    }


def _roi_in_words(analysis: Analysis) -> str:
    settings, shape = analysis.settings, analysis.series.shape
    parts = []
    if settings.roi is not None:
        axes = ("z", "y", "x")[-len(shape) :]
        ranges = [s.indices(n)[:2] for s, n in zip(settings.roi, shape, strict=True)]
        box = ", ".join(f"{axis} {a}:{b}" for axis, (a, b) in zip(axes, ranges, strict=True))
        parts.append(f"{box} (voxels)")
    if settings.cylinder is not None:
        parts.append(f"cylinder of {_diameter(settings.cylinder.diameter, analysis)}")
    return ", within it ".join(parts) or "all"


def _diameter(length: float, analysis: Analysis) -> str:
    return f"{length:g} {pretty_unit(analysis.series.unit)} across"
