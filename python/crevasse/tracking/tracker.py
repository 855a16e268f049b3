"""Following cracks from frame to frame, exactly."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from numpy.typing import ArrayLike

from crevasse import _validate
from crevasse._electrode import Electrode, check_electrodes, held_electrode
from crevasse._runs import RunVolume, as_run_volume
from crevasse.tracking.cycle import CycleState
from crevasse.tracking.electrodes import Roi, Surroundings
from crevasse.tracking.history import History
from crevasse.tracking.options import Options, Repeatability
from crevasse.tracking.result import FrameResult
from crevasse.tracking.scan import Scan
from crevasse.tracking.state import State, first_state, next_state
from crevasse.tracking.storage import load_tracker, save_tracker


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
        Of the times given to `update`. None: "h", or "frame" where none are given.
    connectivity
        As in `crevasse.label`.
    baseline_frames
        Number of frames at the start whose open voxels count as pre-existing.
    repeatability
        Fraction of a crack's volume by which two scans of the same thing differ: smaller gains and
        losses do not make an event of growth or shrinking. "baseline": measured between the
        baseline frames, of which there must be two or more, as `estimate_repeatability` does; in
        the meantime, between those so far.
    working, counter
        The electrodes: a mask or `RunVolume` of each one's voxels, or the face of the volume that
        it lies beyond: "zmin", "zmax", "ymin", …. A component is at an electrode if one of its
        voxels is in it or next to it (26 neighbours), or in the outermost layer at that face. They
        tell births at an electrode from others, and when cracks bridge the cell.
    roi
        Region of interest: a mask, a `RunVolume` or a slice per axis; None: the whole volume. It
        says where a new crack may have come in from outside; frames are taken as they are.
    confirm_after
        Frames that must pass after that of its closure, the crack staying closed, until that is
        confirmed: 1 confirms it in the next frame.
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
        time_unit: str | None = None,
        connectivity: int = 26,
        baseline_frames: int = 1,
        repeatability: Repeatability = 0.0,
        working: Electrode | None = None,
        counter: Electrode | None = None,
        roi: Roi | None = None,
        confirm_after: int = 2,
        n_threads: int | None = None,
    ) -> None:
        self._options = Options(
            spacing=spacing,  # type: ignore[arg-type]
            unit=unit,
            time_unit=time_unit,
            connectivity=connectivity,
            baseline_frames=baseline_frames,
            repeatability=repeatability,
            confirm_after=confirm_after,
        )
        check_electrodes(working, counter)
        threads = _validate.n_threads(n_threads)
        self._working, self._counter = (
            None if electrode is None else held_electrode(electrode, name, threads)
            for name, electrode in (("working", working), ("counter", counter))
        )
        self._roi: Roi | None = roi
        if roi is not None and not isinstance(roi, tuple):
            self._roi = as_run_volume(roi, threads, "roi")
        self._n_threads = n_threads
        self._state: State | None = None

    @property
    def _threads(self) -> int:
        return _validate.n_threads(self._n_threads)

    @property
    def n_frames(self) -> int:
        """How many frames there have been: where to go on after `load`."""
        return 0 if self._state is None else self._state.latest.frame + 1

    def update(
        self,
        frame: RunVolume | ArrayLike,
        *,
        time: float | None = None,
        cycle: CycleState | None = None,
    ) -> FrameResult:
        """Add the next frame.

        Parameters
        ----------
        frame
            A `RunVolume` or mask, of the same shape in every call. It may be empty.
        time
            Must rise from frame to frame. None: the frame's index; for all frames or for none.
        cycle
            Where in its charging the cell is; None: unknown.

        Raises
        ------
        ValueError
            If the shape differs from the first frame's, the time does not rise, or some frames have
            times and others not. The tracker is then as before the call.
        """
        runs = as_run_volume(frame, self._threads, "frame")
        when = self._checked_time(time)
        where = CycleState() if cycle is None else cycle
        if not isinstance(where, CycleState):
            raise TypeError(f"cycle must be a CycleState or None, got {type(cycle).__name__}")
        state = self._state
        if state is not None:
            _validate.same_shape(state.shape, runs.shape, "all frames")
        surroundings = self._surroundings(runs.shape) if state is None else state.surroundings
        scan = Scan.of(runs, when, where, surroundings, self._options, self._threads)
        self._state = (
            first_state(scan, surroundings, self._options, time is not None, self._threads)
            if state is None
            else next_state(state, scan, self._options, self._threads)
        )
        return self._state.latest

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
        ndim = len(state.shape)
        spacing, unit = self._options.spacing_of(ndim), self._options.unit_of(ndim)
        time_unit = self._options.time_unit or ("h" if state.timed else "frame")
        tables = state.record.tables(
            spacing, unit, time_unit, state.latest, state.fates, state.provisional
        )
        return History(
            **tables,
            spacing=spacing,
            unit=unit,
            time_unit=time_unit,
            shape=state.shape,
            _ledger=state.ledger,
            _latest=state.latest,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to a file from which `load` goes on; it appears whole or not at all.

        The same frames give the same bytes, also if the tracker was saved and loaded on the way.
        The file is an npz archive (zip, each member with its CRC-32): ``format`` the text
        "crevasse.Tracker", ``version`` 1, the options, the latest frame and the voxel ledger as
        runs, and the tables, a member a column.

        Raises
        ------
        ValueError
            If there has been no frame.
        """
        if self._state is None:
            raise ValueError("save needs at least one frame; call update first")
        save_tracker(path, self._options, self._state)

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, n_threads: int | None = None) -> Tracker:
        """Go on from what `save` wrote, with the same options.

        Parameters
        ----------
        path
            A file that `save` wrote.
        n_threads
            None: all usable cores.

        Raises
        ------
        ValueError
            If the file is damaged, of another kind, or of a later version.
        """
        tracker = cls(n_threads=n_threads)
        tracker._options, tracker._state = load_tracker(path, tracker._threads)
        return tracker

    def _surroundings(self, shape: tuple[int, ...]) -> Surroundings:
        return Surroundings.of(shape, self._working, self._counter, self._roi, self._threads)

    def _checked_time(self, time: float | None) -> float:
        state = self._state
        if state is not None and state.timed != (time is not None):
            came = "with times" if state.timed else "without"
            raise ValueError(f"time must be given for all frames or none; those before came {came}")
        when = _validate.finite(self.n_frames if time is None else time, "time")
        if state is not None and when <= state.latest.time:
            raise ValueError(
                f"time must rise from frame to frame, got {when} after {state.latest.time}"
            )
        return when


