"""Sums of regions over bricks: integers, so that those of the whole are exact in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _core
from crevasse._region_table import as_runs
from crevasse.dask._components import NumberedBrick
from crevasse.dask._grid import Grid, Index

_PRODUCTS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))  # in the order of the core
_ADDED, _LEAST, _GREATEST = ("n_voxels", "sum", "product"), ("low", "first_voxel"), ("high",)


@dataclass(frozen=True)
class RegionSums:
    """Sums by label; labels rise.

    Attributes
    ----------
    labels
        Label values, uint64.
    sums
        One row each: those of `_core.regions`, in voxels of the whole volume.
    """

    labels: NDArray[np.uint64]
    sums: NDArray[Any]


def sums_of_brick(
    brick: NumberedBrick | NDArray[Any], grid: Grid, index: Index, threads: int
) -> RegionSums:
    """Sums of one brick, of numbered runs or dense labels."""
    if isinstance(brick, NumberedBrick):
        labeling, labels = brick.labeling, brick.numbers
    else:
        labeling, labels, _ = as_runs(brick, threads)
    sums = _in_volume(_core.regions(labeling, threads), grid, index)
    return merged_sums([RegionSums(labels.astype(np.uint64), sums)])


def merged_sums(parts: Sequence[RegionSums]) -> RegionSums:
    """Add up what several parts hold of each label."""
    labels = np.concatenate([part.labels for part in parts])
    sums = np.concatenate([part.sums for part in parts])
    order = np.argsort(labels, kind="stable")
    labels, sums = labels[order], sums[order]
    begins = np.flatnonzero(np.diff(labels, prepend=labels[:1] + np.uint64(1)))
    merged = np.empty(len(begins), dtype=sums.dtype)
    for reduce, names in ((np.add, _ADDED), (np.minimum, _LEAST), (np.maximum, _GREATEST)):
        for name in names if len(begins) else ():
            merged[name] = reduce.reduceat(sums[name], begins, axis=0)
    return RegionSums(labels[begins], merged)


def _in_volume(sums: NDArray[Any], grid: Grid, index: Index) -> NDArray[Any]:
    """Sums in voxels of a brick, in those of the whole volume."""
    begin = grid.begin(index)
    offset = np.array(begin, dtype=np.uint64)
    moved = sums.copy()
    moved["sum"] += sums["n_voxels"][:, None] * offset
    for k, (i, j) in enumerate(_PRODUCTS):
        moved["product"][:, k] += offset[i] * sums["sum"][:, j] + offset[j] * moved["sum"][:, i]
    moved["low"] += begin
    moved["high"] += begin
    moved["first_voxel"] = grid.raster_index(index, sums["first_voxel"])
    return moved
