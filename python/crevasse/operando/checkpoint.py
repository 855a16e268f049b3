"""An unfinished analysis in a file, to go on from."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import crevasse
from crevasse._archive import Members, load_archive, save_archive
from crevasse.io import Frame, Series
from crevasse.operando.analyst import Analyst
from crevasse.operando.settings import Settings

FORMAT, VERSION = "crevasse.Checkpoint", 8
# What a file may name, beside the classes of crevasse.
_PLAIN = {
    "builtins": {"set", "frozenset", "slice", "bytearray", "Ellipsis"},
    "crevasse._runs": {"_rebuild"},
    "numpy": {"ndarray", "dtype"},
    "numpy._core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},  # as numpy 1 calls it
}


class Checkpoint:
    """A file that holds an analysis as far as it has come.

    It is only good for the version of crevasse, the settings and the scans that it was made with:
    for anything else the analysis begins anew.

    Parameters
    ----------
    path
        File; its folder must exist when it is written.
    every
        Least time between two savings, in s.
    """

    def __init__(self, path: str | os.PathLike[str], *, every: float = 20.0) -> None:
        self._path, self._every = Path(path), every
        self._saved = time.monotonic()

    def resume(
        self, series: Series, settings: Settings, sampled: Sequence[Frame] | None = None
    ) -> Analyst | None:
        """The analysis as it was saved; None if there is none of these scans and settings.

        Nor if its thresholds were found from other scans than `sampled`, where these are given.
        """
        if not self._path.is_file():
            return None
        try:
            analyst = load_archive(
                self._path, FORMAT, VERSION, lambda members: _analyst(members, series, settings)
            )
        except ValueError:  # another version's, or damaged: nothing to go on from
            return None
        if analyst is None or analyst.sample is None or sampled is None:
            return analyst
        return analyst if analyst.sample.stamps == tuple(map(stamp, sampled)) else None

    def note(self) -> str:
        """What was saved beside the analysis; empty if there is none, `ValueError` if damaged."""
        if not self._path.is_file():
            return ""
        return load_archive(self._path, FORMAT, VERSION, lambda members: str(members["note"]))

    def offer(self, analyst: Analyst, *, at_once: bool = False) -> None:
        """Save, if the last time is long enough ago or `at_once`; warn where that fails.

        The analysis needs no file to go on, so a disk that is full does not end it; what was saved
        before stays.
        """
        if not at_once and time.monotonic() - self._saved < self._every:
            return
        try:
            self.save(analyst)
        except OSError as error:
            self._saved = time.monotonic()
            warnings.warn(
                f"{self._path} could not be saved ({error.strerror or error}); the analysis goes "
                "on, but if it is broken off it begins again from what was saved before",
                RuntimeWarning,
                stacklevel=2,
            )

    def save(self, analyst: Analyst, note: str = "") -> None:
        """Save, with a note for `note`; the file appears whole or not at all."""
        with TemporaryDirectory() as folder:
            state = analyst.save(Path(folder))
            members = {
                file.name: np.fromfile(file, dtype=np.uint8) for file in Path(folder).iterdir()
            }
        members["state"] = np.frombuffer(pickle.dumps(state), dtype=np.uint8)
        members["made_for"] = np.array(made_for(analyst.given, analyst.series))
        members["frames"] = np.array([stamp(frame) for frame in analyst.seen])
        members["note"] = np.array(note)
        save_archive(self._path, FORMAT, VERSION, members)
        self._saved = time.monotonic()

    def remove(self) -> None:
        """What the analysis gave is safe: there is nothing to go on from any more."""
        self._path.unlink(missing_ok=True)


def made_for(settings: Settings, series: Series) -> str:
    """What a checkpoint is good for, beside the scans themselves."""
    scale = series.spacing, series.unit, series.time_unit
    made = crevasse.__version__.encode() + pickle.dumps((settings, scale))
    return hashlib.sha256(made).hexdigest()


def stamp(frame: Frame) -> str:
    """A scan, so that another one is told from it."""
    return f"{frame.name} {frame.time!r} {frame.shape} {frame.dtype} {frame.stamp}"


def _analyst(members: Members, series: Series, settings: Settings) -> Analyst | None:
    frames = members["frames"].tolist()
    if str(members["made_for"]) != made_for(settings, series):
        return None
    if frames != [stamp(frame) for frame in series.frames[: len(frames)]]:
        return None
    state = _Unpickler(io.BytesIO(members["state"].tobytes())).load()
    with TemporaryDirectory() as folder:
        for name, content in members.items():
            if name.endswith(".npz"):
                content.tofile(Path(folder) / name)
        return Analyst.load(series, settings, state, Path(folder))


class _Unpickler(pickle.Unpickler):
    """Makes nothing but what an analysis consists of, whatever the file says."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _PLAIN.get(module, ()):
            return super().find_class(module, name)
        if module.startswith("crevasse.") and "." not in name:
            found = super().find_class(module, name)
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} has no place in an analysis")
