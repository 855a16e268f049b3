"""From which cracks one came, and into which it went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from crevasse._table import Table

if TYPE_CHECKING:
    from crevasse.tracking.history import History

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def trace_lineage(history: History, crack: int) -> Table:
    """See `Crack.lineage`."""
    nodes = history.nodes
    own = nodes["crack"] == crack
    before, after = _steps(history)
    earlier = _reached(own, after, before)
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


def _steps(history: History) -> tuple[Ints, Ints]:
    """Rows of `nodes` joined by an overlap or a memory: (before, after)."""
    frames = history.nodes["frame"]
    first = np.searchsorted(frames, np.arange(len(history.frames) + 1))

    def row(frame: Ints, label: Ints) -> Ints:
        rows: Ints = first[frame] + label - 1
        return rows

    edges, memory = history.edges, history.memory
    before = row(edges["frame"] - 1, edges["label_before"])
    after = row(edges["frame"], edges["label_after"])
    key = frames * (len(history.cracks) + 1) + history.nodes["crack"]
    order = np.argsort(key, kind="stable")
    remembered = memory["last_open"] * (len(history.cracks) + 1) + memory["crack"]
    at = order[np.searchsorted(key[order], remembered)] if len(memory) else np.empty(0, np.int64)
    before = np.concatenate([before, at])
    after = np.concatenate([after, row(memory["frame"], memory["label"])])
    return before, after


def _reached(own: Bools, sources: Ints, targets: Ints) -> Bools:
    """The nodes that can be reached from `own` along steps, and `own` itself."""
    reached = own.copy()
    while True:
        new = targets[reached[sources]]
        new = new[~reached[new]]
        if not len(new):
            return reached
        reached[new] = True
