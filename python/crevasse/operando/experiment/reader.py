"""From a TOML file to an experiment, with everything that is wrong in one list."""

from __future__ import annotations

import glob
import os
import re
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from crevasse.operando.experiment.alarm_rule import AlarmRule
from crevasse.operando.experiment.electrode_reader import read_electrodes
from crevasse.operando.experiment.phase_reader import read_phases
from crevasse.operando.experiment.tables import (
    Alarms,
    Alignment,
    Cycler,
    Disc,
    Experiment,
    Extent,
    Measure,
    Output,
    Region,
    Scans,
    Segmenting,
    Tracking,
)
from crevasse.operando.experiment.toml_table import (
    ANY,
    DURATION,
    LENGTH,
    NOT_NEGATIVE,
    POSITIVE,
    Kind,
    Rule,
    TomlTable,
)
from crevasse.operando.grey.signal import DENOISE, MOST_SMOOTH
from crevasse.tracking.options import Repeatability

_SMOOTH = Rule("", lambda value: 0 <= value <= MOST_SMOOTH)
_VOXELS = Kind(f"number of voxels up to {MOST_SMOOTH}", "a number such as 1.5", {})
_BELOW_1 = Rule("", lambda value: 0 <= value < 1)
_FRACTION = Kind("number of at least 0 and below 1", "a number such as 0.05", {})
_REPEATABILITY = replace(_FRACTION, example='a number such as 0.05, or "baseline"')


def read_experiment(path: str | os.PathLike[str]) -> tuple[Experiment | None, list[str]]:
    """An experiment and what is wrong with its text; what is wrong has become the default.

    None if nothing can be made of it. Files that it names are not looked at.
    """
    file = Path(path)
    try:
        text = file.read_bytes().decode("utf-8-sig")
        return read_text(text, file.resolve().parent)
    except UnicodeDecodeError as error:
        return None, [f"the text must be UTF-8, got {error.reason}; save it as UTF-8"]
    except tomllib.TOMLDecodeError as error:
        return None, [f"the text is not TOML: {error}; correct it"]


def read_text(text: str, folder: Path) -> tuple[Experiment | None, list[str]]:
    """`read_experiment` of TOML text; paths in it are relative to `folder`."""
    problems: list[str] = []
    return _experiment(TomlTable(tomllib.loads(text), "", problems), folder), problems


def _experiment(table: TomlTable, folder: Path) -> Experiment | None:
    scans = _scans(table.table("scans"), folder)
    segmentation = _segmentation(table.table("segmentation"))
    experiment = Experiment(
        scans=scans or Scans(""),
        region=_region(table.table("region")),
        electrodes=read_electrodes(table.table("electrodes"), folder),
        phases=read_phases(table, segmentation.flatten is not None),
        segmentation=segmentation,
        alignment=_alignment(table.table("alignment")),
        cycler=_cycler(table.table("cycler"), folder) if table.any("cycler") is not None else None,
        tracking=_tracking(table.table("tracking")),
        measure=_measure(table.table("measure")),
        output=_output(table.table("output"), folder),
        alarms=_alarms(table.table("alarms")) if table.any("alarms") is not None else None,
    )
    table.finish()
    return experiment if scans is not None else None


def _scans(table: TomlTable, folder: Path) -> Scans | None:
    source = _source(table, folder)
    scans = Scans(
        source=source or "",
        voxel_size=_voxel_size(table),
        times=table.path("times", folder),
        start=table.number("start", None, kind=DURATION),
        interval=table.number("interval", None, POSITIVE, DURATION),
        scan_duration=table.number("scan_duration", None, POSITIVE, DURATION),
        skip_broken=table.flag("skip_broken", False),
        slices=table.integer("slices", None, 1),
        unit=_only(table, "unit", "um", 'give lengths in µm, or as text such as "1.4 mm"'),
        dataset=table.text("dataset", None),
        time_unit=_only(table, "time_unit", "h", 'give times in h, or as text such as "15 min"'),
    )
    _check_times(table, scans)
    table.finish()
    return scans if source else None


def _source(table: TomlTable, folder: Path) -> str | tuple[str, ...] | None:
    value = table.any("source")
    example = 'a folder ("scans"), a pattern ("scans/*.tif") or a list of files'
    if value is None:
        table.missing("source", example)
    elif isinstance(value, str) and value:
        return _absolute(value, folder)
    elif isinstance(value, list) and value and all(isinstance(v, str) and v for v in value):
        return tuple(_absolute(v, folder) for v in value)
    else:
        table.refuse("source", example, "correct it")
    return None


def _voxel_size(table: TomlTable) -> float | tuple[float, ...] | None:
    if isinstance(table.any("voxel_size"), list):
        return table.numbers("voxel_size", POSITIVE, LENGTH, count=(2, 3))
    return table.number("voxel_size", None, POSITIVE, LENGTH)


def _only(table: TomlTable, key: str, allowed: str, mend: str) -> str:
    value = table.any(key)
    if value not in (None, allowed):
        table.refuse(key, f'"{allowed}"', mend)
    return allowed


def _check_times(table: TomlTable, scans: Scans) -> None:
    if scans.times is not None and scans.interval is not None:
        table.refuse("interval", "left out where times is given", "keep one of them")
    if scans.start is not None and "interval" not in table:
        table.refuse("start", "given together with interval", "add interval")
    if scans.interval and scans.scan_duration and scans.scan_duration > scans.interval:
        table.refuse("scan_duration", f"at most interval, {scans.interval:g} h", "correct one")


