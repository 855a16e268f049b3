"""The record of a tracked series."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core, _validate
from crevasse._table import Table


@dataclass(frozen=True)
class Crack:
    """One crack through time; arrays have an entry for each frame in which it is open."""

    id: int
    frame: NDArray[np.int64]
    time: NDArray[np.float64]
    n_voxels: NDArray[np.int64]
    volume: NDArray[np.float64]
    origin: str
    parent: int
    fate: str
    merged_into: int


@dataclass(frozen=True)
class History:
    """Everything a `Tracker` has seen, as tables and voxel maps.

    Volumes are counts of voxels times the voxel volume, so sums over tables are exact in the
    ``n_voxels``, ``gain``, ``loss`` and ``kept`` columns, which count voxels.

    Attributes
    ----------
    frames
        A row a frame: ``frame, time, n_cracks, n_voxels, volume``, and the volume's two parts
        ``n_preexisting, volume_preexisting`` (voxels open in a baseline frame) and
        ``n_new, volume_new``.
    nodes
        A row a component of a frame: ``frame, label, crack``, the block it belongs to in the
        interval before (``event_before``) and after (``event_after``; -1 where there is none), and
        every column of `crevasse.region_table`.
    edges
        A row for each pair of components of consecutive frames that share voxels: ``frame`` (the
        later one), ``label_before, label_after, n_voxels`` and the ``event`` it belongs to.
    events
        A row for each block, that is, connected component of an interval's edges:
        ``event, frame`` (the later one)``, time, type, crack, n_parents, n_children,
        n_voxels_before, n_voxels_after, gain, loss, kept``. `crack` is that of the largest child,
        or of the parent that closed. Types: see `EventType`.
    intervals
        A row for each pair of consecutive frames: ``frame`` (the later one)``, time_begin,
        time_end, gain, loss, kept``; ``gain - loss`` is the change of total volume in voxels.
    cracks
        A row a crack id: ``crack, origin, parent, first_frame, last_frame, fate, merged_into,
        max_n_voxels, max_volume``. `origin` is baseline (there in the first frame), birth or
        split; `fate` is open (there in the last frame), closure or merge.
    spacing, unit, time_unit
        Voxel size in axis order, and the units of lengths and times.
    """

    frames: Table
    nodes: Table
    edges: Table
    events: Table
    intervals: Table
    cracks: Table
    spacing: tuple[float, ...]
    unit: str
    time_unit: str
    shape: tuple[int, ...]
    _ledger: _core.Ledger

    @property
    def tables(self) -> dict[str, Table]:
        """All tables by name."""
        names = ("frames", "nodes", "edges", "events", "intervals", "cracks")
        return {name: getattr(self, name) for name in names}

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
        )

    def first_open(self) -> NDArray[np.int32]:
        """Map of the frame in which each voxel was first open; -1 where it never was."""
        return self._map(np.int32, "write_first_open")

    def last_open(self) -> NDArray[np.int32]:
        """Map of the latest frame in which each voxel was open; -1 where it never was."""
        return self._map(np.int32, "write_last_open")

    def first_crack(self) -> NDArray[np.uint32]:
        """Map of the crack that first opened each voxel; 0 where it never was open."""
        return self._map(np.uint32, "write_first_crack")

    def write_tables(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write every table as ``<name>.csv`` and ``<name>.parquet``; return the paths."""
        directory = Path(folder)
        directory.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, table in self.tables.items():
            for suffix, write in ((".csv", table.to_csv), (".parquet", table.to_parquet)):
                path = directory / f"{name}{suffix}"
                write(path)
                paths.append(path)
        return paths

    def _map(self, dtype: type[Any], writer: str) -> NDArray[Any]:
        out = np.empty(self.shape, dtype=dtype)
        getattr(self._ledger, writer)(_validate.as_3d(out), _validate.n_threads(None))
        return out
