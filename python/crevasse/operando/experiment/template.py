"""A commented TOML file to start an experiment from."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from crevasse.io import DoubtfulVoxelSizeWarning, Series, open_series
from crevasse.io.scan import natural_key
from crevasse.operando.experiment.writer import toml_value

_HEAD = """\
# An experiment for `crevasse analyze`. Lengths are in µm and times in h, or text with a unit:
# "1.4 mm", "15 min". Paths are relative to this file. Lines that begin with # are off.

[scans]
"""

_REST = """\

[region]
# What is kept of each scan, and where in it cracks are followed, in µm from the scan's outer face.
# Leave collectors and casing out: their faces have the largest contrast of all, and the rule for
# cracks would find them.
# crop = {{ {crop} }}
# box = {{ {box} }}
# cylinder = {{ diameter = {across} }}  # the inside of a round cell

# What is followed: cracks and pores, dark or bright. Grey values, or a rule that finds them. More
# phases (lithium, electrolyte, collector) have tables of their own: docs/experiment.md.
[phases.open]
rule = "edges"  # from a few of the scans; "cores" for all but thin cracks, "cores:0.42" for pores
# high = 90  # instead: at most this grey value (low = 90: at least)
side = "dark"  # than the material, or "bright"
# filled = true  # what opens later has another grey value than at first: cracks with lithium
# reach = 0.5  # keep only components that come half way from the threshold to the phase's mean
# seed = 60  # instead, where numbers are given: a stricter value that they must reach

# Faces of the scans; or where an electrode ends inside of them, in µm, as where the box begins.
# [electrodes]
# working = "{first}"  # {{ face = "{first}", plane = 20 }}
# counter = "{last}"

[segmentation]
# denoise = "median:1"  # or "non-local-means"
# flatten = 31  # remove the background; the width of the widest crack, in voxels
smooth = 0.0  # Gaussian filter, in voxels
min_voxels = 1  # smaller components are dropped
connectivity = 26  # {connectivity}
match_light = false  # scale each scan to the first one's bright level
sensitivity = 0.1  # volumes are also given for thresholds this fraction lower and higher

[alignment]
method = "translation"  # drift between scans; "rigid" with rotation, "none" if nothing can move

[tracking]
baseline_frames = 1  # scans at the start whose open voxels are pre-existing
repeatability = 0.05  # share of a crack that may change without an event; "baseline": measured

# [cycler]  # its record: CSV, Parquet, Excel, BioLogic (.mpt, .mpr) or Neware (.nda, .ndax)
# file = "cycler.csv"
# positive = "plating"  # what a positive current does at the working electrode
# area_cm2 = 0.0314  # of the electrode: write yours
# offset = 0  # when the record begins, in h on the clock of the scans
# uncertainty = "1 min"  # how well both clocks agree

[measure]
cracks = true
thickness = false  # local thickness of cracks and pores
grey = false  # can pores and what opened later be told apart by grey value?
# fronts = true  # how far cracks go; needs electrodes

[output]
folder = "crevasse-report"
# title = "My cell"

