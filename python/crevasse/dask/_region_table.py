"""The table of the regions of labels in bricks."""

from __future__ import annotations

import math

import dask.array as da
from dask.base import tokenize

from crevasse import _validate
from crevasse._region_table import signed_if_it_fits
from crevasse._regions import Regions, default_unit, region_columns
from crevasse.dask._graph import Tasks, compute, merge_tree
from crevasse.dask._grid import Grid, as_array, as_volume
from crevasse.dask._label import BrickLabeling
from crevasse.dask._region_sums import RegionSums, merged_sums, sums_of_brick


def region_table(
    labels: da.Array | BrickLabeling,
    *,
    spacing: _validate.Spacing = 1.0,
    unit: str | None = None,
    n_threads: int = 1,
) -> Regions:
    """Measure every region of labels in bricks: compute integer sums of each, and add them up.

    Equal to `crevasse.region_table` of the whole, to the last bit. Each chunk is read once.

    Parameters
    ----------
    labels
        (z, y, x) or (y, x) labels, bool or unsigned or non-negative integer, 0 is background; or
        the result of `crevasse.dask.label`, which is measured without labels being written. Labels
        need not be consecutive or connected.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    unit
        Name of the unit of `spacing`. None: "voxel" where spacing is 1, else "um".
    n_threads
        In each task.

    Returns
    -------
    Regions
        Computed; columns as in `crevasse.region_table`. Takes 144 bytes a region while it is made.

    Raises
    ------
    TypeError
        If labels are no dask array, or not bool or integer.
    ValueError
        If spacing is not positive, a label is negative, or the volume is too large for second
        moments of 64 bits (2⁶⁴ over the square of its longest edge, in voxels).

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> labels = da.from_array(np.array([[7, 7, 0], [0, 7, 2]]), chunks=2)
    >>> table = region_table(labels, spacing=2.0)
    >>> table["label"], table["volume"]
    (array([2, 7]), array([ 4., 12.]))
    """
    array = as_array(labels.labels if isinstance(labels, BrickLabeling) else labels, "labels")
    lengths = _validate.spacing(spacing, array.ndim)
    _check_moments(array.shape)
    found = _sums(labels if isinstance(labels, BrickLabeling) else array, n_threads)
    columns, units = region_columns(
        found.sums,
        signed_if_it_fits(found.labels),
        array.shape,
        lengths,
        unit or default_unit(lengths),
        _validate.n_threads(n_threads),
    )
    return Regions(columns, units=units)


def _sums(labels: da.Array | BrickLabeling, n_threads: int) -> RegionSums:
    threads = _validate.n_threads(n_threads)
    if isinstance(labels, BrickLabeling):
        bricks, grid = labels._bricks, Grid(as_volume(labels.labels).chunks)
    else:
        bricks = as_volume(labels)
        grid = Grid(bricks.chunks)
    name = f"region-sums-{tokenize(bricks.name, threads)}"
    tasks: Tasks = {
        (name, "brick", *index): (sums_of_brick, (bricks.name, *index), grid, index, threads)
        for index in grid
    }
    merging, last = merge_tree(name, list(tasks), merged_sums)
    found: RegionSums = compute(name, tasks | merging, last, bricks)
    return found


def _check_moments(shape: tuple[int, ...]) -> None:
    if math.prod(shape) * max(shape) ** 2 >= 2**64:
        raise ValueError(
            f"labels must be small enough for second moments of 64 bits, got shape {shape}; "
            "measure it in parts"
        )