def track(
    frames: Iterable[RunVolume | ArrayLike],
    *,
    times: Sequence[float] | None = None,
    cycles: Sequence[CycleState] | None = None,
    **options: Any,
) -> History:
    """Follow the components of a whole series; the same as `Tracker.update` frame by frame.

    Parameters
    ----------
    frames
        Masks or `RunVolume`, one a time, all of one shape; a generator is read one at a time.
    times
        One a frame, rising. None: frame numbers.
    cycles
        One a frame; None: unknown.
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
    tracker = Tracker(**options)
    if isinstance(frames, RunVolume) or not isinstance(frames, Iterable):
        raise TypeError(
            f"frames must be masks or RunVolume, one a time, got {type(frames).__name__}"
        )
    clock = None if times is None else _validate.numbers(times, "times").tolist()
    states = None if cycles is None else _validate.listed(cycles, "cycles")
    per_frame = {"times": clock, "cycles": states}
    n_frames = 0
    for frame in frames:
        for name, given in per_frame.items():
            if given is not None and n_frames >= len(given):
                raise ValueError(f"{name} must be one a frame, got {len(given)} for more frames")
        tracker.update(
            frame,
            time=None if clock is None else clock[n_frames],
            cycle=None if states is None else states[n_frames],
        )
        n_frames += 1
    for name, given in per_frame.items():
        if given is not None and n_frames != len(given):
            raise ValueError(f"{name} must be one a frame, got {len(given)} for {n_frames} frames")
    if n_frames == 0:
        raise ValueError("frames must hold at least one frame")
    return tracker.history()