def _region(table: TomlTable) -> Region:
    region = Region(
        crop=_extent(table, "crop"),
        box=_extent(table, "box"),
        cylinder=_disc(table, "cylinder"),
        disc=_disc(table, "disc"),
    )
    table.finish()
    return region


def _extent(parent: TomlTable, key: str) -> Extent:
    table = parent.table(key)
    extent = Extent(*(table.interval(axis) for axis in ("z", "y", "x")))
    table.finish()
    return extent


def _disc(parent: TomlTable, key: str) -> Disc | None:
    table = parent.table(key)
    diameter = table.number("diameter", None, POSITIVE, LENGTH)
    centre = table.numbers("centre", ANY, LENGTH, count=(1, 2))
    table.finish()
    if key not in parent or not isinstance(parent.any(key), dict):
        return None
    if diameter is None:
        table.missing("diameter", "diameter = 1500")
        return None
    return Disc(diameter, centre)


def _segmentation(table: TomlTable) -> Segmenting:
    segmentation = Segmenting(
        flatten=table.integer("flatten", None, 3),
        smooth=table.number("smooth", 0.0, _SMOOTH, _VOXELS),
        denoise=table.text(
            "denoise", "none", DENOISE, '"none", "median:1" to "median:9" or "non-local-means"'
        ),
        min_voxels=table.integer("min_voxels", 1, 1),
        connectivity=table.choice("connectivity", 26, (4, 6, 8, 18, 26)),
        match_light=table.flag("match_light", False),
        level_region=_extent(table, "level_region"),
        sensitivity=table.number("sensitivity", 0.1, _BELOW_1, _FRACTION),
    )
    table.finish()
    return segmentation


def _alignment(table: TomlTable) -> Alignment:
    alignment = Alignment(
        method=table.choice("method", "none", ("none", "translation", "rigid")),
        region=_extent(table, "region"),
    )
    table.finish()
    return alignment


def _cycler(table: TomlTable, folder: Path) -> Cycler:
    file = table.path("file", folder)
    positive = table.choice("positive", None, ("plating", "stripping"))
    table.missing("file", 'the cycler\'s record, file = "cell.csv"')
    table.missing("positive", 'what a positive current does: "plating" or "stripping"')
    cycler = Cycler(
        file=file or "",
        positive=positive or "plating",
        area_cm2=table.number("area_cm2", None, POSITIVE),
        timezone=_timezone(table, "timezone"),
        offset=table.number("offset", 0.0, kind=DURATION),
        uncertainty=table.number("uncertainty", 0.0, NOT_NEGATIVE, DURATION),
    )
    table.finish()
    return cycler


def _timezone(table: TomlTable, key: str) -> str | None:
    example = 'a time zone such as "America/Chicago" or "+02:00"'
    zone = table.text(key, None, example=example)
    if zone is None or re.fullmatch(r"[-+]\d\d:[0-5]\d", zone):
        return zone
    try:
        ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        table.refuse(key, example, "correct it")
        return None
    return zone


def _tracking(table: TomlTable) -> Tracking:
    baseline_frames = table.integer("baseline_frames", 1, 1)
    tracking = Tracking(
        baseline_frames=baseline_frames,
        repeatability=_repeatability(table, baseline_frames),
        confirm_after=table.integer("confirm_after", 2, 1),
        follow=_names(table, "follow"),
    )
    table.finish()
    return tracking


def _repeatability(table: TomlTable, baseline_frames: int) -> Repeatability:
    default = Tracking().repeatability
    if table.any("repeatability") != "baseline":
        return table.number("repeatability", default, _BELOW_1, _REPEATABILITY)
    if baseline_frames >= 2:
        return "baseline"
    table.refuse("repeatability", "a number where baseline_frames is 1", "raise baseline_frames")
    return default


def _names(table: TomlTable, key: str, example: str = '["void"]') -> tuple[str, ...] | None:
    value = table.any(key)
    if value is None:
        return None
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return tuple(value)
    table.refuse(key, f"a list of names such as {example}", "correct it")
    return None


def _measure(table: TomlTable) -> Measure:
    default = Measure()
    flags = {f.name: table.flag(f.name, getattr(default, f.name)) for f in fields(Measure)}
    table.finish()
    return Measure(**flags)


def _output(table: TomlTable, folder: Path) -> Output:
    output = Output(
        folder=table.path("folder", folder) or str(folder / Output.folder),
        title=table.text("title", None),
    )
    table.finish()
    return output


def _alarms(table: TomlTable) -> Alarms:
    rules = _names(table, "rules", '["ligament < 50 um"]') or ()
    for rule in rules:
        try:
            AlarmRule.parse(rule)
        except ValueError as error:
            table.complain("rules", f"holds {rule!r}: {error}")
    alarms = Alarms(rules, table.text("webhook", None, r"https?://\S+", "an http:// URL"))
    table.finish()
    return alarms


def _absolute(source: str, folder: Path) -> str:
    """A file, folder or pattern, where it is relative to `folder`."""
    if Path(source).is_absolute():
        return source
    # The folder's own name is no part of the pattern, whatever characters it has.
    start = glob.escape(str(folder)) if glob.has_magic(source) else str(folder)
    return str(Path(start) / source)
