"""Fronts in files: the format is that of `Tracker.save`, a member a column of each table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._archive import Members, load_archive, prefixed, save_archive, under
from crevasse._ligament import Ligament
from crevasse._table import Table
from crevasse.tracking.fronts.front import Front

FORMAT, VERSION = "crevasse.FrontFollower", 1
_TABLES = ("components", "tips", "junctions")


def save_fronts(
    path: str | os.PathLike[str], fronts: Sequence[Front], ligaments: Sequence[Ligament | None]
) -> None:
    """Write the fronts and ligaments of all frames so far."""
    members: dict[str, NDArray[Any]] = {"n_frames": np.array(len(fronts))}
    for k, (front, left) in enumerate(zip(fronts, ligaments, strict=True)):
        members |= _front_members(f"{k}.", front)
        if left is not None:
            members |= _ligament_members(f"{k}.ligament.", left)
    save_archive(path, FORMAT, VERSION, members)


def load_fronts(path: str | os.PathLike[str]) -> tuple[list[Front], list[Ligament | None]]:
    """Read what `save_fronts` wrote; `ValueError` where the file is not whole."""
    return load_archive(path, FORMAT, VERSION, _stored_fronts)


def _front_members(prefix: str, front: Front) -> dict[str, NDArray[Any]]:
    members = {f"{prefix}reached_fraction": np.array(front.reached_fraction)}
    for name in _TABLES:
        members |= _table_members(f"{prefix}{name}.", getattr(front, name))
    return members


def _ligament_members(prefix: str, left: Ligament) -> dict[str, NDArray[Any]]:
    voxel = () if left.bottleneck_voxel is None else left.bottleneck_voxel
    return {
        f"{prefix}numbers": np.array([left.length, left.bottleneck]),
        f"{prefix}bottleneck_voxel": np.array(voxel, dtype=np.int64),
        f"{prefix}unit": np.array(left.unit),
        **_table_members(f"{prefix}pieces.", left.pieces),
    }


def _table_members(prefix: str, table: Table) -> dict[str, NDArray[Any]]:
    units = {name: np.array(unit) for name, unit in table.units.items()}
    columns = prefixed(f"{prefix}column.", table.to_dict())
    return columns | prefixed(f"{prefix}unit.", units)


def _stored_fronts(members: Members) -> tuple[list[Front], list[Ligament | None]]:
    fronts: list[Front] = []
    ligaments: list[Ligament | None] = []
    for k in range(int(members["n_frames"])):
        tables = {name: _stored_table(under(f"{k}.{name}.", members)) for name in _TABLES}
        fronts.append(Front(**tables, reached_fraction=float(members[f"{k}.reached_fraction"])))
        ligaments.append(_stored_ligament(under(f"{k}.ligament.", members)))
    return fronts, ligaments


def _stored_ligament(members: Members) -> Ligament | None:
    if not members:
        return None
    length, bottleneck = (float(number) for number in members["numbers"])
    voxel = tuple(int(i) for i in members["bottleneck_voxel"])
    pieces = _stored_table(under("pieces.", members))
    return Ligament(length, pieces, bottleneck, voxel or None, str(members["unit"]))


def _stored_table(members: Members) -> Table:
    units = {name: str(unit) for name, unit in under("unit.", members).items()}
    return Table(under("column.", members), units=units)
