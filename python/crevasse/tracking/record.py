"""The growing tables of a tracker. Rows are only ever appended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._table import Table
from crevasse.tracking.history import History
from crevasse.tracking.interval import Interval
from crevasse.tracking.result import FrameResult

Columns = Mapping[str, NDArray[Any]]


class Chunks:
    """A table that is being written, as one chunk of rows a frame."""

    def __init__(self, empty: Columns) -> None:
        self._chunks: list[Columns] = [empty]

    def append(self, chunk: Columns) -> None:
        """Add rows; columns as in the first chunk."""
        self._chunks.append(chunk)

    def table(self, units: Mapping[str, str] | None = None) -> Table:
        """All rows so far."""
        names = self._chunks[0].keys()
        columns = {n: np.concatenate([chunk[n] for chunk in self._chunks]) for n in names}
        return Table(columns, units=units)


def _ints(*names: str) -> dict[str, NDArray[Any]]:
    return {name: np.empty(0, dtype=np.int64) for name in names}


def _floats(*names: str) -> dict[str, NDArray[Any]]:
    return {name: np.empty(0, dtype=np.float64) for name in names}


def _strings(*names: str) -> dict[str, NDArray[Any]]:
    return {name: np.empty(0, dtype=np.str_) for name in names}


class Record:
    """All tables of a series, fed frame by frame."""

    def __init__(self) -> None:
        self._frames = Chunks(
            _ints("frame")
            | _floats("time")
            | _ints("n_cracks", "n_voxels", "n_preexisting", "n_new")
        )
        self._edges = Chunks(_ints("frame", "label_before", "label_after", "n_voxels", "event"))
        self._events = Chunks(
            _ints("event", "frame")
            | _floats("time")
            | _strings("type")
            | _ints("crack", "n_parents", "n_children", "n_voxels_before", "n_voxels_after")
            | _ints("gain", "loss", "kept")
        )
        self._intervals = Chunks(
            _ints("frame") | _floats("time_begin", "time_end") | _ints("gain", "loss", "kept")
        )
        self._origins = Chunks(_ints("crack") | _strings("origin") | _ints("parent"))
        self._fates = Chunks(_ints("crack") | _strings("fate") | _ints("merged_into"))
        self._nodes: list[dict[str, NDArray[Any]]] = []
        self._node_units: dict[str, str] = {}

    def add(
        self, result: FrameResult, before: FrameResult | None, interval: Interval | None
    ) -> None:
        """Append a frame and, but for the first, the interval that led to it."""
        self._add_frame(result)
        if before is None or interval is None:
            self._add_nodes(result, np.full(len(result.crack_ids), -1, dtype=np.int64))
            self._add_origins(result.crack_ids, "baseline", np.zeros_like(result.crack_ids))
            return
        first_event = int(result.events["event"][0]) if len(result.events) else 0
        self._nodes[-1]["event_after"] = interval.block_before + first_event
        self._add_nodes(result, interval.block_after + first_event)
        self._edges.append(
            {
                "frame": np.full(len(interval.n_shared), result.frame),
                "label_before": interval.label_before,
                "label_after": interval.label_after,
                "n_voxels": interval.n_shared,
                "event": interval.block_before[interval.label_before - 1] + first_event,
            }
        )
        self._events.append(result.events.to_dict())
        self._intervals.append(
            {
                "frame": np.array([result.frame]),
                "time_begin": np.array([before.time]),
                "time_end": np.array([result.time]),
                "gain": np.array([interval.gain.sum()]),
                "loss": np.array([interval.loss.sum()]),
                "kept": np.array([interval.kept.sum()]),
            }
        )
        self._add_lineage(before, result, interval)

    def history(
        self,
        *,
        spacing: tuple[float, ...],
        unit: str,
        time_unit: str,
        shape: tuple[int, ...],
        ledger: _core.Ledger,
    ) -> History:
        """The tables so far."""
        voxel_volume = float(np.prod(spacing))
        volume_unit = f"{unit}^{len(spacing)}"
        nodes = self._node_table()
        return History(
            frames=_with_volumes(
                self._frames.table({"time": time_unit}),
                ("n_voxels", "n_preexisting", "n_new"),
                voxel_volume,
                volume_unit,
            ),
            nodes=nodes,
            edges=self._edges.table(),
            events=self._events.table({"time": time_unit}),
            intervals=self._intervals.table({"time_begin": time_unit, "time_end": time_unit}),
            cracks=self._crack_table(nodes, voxel_volume, volume_unit),
            spacing=spacing,
            unit=unit,
            time_unit=time_unit,
            shape=shape,
            _ledger=ledger,
        )

    def _add_frame(self, result: FrameResult) -> None:
        values = {
            "frame": result.frame,
            "time": result.time,
            "n_cracks": len(result.crack_ids),
            "n_voxels": result.n_voxels,
            "n_preexisting": result.n_preexisting,
            "n_new": result.n_new,
        }
        self._frames.append({name: np.array([value]) for name, value in values.items()})

    def _add_nodes(self, result: FrameResult, event_before: NDArray[np.int64]) -> None:
        regions = result.regions
        nodes = {
            "frame": np.full(len(regions), result.frame, dtype=np.int64),
            "label": regions["label"],
            "crack": result.crack_ids,
            "event_before": event_before,
            "event_after": np.full(len(regions), -1, dtype=np.int64),
        }
        self._nodes.append(nodes | {c: regions[c] for c in regions.columns if c != "label"})
        self._node_units = regions.units

    def _add_origins(
        self, cracks: NDArray[np.int64], origin: str, parents: NDArray[np.int64]
    ) -> None:
        self._origins.append(
            {"crack": cracks, "origin": np.full(len(cracks), origin), "parent": parents}
        )

    def _add_lineage(self, before: FrameResult, result: FrameResult, interval: Interval) -> None:
        heirs = interval.heirs
        is_new = ~heirs.inherits
        born = is_new & (heirs.best_parent == 0)
        parted = is_new & (heirs.best_parent > 0)
        parents = np.concatenate([[0], before.crack_ids])[heirs.best_parent]
        self._add_origins(result.crack_ids[born], "birth", parents[born])
        self._add_origins(result.crack_ids[parted], "split", parents[parted])

        ended = ~np.isin(before.crack_ids, result.crack_ids)
        successor = np.concatenate([[0], result.crack_ids])[heirs.best_child]
        self._fates.append(
            {
                "crack": before.crack_ids[ended],
                "fate": np.where(successor[ended] > 0, "merge", "closure"),
                "merged_into": successor[ended],
            }
        )

    def _node_table(self) -> Table:
        names = self._nodes[0].keys()
        columns = {n: np.concatenate([chunk[n] for chunk in self._nodes]) for n in names}
        return Table(columns, units=self._node_units)

    def _crack_table(self, nodes: Table, voxel_volume: float, volume_unit: str) -> Table:
        origins, fates = self._origins.table(), self._fates.table()
        n_cracks = len(origins)
        by_id = np.argsort(origins["crack"], kind="stable")
        fate = np.full(n_cracks, "open", dtype=np.result_type(fates["fate"], np.dtype("U7")))
        merged_into = np.zeros(n_cracks, dtype=np.int64)
        fate[fates["crack"] - 1] = fates["fate"]
        merged_into[fates["crack"] - 1] = fates["merged_into"]

        row = nodes["crack"] - 1
        first = np.full(n_cracks, np.iinfo(np.int64).max)
        last = np.full(n_cracks, -1)
        greatest = np.zeros(n_cracks, dtype=np.int64)
        np.minimum.at(first, row, nodes["frame"])
        np.maximum.at(last, row, nodes["frame"])
        np.maximum.at(greatest, row, nodes["n_voxels"])
        columns = {
            "crack": origins["crack"][by_id],
            "origin": origins["origin"][by_id],
            "parent": origins["parent"][by_id],
            "first_frame": first,
            "last_frame": last,
            "fate": fate,
            "merged_into": merged_into,
            "max_n_voxels": greatest,
        }
        return _with_volumes(Table(columns), ("max_n_voxels",), voxel_volume, volume_unit)


def _with_volumes(
    table: Table, counts: Sequence[str], voxel_volume: float, volume_unit: str
) -> Table:
    """Add a volume column beside every count of voxels: n_new, volume_new; n_voxels, volume."""
    columns: dict[str, NDArray[Any]] = {}
    units = dict(table.units)
    for name in table.columns:
        columns[name] = table[name]
        if name in counts:
            volume = name.replace("n_voxels", "volume").replace("n_", "volume_")
            columns[volume] = table[name] * voxel_volume
            units[volume] = volume_unit
    return Table(columns, units=units)
