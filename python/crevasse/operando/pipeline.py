"""From a series of scans to an analysis: align, segment, track, measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from crevasse._runs import RunVolume
from crevasse._table import Table
from crevasse.io import Frame, Series
from crevasse.operando.align import Aligned, DriftCorrector, match_light
from crevasse.operando.electrochemistry import FrameStates, join_frames
from crevasse.operando.interface import InterfaceRecord
from crevasse.operando.segment import Image, check_box
from crevasse.operando.settings import Analysis, Layer, Picture, Settings
from crevasse.tracking import CycleState, FrameResult, FrontFollower, Tracker

Progress = Callable[[FrameResult, int], None]


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
    for box in (settings.roi, settings.stable):
        check_box(box, series.shape)
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
        self._corrector = DriftCorrector(roi=settings.stable or settings.roi)
        self._light: Image | None = None
        self._tracker = Tracker(
            spacing=series.spacing,
            unit=series.unit,
            time_unit=series.time_unit,
            connectivity=settings.segmentation.connectivity,
            baseline_frames=settings.baseline_frames,
            repeatability=settings.repeatability,
            confirm_after=settings.confirm_after,
            working=settings.working,
            counter=settings.counter,
            roi=None if settings.roi is None else self._roi,
        )
        self._cycling = _joined(series, settings)
        self._follower = _follower(series, settings)
        self._layers = {
            name: _record(layer, series, settings) for name, layer in settings.layers.items()
        }
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
        cycle = CycleState() if self._cycling is None else self._cycling.states[frame.index]
        result = self._tracker.update(open_, time=frame.time, cycle=cycle)
        if self._follower is not None:
            self._follower.update(result)
        self._measure_layers(aligned.image, frame.time)
        if frame.index < self._settings.baseline_frames:
            self._baseline = self._baseline | open_
        self._rows.append(self._measure(frame, aligned, open_, low, high))
        self._pictures.append(self._picture(aligned.image, open_))
        return result

    def _measure_layers(self, image: Image, time: float) -> None:
        lithium: dict[tuple[float | None, float | None], RunVolume] = {}  # one for both electrodes
        for name, record in self._layers.items():
            layer = self._settings.layers[name]
            window = layer.low, layer.high
            if window not in lithium:
                lithium[window] = RunVolume.from_threshold(image, *window)
            record.update(lithium[window], time=time)

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
        history = self._tracker.history()
        follower = self._follower
        return Analysis(
            series=self._series,
            settings=self._settings,
            threshold_source=self._threshold_source,
            history=history,
            measures=Table(columns, units=units),
            pictures=tuple(self._pictures),
            failure=failure,
            cycling=self._cycling,
            fronts=None if follower is None else follower.fronts(history),
            layers=self._layers,
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


def _joined(series: Series, settings: Settings) -> FrameStates | None:
    """The state of the cell at each frame; `ValueError` where frames lie outside of the record."""
    cycling = settings.cycling
    if cycling is None:
        return None
    return join_frames(
        cycling.cycler,
        cycling.seconds(np.array([frame.time for frame in series.frames])),
        scan_duration=3600 * cycling.scan_duration,
        uncertainty=3600 * cycling.uncertainty,
        area=cycling.area,
        names=[frame.name for frame in series.frames],
    )


def _follower(series: Series, settings: Settings) -> FrontFollower | None:
    """Branches shorter than five voxels are roughness; tips go up to forty from scan to scan."""
    if not settings.fronts or settings.working is None:
        return None
    voxel = max(series.spacing)
    return FrontFollower(
        settings.working, settings.counter, prominence=5 * voxel, max_step=40 * voxel
    )


def _record(layer: Layer, series: Series, settings: Settings) -> InterfaceRecord:
    n = len(series)
    return InterfaceRecord(
        face=layer.face,
        spacing=series.spacing,
        roi=layer.roi,
        centre=layer.centre,
        depth=_half_height(layer.face, series),
        keep=sorted({0, n // 3, 2 * n // 3, n - 1}),
        unit=series.unit,
        time_unit=series.time_unit,
    )


def _half_height(face: str, series: Series) -> float:
    """Lithium in the other half of the cell belongs to the other electrode."""
    axis = "zyx"[-len(series.shape) :].index(face[0])
    return series.shape[axis] * series.spacing[axis] / 2
