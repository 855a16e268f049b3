"""Measures of regions, from the sums that the core has made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core, _validate
from crevasse._table import Table

_PRODUCTS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


class Regions(Table):
    """One row a region; see `crevasse.region_table` for the columns."""


def measure_regions(
    labeling: _core.RunLabeling,
    values: NDArray[Any],
    ndim: int,
    *,
    spacing: _validate.Spacing,
    unit: str | None,
    threads: int,
) -> Regions:
    """Measure labels 1.. of a labeling, which stand for `values`."""
    lengths = _validate.spacing(spacing, ndim)
    sums = _core.regions(labeling, threads)
    shape = labeling.runs.shape[-ndim:]
    return _measures(sums, values, shape, lengths, unit or default_unit(lengths))


def default_unit(spacing: tuple[float, ...]) -> str:
    """What lengths are in when nobody said: voxels where the spacing is 1, else micrometres."""
    return "voxel" if all(length == 1.0 for length in spacing) else "um"


def _measures(
    sums: NDArray[Any],
    values: NDArray[Any],
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    unit: str,
) -> Regions:
    ndim = len(shape)
    axes = [(name, 3 - ndim + i) for i, name in enumerate(_validate.AXES[-ndim:])]
    length = dict(zip((axis for _, axis in axes), spacing, strict=True))
    n = sums["n_voxels"].astype(np.int64)
    mean = sums["sum"] / n[:, None]

    columns: dict[str, NDArray[Any]] = {
        "label": values,
        "n_voxels": n,
        "volume": n * float(np.prod(spacing)),
    }
    units = {"volume": f"{unit}^{ndim}"}
    touches = np.zeros(len(n), dtype=np.bool_)
    for name, axis in axes:
        columns[f"{name}_begin"] = sums["low"][:, axis].copy()
        columns[f"{name}_end"] = sums["high"][:, axis].copy()
        touches |= (sums["low"][:, axis] == 0) | (sums["high"][:, axis] == shape[axis - 3])
        units[f"{name}_begin"] = units[f"{name}_end"] = "voxel"
    for name, axis in axes:
        columns[f"centroid_{name}"] = mean[:, axis] * length[axis]
        units[f"centroid_{name}"] = unit
    for k, (i, j) in enumerate(_PRODUCTS):
        if i not in length or j not in length:
            continue
        column = f"covariance_{_validate.AXES[i]}{_validate.AXES[j]}"
        central = sums["product"][:, k] / n - mean[:, i] * mean[:, j]
        columns[column] = central * length[i] * length[j]
        units[column] = f"{unit}^2"
    columns["first_voxel"] = sums["first_voxel"].copy()
    columns["touches_border"] = touches
    return Regions(columns, units=units)
