"""One frame more: from what is known of a series to what is known after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._regions import Regions
from crevasse._runs import RunLabeling, RunVolume
from crevasse._table import Coded, Table
from crevasse.tracking.closures import Fates, Provisional
from crevasse.tracking.cycle import CycleState
from crevasse.tracking.electrodes import Surroundings
from crevasse.tracking.event_table import Moment, Side, event_table
from crevasse.tracking.events import classify_births
from crevasse.tracking.interval import Interval
from crevasse.tracking.memory import memory_table
from crevasse.tracking.options import Options
from crevasse.tracking.record import Record
from crevasse.tracking.result import FrameResult

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class State:
    """What the next frame is compared with."""

    shape: tuple[int, ...]
    surroundings: Surroundings
    ledger: _core.Ledger
    latest: FrameResult
    fates: Fates
    provisional: Provisional
    n_events: int
    record: Record
    timed: bool  # whether frames come with times

    def core_cracks(self) -> NDArray[np.uint32]:
        """Crack of each label of the latest frame, as the core takes it."""
        return _for_core(self.latest.crack_ids)


@dataclass(frozen=True)
class Scan:
    """A frame that has been labelled and measured, but not compared yet."""

    open: RunVolume
    labeling: RunLabeling
    regions: Regions
    time: float
    cycle: CycleState

    @classmethod
    def of(
        cls, runs: RunVolume, time: float, cycle: CycleState, options: Options, threads: int
    ) -> Scan:
        """Label and measure the components of a frame."""
        labeling = runs.label(options.connectivity, n_threads=threads)
        regions = labeling.regions(spacing=options.spacing, unit=options.unit, n_threads=threads)
        return cls(runs, labeling, regions, time, cycle)


def first_state(
    scan: Scan, surroundings: Surroundings, options: Options, timed: bool, threads: int
) -> State:
    """The state after the first frame: every component is a crack."""
    n_cracks = scan.labeling.count
    cracks = np.arange(1, n_cracks + 1, dtype=np.int64)
    nothing = RunVolume.from_box(scan.open.shape, (slice(0, 0),) * len(scan.open.shape)).label()
    empty = _core.Ledger(scan.labeling._core.runs.shape, options.baseline_frames)
    ledger, _, n_preexisting = empty.advance(
        nothing._core,
        _for_core(cracks[:0]),
        scan.labeling._core,
        _for_core(cracks),
        scan.time,
        threads,
    )
    latest = FrameResult(
        frame=0,
        time=scan.time,
        cycle=scan.cycle,
        labeling=scan.labeling,
        spacing=options.spacing_of(len(scan.open.shape)),
        connectivity=options.connectivity,
        regions=scan.regions,
        crack_ids=cracks,
        at_working=surroundings.at_working(scan.labeling, threads),
        at_counter=surroundings.at_counter(scan.labeling, threads),
        n_voxels=scan.open.n_voxels,
        n_preexisting=n_preexisting,
        n_new=0,
        events=Table({}),
        memory=Table({}),
        corrections=Table({}),
    )
    return State(
        shape=scan.open.shape,
        surroundings=surroundings,
        ledger=ledger,
        latest=latest,
        fates=Fates.of_open(n_cracks),
        provisional=Provisional.none(),
        n_events=0,
        record=Record().with_first(latest),
        timed=timed,
    )


def next_state(state: State, scan: Scan, options: Options, threads: int) -> State:
    """The state after one more frame."""
    before, surroundings = state.latest, state.surroundings
    frame = before.frame + 1
    interval = Interval.between(
        before.labeling,
        scan.labeling,
        before.regions["n_voxels"],
        scan.regions["n_voxels"],
        threads,
    )
    cracks = interval.crack_ids(before.crack_ids, len(state.fates.values))
    ledger, memories, n_preexisting = state.ledger.advance(
        before.labeling._core,
        state.core_cracks(),
        scan.labeling._core,
        _for_core(cracks),
        scan.time,
        threads,
    )
    parentless = interval.parentless()
    memory = memory_table(memories, parentless, state.fates, ledger.times)
    of_closed = memory.where(memory["closed"])
    at_working = surroundings.at_working(scan.labeling, threads)
    at_counter = surroundings.at_counter(scan.labeling, threads)
    events = event_table(
        interval,
        Side(before.crack_ids, before.bridging),
        Side(cracks, at_working & at_counter),
        _marked(of_closed["label"], scan.labeling.count),
        _birth_subtypes(parentless, scan, at_working, at_counter, surroundings, threads),
        options.repeatability,
        Moment(frame, scan.time, scan.cycle, state.n_events),
    )
    ended, merged_into = interval.ended(before.crack_ids, cracks)
    n_cracks = max(len(state.fates.values), int(cracks.max(initial=0)))
    provisional, corrections = state.provisional.settle(
        frame,
        state.fates.heirs(of_closed["crack"]),
        state.n_events + interval.block_after[of_closed["label"] - 1],
        options.confirm_after,
    )
    n_voxels = scan.open.n_voxels
    latest = FrameResult(
        frame=frame,
        time=scan.time,
        cycle=scan.cycle,
        labeling=scan.labeling,
        spacing=options.spacing_of(len(scan.open.shape)),
        connectivity=options.connectivity,
        regions=scan.regions,
        crack_ids=cracks,
        at_working=at_working,
        at_counter=at_counter,
        n_voxels=n_voxels,
        n_preexisting=n_preexisting,
        n_new=n_voxels - n_preexisting,
        events=events,
        memory=memory,
        corrections=corrections,
    )
    return State(
        shape=state.shape,
        surroundings=surroundings,
        ledger=ledger,
        latest=latest,
        fates=state.fates.after(n_cracks, ended, merged_into),
        provisional=provisional.joined(_closures(interval, events, state.n_events)),
        n_events=state.n_events + len(events),
        record=state.record.with_frame(latest, before, interval),
        timed=state.timed,
    )


def _for_core(cracks: Ints) -> NDArray[np.uint32]:
    return np.concatenate([[0], cracks]).astype(np.uint32)


def _marked(labels: Ints, count: int) -> Bools:
    marks = np.zeros(count, dtype=np.bool_)
    marks[labels - 1] = True
    return marks


def _birth_subtypes(
    parentless: Bools,
    scan: Scan,
    at_working: Bools,
    at_counter: Bools,
    surroundings: Surroundings,
    threads: int,
) -> Coded:
    """Where each component came from, if it has no parents."""
    entered = np.zeros(len(parentless), dtype=np.bool_)
    # Without a region of interest most births are ruled out by their boxes.
    maybe = parentless if surroundings.roi else parentless & scan.regions["touches_border"]
    if maybe.any():
        entered = maybe & surroundings.at_border(scan.labeling, threads)
    return classify_births(entered, at_working, at_counter)


def _closures(interval: Interval, events: Table, first_event: int) -> Provisional:
    event = first_event + np.flatnonzero(interval.n_children == 0)
    row = event - first_event
    return Provisional(event, events["crack"][row], events["frame"][row])
