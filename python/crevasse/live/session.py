"""An analysis that grows scan by scan, and the one file that holds it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse.io import Frame, Provenance, Scan, Series
from crevasse.io.schedule import Schedule
from crevasse.io.series import doubt_of, voxel_size_of
from crevasse.live.clock import ScanClock
from crevasse.live.register import Register, ScanRecord
from crevasse.operando import Analysis, Checkpoint, Cycling, Experiment, ExperimentError
from crevasse.operando.analyst import Analyst
from crevasse.operando.experiment import Output
from crevasse.operando.experiment.extents import box_of, cropped
from crevasse.operando.experiment.planning import Plan, plan_for
from crevasse.operando.experiment.surroundings import cycler_record
from crevasse.operando.pipeline import check_regions, grey_sample

Voxels = NDArray[Any]
Read = Callable[[], Voxels]


class Session:
    """What has been analysed in a live run; it begins with the first whole scan.

    Nothing that is found here depends on scans to come: thresholds are found from the first scan
    alone, and stay.

    Parameters
    ----------
    experiment
        What is wanted; its source is not looked at.
    source
        Folder or pattern where scans arrive, for the report.
    clock
        Times of the scans.
    checkpoint
        File that holds the session.

    Attributes
    ----------
    register
        The scans that have been decided on.
    """

    def __init__(self, experiment: Experiment, source: str, clock: ScanClock, path: Path) -> None:
        self._experiment, self._source, self._clock = experiment, source, clock
        self._path, self._checkpoint = path, Checkpoint(path, every=0)
        self.register = Register()
        self._first: Scan | None = None  # what its files say holds for all
        self._whole: Series | None = None  # as they lie on disk, before they are cropped
        self._plan: Plan | None = None
        self._analyst: Analyst | None = None
        self._cycler: tuple[str, Cycling | None] = ("", None)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """Of scans on disk; None before the first."""
        return None if self._whole is None else self._whole.shape

    @property
    def first(self) -> Provenance | None:
        """What the files of the first scan say; None before it."""
        return None if self._first is None else self._first.provenance

    @property
    def n_analysed(self) -> int:
        """Number of scans in the analysis."""
        return 0 if self._analyst is None else len(self._analyst.seen)

    def analysis(self) -> Analysis | None:
        """What has been analysed; None before the first scan."""
        return None if self._analyst is None else self._analyst.so_far()

    def misfit(self, scan: Scan) -> str:
        """Why a scan is not like the first one; empty if it is."""
        first, whole = self._first, self._whole
        if first is None or whole is None:
            return ""
        if scan.shape != first.shape or scan.dtype != first.dtype:
            return f"it is {scan.shape} {scan.dtype}, and the first is {first.shape} {first.dtype}"
        said = first.provenance.voxel_size
        counts = said is not None and whole.spacing_source == said.source
        return doubt_of([first, scan]) if counts else ""

    def add(self, scan: Scan, read: Read, record: ScanRecord) -> None:
        """Analyse a scan, which `read` gives once; if that fails, nothing is added.

        Raises
        ------
        ExperimentError
            If it is the first and the experiment does not fit it.
        ValueError
            If it cannot be used, as where drift is not found.
        """
        assert record.time is not None
        place = self.n_analysed, scan.name, record.time
        frame = Frame(*place, scan.shape, scan.dtype, read, record.digest, scan.provenance)
        analyst, before = self._analyst, self._whole
        if analyst is None or before is None:
            self._begin(scan, frame)
        else:
            series = replace(before, frames=(*before.frames, frame))
            self._extend(analyst, series)
            try:
                analyst.add(self._cut(series).frames[-1])
            except (ValueError, OSError):
                self._extend(analyst, before)
                raise
            self._whole = series
        self.register.put(replace(record, frame=frame.index))

    def save(self) -> None:
        """Write the session to its file, which appears whole or not at all.

        Before the first scan has been analysed there is nothing to write.
        """
        first = self._first
        if self._analyst is None or first is None:
            return
        note = {
            "experiment": _essence(self._experiment),
            "shape": first.shape,
            "dtype": first.dtype.str,
            "said": first.provenance.to_json(),
            "spacing": self._clock.spacing(first.name),
            "scans": self.register.to_json(),
        }
        self._checkpoint.save(self._analyst, json.dumps(note))

    def resume(self) -> bool:
        """Go on from the file; whether there was one.

        Raises
        ------
        ValueError
            If it was made for another experiment or by another version, or is damaged.
        """
        text = self._checkpoint.note()
        if not text:
            return False
        note = json.loads(text)
        if note["experiment"] != _essence(self._experiment):
            raise ValueError(
                f"{self._path.parent} was begun with another experiment; give another folder "
                "with -o, or begin again with --anew"
            )
        register = Register.from_json(note["scans"])
        like = tuple(note["shape"]), np.dtype(note["dtype"]), partial(_never, self._path)
        frames = tuple(
            Frame(r.frame, r.name, r.time or 0.0, *like, r.digest) for r in register.analysed
        )
        first = Scan(frames[0].name, *like, Provenance.from_json(note["said"]))
        plan, whole = self._planned(first, frames[0], note["spacing"])
        series = replace(whole, frames=frames)
        analyst = self._checkpoint.resume(_cut(series, plan), plan.settings)
        if analyst is None:
            raise ValueError(
                f"{self._path} was made by another version of crevasse, or its cell has changed; "
                "give another folder with -o, or begin again with --anew"
            )
        self.register, self._plan, self._analyst = register, plan, analyst
        self._first, self._whole = first, series
        self._extend(analyst, series)
        return True

    def _begin(self, scan: Scan, frame: Frame) -> None:
        """With the first scan, which says what all are like and where thresholds lie."""
        self._plan, whole = self._planned(scan, frame, self._clock.spacing(frame.name))
        settings, series = self._plan.settings, self._cut(whole)
        check_regions(series, settings)
        image = series.frames[0].read()
        read = handed_over(image, times=2 if settings.find else 1)
        del image
        series = replace(series, frames=(replace(series.frames[0], _read=read),))
        sample = grey_sample(series, settings) if settings.find else None
        analyst = Analyst(series, settings, sample)
        self._extend(analyst, whole)
        analyst.add(series.frames[0])
        self._analyst, self._whole = analyst, _forgotten(whole, self._path)
        self._first = replace(scan, read=partial(_never, self._path))

    def _planned(
        self, scan: Scan, frame: Frame, listed: float | tuple[float, ...] | None
    ) -> tuple[Plan, Series]:
        """What to do, and the series as far as it is known, uncropped.

        `listed` is the voxel size beside the times.
        """
        end = scan.provenance.end
        times = Schedule([frame.time], self._clock.unit(end), self._clock.source(end), listed)
        try:
            size = voxel_size_of(self._experiment.scans.voxel_size, times, [scan], "um")
        except ValueError as error:
            field = "voxel_size" if listed is None else "times"
            raise ExperimentError([f"scans.{field}: {error}"]) from error
        lengths, unit, source, doubt = size
        series = Series(
            (frame,), lengths, unit, source, times.unit, times.source, self._source, doubt
        )
        # More frames than there are yet may be asked for; the cycler's record is still growing.
        asked = self._experiment.tracking
        wanted = replace(asked, baseline_frames=1, repeatability=0.0)
        plan = plan_for(replace(self._experiment, tracking=wanted, cycler=None), series)
        settings = replace(
            plan.settings,
            baseline_frames=asked.baseline_frames,
            repeatability=asked.repeatability,
        )
        return replace(plan, settings=settings), series

    def _extend(self, analyst: Analyst, series: Series) -> None:
        analyst.extend(self._cut(series), self._cycling())

    def _cut(self, series: Series) -> Series:
        assert self._plan is not None
        return _cut(series, self._plan)

    def _cycling(self) -> Cycling | None:
        """The cycler's record as it is now; scans that it does not cover yet have no state."""
        wanted = self._experiment.cycler
        if wanted is None:
            return None
        found = os.stat(wanted.file)
        stamp = f"{found.st_size} {found.st_mtime_ns}"
        if stamp != self._cycler[0]:
            try:
                record = cycler_record(self._experiment)
            except (ValueError, OSError):  # it is being written
                if self._cycler[1] is None:
                    raise
                return self._cycler[1]
            self._cycler = stamp, record and replace(record, outside="unknown")
        return self._cycler[1]


def digest_of(image: Voxels) -> str:
    """Of grey values, their type and shape: the same for copies, whatever their files are."""
    digest = hashlib.blake2b(f"{image.shape} {image.dtype.str}".encode(), digest_size=16)
    digest.update(np.ascontiguousarray(image).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def _cut(series: Series, plan: Plan) -> Series:
    """As the analysis sees it."""
    crop = plan.experiment.region.crop
    return cropped(series, box_of(crop, series))


def _essence(experiment: Experiment) -> str:
    """What an analysis hangs on, whatever its folders and alarms are."""
    scans = replace(experiment.scans, source="")
    return replace(experiment, scans=scans, output=Output(), alarms=None).to_toml()


def handed_over(image: Voxels, times: int = 1) -> Read:
    """Gives an image so often, then lets go of it: work on it needs the memory."""
    held = [image] * times
    return lambda: held.pop()


def _forgotten(series: Series, path: Path) -> Series:
    frames = tuple(replace(f, _read=partial(_never, path)) for f in series.frames)
    return replace(series, frames=frames)


def _never(path: Path) -> Voxels:
    raise ValueError(f"scans in {path} have been read already")
