"""The growing tables of a tracker. Rows are only ever appended."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Coded, Column, Table, concatenate
from crevasse.tracking.closures import CLOSED, OPEN, Fates, Provisional
from crevasse.tracking.cycle import Direction
from crevasse.tracking.events import ClosureStatus, EventType, Fate, Origin, Subtype
from crevasse.tracking.interval import Interval
from crevasse.tracking.result import FrameResult

Columns = Mapping[str, Column]
Ints = NDArray[np.int64]


class Chunks:
    """A table that is being written, as one chunk of rows a frame.

    Columns are declared by dtype, or by the enumeration of the names they hold.
    """

    def __init__(self, **kinds: Any) -> None:
        self._empty: dict[str, Column] = {name: _empty(kind) for name, kind in kinds.items()}
        self._chunks: list[Columns] = []

    def append(self, chunk: Columns) -> None:
        """Add rows; columns as declared."""
        if not self._empty:  # nobody has said yet: the first rows do
            nothing = Table(chunk).where(np.zeros(len(Table(chunk)), dtype=np.bool_))
            self._empty = nothing.stored()
        self._chunks.append(chunk)

    def coded(self, arrays: Mapping[str, NDArray[Any]]) -> Columns:
        """Arrays as they were stored: names as their codes."""
        kinds = {name: self._empty.get(name) for name in arrays}
        return {
            name: Coded(arrays[name], kind.names) if isinstance(kind, Coded) else arrays[name]
            for name, kind in kinds.items()
        }

    def columns(self) -> dict[str, Column]:
        """All rows so far."""
        return {
            name: concatenate([empty, *(chunk[name] for chunk in self._chunks)])
            for name, empty in self._empty.items()
        }

    def column(self, name: str) -> NDArray[Any]:
        """One column of numbers."""
        return Table(self.columns())[name]

    def table(self, units: Mapping[str, str] | None = None) -> Table:
        """All rows so far."""
        return Table(self.columns(), units=units)


def _empty(kind: Any) -> Column:
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Coded(np.empty(0, dtype=np.uint8), list(kind))
    return np.empty(0, dtype=kind)


_COUNTS = dict.fromkeys(("n_parents", "n_children", "n_voxels_before", "n_voxels_after"), "i8")
_LEDGER = dict.fromkeys(("gain", "loss", "kept"), "i8")
_CYCLE: dict[str, Any] = {"half_cycle": "i8", "direction": Direction, "capacity": "f8"}
_VOLUMES = ("n_voxels", "n_preexisting", "n_new", "max_n_voxels")


class Record:
    """All tables of a series, fed frame by frame."""

    def __init__(self) -> None:
        self._chunks = {
            "frames": Chunks(
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
            "nodes": Chunks(),
            "event_after": Chunks(event="i8"),
            "edges": Chunks(
                frame="i8", label_before="i8", label_after="i8", n_voxels="i8", event="i8"
            ),
            "memory": Chunks(
                frame="i8",
                label="i8",
                crack="i8",
                n_voxels="i8",
                last_open="i8",
                gap_frames="i8",
                gap="f8",
                closed="?",
            ),
            "events": Chunks(
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
            "corrections": Chunks(event="i8", frame="i8", status=ClosureStatus, by_event="i8"),
            "intervals": Chunks(frame="i8", time_begin="f8", time_end="f8", **_LEDGER),
            "origins": Chunks(crack="i8", origin=Origin, parent="i8"),
        }

    def add_first(self, result: FrameResult) -> None:
        """Append the first frame."""
        self._add_frame(result)
        self._add_nodes(result, np.full(len(result.crack_ids), -1, dtype=np.int64))
        self._add_origins(result.crack_ids, Origin.BASELINE, np.zeros_like(result.crack_ids))

    def add(self, result: FrameResult, before: FrameResult, interval: Interval) -> None:
        """Append a frame and the interval that led to it."""
        first_event = int(result.events["event"][0]) if len(result.events) else 0
        self._add_frame(result)
        self._append("event_after", event=interval.block_before + first_event)
        self._add_nodes(result, interval.block_after + first_event)
        self._append(
            "edges",
            frame=np.full(len(interval.n_shared), result.frame),
            label_before=interval.label_before,
            label_after=interval.label_after,
            n_voxels=interval.n_shared,
            event=interval.block_before[interval.label_before - 1] + first_event,
        )
        for name in ("events", "memory", "corrections"):
            self._append(name, **getattr(result, name).stored())
        self._append(
            "intervals",
            frame=np.array([result.frame]),
            time_begin=np.array([before.time]),
            time_end=np.array([result.time]),
            **{name: np.array([getattr(interval, name).sum()]) for name in _LEDGER},
        )
        self._add_new_cracks(result, before, interval)

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
        clock |= {"voltage": "V"}
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
        record = cls()
        for table, chunks in record._chunks.items():
            chunks.append(chunks.coded(under(f"{table}.", members)))
        return record

    def rows_of_latest(self, table: str) -> Table:
        """The rows that the latest frame has added to a table with a column `frame`."""
        rows = self._chunks[table].table()
        return rows.where(rows["frame"] == self._chunks["frames"].column("frame")[-1])

    def _append(self, table: str, **columns: Column) -> None:
        self._chunks[table].append(columns)

    def _add_frame(self, result: FrameResult) -> None:
        cycle = result.cycle
        self._append(
            "frames",
            frame=np.array([result.frame]),
            time=np.array([result.time]),
            half_cycle=np.array([cycle.half_cycle]),
            direction=Coded.full(1, str(cycle.direction), list(Direction)),
            capacity=np.array([cycle.capacity]),
            voltage=np.array([cycle.voltage]),
            n_cracks=np.array([len(result.crack_ids)]),
            n_voxels=np.array([result.n_voxels]),
            n_preexisting=np.array([result.n_preexisting]),
            n_new=np.array([result.n_new]),
            bridged=np.array([result.bridging.any()]),
        )

    def _add_nodes(self, result: FrameResult, event_before: Ints) -> None:
        regions = result.regions
        self._append(
            "nodes",
            frame=np.full(len(regions), result.frame, dtype=np.int64),
            label=regions["label"],
            crack=result.crack_ids,
            event_before=event_before,
            at_working=result.at_working,
            at_counter=result.at_counter,
            **{name: regions[name] for name in regions.columns if name != "label"},
        )

    def _add_new_cracks(self, result: FrameResult, before: FrameResult, interval: Interval) -> None:
        heirs = interval.heirs
        is_new = ~heirs.inherits
        parted = is_new & (heirs.best_parent > 0)
        alone = is_new & ~parted
        parents = np.concatenate([[0], before.crack_ids])[heirs.best_parent]
        remembered = _remembered(result)
        self._add_origins(result.crack_ids[parted], Origin.SPLIT, parents[parted])
        for origin, of_origin in (
            (Origin.BIRTH, alone & (remembered == 0)),
            (Origin.REOPENING, alone & (remembered > 0)),
        ):
            self._add_origins(result.crack_ids[of_origin], origin, remembered[of_origin])

    def _add_origins(self, cracks: Ints, origin: Origin, parents: Ints) -> None:
        self._append(
            "origins",
            crack=cracks,
            origin=Coded.full(len(cracks), origin, list(Origin)),
            parent=parents,
        )

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


def under(prefix: str, members: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The members whose name begins with `prefix`, without it."""
    return {
        name.removeprefix(prefix): values
        for name, values in members.items()
        if name.startswith(prefix)
    }
