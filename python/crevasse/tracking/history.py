"""The record of a tracked series."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core, _validate
from crevasse._table import Table, write_tables
from crevasse.tracking.ledger_runs import ledger_table
from crevasse.tracking.relatives import trace_lineage
from crevasse.tracking.result import FrameResult
from crevasse.tracking.short import Short, find_short

TABLES = ("frames", "nodes", "edges", "memory", "events", "corrections", "intervals", "cracks")


@dataclass(frozen=True, eq=False)
class Crack:
    """One crack through time; arrays have an entry for each frame in which it is open.

    Attributes
    ----------
    id
        Its number.
    frame, time, n_voxels, volume
        When it was open, and how large.
    origin, parent, fate, merged_into, closure
        As in the table `History.cracks`.
    """

    id: int
    frame: NDArray[np.int64]
    time: NDArray[np.float64]
    n_voxels: NDArray[np.int64]
    volume: NDArray[np.float64]
    origin: str
    parent: int
    fate: str
    merged_into: int
    closure: str
    _history: History = field(repr=False, compare=False)

    def nodes(self) -> Table:
        """Its rows of `History.nodes`."""
        nodes = self._history.nodes
        return nodes.where(nodes["crack"] == self.id)

    def events(self) -> Table:
        """The events in which it took part, also those that carry another crack's id."""
        nodes, events = self.nodes(), self._history.events
        ids = np.concatenate([nodes["event_before"], nodes["event_after"]])
        in_block = np.isin(events["event"], ids) | np.isin(events["cause"], ids[ids >= 0])
        return events.where(in_block)

    def lineage(self) -> Table:
        """Every crack from which voxels came to this one, and every one to which some went.

        Followed from component to component, through each overlap and each reopening, so no parent
        of a merge and no part of a split is left out.

        Returns
        -------
        Table
            A row a crack, in order of id: ``crack``; ``relation``: "self", "ancestor",
            "descendant", or "both"; and ``first_frame, last_frame`` of its components that count.
        """
        history = self._history
        return trace_lineage(history.nodes, history.edges, history.memory, self.id)


@dataclass(frozen=True)
class History:
    """Everything a `Tracker` has seen, as tables and voxel maps.

    Volumes are counts of voxels times the voxel volume, so sums over tables are exact in the
    ``n_voxels``, ``gain``, ``loss`` and ``kept`` columns, which count voxels.

    Every column of every table, with its unit, is listed in ``docs/history.md``.

    Attributes
    ----------
    frames
        A row a frame: time, state of charge, cracks, volume, and its two parts: pre-existing (open
        in a baseline frame too) and new; whether a component bridges the electrodes.
    nodes
        A row a component of a frame: its crack, the block it belongs to in the interval before and
        after, whether it is at an electrode, and every column of `crevasse.region_table`.
    edges
        A row for each pair of components of consecutive frames that share voxels.
    memory
        A row for each component without parents and each crack that had voxels of it open before.
    events
        A row for each block, that is, connected component of an interval's edges, with its ledger;
        and one for each bridge or loss of one, with none. Types: see `EventType`, `Subtype`.
    corrections
        What later became of closures: a row when one is confirmed, or turns out to be none.
    intervals
        A row for each pair of consecutive frames; ``gain - loss`` is the change in open voxels.
    cracks
        A row a crack id: how it came and went, when, and how large it was at most.
    spacing, unit, time_unit
        Voxel size in axis order, and the units of lengths and times.
    """

    frames: Table
    nodes: Table
    edges: Table
    memory: Table
    events: Table
    corrections: Table
    intervals: Table
    cracks: Table
    spacing: tuple[float, ...]
    unit: str
    time_unit: str
    shape: tuple[int, ...]
    _ledger: _core.Ledger
    _latest: FrameResult

    def __repr__(self) -> str:
        counts = ", ".join(f"{len(self.tables[n])} {n}" for n in ("frames", "cracks", "events"))
        return f"History({counts}; shape {self.shape}, spacing {self.spacing} {self.unit})"

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        return {name: getattr(self, name) for name in TABLES}

    def nodes_of(self, frame: int) -> Table:
        """The rows of `nodes` of one frame, in label order; none where there is no such frame."""
        at = _validate.whole(frame, "frame")
        begin, end = np.searchsorted(self.nodes["frame"], [at, at + 1])
        return self.nodes.where(slice(int(begin), int(end)))

    def ledger(self) -> Table:
        """The voxel ledger as runs: all that the maps show, without a dense volume.

        Returns
        -------
        Table
            A row a run along x of voxels with the same past, in raster order: ``z, y, x_begin,
            x_end`` (half-open; z is 0 in an image), ``n_voxels``; ``first_open, last_open,
            n_toggles, open_time, first_crack, last_crack`` as the maps of these names have them.
        """
        return ledger_table(self._ledger, self._latest, self.time_unit)

    def crack(self, id: int) -> Crack:
        """One crack through time.

        Raises
        ------
        KeyError
            If no crack has that id.
        """
        rows = np.flatnonzero(self.cracks["crack"] == id)
        if not rows.size:
            raise KeyError(f"no crack {id}; ids run from 1 to {len(self.cracks)}")
        row = int(rows[0])
        nodes = self.nodes.where(self.nodes["crack"] == id)
        return Crack(
            id=id,
            frame=nodes["frame"],
            time=self.frames["time"][nodes["frame"]],
            n_voxels=nodes["n_voxels"],
            volume=nodes["volume"],
            origin=str(self.cracks["origin"][row]),
            parent=int(self.cracks["parent"][row]),
            fate=str(self.cracks["fate"][row]),
            merged_into=int(self.cracks["merged_into"][row]),
            closure=str(self.cracks["closure"][row]),
            _history=self,
        )

    def short(self) -> Short | None:
        """What first bridged the electrodes; None where nothing has."""
        return find_short(self.frames, self.nodes, self.edges, self.events)

    def first_open(self) -> NDArray[np.int32]:
        """Map of the frame in which each voxel was first open; -1 where it never was."""
        return self._map(np.int32, "write_first_open")

    def last_open(self) -> NDArray[np.int32]:
        """Map of the latest frame in which each voxel was open; -1 where it never was."""
        return self._map(np.int32, "write_last_open")

    def first_crack(self) -> NDArray[np.uint32]:
        """Map of the crack that first opened each voxel; 0 where it never was open."""
        return self._map(np.uint32, "write_first_crack")

    def last_crack(self) -> NDArray[np.uint32]:
        """Map of the crack that each voxel last belonged to; 0 where it never was open."""
        out = self._map(np.uint32, "write_last_crack")
        labels = self._latest.labeling.to_labels()
        is_open = labels > 0
        out[is_open] = self._latest.crack_ids[labels[is_open] - 1]
        return out

    def n_toggles(self) -> NDArray[np.int32]:
        """Map of how often each voxel opened or closed; odd where it is open now."""
        return self._map(np.int32, "write_n_toggles")

    def open_time(self) -> NDArray[np.float64]:
        """Map of how long each voxel was open in all, in `time_unit`; 0 where it never was.

        It counts as open from halfway between the last frame in which it was closed and the first
        in which it was open, and likewise to the end; the first and the latest frame are ends.
        """
        return self._map(np.float64, "write_open_time")

    def write_tables(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write every table as ``<name>.csv`` and ``<name>.parquet``; return the paths."""
        return write_tables(self.tables, folder)

    def _map(self, dtype: type[Any], writer: str) -> NDArray[Any]:
        out = np.empty(self.shape, dtype=dtype)
        getattr(self._ledger, writer)(_validate.as_3d(out), _validate.n_threads(None))
        return out
