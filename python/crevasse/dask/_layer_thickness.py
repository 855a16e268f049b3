"""Thickness of layers of a volume in bricks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import dask.array as da
import numpy as np
from dask.base import tokenize
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._layer_thickness import (
    LayerColumns,
    LayerThickness,
    frame_of_columns,
    layer_of_columns,
    validate_axis,
)
from crevasse._runs import as_run_volume
from crevasse.dask._graph import Key, Tasks, compute, merge_tree
from crevasse.dask._grid import Grid, Index, as_array, as_volume


def layer_thickness(
    mask: da.Array,
    *,
    axis: int = 0,
    spacing: _validate.Spacing = 1.0,
    roi: ArrayLike | float | None = None,
    n_threads: int = 1,
) -> LayerThickness:
    """Map the thickness of a layer by summing each column of voxels along an axis, in bricks.

    Equal to `crevasse.layer_thickness` of the whole. Each chunk is read once; 16 bytes a column of
    it are kept, and columns of chunks that lie behind one another are joined.

    Parameters
    ----------
    mask
        (z, y, x), or (y, x) for a section; bool or integer.
    axis
        Axis along which to sum, in the order of the mask's axes; negative counts from the last.
    spacing
        Voxel size, a number or one per axis.
    roi
        Which columns belong to the layer's area, as in `crevasse.layer_thickness`.
    n_threads
        In each task.

    Returns
    -------
    LayerThickness
        Computed: its maps have one axis less than the mask.

    Raises
    ------
    ValueError
        If axis or the shape of `roi` does not fit, or spacing or a diameter is not positive.
    TypeError
        If `mask` is no dask array, or `mask` or `roi` is not bool or integer.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> mask = np.zeros((6, 1, 2), dtype=bool)
    >>> mask[1:4, 0, 0] = True
    >>> layer_thickness(da.from_array(mask, chunks=2), spacing=1.5).map
    array([[4.5, 0. ]])
    """
    array = as_array(mask, "mask")
    along = validate_axis(axis, array.ndim)
    frame = frame_of_columns(array.shape, along, spacing, roi)
    columns = _columns(as_volume(array), along + 3 - array.ndim, _validate.n_threads(n_threads))
    return layer_of_columns(columns, frame)


@dataclass(frozen=True)
class _Stretch:
    """Columns of bricks that lie behind one another; `length` is their extent together."""

    columns: LayerColumns
    length: int


def _columns(volume: da.Array, axis: int, threads: int) -> LayerColumns:
    """Columns of the whole volume, each of their numbers a map."""
    grid = Grid(volume.chunks)
    name = f"layer-columns-{tokenize(volume.name, axis, threads)}"
    tasks: Tasks = {}
    behind_one_another: dict[Index, list[Key]] = {}
    for index in grid:
        key = (name, "brick", *index)
        tasks[key] = (_stretch_of_brick, (volume.name, *index), axis, threads)
        behind_one_another.setdefault(index[:axis] + index[axis + 1 :], []).append(key)
    through: list[Key] = []
    for place, keys in behind_one_another.items():
        merging, last = merge_tree(f"{name}-{place[0]}-{place[1]}", keys, _joined)
        tasks |= merging
        through.append(last)
    n_across = grid.numblocks[1 if axis == 2 else 2]
    rows = [through[i : i + n_across] for i in range(0, len(through), n_across)]
    columns: LayerColumns = compute(
        name, tasks | {(name, "all"): (_side_by_side, rows)}, (name, "all"), volume
    )
    return columns


def _stretch_of_brick(brick: NDArray[Any], axis: int, threads: int) -> _Stretch:
    columns = LayerColumns(*_core.layer_columns(as_run_volume(brick, threads)._core, axis, threads))
    return _Stretch(columns, brick.shape[axis])


def _joined(stretches: Sequence[_Stretch]) -> _Stretch:
    return reduce(_join_two, stretches)


def _join_two(near: _Stretch, far: _Stretch) -> _Stretch:
    a, b = near.columns, far.columns
    goes_on = (a.end == near.length) & (b.begin == 0)  # one layer through both
    columns = LayerColumns(
        n_voxels=a.n_voxels + b.n_voxels,
        n_layers=a.n_layers + b.n_layers - goes_on,
        begin=np.where(a.begin >= 0, a.begin, _moved(b.begin, near.length)),
        end=np.where(b.end >= 0, _moved(b.end, near.length), a.end),
    )
    return _Stretch(columns, near.length + far.length)


def _moved(positions: NDArray[np.int32], by: int) -> NDArray[np.int32]:
    return np.where(positions >= 0, positions + np.int32(by), np.int32(-1))


def _side_by_side(rows: Sequence[Sequence[_Stretch]]) -> LayerColumns:
    def tiled(of: str) -> NDArray[np.int32]:
        return np.block([[getattr(stretch.columns, of) for stretch in row] for row in rows])

    return LayerColumns(tiled("n_voxels"), tiled("n_layers"), tiled("begin"), tiled("end"))
