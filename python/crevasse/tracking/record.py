"""The growing tables of a tracker. Rows are only ever appended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._archive import under
from crevasse._table import Coded, Column, Table
from crevasse.tracking.chunks import Chunks, Columns
from crevasse.tracking.closures import Fates, Provisional
from crevasse.tracking.crack_table import crack_table
from crevasse.tracking.cycle import Direction
from crevasse.tracking.events import ClosureStatus, EventType, Origin, Subtype
from crevasse.tracking.frame_rows import (
    LEDGER,
    edge_rows,
    frame_row,
    interval_row,
    new_cracks,
    node_rows,
    origins,
)
from crevasse.tracking.interval import Interval
from crevasse.tracking.result import FrameResult

_COUNTS = dict.fromkeys(("n_parents", "n_children", "n_voxels_before", "n_voxels_after"), "i8")
_LEDGER = dict.fromkeys(LEDGER, "i8")
_CYCLE: dict[str, Any] = {"half_cycle": "i8", "direction": Direction, "capacity": "f8"}
_VOLUMES = ("n_voxels", "n_preexisting", "n_new", "max_n_voxels")

_EMPTY = {
    "frames": Chunks.of(
        frame="i8",
        time="f8",
        **_CYCLE,
        voltage="f8",
        n_cracks="i8",
        n_voxels="i8",
        n_preexisting="i8",
        n_new="i8",
        bridged="?",
    ),
    "nodes": Chunks({}),
    "event_after": Chunks.of(event="i8"),
    "edges": Chunks.of(frame="i8", label_before="i8", label_after="i8", n_voxels="i8", event="i8"),
    "memory": Chunks.of(
        frame="i8",
        label="i8",
        crack="i8",
        n_voxels="i8",
        last_open="i8",
        gap_frames="i8",
        gap="f8",
        closed="?",
    ),
    "events": Chunks.of(
        event="i8",
        frame="i8",
        time="f8",
        type=EventType,
        subtype=Subtype,
        crack="i8",
        **_COUNTS,
        **_LEDGER,
        partial_closure="?",
        **_CYCLE,
        cause="i8",
    ),
    "corrections": Chunks.of(event="i8", frame="i8", status=ClosureStatus, by_event="i8"),
    "intervals": Chunks.of(
        frame="i8", time_begin="f8", time_end="f8", **_LEDGER, repeatability="f8"
    ),
    "origins": Chunks.of(crack="i8", origin=Origin, parent="i8"),
}


@dataclass(frozen=True)
class Record:
    """All tables of a series. A value: a frame more makes another record."""

    _chunks: Mapping[str, Chunks] = field(default_factory=lambda: _EMPTY)

    def with_first(self, result: FrameResult) -> Record:
        """With the first frame."""
        cracks = result.crack_ids
        return self._with(
            {
                "frames": frame_row(result),
                "nodes": node_rows(result, np.full(len(cracks), -1, dtype=np.int64)),
                "origins": origins(cracks, Origin.BASELINE, np.zeros_like(cracks)),
            }
        )

    def with_frame(
        self, result: FrameResult, before: FrameResult, interval: Interval, repeatability: float
    ) -> Record:
        """With a frame, the interval that led to it, and what its events must have exceeded."""
        first_event = int(result.events["event"][0]) if len(result.events) else 0
        return self._with(
            {
                "frames": frame_row(result),
                "event_after": {"event": interval.block_before + first_event},
                "nodes": node_rows(result, interval.block_after + first_event),
                "edges": edge_rows(result.frame, interval, first_event),
                "events": result.events.stored(),
                "memory": result.memory.stored(),
                "corrections": result.corrections.stored(),
                "intervals": interval_row(result, before, interval, repeatability),
                "origins": new_cracks(result, before, interval),
            }
        )

    def tables(
        self,
        spacing: tuple[float, ...],
        unit: str,
        time_unit: str,
        latest: FrameResult,
        fates: Fates,
        provisional: Provisional,
    ) -> dict[str, Table]:
        """The tables of a `History`, by name."""
        volume = float(np.prod(spacing)), f"{unit}^{len(spacing)}"
        clock = dict.fromkeys(("time", "time_begin", "time_end", "gap"), time_unit)
        clock |= {"voltage": "V", "capacity": "mAh/cm^2"}
        nodes = self._nodes(latest)
        events = self._chunks["events"].table(clock)
        corrections = self._chunks["corrections"].table()
        cracks = crack_table(
            self._chunks["origins"].table(), nodes, events, corrections, fates, provisional
        )
        return {
            "frames": _with_volumes(self._chunks["frames"].table(clock), *volume),
            "nodes": nodes,
            "edges": self._chunks["edges"].table(),
            "memory": self._chunks["memory"].table(clock),
            "events": events,
            "corrections": corrections,
            "intervals": self._chunks["intervals"].table(clock),
            "cracks": _with_volumes(cracks, *volume),
        }

    def members(self) -> dict[str, NDArray[Any]]:
        """Every column as an array, by ``table.column``; names as their codes."""
        return {
            f"{table}.{column}": values.codes if isinstance(values, Coded) else values
            for table, chunks in self._chunks.items()
            for column, values in chunks.columns().items()
        }

    @classmethod
    def from_members(cls, members: Mapping[str, NDArray[Any]]) -> Record:
        """The record of such arrays."""
        return cls()._with(
            {table: chunks.coded(under(f"{table}.", members)) for table, chunks in _EMPTY.items()}
        )

    def rows_of_latest(self, table: str) -> Table:
        """The rows that the latest frame has added to a table with a column `frame`."""
        rows = self._chunks[table].table()
        return rows.where(rows["frame"] == self._chunks["frames"].column("frame")[-1])

    def _with(self, rows: Mapping[str, Columns]) -> Record:
        """With more rows in the tables named."""
        more = {table: self._chunks[table].with_rows(rows[table]) for table in rows}
        return Record({**self._chunks, **more})

    def _nodes(self, latest: FrameResult) -> Table:
        columns = self._chunks["nodes"].columns()
        still_open = np.full(len(latest.crack_ids), -1, dtype=np.int64)
        after = np.concatenate([self._chunks["event_after"].column("event"), still_open])
        ordered: dict[str, Column] = {}
        for name, values in columns.items():
            ordered[name] = values
            if name == "event_before":
                ordered["event_after"] = after
        return Table(ordered, units=latest.regions.units)


def _with_volumes(table: Table, voxel_volume: float, volume_unit: str) -> Table:
    """Add a volume column beside every count of voxels: n_new, volume_new; n_voxels, volume."""
    columns: dict[str, Column] = {}
    units = dict(table.units)
    for name, stored in table.stored().items():
        columns[name] = stored
        if name in _VOLUMES:
            volume = name.replace("n_voxels", "volume").replace("n_", "volume_")
            columns[volume] = table[name] * voxel_volume
            units[volume] = volume_unit
    return Table(columns, units=units)
