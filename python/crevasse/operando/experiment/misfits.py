"""What of an experiment does not fit its scans: their shape, number, times or voxel size."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from crevasse import _validate
from crevasse.io import Series
from crevasse.operando.experiment.extents import extent_misfits
from crevasse.operando.experiment.surroundings import electrode_axis
from crevasse.operando.experiment.tables import Experiment, Extent


def misfits(experiment: Experiment, series: Series) -> Iterator[str]:
    """What does not fit the scans' shape, number or voxel size."""
    yield from extent_misfits("region.crop", experiment.region.crop, series)
    for name, extent in boxes(experiment):
        yield from extent_misfits(name, extent, series)
    yield from _face_misfits(experiment, series)
    yield from _round_misfits(experiment, series)
    yield from _scan_duration_misfits(experiment, series)
    sensitivity = experiment.segmentation.sensitivity
    if sensitivity > 0.5 and any(phase.rule for phase in experiment.phases):
        yield (
            "segmentation.sensitivity must be at most 0.5 where a phase has a rule, "
            f"got {sensitivity:g}; lower it"
        )
    if experiment.cycler is not None and series.time_unit != "h":
        yield "cycler needs the times of the scans in h; add scans.times or scans.interval"
    connectivity, ndim = experiment.segmentation.connectivity, len(series.shape)
    try:
        _validate.connectivity(connectivity, ndim)
    except ValueError as error:
        yield f"segmentation.{error}"
    else:
        whole = 26 if ndim == 3 else 8
        if experiment.measure.fronts and connectivity not in (whole, 26):
            yield (
                f"segmentation.connectivity must be {whole} where measure.fronts is set, "
                f"got {connectivity}; remove one of them"
            )
    baseline, most = experiment.tracking.baseline_frames, max(1, len(series) - 1)
    if baseline > most:
        yield (
            f"tracking.baseline_frames must be at most {most} of {len(series)} scan(s), "
            f"got {baseline}; nothing would be new"
        )


def boxes(experiment: Experiment) -> Iterator[tuple[str, Extent]]:
    """The extents beside the crop that are given."""
    extents = {
        "region.box": experiment.region.box,
        "alignment.region": experiment.alignment.region,
        "segmentation.level_region": experiment.segmentation.level_region,
    }
    return ((name, extent) for name, extent in extents.items() if extent != Extent())


def _face_misfits(experiment: Experiment, series: Series) -> Iterator[str]:
    """Electrodes that nothing in the box can touch."""
    if not experiment.followed():
        return
    axes = _validate.AXES[-len(series.shape) :]
    for name in ("working", "counter"):
        electrode = getattr(experiment.electrodes, name)
        if electrode is None or not electrode.is_bare_face or electrode.face[0] not in axes:
            continue
        axis = axes.index(electrode.face[0])
        ends = getattr(experiment.region.box, axes[axis])
        length, voxel = series.shape[axis] * series.spacing[axis], series.spacing[axis]
        if ends is None:
            continue
        first, last = getattr(experiment.region.crop, axes[axis]) or (0.0, length)
        at_begin = electrode.face.endswith("min")
        gap = ends[0] - first if at_begin else last - ends[1]
        if gap >= voxel:
            place = ends[0] if at_begin else ends[1]
            yield (
                f"electrodes.{name} must be where region.box ends, got {electrode.face}, {gap:.4g} "
                f"µm outside of it; give plane = {place:g}, or widen the box"
            )


def _round_misfits(experiment: Experiment, series: Series) -> Iterator[str]:
    """What does not fit of the cylinder and of the disc, which lie across the electrodes' axis."""
    across = np.delete(
        np.multiply(series.shape, series.spacing), electrode_axis(experiment, len(series.shape))
    )
    for name in ("cylinder", "disc"):
        round_ = getattr(experiment.region, name)
        if round_ is None:
            continue
        if series.unit == "voxel":
            yield f"region.{name} is in µm, which needs scans.voxel_size; add it"
        elif round_.diameter >= (most := float(np.hypot.reduce(across))):
            yield (
                f"region.{name}.diameter must be less than the scans across, {most:.4g} µm, "
                f"got {round_.diameter:g}; correct it, or leave region.{name} out"
            )
        if round_.centre is not None and len(round_.centre) != len(series.shape) - 1:
            n = len(series.shape) - 1
            yield (
                f"region.{name}.centre must hold {n} number{'s' * (n > 1)}, one an axis across, "
                f"got {list(round_.centre)}; correct it"
            )


def _scan_duration_misfits(experiment: Experiment, series: Series) -> Iterator[str]:
    duration = experiment.scans.scan_duration
    if duration is None or series.time_unit != "h" or len(series) < 2:
        return
    least = float(np.diff(series.times).min())
    if duration > least * (1 + 1e-9):
        yield (
            f"scans.scan_duration must be at most the least time between scans, {least:.4g} h, "
            f"got {duration:g}; correct one"
        )
