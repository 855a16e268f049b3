"""Graphs of tasks whose results are no arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import dask.array as da
import numpy as np
from dask.highlevelgraph import HighLevelGraph

Key = tuple[Any, ...]
Tasks = dict[Key, Any]

_PARTS_AT_ONCE = 8  # few enough that a worker holds them, enough that the tree is flat


def of_objects(numblocks: tuple[int, ...]) -> dict[str, Any]:
    """What a dask array is told of whose blocks are objects, one a brick."""
    chunks = tuple((1,) * n for n in numblocks)
    return {"dtype": object, "chunks": chunks, "meta": np.empty((0,) * len(chunks), object)}


def merge_tree(
    name: str, keys: Sequence[Key], merge: Callable[[Sequence[Any]], Any]
) -> tuple[Tasks, Key]:
    """Tasks that merge the results of `keys`, in their order, few at a time; and the last one.

    `merge` makes one result of several, and is associative.
    """
    tasks: Tasks = {}
    level = 0
    while len(keys) > 1 or level == 0:
        merged: Tasks = {
            (name, "merged", level, i): (merge, list(keys[i : i + _PARTS_AT_ONCE]))
            for i in range(0, len(keys), _PARTS_AT_ONCE)
        }
        tasks |= merged
        level, keys = level + 1, list(merged)
    return tasks, keys[0]


def compute(name: str, tasks: Tasks, last: Key, source: da.Array) -> Any:
    """The result of the task `last`, of tasks that read blocks of `source`."""
    graph = HighLevelGraph.from_collections(name, tasks | {(name,): last}, dependencies=[source])
    return _compute(da.Array(graph, name, chunks=(), dtype=object))


def compute_largest(values: da.Array) -> float:
    """The largest value of an array."""
    return float(_compute(values.max()))


def _compute(array: da.Array) -> Any:
    # Without fusing tasks, as where arrays are written: workers that still know of the source's
    # tasks from there must find them to be the same.
    return array.compute(optimize_graph=False)