# [alarms]  # told at once by crevasse watch
# rules = ["ligament < 50 um", "time_to_short < 30 min", "shorted"]
"""


def template(
    series: Series, source: str, *, times: str | None = None, dataset: str | None = None
) -> str:
    """The text of a file that analyses a series as it is, with what else may be said as comments.

    Parameters
    ----------
    series
        The scans.
    source, times
        Folder or pattern, and CSV file of times, relative to where the text will be.
    dataset
        Which array of each file.
    """
    axes = ("z", "y", "x")[-len(series.shape) :]
    known = series.unit != "voxel"
    sizes = [n * s for n, s in zip(series.shape, series.spacing, strict=True)]
    crop, box = (
        ", ".join(
            f"{a} = [{part * s:.6g}, {(1 - part) * s:.6g}]"
            for a, s in zip(axes, sizes, strict=True)
        )
        for part in (0.0, 0.25)
    )
    scans = [
        f"# {len(series)} scans of {' × '.join(map(str, series.shape))} ({', '.join(axes)}) "
        f"{series.dtype}: {series.frames[0].name} … {series.frames[-1].name}",
        f"source = {toml_value(source)}",
        *_dataset(series, dataset),
        *_voxel_size(series),
        *_times(series, times),
    ]
    connectivity = "18 or 6" if len(axes) == 3 else "or 4"
    rest = _REST.format(
        crop=crop,
        box=box,
        across=f"{min(sizes[-2:]):.6g}",
        connectivity=connectivity,
        first=f"{axes[0]}min",
        last=f"{axes[0]}max",
    )
    if not known:
        rest = rest.replace("outer face.\n", "outer face.\n# They need voxel_size.\n", 1)
    return _HEAD + "\n".join(scans) + "\n" + rest


def folder_template(
    folder: str | os.PathLike[str], target: Path, dataset: str | None = None
) -> tuple[str, Series]:
    """The template for a folder of scans, to be written to `target`, and what was found.

    Times, and perhaps the voxel size, are taken from the one CSV file in the folder or beside it
    that has a row for each scan.

    Raises
    ------
    FileNotFoundError, ValueError
        If the folder holds no scans, or they cannot be a series.
    """
    path = Path(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DoubtfulVoxelSizeWarning)  # the template says it
        series, times = _with_times(path, dataset)
    text = template(
        series,
        _relative(path, target),
        times=None if times is None else _relative(times, target),
        dataset=dataset,
    )
    return text, series


def _with_times(path: Path, dataset: str | None) -> tuple[Series, Path | None]:
    """The series, with the first table that has its times if there is one."""
    for candidate in _tables(path):
        try:
            return open_series(path, times=candidate, dataset=dataset), candidate
        except (ValueError, OSError):
            continue  # some other table, or no series: then that is told below
    return open_series(path, dataset=dataset), None


def _dataset(series: Series, dataset: str | None) -> list[str]:
    if dataset is not None:
        return [f"dataset = {toml_value(dataset)}"]
    known = series.frames[0].provenance
    if known is None or known.format not in ("HDF5", "Zarr"):
        return []
    return ['# dataset = "/entry/results/data"  # which array of each file, if it has several']


def _voxel_size(series: Series) -> list[str]:
    if series.unit != "voxel":
        size = " × ".join(f"{s:g}" for s in series.spacing)
        same = len(set(series.spacing)) == 1
        here = f"{series.spacing[0]:g}" if same else f"[{size.replace(' × ', ', ')}]"
        return [
            f"# Voxel size: {size} µm, from {_from(series)}. What is given here goes before it.",
            f"# voxel_size = {here}",
        ]
    doubts = [f"# {series.doubt}; check it."] if series.doubt else []
    return [
        *doubts,
        "# Voxel size: not known; lengths are in voxels until it is given.",
        "# voxel_size = 1.8",
    ]


def _from(series: Series) -> str:
    """Where the voxel size came from, without the folder."""
    return "times" if series.spacing_source.endswith(".csv") else series.spacing_source


def _times(series: Series, times: str | None) -> list[str]:
    if times is not None:
        first, last = series.times[0], series.times[-1]
        found = f"# {first:g} to {last:g} {series.time_unit}"
        return [f"times = {toml_value(times)}  {found}", '# scan_duration = "5 min"']
    if series.time_unit == "h":
        return [
            f"# Times: 0 to {series.times[-1]:g} h, {series.times_source}. A file goes before it:",
            '# times = "times.csv"',
            '# scan_duration = "5 min"',
        ]
    return [
        "# Times: not known; scans are numbered. A CSV with a column time, time_h, time_min or",
        "# time_s, one row a scan in order, or with a column file; or the time between scans.",
        '# times = "times.csv"',
        '# interval = "15 min"',
        '# scan_duration = "5 min"',
    ]


def _tables(folder: Path) -> list[Path]:
    inside, beside = (
        sorted((p for p in place.glob("*.csv") if p.is_file()), key=lambda p: natural_key(p.name))
        for place in (folder, folder.resolve().parent)
    )
    return inside or beside


def _relative(path: Path, target: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), target.resolve().parent)).as_posix()
    except ValueError:  # on another drive
        return path.resolve().as_posix()
