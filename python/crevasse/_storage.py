"""Binary volumes in files: the format is described at `RunVolume.save`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._files import replace_when_written
from crevasse._shape import shape3

FORMAT, VERSION = "crevasse.RunVolume", 1


def save_runs(
    volume: _core.RunVolume, shape: tuple[int, ...], path: str | os.PathLike[str]
) -> None:
    """Write a volume whose shape is (z, y, x) or (y, x)."""
    with replace_when_written(Path(path)) as unfinished, open(unfinished, "wb") as file:
        np.savez(
            file,
            format=np.array(FORMAT),
            version=np.array(VERSION),
            shape=np.array(shape, dtype=np.int64),
            runs_per_row=np.diff(volume.row_begin).astype(np.uint32),
            runs=volume.runs,
        )


def load_runs(path: str | os.PathLike[str]) -> tuple[_core.RunVolume, int]:
    """Read a volume and its number of axes; `ValueError` where the file is not whole."""
    try:
        members = _members(path)
        if str(members["format"]) != FORMAT:
            raise ValueError(f"it holds {members['format']}")
        version = int(members["version"])
        volume = _volume(members) if version == VERSION else None
    except OSError:
        raise
    except Exception as error:  # zip, npy and the core each have their own
        reason = " ".join(str(error).split())
        raise ValueError(f"{path} is damaged or no RunVolume ({reason}); save it again") from error
    if volume is None:
        raise ValueError(f"{path} has version {version}, known is {VERSION}; update crevasse")
    return volume


def _members(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    # Opened here: numpy leaves a damaged file open.
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _volume(members: dict[str, NDArray[Any]]) -> tuple[_core.RunVolume, int]:
    shape = tuple(int(n) for n in members["shape"])
    row_begin = np.concatenate([[0], np.cumsum(members["runs_per_row"], dtype=np.int64)])
    runs = np.ascontiguousarray(members["runs"], dtype=np.int32)
    return _core.from_runs(shape3(shape), row_begin, runs.reshape(-1)), len(shape)
