"""From an experiment to an analysis: what can be done is planned, what cannot is told at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crevasse import _validate
from crevasse.io import Series, open_series
from crevasse.io.scan import skipped_number
from crevasse.operando.analysis import Analysis
from crevasse.operando.experiment.extents import box_of, cropped, within
from crevasse.operando.experiment.lacking import lacking
from crevasse.operando.experiment.misfits import boxes, misfits
from crevasse.operando.experiment.reader import read_experiment, read_text
from crevasse.operando.experiment.surroundings import Around
from crevasse.operando.experiment.tables import Experiment, ExperimentError, Extent, Phase, Scans
from crevasse.operando.grey.rule import GreyRule
from crevasse.operando.grey.signal import Signal
from crevasse.operando.grey.thresholds import Threshold
from crevasse.operando.phases.phases import PhaseRule
from crevasse.operando.pipeline import Progress, analyze_series
from crevasse.operando.settings import Settings

if TYPE_CHECKING:
    from distributed import Client

_TIMES = ("scans.times", "scans.interval", "scans.start")
_FROM_TIMES = ("cycler.offset", "cycler needs", "scans.scan_duration")  # these follow from them


@dataclass(frozen=True)
class Plan:
    """What `analyze_series` needs for an experiment.

    Attributes
    ----------
    experiment
        What is wanted.
    series
        The scans, cropped and with their times; only headers have been read.
    settings
        What to do with them.
    """

    experiment: Experiment
    series: Series
    settings: Settings


def plan(experiment: Experiment) -> Plan:
    """Open an experiment's scans and work out what to do with them; only headers are read.

    Raises
    ------
    ExperimentError
        With everything that cannot be done: files that are not there, regions outside of the
        scans, lengths in µm of scans whose voxel size is not known, what is not available yet.

    Examples
    --------
    >>> from crevasse.operando.experiment.tables import Phase, Scans
    >>> plan(Experiment(Scans("/nowhere"), (Phase("void", high=90.0),)))
    Traceback (most recent call last):
    crevasse.operando.experiment.tables.ExperimentError: scans.source: /nowhere does not exist
    """
    # Read again from its text, so that one made in Python keeps the same rules as one from a file.
    read, problems = read_text(experiment.to_toml(), Path.cwd())
    return _require(read, problems)


def plan_toml(path: str | os.PathLike[str]) -> Plan:
    """`plan` of a TOML file; what is wrong with its text comes in the same list."""
    return _require(*read_experiment(path))


def plan_for(experiment: Experiment, series: Series) -> Plan:
    """`plan` for scans that are open already, with their times and voxel size."""
    problems = [*lacking(experiment), *_missing_files(experiment)]
    planned = _fit(experiment, series, problems)
    if planned is None:
        raise ExperimentError(problems)
    return planned


def analyze(
    experiment: Experiment | Plan, *, progress: Progress | None = None, client: Client | None = None
) -> Analysis:
    """Do what an experiment asks for, one grey volume in memory at a time.

    Parameters
    ----------
    experiment
        From `Experiment.from_toml`, or made in Python; or its plan.
    progress, client
        As in `analyze_series`.

    Raises
    ------
    ExperimentError
        Before the first scan is read, with everything that is wrong.
    BrokenFrameError
        If a scan turns out to be broken; what was analysed before is in its `analysis`.
    ClusterError
        If the client's workers do not fit, or were lost.
    """
    planned = experiment if isinstance(experiment, Plan) else plan(experiment)
    return analyze_series(planned.series, planned.settings, progress=progress, client=client)


def _require(experiment: Experiment | None, problems: list[str]) -> Plan:
    """The plan, or every problem: those given and those of the plan."""
    planned = None
    if experiment is not None:
        planned, more = _try(experiment)
        problems = problems + [line for line in more if line not in problems]
        if any(line.startswith(_TIMES) for line in problems):
            problems = [line for line in problems if not line.startswith(_FROM_TIMES)]
    if planned is None or problems:
        raise ExperimentError(problems)
    return planned


def _try(experiment: Experiment) -> tuple[Plan | None, list[str]]:
    problems = [*lacking(experiment), *_missing_files(experiment), *_among_scans(experiment)]
    series = _open(experiment, problems)
    if series is None:
        _rules(experiment, problems)
        return None, problems
    return _fit(experiment, series, problems), problems


def _fit(experiment: Experiment, series: Series, problems: list[str]) -> Plan | None:
    """The plan; None, with problems added, if the experiment does not fit the scans."""
    rules = _rules(experiment, problems)
    problems += misfits(experiment, series)
    if problems:
        return None
    crop = box_of(experiment.region.crop, series)
    kept = {name: within(box_of(extent, series), crop) for name, extent in boxes(experiment)}
    for name, box in kept.items():
        if any(part.start >= part.stop for part in box):
            problems.append(f"{name} must hold a voxel of region.crop; make it larger or move it")
    if problems:
        return None
    around = Around(experiment, series, crop)
    wanted, tracking = experiment.measure, experiment.tracking
    settings = Settings(
        rules=tuple(rules),
        find=_find(experiment),
        follow=experiment.followed(),
        signal=_signal(experiment),
        connectivity=experiment.segmentation.connectivity,
        roi=kept.get("region.box"),
        cylinder=around.cylinder(),
        axis=around.axis,
        align=experiment.alignment.method,
        stable=kept.get("alignment.region"),
        match_light=experiment.segmentation.match_light,
        level_region=kept.get("segmentation.level_region"),
        baseline_frames=tracking.baseline_frames,
        repeatability=tracking.repeatability,
        sensitivity=experiment.segmentation.sensitivity,
        confirm_after=tracking.confirm_after,
        working=around.electrode("working", problems),
        counter=around.electrode("counter", problems),
        top=around.top,
        fronts=wanted.fronts,
        thickness=wanted.thickness,
        grey=wanted.grey,
        cycling=around.cycling(problems),
        layers=around.layers(),
        skip_broken=experiment.scans.skip_broken,
    )
    if experiment.region.crop != Extent():
        series = cropped(series, crop)
    if not problems:
        problems += _outside(settings, series)
    return None if problems else Plan(experiment, series, settings)


def _outside(settings: Settings, series: Series) -> Iterator[str]:
    """Regions of which nothing is left in the cropped scans."""
    region = settings.region(series.shape, series.spacing)
    if region.n_voxels == 0:
        yield "region.cylinder must hold a voxel of region.box and region.crop; move it"
        return
    for layer in settings.layers.values():
        try:
            layer.columns(region, series.spacing)
        except ValueError:
            yield "region.disc must hold a column of region.box, cylinder and crop; move it"
            return


def _missing_files(experiment: Experiment) -> Iterator[str]:
    files = {"scans.times": experiment.scans.times}
    if experiment.cycler is not None:
        files["cycler.file"] = experiment.cycler.file
    for name in ("working", "counter"):
        electrode = getattr(experiment.electrodes, name)
        files[f"electrodes.{name}.mask"] = None if electrode is None else electrode.mask
    for field, file in files.items():
        if file and not Path(file).is_file():
            yield f"{field}: {file} does not exist; correct the path"


def _among_scans(experiment: Experiment) -> Iterator[str]:
    """What is written among the scans is taken for scans the next time."""
    source, folder = experiment.scans.source, Path(experiment.output.folder)
    for name in (source,) if isinstance(source, str) else source:
        if Path(name).is_dir() and folder.resolve() == Path(name).resolve():
            yield f"output.folder must be another folder than that of the scans, got {folder}"


def _open(experiment: Experiment, problems: list[str]) -> Series | None:
    """The scans with their times and voxel size, None if they cannot be opened."""
    scans = experiment.scans
    source = scans.source if isinstance(scans.source, str) else list(scans.source)
    times = scans.times if scans.times and Path(scans.times).is_file() else None
    series = _headers(scans, source, times, problems)
    if series is None:
        return None
    if scans.interval is not None:
        series = _at_intervals(series, scans.start or 0.0, scans.interval)
    if scans.voxel_size is not None:
        try:
            spacing = _validate.spacing(scans.voxel_size, len(series.shape))
        except ValueError:
            axes = ", ".join(_validate.AXES[-len(series.shape) :])
            problems.append(
                f"scans.voxel_size must be a number or ({axes}) for frames of "
                f"{series.shape}, got {scans.voxel_size}; correct it"
            )
        else:
            series = replace(series, spacing=spacing, unit="um", spacing_source="given")
    return series


def _headers(
    scans: Scans, source: str | list[str], times: str | None, problems: list[str]
) -> Series | None:
    """The scans with times from a file; without, where only that is wrong."""
    known = None if scans.voxel_size is None else 1.0  # the right one is put there afterwards
    opened = partial(
        open_series, source, spacing=known, dataset=scans.dataset, keep_broken=scans.skip_broken
    )
    try:
        return opened(times=times)
    except (ValueError, OSError) as error:
        wrong = error
    series = None
    if times is not None:  # whose fault is it?
        with suppress(ValueError, OSError):
            series = opened()
    problems.append(f"scans.{'source' if series is None else 'times'}: {wrong}")
    return series


def _at_intervals(series: Series, start: float, interval: float) -> Series:
    frames = tuple(replace(f, time=start + f.index * interval) for f in series.frames)
    source = f"given: every {interval:g} h from {start:g} h"
    skipped = skipped_number([frame.name for frame in series.frames])
    if skipped:
        source += (
            f", one after the other, although {skipped[1]} follows {skipped[0]}: "
            "if a scan is missing there, give times"
        )
    return replace(series, frames=frames, time_unit="h", times_source=source)


def _rules(experiment: Experiment, problems: list[str]) -> list[PhaseRule]:
    """The phases with the grey values that are given; what is wrong is left out."""
    rules = []
    for phase in experiment.phases:
        try:
            rules.append(_rule(experiment, phase))
        except ValueError as error:
            problems.append(f"phases.{phase.name}: {error}")
    return rules


def _rule(experiment: Experiment, phase: Phase) -> PhaseRule:
    options = experiment.segmentation
    bounds = {"low": phase.low, "high": phase.high, "later": phase.later}
    bounds["seed_low" if _is_bright(experiment, phase) else "seed_high"] = phase.seed
    given: dict[str, Any] = {**Threshold.around_each(bounds, options.sensitivity)}
    followed = phase.name in experiment.followed()
    least = phase.min_voxels or (options.min_voxels if followed else 1)
    return PhaseRule(
        phase.name,
        where=phase.where or None,
        min_voxels=least,
        bulk=phase.bulk,
        grow=phase.grow,
        connectivity=options.connectivity,
        **given,
    )


def _is_bright(experiment: Experiment, phase: Phase) -> bool:
    """Whether stricter means brighter."""
    if experiment.segmentation.flatten is not None:
        return True
    if phase.rule is not None or None not in (phase.low, phase.high):
        return phase.side == "bright"
    return phase.high is None


def _find(experiment: Experiment) -> dict[str, GreyRule]:
    """How the grey values that are not given are found."""
    flattened = experiment.segmentation.flatten is not None
    return {
        phase.name: GreyRule(
            phase.rule,
            "bright" if flattened else phase.side or "dark",
            phase.against,
            phase.reach or 0.0,
            phase.filled,
        )
        for phase in experiment.phases
        if phase.rule is not None
    }


def _signal(experiment: Experiment) -> Signal:
    options = experiment.segmentation
    bright = any(phase.side == "bright" for phase in experiment.phases)
    return Signal(
        denoise=options.denoise,
        smooth=options.smooth,
        flatten=options.flatten,
        side="bright" if bright else "dark",
    )
