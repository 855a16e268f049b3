"""From which cracks one came, and into which it went."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table
from crevasse.tracking.groups import range_of_each
from crevasse.tracking.node_rows import NodeRows

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
    first, last = range_of_each(position, nodes["frame"][counted], len(cracks))
    return Table({"crack": cracks, "relation": relation, "first_frame": first, "last_frame": last})


def _steps(nodes: Table, edges: Table, memory: Table) -> tuple[list[Ints], list[Ints]]:
    """Rows of `nodes` that an overlap or a memory joins: (before, after), a part a frame."""
    rows = NodeRows(nodes)
    before = rows.of(edges["frame"] - 1, edges["label_before"])
    after = rows.of(edges["frame"], edges["label_after"])
    before = np.concatenate([before, rows.of_crack(memory["crack"], memory["last_open"])])
    after = np.concatenate([after, rows.of(memory["frame"], memory["label"])])
    rising = np.argsort(after, kind="stable")
    cuts = rows.cut(after[rising])
    return np.split(before[rising], cuts), np.split(after[rising], cuts)


def _reached(own: Bools, sources: Sequence[Ints], targets: Sequence[Ints]) -> Bools:
    """`own`, and what can be reached from it along steps, which come in the order of travel."""
    reached = own.copy()
    for source, target in zip(sources, targets, strict=True):
        reached[target[reached[source]]] = True
    return reached
