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


def compute_merged(
    name: str,
    tasks: Tasks,
    merge: Callable[[Sequence[Any]], Any],
    source: da.Array,
) -> Any:
    """The results of tasks, merged in their order, few at a time.

    Parameters
    ----------
    name
        Unique to tasks, merge and source; all keys are made of it.
    tasks
        By key.
    merge
        Associative: several results to one.
    source
        What tasks read.
    """
    tree: Tasks = dict(tasks)
    level, keys = 0, list(tasks)
    while len(keys) > 1 or level == 0:
        groups = [keys[i : i + _PARTS_AT_ONCE] for i in range(0, len(keys), _PARTS_AT_ONCE)]
        merged: Tasks = {
            (f"{name}-merged", level, k): (merge, group) for k, group in enumerate(groups)
        }
        tree |= merged
        level, keys = level + 1, list(merged)
    tree[(name,)] = keys[0]
    graph = HighLevelGraph.from_collections(name, tree, dependencies=[source])
    return da.Array(graph, name, chunks=(), dtype=object).compute()
