"""The growing tables of a tracker. Rows are only ever appended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._archive import under
from crevasse._table import Coded, Column, Table, concatenate
from crevasse.tracking.chunks import Chunks, Columns
from crevasse.tracking.closures import CLOSED, OPEN, Fates, Provisional
from crevasse.tracking.cycle import Direction
from crevasse.tracking.events import ClosureStatus, EventType, Fate, Origin, Subtype
from crevasse.tracking.interval import Interval
from crevasse.tracking.result import FrameResult

Ints = NDArray[np.int64]


_COUNTS = dict.fromkeys(("n_parents", "n_children", "n_voxels_before", "n_voxels_after"), "i8")
_LEDGER = dict.fromkeys(("gain", "loss", "kept"), "i8")
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
    "intervals": Chunks.of(frame="i8", time_begin="f8", time_end="f8", **_LEDGER),
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
                "frames": _frame_row(result),
                "nodes": _node_rows(result, np.full(len(cracks), -1, dtype=np.int64)),
                "origins": _origins(cracks, Origin.BASELINE, np.zeros_like(cracks)),
            }
        )

    def with_frame(self, result: FrameResult, before: FrameResult, interval: Interval) -> Record:
        """With a frame and the interval that led to it."""
        first_event = int(result.events["event"][0]) if len(result.events) else 0
        return self._with(
            {
                "frames": _frame_row(result),
                "event_after": {"event": interval.block_before + first_event},
                "nodes": _node_rows(result, interval.block_after + first_event),
                "edges": _edge_rows(result.frame, interval, first_event),
                "events": result.events.stored(),
                "memory": result.memory.stored(),
                "corrections": result.corrections.stored(),
                "intervals": _interval_row(result, before, interval),
                "origins": _new_cracks(result, before, interval),
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
        cracks = self._cracks(nodes, events, corrections, fates, provisional)
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

    def _cracks(
        self,
        nodes: Table,
        events: Table,
        corrections: Table,
        fates: Fates,
        provisional: Provisional,
    ) -> Table:
        origins = self._chunks["origins"].table()
        by_id = np.argsort(origins["crack"], kind="stable")
        n_cracks = len(by_id)
        fate = np.full(n_cracks, list(Fate).index(Fate.MERGE), dtype=np.uint8)
        fate[fates.values == OPEN] = list(Fate).index(Fate.OPEN)
        fate[fates.values == CLOSED] = list(Fate).index(Fate.CLOSURE)
        statuses = list(ClosureStatus)
        closure = np.full(n_cracks, statuses.index(ClosureStatus.NONE), dtype=np.uint8)
        closure[provisional.crack - 1] = statuses.index(ClosureStatus.PROVISIONAL)
        closure[events["crack"][corrections["event"]] - 1] = corrections.codes("status")

        row = nodes["crack"] - 1
        first = np.full(n_cracks, np.iinfo(np.int64).max)
        last = np.full(n_cracks, -1)
        greatest = np.zeros(n_cracks, dtype=np.int64)
        np.minimum.at(first, row, nodes["frame"])
        np.maximum.at(last, row, nodes["frame"])
        np.maximum.at(greatest, row, nodes["n_voxels"])
        return Table(
            {
                "crack": origins["crack"][by_id],
                "origin": Coded(origins.codes("origin")[by_id], list(Origin)),
                "parent": origins["parent"][by_id],
                "first_frame": first,
                "last_frame": last,
                "fate": Coded(fate, list(Fate)),
                "merged_into": np.maximum(fates.values, 0),
                "closure": Coded(closure, statuses),
                "max_n_voxels": greatest,
            }
        )


def _frame_row(result: FrameResult) -> Columns:
    cycle = result.cycle
    return {
        "frame": np.array([result.frame]),
        "time": np.array([result.time]),
        "half_cycle": np.array([cycle.half_cycle]),
        "direction": Coded.full(1, str(cycle.direction), list(Direction)),
        "capacity": np.array([cycle.capacity]),
        "voltage": np.array([cycle.voltage]),
        "n_cracks": np.array([len(result.crack_ids)]),
        "n_voxels": np.array([result.n_voxels]),
        "n_preexisting": np.array([result.n_preexisting]),
        "n_new": np.array([result.n_new]),
        "bridged": np.array([result.bridging.any()]),
    }


def _node_rows(result: FrameResult, event_before: Ints) -> Columns:
    regions = result.regions
    return {
        "frame": np.full(len(regions), result.frame, dtype=np.int64),
        "label": regions["label"],
        "crack": result.crack_ids,
        "event_before": event_before,
        "at_working": result.at_working,
        "at_counter": result.at_counter,
        **{name: regions[name] for name in regions.columns if name != "label"},
    }


def _edge_rows(frame: int, interval: Interval, first_event: int) -> Columns:
    return {
        "frame": np.full(len(interval.n_shared), frame),
        "label_before": interval.label_before,
        "label_after": interval.label_after,
        "n_voxels": interval.n_shared,
        "event": interval.block_before[interval.label_before - 1] + first_event,
    }


def _interval_row(result: FrameResult, before: FrameResult, interval: Interval) -> Columns:
    return {
        "frame": np.array([result.frame]),
        "time_begin": np.array([before.time]),
        "time_end": np.array([result.time]),
        **{name: np.array([getattr(interval, name).sum()]) for name in _LEDGER},
    }


def _new_cracks(result: FrameResult, before: FrameResult, interval: Interval) -> Columns:
    heirs = interval.heirs
    is_new = ~heirs.inherits
    parted = is_new & (heirs.best_parent > 0)
    alone = is_new & ~parted
    parents = np.concatenate([[0], before.crack_ids])[heirs.best_parent]
    remembered = _remembered(result)
    parts = [
        _origins(result.crack_ids[of_origin], origin, from_[of_origin])
        for origin, of_origin, from_ in (
            (Origin.SPLIT, parted, parents),
            (Origin.BIRTH, alone & (remembered == 0), remembered),
            (Origin.REOPENING, alone & (remembered > 0), remembered),
        )
    ]
    return {name: concatenate([part[name] for part in parts]) for name in parts[0]}


def _origins(cracks: Ints, origin: Origin, parents: Ints) -> Columns:
    return {
        "crack": cracks,
        "origin": Coded.full(len(cracks), origin, list(Origin)),
        "parent": parents,
    }


def _remembered(result: FrameResult) -> Ints:
    """For label 1, 2, …: the closed crack of which it reopens most; 0 for none.

    Among equals the lower id.
    """
    crack = np.zeros(len(result.crack_ids), dtype=np.int64)
    memory = result.memory.where(result.memory["closed"])
    order = np.lexsort((memory["crack"], -memory["n_voxels"], memory["label"]))
    labels, first = np.unique(memory["label"][order], return_index=True)
    crack[labels - 1] = memory["crack"][order][first]
    return crack


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
