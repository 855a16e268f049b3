"""From a series of scans to an analysis: align, segment, track, measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._runs import RunVolume
from crevasse._shape import Box
from crevasse._table import Table
from crevasse.io import Frame, Series
from crevasse.operando.align import Aligned, DriftCorrector, match_light
from crevasse.operando.segment import Image, Segmentation, check_box
from crevasse.tracking import FrameResult, History, Tracker

Progress = Callable[[FrameResult, int], None]


@dataclass(frozen=True)
class Settings:
    """What to do with a series.

    Attributes
    ----------
    segmentation
        How grey values become the open phase.
    roi
        Region of interest, a slice per axis in voxels of the first frame; None: everything. It is
        also where drift is looked for.
    align
        Correct drift between frames.
    match_light
        Scale each frame's grey values to the first frame's bright level.
    baseline_frames, repeatability
        As in `crevasse.Tracker`.
    sensitivity
        Every volume is also measured with the thresholds this fraction lower and higher.
    """

    segmentation: Segmentation
    roi: Box | None = None
    align: bool = False
    match_light: bool = False
    baseline_frames: int = 1
    repeatability: float = 0.05
    sensitivity: float = 0.1


@dataclass(frozen=True)
class Picture:
    """A section of one frame, to look at: grey values, open voxels, pre-existing ones of them."""

    grey: Image
    open: NDArray[np.bool_]
    preexisting: NDArray[np.bool_]


@dataclass(frozen=True)
class Analysis:
    """What a series has shown.

    Attributes
    ----------
    series, settings
        What was analysed, and how; the settings hold the threshold that was found.
    threshold_source
        Whether the threshold was given or found.
    history
        The tracked cracks.
    measures
        A row a frame: ``frame, name, time, drift_*`` and ``residual`` in voxels, ``fraction`` of
        the region of interest that is open, and ``volume_low, volume_high``: the volume with the
        threshold lowered and raised by `Settings.sensitivity`.
    pictures
        One a frame: the image, or the middle slice of the region of interest of a volume.
    failure
        Why the analysis ended before the series did; empty if it did not.
    """

    series: Series
    settings: Settings
    threshold_source: str
    history: History
    measures: Table
    pictures: tuple[Picture, ...]
    failure: str = ""


class BrokenFrameError(ValueError):
    """A frame could not be analysed; `analysis` holds the frames before it, None without any."""

    def __init__(self, message: str, analysis: Analysis | None) -> None:
        super().__init__(message)
        self.analysis = analysis


def analyze_series(
    series: Series, settings: Settings, *, progress: Progress | None = None
) -> Analysis:
    """Align, segment, track and measure a series, one grey volume in memory at a time.

    Parameters
    ----------
    series
        From `crevasse.io.open_series`.
    settings
        What to do. Without a threshold the first, middle and last frame are read once more, before
        anything else, to find one.
    progress
        Called after each frame with its result and the number of frames.

    Raises
    ------
    BrokenFrameError
        If a frame cannot be read or used; what was analysed before is in its `analysis`.
    ValueError
        If the settings do not fit the series.
    """
    check_box(settings.roi, series.shape)
    analyst = _Analyst(series, settings)
    for frame in series:
        try:
            result = analyst.add(frame)
        except (ValueError, OSError) as error:
            so_far = analyst.analysis(str(error)) if frame.index > 0 else None
            raise BrokenFrameError(f"{frame.name}: {error}", so_far) from error
        if progress is not None:
            progress(result, len(series))
    return analyst.analysis()


class _Analyst:
    """The analysis of a series in the making."""

    def __init__(self, series: Series, settings: Settings) -> None:
        self._series = series
        self._threshold_source = "given"
        self._settings = settings
        if settings.segmentation.threshold is None:
            self._find_threshold()
        self._roi = RunVolume.from_box(series.shape, settings.roi)
        self._corrector = DriftCorrector(roi=settings.roi)
        self._light: Image | None = None
        self._tracker = Tracker(
            spacing=series.spacing,
            unit=series.unit,
            time_unit=series.time_unit,
            connectivity=settings.segmentation.connectivity,
            baseline_frames=settings.baseline_frames,
            repeatability=settings.repeatability,
        )
        self._baseline = RunVolume.from_box(series.shape, (slice(0, 0),) * len(series.shape))
        self._rows: list[dict[str, Any]] = []
        self._pictures: list[Picture] = []

    def add(self, frame: Frame) -> FrameResult:
        """Read, align, segment and track one frame."""
        aligned = self._prepare(frame.read())
        segmentation = self._settings.segmentation
        signal = segmentation.signal(aligned.image)
        open_ = segmentation.apply(signal, roi=self._roi)
        spread = self._settings.sensitivity
        low, high = (
            segmentation.scaled(factor).apply(signal, roi=self._roi).n_voxels
            for factor in (1 - spread, 1 + spread)
        )
        result = self._tracker.update(open_, time=frame.time)
        if frame.index < self._settings.baseline_frames:
            self._baseline = self._baseline | open_
        self._rows.append(self._measure(frame, aligned, open_, low, high))
        self._pictures.append(self._picture(aligned.image, open_))
        return result

    def analysis(self, failure: str = "") -> Analysis:
        """What has been analysed so far."""
        names = self._rows[0].keys()
        columns = {name: np.array([row[name] for row in self._rows]) for name in names}
        volume_unit = f"{self._series.unit}^{len(self._series.shape)}"
        units = {
            "time": self._series.time_unit,
            "volume_low": volume_unit,
            "volume_high": volume_unit,
            **{name: "voxel" for name in names if name.startswith(("drift", "residual"))},
        }
        return Analysis(
            series=self._series,
            settings=self._settings,
            threshold_source=self._threshold_source,
            history=self._tracker.history(),
            measures=Table(columns, units=units),
            pictures=tuple(self._pictures),
            failure=failure,
        )

    def _find_threshold(self) -> None:
        last = len(self._series) - 1
        chosen = sorted({0, last // 2, last})
        images = (self._series[i].read() for i in chosen)
        segmentation = self._settings.segmentation.with_threshold(images, roi=self._settings.roi)
        self._settings = replace(self._settings, segmentation=segmentation)
        frames = ", ".join(str(i) for i in chosen)
        self._threshold_source = f"Otsu's threshold of frames {frames}, pooled"

    def _prepare(self, image: Image) -> Aligned:
        if self._settings.match_light:
            if self._light is None:
                self._light = image
            image = match_light(image, self._light)
        if self._settings.align:
            return self._corrector.correct(image)
        return Aligned(image, np.zeros(image.ndim), 0.0)

    def _measure(
        self, frame: Frame, aligned: Aligned, open_: RunVolume, low: int, high: int
    ) -> dict[str, Any]:
        axes = ("z", "y", "x")[-len(frame.shape) :]
        voxel_volume = float(np.prod(self._series.spacing))
        return {
            "frame": frame.index,
            "name": frame.name,
            "time": frame.time,
            **{f"drift_{a}": float(d) for a, d in zip(axes, aligned.drift, strict=True)},
            "residual": aligned.residual,
            "fraction": open_.n_voxels / self._roi.n_voxels,
            "volume_low": min(low, high) * voxel_volume,
            "volume_high": max(low, high) * voxel_volume,
        }

    def _picture(self, image: Image, open_: RunVolume) -> Picture:
        z = 0
        if image.ndim == 3:
            begin, end, _ = (self._settings.roi or (slice(None),))[0].indices(image.shape[0])
            z = (begin + end) // 2
        return Picture(
            grey=image[z].copy() if image.ndim == 3 else image.copy(),
            open=open_.plane(z).to_mask(),
            preexisting=(open_ & self._baseline).plane(z).to_mask(),
        )
