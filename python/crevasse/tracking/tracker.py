"""Following cracks from frame to frame, exactly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._regions import Regions, default_unit
from crevasse._runs import RunLabeling, RunVolume, as_run_volume
from crevasse._table import Table
from crevasse.tracking.history import History
from crevasse.tracking.interval import Interval
from crevasse.tracking.record import Record
from crevasse.tracking.result import FrameResult

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class _State:
    """What the next frame is compared with.

    Replaced as a whole, so a failed update changes nothing.
    """

    shape: tuple[int, ...]
    preexisting: RunVolume
    ledger: _core.Ledger
    latest: FrameResult
    n_cracks: int
    n_events: int


class Tracker:
    """Follow the components of a series of binary volumes, frame by frame.

    Between two frames every overlap is kept: components that share voxels, directly or through
    others, form a block, and each block is one event. A block's ledger counts the voxels gained,
    lost and kept, so the blocks of an interval sum to the change of total volume exactly. A
    component carries on the crack with which it shares most voxels, if that is mutual.

    Memory holds the latest frame and the voxel ledger, both as runs, and the tables.

    Parameters
    ----------
    spacing
        Voxel size, a number or one per axis in axis order.
    unit
        Of `spacing`. None: "voxel" where spacing is 1, else "um".
    time_unit
        Of the times given to `update`.
    connectivity
        As in `crevasse.label`.
    baseline_frames
        Number of frames at the start whose open voxels count as pre-existing.
    repeatability
        Fraction of a crack's volume by which two scans of the same thing differ: smaller gains and
        losses do not make an event of growth or shrinking.
    n_threads
        None: all usable cores.

    Examples
    --------
    Two cracks grow together:

    >>> import numpy as np
    >>> tracker = Tracker()
    >>> _ = tracker.update(np.array([[1, 1, 0, 0, 1]]), time=0.0)
    >>> result = tracker.update(np.array([[1, 1, 1, 1, 1]]), time=0.25)
    >>> result.events["type"].tolist(), result.crack_ids.tolist()
    (['merge'], [1])
    >>> tracker.history().intervals["gain"].tolist()
    [2]
    """

    def __init__(
        self,
        *,
        spacing: _validate.Spacing = 1.0,
        unit: str | None = None,
        time_unit: str = "h",
        connectivity: int = 26,
        baseline_frames: int = 1,
        repeatability: float = 0.0,
        n_threads: int | None = None,
    ) -> None:
        if isinstance(baseline_frames, bool) or baseline_frames < 1:
            raise ValueError(f"baseline_frames must be at least 1, got {baseline_frames}")
        if not 0.0 <= repeatability < 1.0:
            raise ValueError(f"repeatability must lie in [0, 1), got {repeatability}")
        _validate.spacing(spacing, 2 if np.size(spacing) == 2 else 3)  # what frames are comes later
        self._spacing = spacing
        self._unit = unit
        self._time_unit = time_unit
        self._connectivity = connectivity
        self._baseline_frames = int(baseline_frames)
        self._repeatability = float(repeatability)
        self._threads = _validate.n_threads(n_threads)
        self._record = Record()
        self._state: _State | None = None

    def update(self, frame: RunVolume | ArrayLike, *, time: float | None = None) -> FrameResult:
        """Add the next frame.

        Parameters
        ----------
        frame
            A `RunVolume` or mask, of the same shape in every call. It may be empty.
        time
            Must rise from frame to frame. None: the frame's index, in frames.

        Raises
        ------
        ValueError
            If the shape differs from the first frame's or the time does not rise. The tracker is
            then as before the call.
        """
        runs = as_run_volume(frame, self._threads)
        when = self._checked_time(time)
        state = self._state
        if state is not None:
            _validate.same_shape(state.shape, runs.shape, "all frames")
        labeling = runs.label(self._connectivity, n_threads=self._threads)
        regions = labeling.regions(spacing=self._spacing, unit=self._unit, n_threads=self._threads)
        if state is None:
            following = self._first(runs, labeling, regions, when)
        else:
            following = self._next(state, runs, labeling, regions, when)
        self._state = following
        return following.latest

    def history(self) -> History:
        """Everything so far, as a `History` that later updates do not change.

        Raises
        ------
        ValueError
            If there has been no frame.
        """
        state = self._state
        if state is None:
            raise ValueError("history needs at least one frame; call update first")
        spacing = _validate.spacing(self._spacing, len(state.shape))
        unit = self._unit or default_unit(spacing)
        return self._record.history(
            spacing=spacing,
            unit=unit,
            time_unit=self._time_unit,
            shape=state.shape,
            ledger=state.ledger,
        )

    def _checked_time(self, time: float | None) -> float:
        latest = self._state.latest if self._state is not None else None
        index = 0 if latest is None else latest.frame + 1
        when = float(index if time is None else time)
        if not math.isfinite(when):
            raise ValueError(f"time must be finite, got {time}")
        if latest is not None and when <= latest.time:
            raise ValueError(f"time must rise from frame to frame, got {when} after {latest.time}")
        return when

    def _first(
        self, runs: RunVolume, labeling: RunLabeling, regions: Regions, time: float
    ) -> _State:
        cracks = np.arange(1, labeling.count + 1, dtype=np.int64)
        result = FrameResult(
            frame=0,
            time=time,
            labeling=labeling,
            regions=regions,
            crack_ids=cracks,
            n_voxels=runs.n_voxels,
            n_preexisting=runs.n_voxels,
            n_new=0,
            events=Table({}),
        )
        ledger = self._advance(_core.Ledger(labeling._core.runs.shape), labeling, cracks, 0)
        self._record.add(result, None, None)
        return _State(runs.shape, runs, ledger, result, labeling.count, 0)

    def _next(
        self, state: _State, runs: RunVolume, labeling: RunLabeling, regions: Regions, time: float
    ) -> _State:
        before = state.latest
        index = before.frame + 1
        interval = Interval.between(before, labeling, regions, self._repeatability, self._threads)
        cracks = interval.crack_ids(before.crack_ids, state.n_cracks)
        n_cracks = max(state.n_cracks, int(cracks.max(initial=0)))
        ledger = self._advance(state.ledger, labeling, cracks, index)
        preexisting = (
            state.preexisting | runs if index < self._baseline_frames else state.preexisting
        )
        n_preexisting = (runs & preexisting).n_voxels
        result = FrameResult(
            frame=index,
            time=time,
            labeling=labeling,
            regions=regions,
            crack_ids=cracks,
            n_voxels=runs.n_voxels,
            n_preexisting=n_preexisting,
            n_new=runs.n_voxels - n_preexisting,
            events=interval.events(before.crack_ids, cracks, index, time, state.n_events),
        )
        self._record.add(result, before, interval)
        return replace(
            state,
            preexisting=preexisting,
            ledger=ledger,
            latest=result,
            n_cracks=n_cracks,
            n_events=state.n_events + len(result.events),
        )

    def _advance(
        self, ledger: _core.Ledger, labeling: RunLabeling, cracks: Ints, frame: int
    ) -> _core.Ledger:
        crack_of = np.concatenate([[0], cracks]).astype(np.uint32)
        return ledger.advance(labeling._core, crack_of, frame, self._threads)


def track(
    frames: Iterable[RunVolume | ArrayLike],
    *,
    times: Sequence[float] | None = None,
    **options: Any,
) -> History:
    """Follow the components of a whole series; the same as `Tracker.update` frame by frame.

    Parameters
    ----------
    frames
        Masks or `RunVolume`, one a time, all of one shape; a generator is read one at a time.
    times
        One a frame, rising. None: frame numbers.
    **options
        As for `Tracker`.

    Raises
    ------
    ValueError
        If there is no frame, or the number of times differs from that of frames.

    Examples
    --------
    >>> import numpy as np
    >>> history = track(np.array([[[0, 1, 0]], [[1, 1, 0]], [[0, 0, 0]]]), times=[0, 1, 2])
    >>> history.events["type"].tolist()
    ['growth', 'closure']
    """
    if times is None:
        options.setdefault("time_unit", "frame")
    tracker = Tracker(**options)
    n_frames = 0
    for frame in frames:
        if times is not None and n_frames >= len(times):
            raise ValueError(f"times must be one a frame, got {len(times)} for more frames")
        tracker.update(frame, time=None if times is None else times[n_frames])
        n_frames += 1
    if times is not None and n_frames != len(times):
        raise ValueError(f"times must be one a frame, got {len(times)} for {n_frames} frames")
    if n_frames == 0:
        raise ValueError("frames must hold at least one frame")
    return tracker.history()
