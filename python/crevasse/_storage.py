"""Binary volumes in files: the format is described at `RunVolume.save`."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._archive import Members, load_archive, save_archive
from crevasse._shape import shape3

FORMAT, VERSION = "crevasse.RunVolume", 1


def save_runs(
    volume: _core.RunVolume, shape: tuple[int, ...], path: str | os.PathLike[str]
) -> None:
    """Write a volume whose shape is (z, y, x) or (y, x)."""
    save_archive(path, FORMAT, VERSION, volume_members(volume, shape))


def load_runs(path: str | os.PathLike[str]) -> tuple[_core.RunVolume, int]:
    """Read a volume and its number of axes; `ValueError` where the file is not whole."""
    return load_archive(path, FORMAT, VERSION, volume_from)


def volume_members(volume: _core.RunVolume, shape: tuple[int, ...]) -> dict[str, NDArray[Any]]:
    """The arrays that a volume is stored as."""
    return {
        "shape": np.array(shape, dtype=np.int64),
        "runs_per_row": np.diff(volume.row_begin).astype(np.uint32),
        "runs": volume.runs,
    }


def volume_from(members: Members) -> tuple[_core.RunVolume, int]:
    """The volume of such arrays, and its number of axes."""
    shape = tuple(int(n) for n in members["shape"])
    row_begin = np.concatenate([[0], np.cumsum(members["runs_per_row"], dtype=np.int64)])
    runs = np.ascontiguousarray(members["runs"], dtype=np.int32)
    return _core.from_runs(shape3(shape), row_begin, runs.reshape(-1)), len(shape)
