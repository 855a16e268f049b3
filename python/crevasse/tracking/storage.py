"""Trackers in files: the format is described at `Tracker.save`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._archive import Members, load_archive, prefixed, save_archive, under
from crevasse._runs import RunVolume
from crevasse._shape import shape3
from crevasse._storage import volume_from, volume_members
from crevasse._table import Table
from crevasse.tracking.closures import Fates, Provisional
from crevasse.tracking.cycle import CycleState
from crevasse.tracking.electrodes import Surroundings
from crevasse.tracking.options import Options
from crevasse.tracking.record import Record
from crevasse.tracking.result import FrameResult
from crevasse.tracking.scan import Scan
from crevasse.tracking.state import State
from crevasse.tracking.static_changes import StaticChanges

FORMAT, VERSION = "crevasse.Tracker", 1
_ZONES = ("working", "counter", "roi")


def save_tracker(path: str | os.PathLike[str], options: Options, state: State) -> None:
    """Write a tracker that has seen a frame."""
    members: dict[str, NDArray[Any]] = {"options": np.array(json.dumps(asdict(options)))}
    members |= prefixed("latest.", volume_members(state.latest.labeling._core.runs, state.shape))
    members |= prefixed("ledger.", _ledger_members(state.ledger))
    for name in _ZONES:
        zone = getattr(state.surroundings, name)
        if zone is not None:
            members |= prefixed(f"{name}.", volume_members(zone._core, state.shape))
    provisional = state.provisional
    members |= {
        "fates": state.fates.values,
        "provisional": np.stack([provisional.event, provisional.crack, provisional.frame]),
        "n_events": np.array(state.n_events),
        "timed": np.array(state.timed),
        "static.fraction": state.static.fraction,
        "static.n_voxels": state.static.n_voxels,
    }
    members |= prefixed("record.", state.record.members())
    save_archive(path, FORMAT, VERSION, members)


def load_tracker(path: str | os.PathLike[str], threads: int) -> tuple[Options, State]:
    """Read what `save_tracker` wrote; `ValueError` where the file is not whole."""
    return load_archive(path, FORMAT, VERSION, lambda members: _tracker_from(members, threads))


def _tracker_from(members: Members, threads: int) -> tuple[Options, State]:
    options = Options(**json.loads(str(members["options"])))
    record = Record.from_members(under("record.", members))
    open_ = RunVolume(*volume_from(under("latest.", members)))
    zones = {
        name: RunVolume(*volume_from(under(f"{name}.", members)))
        for name in _ZONES
        if f"{name}.runs" in members
    }
    surroundings = Surroundings(open_.shape, **zones)
    event, crack, frame = members["provisional"]
    state = State(
        shape=open_.shape,
        surroundings=surroundings,
        ledger=_ledger_from(under("ledger.", members), open_.shape, options.baseline_frames),
        latest=_latest(open_, record, surroundings, options, threads),
        fates=Fates(members["fates"]),
        provisional=Provisional(event, crack, frame),
        n_events=int(members["n_events"]),
        record=record,
        static=StaticChanges(**under("static.", members)),
        timed=bool(members["timed"]),
    )
    return options, state


def _latest(
    open_: RunVolume, record: Record, surroundings: Surroundings, options: Options, threads: int
) -> FrameResult:
    """The latest frame's result: labelled again, the rest from the tables."""
    row = next(record.rows_of_latest("frames").rows())
    cycle = CycleState(row["half_cycle"], row["direction"], row["capacity"], row["voltage"])
    scan = Scan.of(open_, row["time"], cycle, surroundings, options, threads)
    rows = {name: record.rows_of_latest(name) for name in ("events", "memory", "corrections")}
    return scan.result(
        frame=row["frame"],
        crack_ids=record.rows_of_latest("nodes")["crack"],
        n_preexisting=row["n_preexisting"],
        **{name: rows[name] if row["frame"] else Table({}) for name in rows},
    )


def _ledger_members(ledger: _core.Ledger) -> dict[str, NDArray[Any]]:
    runs_per_row, runs, openings = ledger.arrays()
    # Field by field: between the fields of a record are bytes that mean nothing.
    fields = {name: openings[name] for name in openings.dtype.names or ()}
    return {
        "runs_per_row": runs_per_row,
        "runs": runs,
        "times": np.array(ledger.times, dtype=np.float64),
        **prefixed("openings.", fields),
    }


def _ledger_from(members: Members, shape: tuple[int, ...], baseline_frames: int) -> _core.Ledger:
    fields = under("openings.", members)
    extent = shape3(shape)
    record = _core.Ledger(extent, baseline_frames).arrays()[2].dtype
    openings = np.empty(len(fields["since"]), dtype=record)
    for name in record.names or ():
        openings[name] = fields[name]
    return _core.Ledger.from_arrays(
        extent,
        members["runs_per_row"],
        members["runs"],
        openings,
        members["times"].tolist(),
        baseline_frames,
    )
