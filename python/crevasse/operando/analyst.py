"""The analysis of a series in the making, frame by frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from crevasse._electrode import Electrode
from crevasse._local_thickness import local_thickness
from crevasse._runs import RunVolume
from crevasse._table import Table
from crevasse._thickness_distribution import thickness_distribution
from crevasse.io import Frame, Series
from crevasse.operando.analysis import Analysis
from crevasse.operando.electrochemistry import FrameStates, join_frames
from crevasse.operando.fingerprint import copies, without_greys
from crevasse.operando.grey.comparison import GreyComparison
from crevasse.operando.grey.sample import GreySample
from crevasse.operando.grey.study import GreyStudy
from crevasse.operando.layers.interface import InterfaceRecord
from crevasse.operando.observer import Observation, Observer, Opened
from crevasse.operando.radial import RadialRecord
from crevasse.operando.sections import SectionRecord
from crevasse.operando.settings import Cycling, Layer, Settings
from crevasse.tracking import CycleState, FrameResult, FrontFollower, Tracker

_LENGTHS = ("thickness", "depth", "ligament")  # columns of measures begin so
_NOT_STATE = ("given", "seen", "series", "_settings", "_tracker", "_follower", "_cycling")


class Analyst:
    """Analyse frame after frame, in order, from what an observer has kept of them.

    Parameters
    ----------
    series
        What is analysed.
    settings
        How.
    sample
        What thresholds were found from; None if all are given.

    Attributes
    ----------
    series
        What is analysed, as far as it is known.
    given
        The settings, before thresholds were found.
    sample
        What thresholds were found from; None if all were given.
    observer
        Of the next frame.
    seen
        Frames that were added or left out.
    skipped
        Those that were left out: name and why.
    """

    def __init__(self, series: Series, settings: Settings, sample: GreySample | None) -> None:
        self.given = settings
        if sample is not None:
            settings = settings.with_thresholds(sample)
        self.series, self._settings, self.sample = series, settings, sample
        self._region = settings.region(series.shape, series.spacing)
        self._tracker: Tracker | None = None  # made when the first frame shows the electrodes
        self._follower: FrontFollower | None = None
        self._cycling = _joined(series, settings)
        self._layers = {
            name: _record(layer, self._region, series) for name, layer in settings.layers.items()
        }
        self._grey = GreyStudy(names=("open at first", "opened later")) if settings.grey else None
        self._rows: list[dict[str, Any]] = []
        self._phase_rows: list[dict[str, Any]] = []
        self._sections = SectionRecord(
            series.shape,
            roi=settings.roi,
            spacing=series.spacing,
            top=settings.face_up(len(series.shape)),
        )
        gauges = {name: record.gauge(series.shape) for name, record in self._layers.items()}
        self.observer = Observer.of(series, settings, self._sections.planes, gauges)
        self._radial = _radial(self._region, series, settings)
        self.seen: list[Frame] = []
        self.skipped: list[tuple[str, str]] = []
        self._shown: list[tuple[str, int | None]] = []  # names and fingerprints

    def add(self, frame: Frame) -> FrameResult:
        """Read and analyse one frame; if that fails, nothing is added."""
        return self.follow(frame, *self.observer.observe(frame.read())())

    def follow(self, frame: Frame, found: Observation, observer: Observer) -> FrameResult:
        """Track and measure what was found in the next frame; `observer` is that of the one after.

        Needs no grey values.
        """
        if self._tracker is None:
            self._begin(observer.electrodes)
        assert self._tracker is not None
        open_, old = found.open_
        cycle = CycleState() if self._cycling is None else self._cycling.states[frame.index]
        result = self._tracker.update(open_, time=frame.time, cycle=cycle)
        if self._follower is not None:
            self._follower.update(result)
        for name, record in self._layers.items():
            record.add(found.layers[name], time=frame.time)
        place = {"frame": len(self._rows), "time": frame.time}
        self._phase_rows += [place | row for row in found.phases]
        self._rows.append(self._measure(frame, found))
        if self._grey is not None:
            self._grey.add_counts(*found.grey)
        self._sections.keep(found.sections)
        if self._radial is not None:
            self._radial.update(old, open_ - old, time=frame.time)
        self._shown.append((frame.name, found.fingerprint))
        self.observer = observer
        self.seen.append(frame)
        return result

    def skip(self, frame: Frame, why: str) -> None:
        """Leave a frame out."""
        self.skipped.append((frame.name, why))
        self.seen.append(frame)

    def extend(self, series: Series, cycling: Cycling | None) -> None:
        """Go on with a series that has grown, and with the cycler's record, which may have too.

        Of layers, as many maps are kept as show how they go on, not as there are frames.
        """
        self.series, self._settings = series, replace(self._settings, cycling=cycling)
        self._cycling = _joined(series, self._settings)
        for record in self._layers.values():
            record.keep_maps(_spread(len(series)))

    def save(self, folder: Path) -> dict[str, Any]:
        """Write tracker and fronts to a folder; return the rest, which can be pickled."""
        assert self._tracker is not None
        self._tracker.save(folder / "tracker.npz")
        if self._follower is not None:
            self._follower.save(folder / "fronts.npz")
        state = {name: value for name, value in vars(self).items() if name not in _NOT_STATE}
        return state | {"n_seen": len(self.seen)}

    @classmethod
    def load(
        cls, series: Series, settings: Settings, state: dict[str, Any], folder: Path
    ) -> Analyst:
        """Go on from what `save` gave."""
        analyst = cls(series, settings, state["sample"])
        analyst.seen = list(series.frames[: state.pop("n_seen")])
        vars(analyst).update(state)
        analyst._tracker = Tracker.load(folder / "tracker.npz")
        follower = analyst._new_follower(analyst.observer.electrodes)
        if follower is not None:
            analyst._follower = follower.load(folder / "fronts.npz")
        return analyst

    @property
    def has_begun(self) -> bool:
        """Whether a frame has been followed."""
        return bool(self._rows)

    def so_far(self, failure: str = "") -> Analysis | None:
        """What has been analysed; None before the first frame."""
        if self._tracker is None or not self._rows:
            return None
        series = self.series
        volume_unit = f"{series.unit}^{len(series.shape)}"
        units = {
            "time": series.time_unit,
            **{n: volume_unit for n in self._rows[0] if n.startswith("volume")},
            **{n: series.unit for n in self._rows[0] if n.startswith(_LENGTHS)},
            **{n: "voxel" for n in self._rows[0] if n.startswith(("drift", "residual"))},
            **{n: "degree" for n in self._rows[0] if n.startswith("rotation")},
        }
        volumes = dict.fromkeys(("volume", "volume_low", "volume_high"), volume_unit)
        history = self._tracker.history()
        follower = self._follower
        return Analysis(
            series=series,
            settings=self._settings,
            sample=self.sample,
            history=history,
            measures=_table(self._rows, units),
            phases=_table(self._phase_rows, volumes | {"time": series.time_unit}),
            sections=self._sections,
            radial=self._radial,
            failure=failure,
            cycling=self._cycling,
            fronts=None if follower is None else follower.fronts(history),
            layers=self._layers,
            grey=_compared(self._grey),
            skipped=tuple(self.skipped),
            copies=tuple(copies(self._shown)),
            without_greys=tuple(without_greys(self._shown)),
        )

    def _begin(self, electrodes: tuple[Electrode | None, ...]) -> None:
        """With the first frame, which shows where electrodes are."""
        series, settings = self.series, self._settings
        working, counter = electrodes
        whole = settings.roi is None and settings.cylinder is None
        self._tracker = Tracker(
            spacing=series.spacing,
            unit=series.unit,
            time_unit=series.time_unit,
            connectivity=settings.connectivity,
            baseline_frames=settings.baseline_frames,
            repeatability=settings.repeatability,
            confirm_after=settings.confirm_after,
            working=working,
            counter=counter,
            roi=None if whole else self._region,
        )
        self._follower = self._new_follower(electrodes)

    def _new_follower(self, electrodes: tuple[Electrode | None, ...]) -> FrontFollower | None:
        working, counter = electrodes
        if not self._settings.fronts or working is None:
            return None
        # Branches shorter than five voxels are roughness; tips go up to forty a scan.
        voxel = max(self.series.spacing)
        return FrontFollower(working, counter, prominence=5 * voxel, max_step=40 * voxel)

    def _measure(self, frame: Frame, found: Observation) -> dict[str, Any]:
        row = {
            "frame": len(self._rows),
            "scan": frame.index,
            "name": frame.name,
            "time": frame.time,
            "brightness": found.brightness,
            "fraction": found.open_.all.n_voxels / self._region.n_voxels,
        }
        volumes = [self._volumes(opened) for opened in (found.open_, found.low, found.high)]
        open_ = found.open_.all
        # Where thresholds have no bands, measuring thrice would give the same thrice.
        ends = [end.all for end in (found.low, found.high) if end.all != open_]
        reaches = [*self._reaches(ends)]
        thickness: list[dict[str, float]] = []
        if self._settings.thickness:
            thickness = [self._thickness(runs) for runs in (open_, *ends)]
        value = thickness[0] if thickness else {}
        return row | value | _bands((volumes, reaches, thickness)) | found.motion

    def _volumes(self, opened: Opened) -> dict[str, float]:
        voxel = float(np.prod(self.series.spacing))
        n, old = opened.all.n_voxels, opened.preexisting.n_voxels
        return {
            "volume": n * voxel,
            "volume_preexisting": old * voxel,
            "volume_new": (n - old) * voxel,
        }

    def _reaches(self, ends: Sequence[RunVolume]) -> Iterator[dict[str, float]]:
        """Of the frame that was followed last, then with thresholds at the ends of their bands."""
        if self._follower is None:
            return
        yield self._follower.latest._asdict()
        for open_ in ends:
            yield self._follower.reach(open_, self.series.spacing)._asdict()

    def _thickness(self, open_: RunVolume) -> dict[str, float]:
        spacing = self.series.spacing
        mask = open_.crop(open_.bounding_box(margin=1)).to_mask()
        thickness = local_thickness(mask, spacing=spacing)
        found = thickness_distribution(thickness, spacing=spacing, quantiles=(0.5, 0.9))
        return {
            "thickness_mean": found.mean,
            "thickness_median": found.quantiles[0.5],
            "thickness_p90": found.quantiles[0.9],
        }


def _bands(measures: Iterable[Sequence[dict[str, float]]]) -> dict[str, float]:
    """The least and the greatest of each measure, each a list with thresholds as they may be."""
    bands: dict[str, float] = {}
    for ends in measures:
        for name in ends[0] if ends else ():
            values = [end[name] for end in ends]
            bands |= {f"{name}_low": min(values), f"{name}_high": max(values)}
    return bands


def _table(rows: list[dict[str, Any]], units: dict[str, str]) -> Table:
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return Table(columns, units={name: unit for name, unit in units.items() if name in columns})


def _compared(study: GreyStudy | None) -> GreyComparison | None:
    if study is None:
        return None
    try:
        return study.result()
    except ValueError:  # one of both is not there, or nowhere thick enough to have an inside
        return None


def _radial(region: RunVolume, series: Series, settings: Settings) -> RadialRecord | None:
    if len(series.shape) == 2 or not settings.follow:
        return None
    cylinder = settings.cylinder
    return RadialRecord(
        region,
        spacing=series.spacing,
        axis=settings.axis,
        centre=None if cylinder is None else cylinder.centre,
        unit=series.unit,
        time_unit=series.time_unit,
    )


def _joined(series: Series, settings: Settings) -> FrameStates | None:
    """The state of the cell at each frame; `ValueError` where frames lie outside of the record."""
    cycling = settings.cycling
    if cycling is None:
        return None
    if series.time_unit != "h":
        raise ValueError(
            f"cycling needs the times of the scans in h, got them in {series.time_unit}; give times"
        )
    return join_frames(
        cycling.cycler,
        cycling.seconds(np.array([frame.time for frame in series.frames])),
        scan_duration=3600 * cycling.scan_duration,
        uncertainty=3600 * cycling.uncertainty,
        area=cycling.area,
        outside=cycling.outside,
        names=[frame.name for frame in series.frames],
    )


def _record(layer: Layer, region: RunVolume, series: Series) -> InterfaceRecord:
    n = len(series)
    return InterfaceRecord(
        face=layer.face,
        spacing=series.spacing,
        roi=layer.columns(region, series.spacing),
        depth=_half_height(layer.face, series),
        keep=sorted({0, n // 3, 2 * n // 3, n - 1}),
        unit=series.unit,
        time_unit=series.time_unit,
    )


def _spread(n_frames: int) -> list[int]:
    """Four to seven frames up to the last; all but the last are among those of one frame less."""
    step = 1 << max(0, ((n_frames - 1) // 3).bit_length() - 1)
    return [*range(0, n_frames - 1, step), n_frames - 1]


def _half_height(face: str, series: Series) -> float:
    """Lithium in the other half of the cell belongs to the other electrode."""
    axis = "zyx"[-len(series.shape) :].index(face[0])
    return series.shape[axis] * series.spacing[axis] / 2
