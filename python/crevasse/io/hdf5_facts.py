"""Order of axes, voxel size and time of an HDF5 dataset, from wherever its writer puts them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from crevasse.io.fact import Fact, voxel_size
from crevasse.io.scan import assumed_axes, said_axes

_APS_PIXEL = "/measurement/instrument/detection_system/objective/resolution"
_APS_END = "/process/acquisition/end_date"
_HTTOMO = "/data_dims/detector_x_y"
_OPTIONS = "configuration/processing_options/reconstruction"


def order_of(data: h5py.Dataset, path: Path) -> Fact[str]:
    """Which axis is which: said at the dataset, by its NXdata group, by dimension labels."""
    said = (
        (_words(attribute_of(data, "axes")), f"{data.name}@axes"),
        (_words(attribute_of(data.parent, "axes")), f"{data.parent.name}@axes"),
        ([dimension.label for dimension in data.dims], f"{data.name}@DIMENSION_LABELS"),
    )
    for names, where in said:
        order = said_axes(names, data.ndim, f"{path.name}:{where}")
        if order is not None:
            return order
    return _httomo_order(data, path) or assumed_axes(data.ndim, path.name)


def _httomo_order(data: h5py.Dataset, path: Path) -> Fact[str] | None:
    """Files of httomo, known by their detector, hold volumes as (y, z, x), as its blocks are."""
    detector = data.file.get(_HTTOMO)
    if not isinstance(detector, h5py.Dataset) or data.ndim != 3 or detector.size != 2:
        return None
    n_rows = int(detector[1])
    doubt = ""
    if data.shape[1] != n_rows:
        doubt = f"httomo stores (y, z, x), but axis z has {data.shape[1]} of {n_rows} detector rows"
    return Fact("y:z:x", f"{path.name}:{_HTTOMO}, as httomo writes it", doubt=doubt)


def voxel_size_of(data: h5py.Dataset, path: Path) -> Fact[tuple[float, ...]] | None:
    """The first without a doubt of: `element_size_um`, axes of NXdata, tomoscan's, APS's."""
    places = (_element_size, _coordinates, _tomoscan, _aps)
    said = [fact for place in places if (fact := place(data, path)) is not None]
    return min(said, key=lambda fact: bool(fact.doubt), default=None)


def _element_size(data: h5py.Dataset, path: Path) -> Fact[tuple[float, ...]] | None:
    sizes = _numbers(attribute_of(data, "element_size_um"))
    where = f"{path.name}:{data.name}@element_size_um"
    return voxel_size(sizes, "um", where) if sizes else None


def _coordinates(data: h5py.Dataset, path: Path) -> Fact[tuple[float, ...]] | None:
    """From the positions of voxels along each axis, where every axis has them."""
    group = data.parent
    names = [name for name in _words(attribute_of(group, "axes")) if name != "t"]
    axes = [group.get(name) for name in names]
    if not axes or not all(isinstance(a, h5py.Dataset) and a.size > 1 for a in axes):
        return None
    units = {text_of(attribute_of(axis, "units")) for axis in axes}
    steps, even = [], True
    for axis in axes:
        differences = np.diff(np.asarray(axis[()], dtype=float).ravel())
        steps.append(float(differences.mean()))
        even = even and bool(np.allclose(differences, steps[-1], rtol=1e-3))
    doubt = "" if even else "its positions are not evenly spaced"
    if len(units) > 1:
        doubt = f"its axes have several units, {sorted(units)}"
    where = f"{path.name}:{group.name}/{{{','.join(names)}}}"
    return voxel_size(steps, min(units), where, doubt)


def _tomoscan(data: h5py.Dataset, path: Path) -> Fact[tuple[float, ...]] | None:
    """In cm, in the configuration beside the group of results; of nabu before 2023, as pixel."""
    options = data.parent.parent.get(_OPTIONS)
    if not isinstance(options, h5py.Group):
        return None
    for name in ("voxel_size_cm", "pixel_size_cm"):
        sizes = _numbers(_value(options.get(name)))
        if sizes:
            return voxel_size(sizes, "cm", f"{path.name}:{options.name}/{name}")
    return None


def _aps(data: h5py.Dataset, path: Path) -> Fact[tuple[float, ...]] | None:
    """The raw file's pixel, which reconstructions carry; binning makes voxels larger."""
    pixel = data.file.get(_APS_PIXEL)
    sizes = _numbers(_value(pixel))
    if not sizes:
        return None
    unit = text_of(attribute_of(pixel, "units")).strip("\0 ") or "um"
    binned = re.search(r"--binning[= ]+([1-9]\d*)", text_of(attribute_of(data, "command")))
    doubt = f"it is the detector's, before --binning {binned[1]}" if binned else ""
    return voxel_size(sizes[:1], unit, f"{path.name}:{_APS_PIXEL}", doubt)


def end_of(data: h5py.Dataset, path: Path) -> Fact[datetime] | None:
    """When the scan ended.

    Starts are never taken: in files of APS before 2026-08-14, `start_date` is the scan before's.
    """
    for place in _ends(data):
        text = text_of(_value(data.file.get(place))).strip("\0 ")
        if text:
            where = f"{path.name}:{place}"
            try:
                return Fact(datetime.fromisoformat(text), where)
            except ValueError:
                continue
    return None


def _ends(data: h5py.Dataset) -> Iterator[str]:
    yield f"/{data.name.split('/')[1]}/end_time"
    yield from (f"/{name}/end_time" for name in data.file if name.startswith("entry"))
    yield _APS_END


def attribute_of(item: Any, name: str) -> Any:
    """An attribute's text or numbers; None where it has neither, or is not there."""
    if name not in item.attrs or not _is_plain(item.attrs.get_id(name).get_type(), f"@{name}"):
        return None
    return item.attrs[name]


def _value(item: Any) -> Any:
    if not isinstance(item, h5py.Dataset) or not item.size:
        return None
    return item[()] if _is_plain(item.id.get_type(), item.name) else None


def _is_plain(kind: h5py.h5t.TypeID, name: str) -> bool:
    """Whether a type is text or numbers.

    A text whose type is damaged may become a list of any length, over which HDF5 crashes.
    """
    if kind.get_class() == h5py.h5t.VLEN:
        raise ValueError(f"{name} is a list of any length, neither text nor numbers")
    return kind.get_class() in (h5py.h5t.STRING, h5py.h5t.INTEGER, h5py.h5t.FLOAT)


def _numbers(value: Any) -> list[float]:
    """One number or several, as a list; empty where they are none."""
    try:
        array: NDArray[np.float64] = np.asarray(value, dtype=float).ravel()
    except (TypeError, ValueError):
        return []
    return [] if np.isnan(array).any() else array.tolist()


def _words(value: Any) -> list[str]:
    """Names of axes, as a list of texts or one text such as "z:y:x"."""
    if value is None:
        return []
    if isinstance(value, (str, bytes)):
        return [word.strip().lower() for word in re.split(r"[:,\s]+", text_of(value)) if word]
    return [text_of(word).strip().lower() for word in np.asarray(value).ravel().tolist()]


def text_of(value: Any) -> str:
    """A text, however HDF5 holds it: bytes, or an array with one."""
    if value is None:
        return ""
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size else ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
