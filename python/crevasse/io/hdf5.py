"""Scans in HDF5: of tomocupy, TomoPy, nabu, httomo, and whoever says which axis is which."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  (registers Blosc, Zstandard, … with HDF5)
import numpy as np
from numpy.typing import NDArray

from crevasse.io.fact import Provenance
from crevasse.io.hdf5_facts import attribute_of, end_of, order_of, text_of, voxel_size_of
from crevasse.io.hdf5_file import opened, require_sound_heaps
from crevasse.io.hdf5_parts import files_of, require_whole
from crevasse.io.refusal import RefusedError, naming
from crevasse.io.scan import Scan, Selection, Stored, stamp

_EXCHANGE, _SIGNALS = "/exchange/data", "NXdata"


def open_scans(path: Path, dataset: str | None = None) -> tuple[Scan, ...]:
    """The scans in a dataset of an HDF5 file; only headers are read.

    Parameters
    ----------
    path
        The file.
    dataset
        Path of the dataset in it. None: ``/exchange/data``, else the one NXdata signal, else the
        one dataset with three axes or more, else with two.

    Raises
    ------
    ValueError
        If the file is damaged, a part of a virtual dataset is missing, or several datasets could
        be meant.
    """
    with naming(path, "HDF5"):
        require_sound_heaps(path, lambda file: _stored(file, path, dataset))
        with opened(path) as file:
            return _stored(file, path, dataset).scans()


def _stored(file: h5py.File, path: Path, dataset: str | None) -> Stored:
    name = _named(file, dataset, path) if dataset else _found(file, path)
    data = file[name]
    require_whole(data, path)
    provenance = Provenance(
        "HDF5", order_of(data, path), voxel_size_of(data, path), end_of(data, path)
    )
    read = partial(_read, path, name)
    known = stamp(files_of(data, path))
    return Stored(path.name, data.shape, data.dtype, read, provenance, known)


def _read(path: Path, name: str, selection: Selection) -> NDArray[Any]:
    with naming(path, "HDF5"), opened(path) as file:
        data = file[name]
        require_whole(data, path)
        image: NDArray[Any] = np.asarray(data[selection])
    return image


def _named(file: h5py.File, name: str, path: Path) -> str:
    if not isinstance(file.get(name), h5py.Dataset):
        there = ", ".join(_images(file)) or "none"
        raise RefusedError(f"dataset must be one of {path}, got {name!r}; it has {there}")
    return str(file[name].name)


def _found(file: h5py.File, path: Path) -> str:
    """The one dataset that can be meant."""
    names = _images(file)
    if _EXCHANGE in names:
        if "/exchange/theta" in file and "axes" not in file[_EXCHANGE].attrs:
            raise RefusedError(
                f"{path} holds projections (it has /exchange/theta); reconstruct them first"
            )
        return _EXCHANGE
    signals = [name for name in names if _is_signal(file[name])]
    candidates = signals or names
    if not candidates:
        raise RefusedError(f"{path} holds no dataset of 2, 3 or 4 axes")
    if len(candidates) > 1:
        raise RefusedError(
            f"dataset must be given for {path}, which has several: {', '.join(candidates)}"
        )
    return candidates[0]


def _images(file: h5py.File) -> list[str]:
    """Datasets that could be scans: those with three axes or more if there are any."""
    found: list[h5py.Dataset] = []

    def visit(_: str, item: h5py.Group | h5py.Dataset) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim in (2, 3, 4) and item.dtype.kind in "biuf":
            found.append(item)

    file.visititems(visit)
    volumes = [item for item in found if item.ndim > 2]
    return [str(item.name) for item in volumes or found]


def _is_signal(data: h5py.Dataset) -> bool:
    group = data.parent
    signal = text_of(attribute_of(group, "signal")) or "data"
    kind = text_of(attribute_of(group, "NX_class"))
    return kind == _SIGNALS and data.name.endswith("/" + signal)
