"""From which cracks one came, and into which it went."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def trace_lineage(nodes: Table, edges: Table, memory: Table, crack: int) -> Table:
    """See `Crack.lineage`; the tables are those of a `History`."""
    memory = memory.where(memory["closed"])
    own = nodes["crack"] == crack
    before, after = _steps(nodes, edges, memory)
    earlier = _reached(own, after[::-1], before[::-1])
    later = _reached(own, before, after)
    row = nodes["crack"]
    cracks = np.unique(row[earlier | later])
    is_ancestor = np.isin(cracks, row[earlier & ~own])
    is_descendant = np.isin(cracks, row[later & ~own])
    relation = np.full(len(cracks), "self", dtype="U10")
    relation[is_ancestor] = "ancestor"
    relation[is_descendant] = "descendant"
    relation[is_ancestor & is_descendant] = "both"
    relation[cracks == crack] = "self"
    counted = np.flatnonzero(earlier | later)
    position = np.searchsorted(cracks, row[counted])
    first = np.full(len(cracks), np.iinfo(np.int64).max)
    last = np.full(len(cracks), -1)
    np.minimum.at(first, position, nodes["frame"][counted])
    np.maximum.at(last, position, nodes["frame"][counted])
    return Table({"crack": cracks, "relation": relation, "first_frame": first, "last_frame": last})


def _steps(nodes: Table, edges: Table, memory: Table) -> tuple[list[Ints], list[Ints]]:
    """Rows of `nodes` that an overlap or a memory joins: (before, after), a part a frame."""
    frames, cracks = nodes["frame"], nodes["crack"]
    first = np.searchsorted(frames, np.arange(int(frames.max(initial=-1)) + 2))

    def row(frame: Ints, label: Ints) -> Ints:
        rows: Ints = first[frame] + label - 1
        return rows

    before = row(edges["frame"] - 1, edges["label_before"])
    after = row(edges["frame"], edges["label_after"])
    n_ids = int(cracks.max(initial=0)) + 1
    key = frames * n_ids + cracks
    order = np.argsort(key, kind="stable")
    remembered = memory["last_open"] * n_ids + memory["crack"]
    at = order[np.searchsorted(key[order], remembered)] if len(memory) else np.empty(0, np.int64)
    before = np.concatenate([before, at])
    after = np.concatenate([after, row(memory["frame"], memory["label"])])
    rising = np.argsort(after, kind="stable")
    cuts = np.searchsorted(after[rising], first[1:-1])
    return np.split(before[rising], cuts), np.split(after[rising], cuts)


def _reached(own: Bools, sources: Sequence[Ints], targets: Sequence[Ints]) -> Bools:
    """`own`, and what can be reached from it along steps, which come in the order of travel."""
    reached = own.copy()
    for source, target in zip(sources, targets, strict=True):
        reached[target[reached[source]]] = True
    return reached
