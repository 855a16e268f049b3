"""Connected components of a volume in bricks."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter, sub
from typing import Any

import dask.array as da
import numpy as np
from dask.base import tokenize
from dask.highlevelgraph import HighLevelGraph
from numpy.typing import DTypeLike, NDArray

from crevasse import _validate
from crevasse.dask._boundary import Direction, Part, n_steps, neighbour_directions
from crevasse.dask._components import (
    Brick,
    Neighbour,
    NumberedBrick,
    Numbering,
    label_brick,
    meetings,
    number_components,
    write_labels,
)
from crevasse.dask._graph import Key, Tasks, of_objects
from crevasse.dask._grid import Grid, Index, as_array, as_volume


@dataclass(frozen=True)
class BrickLabeling:
    """Connected components of a volume in bricks; nothing is computed yet.

    Attributes
    ----------
    labels
        Dask array of the image's shape: 0 is background, components are 1..count in raster order
        of their first voxel in the whole volume.
    count
        Number of components, a dask array without axes.
    """

    labels: da.Array
    count: da.Array
    _bricks: da.Array = field(repr=False)  # whose blocks are each a NumberedBrick


def label(
    image: da.Array,
    *,
    connectivity: int = 26,
    dtype: DTypeLike = np.uint32,
    n_threads: int = 1,
) -> BrickLabeling:
    """Label the connected components of an image in bricks.

    Equal, voxel by voxel, to `crevasse.label` of the whole image, whatever its chunks. Each chunk
    is read once and labelled by itself; of it are kept its runs, 12 bytes each and 8 bytes a row,
    until what meets between all chunks is joined. Then labels are written chunk by chunk. The
    number of tasks is linear in that of chunks.

    Parameters
    ----------
    image
        (z, y, x) or (y, x), bool or integer. Integer voxels join only where their values are
        equal; 0 is background.
    connectivity
        3-D: 6 (faces), 18 (edges too) or 26 (corners too). 2-D: 4 or 8; 6 means 4 there, and 18
        and 26 mean 8.
    dtype
        Of the labels: uint8, uint16, uint32 or uint64.
    n_threads
        In each task; a worker runs as many tasks at once as it has threads.

    Returns
    -------
    BrickLabeling
        With `labels`, in the image's chunks (empty ones are left out), and `count`. Computed
        together they cost as much as the labels alone:
        ``dask.compute(found.count, found.labels.to_zarr(path, compute=False))``.

    Raises
    ------
    TypeError
        If `image` is no dask array or not bool or integer, or `dtype` is not unsigned.
    ValueError
        If connectivity does not fit; while it is computed, if `dtype` cannot hold the labels.

    Examples
    --------
    >>> import dask.array as da
    >>> import numpy as np
    >>> image = np.array([[1, 1, 0], [0, 0, 2], [2, 0, 2]])
    >>> found = label(da.from_array(image, chunks=2))
    >>> found.labels.compute()
    array([[1, 1, 0],
           [0, 0, 2],
           [3, 0, 2]], dtype=uint32)
    >>> int(found.count.compute())
    3
    """
    array = as_array(image, "image")
    joined = _validate.connectivity(connectivity, array.ndim)
    kind = _validate.label_dtype(dtype, 0)
    threads = _validate.n_threads(n_threads)
    volume = as_volume(array)
    bricks = volume.map_blocks(label_brick, joined, threads, **of_objects(volume.numblocks))
    numbered, count = _join(bricks, Grid(volume.chunks), joined, kind)
    labels = numbered.map_blocks(write_labels, kind, threads, dtype=kind, chunks=volume.chunks)
    return BrickLabeling(labels if array.ndim == 3 else labels[0], count, numbered)


def _join(
    bricks: da.Array, grid: Grid, connectivity: int, dtype: np.dtype[Any]
) -> tuple[da.Array, da.Array]:
    """Bricks labelled by themselves get the volume's numbers; and the volume's count."""
    token = tokenize(bricks.name, connectivity, dtype)
    name, numbered, count = (f"{of}-{token}" for of in ("join-labels", "number-labels", "count"))
    tasks = _joining_tasks(name, bricks.name, grid, connectivity, dtype)
    last: Tasks = {
        (numbered, *index): (
            NumberedBrick,
            (name, "labeling", *index),
            (name, "numbers", *index),
            (name, "count"),
        )
        for index in grid
    }
    graph = HighLevelGraph.from_collections(name, tasks, dependencies=[bricks])
    layers = {**graph.layers, numbered: last, count: {(count,): (np.asarray, (name, "count"))}}
    dependencies = {**graph.dependencies, numbered: {name}, count: {name}}
    joined = HighLevelGraph(layers, dependencies)
    return (
        da.Array(joined, numbered, **of_objects(bricks.numblocks)),
        da.Array(joined, count, chunks=(), dtype=np.int64),
    )


def _joining_tasks(
    name: str, bricks: str, grid: Grid, connectivity: int, dtype: np.dtype[Any]
) -> Tasks:
    """Take bricks apart into what is needed at different times, and let them meet.

    What a task takes of a neighbour is all that travels: faces, or the rim of edges and corners.
    """
    tasks: Tasks = {}
    for index in grid:
        brick = (bricks, *index)
        tasks[name, "labeling", *index] = (attrgetter("labeling"), brick)
        tasks[name, "faces", *index] = (_low_faces, brick)
        tasks[name, "rim", *index] = (_rim, brick)
        tasks[name, "meetings", *index] = _meetings_task(name, grid, brick, connectivity)
        tasks[name, "numbers", *index] = (_numbers, (name, "numbering"), grid.rank(index))
    met = [(name, "meetings", *index) for index in grid]
    tasks[name, "numbering"] = (number_components, met, grid, dtype)
    tasks[name, "count"] = (attrgetter("count"), (name, "numbering"))
    return tasks


def _meetings_task(name: str, grid: Grid, brick: Key, connectivity: int) -> tuple[Any, ...]:
    neighbours, boundaries = [], []
    for direction in neighbour_directions(connectivity):
        other: Index = tuple(i + step for i, step in zip(brick[1:], direction, strict=True))
        if other not in grid:
            continue
        offset = tuple(map(sub, grid.begin(other), grid.begin(brick[1:])))
        neighbours.append(Neighbour(direction, offset, grid.rank(other)))
        boundaries.append((name, "faces" if n_steps(direction) == 1 else "rim", *other))
    return (meetings, brick, neighbours, boundaries, connectivity)


def _low_faces(brick: Brick) -> dict[Direction, Part]:
    """What a brick shows to those before it along the axes."""
    return {d: part for d, part in brick.boundary.items() if n_steps(d) == 1 and -1 in d}


def _rim(brick: Brick) -> dict[Direction, Part]:
    """Edges and corners."""
    return {d: part for d, part in brick.boundary.items() if n_steps(d) > 1}


def _numbers(numbering: Numbering, rank: int) -> NDArray[np.uint32]:
    return numbering.numbers[rank]
