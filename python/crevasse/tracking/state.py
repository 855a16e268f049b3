"""One frame more: from what is known of a series to what is known after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._runs import RunLabeling, RunVolume
from crevasse._table import Coded, Table
from crevasse.tracking.closures import Fates, Provisional
from crevasse.tracking.electrodes import Surroundings
from crevasse.tracking.event_table import Moment, Side, event_table
from crevasse.tracking.events import classify_births
from crevasse.tracking.interval import Interval
from crevasse.tracking.memory import memory_table
from crevasse.tracking.options import Options
from crevasse.tracking.record import Record
from crevasse.tracking.result import FrameResult
from crevasse.tracking.scan import Scan
from crevasse.tracking.static_changes import StaticChanges

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Number = TypeVar("Number", np.uint8, np.uint32)


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
    static: StaticChanges  # between baseline frames
    timed: bool  # whether frames come with times


def first_state(
    scan: Scan, surroundings: Surroundings, options: Options, timed: bool, threads: int
) -> State:
    """The state after the first frame: every component is a crack."""
    n_cracks = scan.labeling.count
    cracks = np.arange(1, n_cracks + 1, dtype=np.int64)
    shape = scan.open.shape
    nothing = RunVolume.from_box(shape, (slice(0, 0),) * len(shape)).label()
    empty = _core.Ledger(scan.labeling._core.runs.shape, options.baseline_frames)
    ledger, _, n_preexisting = _advanced(
        empty, nothing, cracks[:0], scan, cracks, np.zeros(n_cracks, dtype=np.bool_), threads
    )
    latest = scan.result(
        frame=0,
        crack_ids=cracks,
        n_preexisting=n_preexisting,
        events=Table({}),
        memory=Table({}),
        corrections=Table({}),
    )
    return State(
        shape=shape,
        surroundings=surroundings,
        ledger=ledger,
        latest=latest,
        fates=Fates.of_open(n_cracks),
        provisional=Provisional.none(),
        n_events=0,
        record=Record().with_first(latest),
        static=StaticChanges.none(),
        timed=timed,
    )


def next_state(state: State, scan: Scan, options: Options, threads: int) -> State:
    """The state after one more frame."""
    before, frame = state.latest, state.latest.frame + 1
    interval = Interval.between(
        before.labeling,
        scan.labeling,
        before.regions["n_voxels"],
        scan.regions["n_voxels"],
        threads,
    )
    static, repeatability = state.static, options.repeatability
    if repeatability == "baseline":
        if frame < options.baseline_frames:
            static = static.joined(interval.changes())
        repeatability = static.repeatability()
    cracks = interval.crack_ids(before.crack_ids, state.fates.n_cracks)
    parentless = interval.parentless()
    ledger, memories, n_preexisting = _advanced(
        state.ledger, before.labeling, before.crack_ids, scan, cracks, parentless, threads
    )
    memory = memory_table(memories, state.fates, ledger.times)
    of_closed = memory.where(memory["closed"])
    events = event_table(
        interval,
        Side(before.crack_ids, before.regions["n_voxels"], before.bridging),
        Side(cracks, scan.regions["n_voxels"], scan.at_working & scan.at_counter),
        _marked(of_closed["label"], scan.labeling.count),
        _birth_subtypes(parentless, scan, state.surroundings, threads),
        repeatability,
        Moment(frame, scan.time, scan.cycle, state.n_events),
    )
    provisional, corrections = state.provisional.settle(
        frame,
        state.fates.heirs(of_closed["crack"]),
        state.n_events + interval.block_after[of_closed["label"] - 1],
        options.confirm_after,
    )
    latest = scan.result(frame, cracks, n_preexisting, events, memory, corrections)
    n_cracks = max(state.fates.n_cracks, int(cracks.max(initial=0)))
    return replace(
        state,
        ledger=ledger,
        latest=latest,
        fates=state.fates.after(n_cracks, *interval.ended(before.crack_ids, cracks)),
        provisional=provisional.joined(_closures(interval, events, state.n_events)),
        n_events=state.n_events + len(events),
        record=state.record.with_frame(latest, before, interval, repeatability),
        static=static,
    )


def _advanced(
    ledger: _core.Ledger,
    before: RunLabeling,
    cracks_before: Ints,
    scan: Scan,
    cracks: Ints,
    remembers: Bools,
    threads: int,
) -> tuple[_core.Ledger, NDArray[Any], int]:
    """The ledger after a scan, what components that `remembers` marks remember, and old voxels."""
    return ledger.advance(
        before._core,
        _for_core(cracks_before, np.uint32),
        scan.labeling._core,
        _for_core(cracks, np.uint32),
        _for_core(remembers, np.uint8),
        scan.time,
        threads,
    )


def _for_core(of_label: Ints | Bools, dtype: type[Number]) -> NDArray[Number]:
    """What is known of label 1, 2, … as the core takes it: from label 0."""
    values = np.zeros(len(of_label) + 1, dtype=dtype)
    values[1:] = of_label
    return values


def _marked(labels: Ints, count: int) -> Bools:
    marks = np.zeros(count, dtype=np.bool_)
    marks[labels - 1] = True
    return marks


def _birth_subtypes(
    parentless: Bools, scan: Scan, surroundings: Surroundings, threads: int
) -> Coded:
    """Where each component came from, if it has no parents."""
    entered = np.zeros(len(parentless), dtype=np.bool_)
    # Without a region of interest most births are ruled out by their boxes.
    maybe = parentless if surroundings.roi else parentless & scan.regions["touches_border"]
    if maybe.any():
        entered = maybe & surroundings.at_border(scan.labeling, threads)
    return classify_births(entered, scan.at_working, scan.at_counter)


def _closures(interval: Interval, events: Table, first_event: int) -> Provisional:
    event = first_event + np.flatnonzero(interval.n_children == 0)
    row = event - first_event
    return Provisional(event, events["crack"][row], events["frame"][row])
