"""The few numbers that a person asks for first, and how they were obtained."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

import crevasse
from crevasse.operando import Analysis
from crevasse.tracking import EventType


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
        "unit": series.unit,
        "time_unit": history.time_unit,
        "volume_unit": frames.units["volume"],
        "threshold": analysis.settings.segmentation.threshold,
        "threshold_source": analysis.threshold_source,
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
        **_cell(analysis),
    }


def _cell(analysis: Analysis) -> dict[str, Any]:
    """Of the cell around the cracks: only what was asked for."""
    found: dict[str, Any] = {}
    if analysis.settings.counter is not None:
        short = analysis.history.short()
        found["short"] = None if short is None else asdict(short)
    if analysis.cycling is not None:
        found["capacity"] = _plain(analysis.history.frames["capacity"])
        found["direction"] = analysis.history.frames["direction"].tolist()
    if analysis.fronts is not None:
        for name in ("depth_max", "ligament"):
            found[name] = _plain(analysis.fronts.frames[name])
    for name, record in analysis.layers.items():
        table = record.table()
        found[f"layer_{name}"] = {
            column: _plain(table[column]) for column in ("mean", "std_corrected", "change")
        }
    return found


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    """For JSON, which has no number for what is not known or infinite."""
    return [value if math.isfinite(value) else None for value in values.tolist()]


def settings_in_words(analysis: Analysis) -> list[tuple[str, str]]:
    """How the numbers were obtained: name and value, in the order of the work."""
    series, settings = analysis.series, analysis.settings
    segmentation = settings.segmentation
    spacing = " × ".join(f"{length:g}" for length in series.spacing)
    kind = "contrast" if segmentation.flatten else "grey value"
    direction = "≥" if segmentation.phase == "bright" or segmentation.flatten else "≤"
    return [
        ("source", series.source),
        ("frames", f"{len(series)} of {' × '.join(map(str, series.shape))} {series.dtype}"),
        (
            "voxel size",
            f"{spacing} {series.unit} ({series.spacing_source})",
        ),
        ("times", f"{series.times_source}, in {series.time_unit}"),
        ("region of interest", _roi_in_words(analysis)),
        ("light matched", "yes, by the bright level" if settings.match_light else "no"),
        ("drift corrected", "yes, frame by frame" if settings.align else "no"),
        (
            "smoothing",
            f"Gaussian, σ = {segmentation.smooth:g} voxels" if segmentation.smooth else "none",
        ),
        (
            "background",
            f"removed, features up to {segmentation.flatten} voxels wide"
            if segmentation.flatten
            else "kept",
        ),
        (
            "threshold",
            f"{kind} {direction} {segmentation.threshold:.4g} ({analysis.threshold_source})",
        ),
        (
            "hysteresis",
            f"kept where {direction} {segmentation.seed_threshold:.4g} is reached"
            if segmentation.seed_threshold is not None
            else "none",
        ),
        ("smallest component", f"{segmentation.min_voxels} voxels"),
        ("connectivity", str(segmentation.connectivity)),
        ("pre-existing", f"open in the first {settings.baseline_frames} frame(s)"),
        ("repeatability", f"{settings.repeatability:.0%} of a crack's volume"),
    ]


def _roi_in_words(analysis: Analysis) -> str:
    roi, shape = analysis.settings.roi, analysis.series.shape
    if roi is None:
        return "all"
    axes = ("z", "y", "x")[-len(shape) :]
    ranges = [s.indices(n)[:2] for s, n in zip(roi, shape, strict=True)]
    return (
        ", ".join(f"{axis} {a}:{b}" for axis, (a, b) in zip(axes, ranges, strict=True))
        + " (voxels)"
    )
