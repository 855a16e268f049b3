"""What joins the components of a history, row by row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse.tracking.history import History
from crevasse.tracking.node_rows import NodeRows

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Links:
    """What joins nodes, as rows of `History.nodes`; the earlier node is `source`.

    First every overlap in the order of `History.edges`, then every row of `History.memory`, from
    the node that last had the voxels open; `closed` is False for overlaps. `gap` is in time units,
    from the frame of `source` to that of `target`.
    """

    source: Ints
    target: Ints
    n_voxels: Ints
    event: Ints
    is_memory: NDArray[np.bool_]
    closed: NDArray[np.bool_]
    gap: NDArray[np.float64]

    @classmethod
    def of(cls, history: History) -> Links:
        """Join the tables by row."""
        edges, memory, nodes = history.edges, history.memory, history.nodes
        rows = NodeRows(nodes)
        reopened = rows.of(memory["frame"], memory["label"])
        remembered = rows.of_crack(memory["crack"], memory["last_open"])
        before = rows.of(edges["frame"] - 1, edges["label_before"])
        source = np.concatenate([before, remembered])
        target = np.concatenate([rows.of(edges["frame"], edges["label_after"]), reopened])
        time = history.frames["time"][nodes["frame"]]
        return cls(
            source=source,
            target=target,
            n_voxels=np.concatenate([edges["n_voxels"], memory["n_voxels"]]),
            event=np.concatenate([edges["event"], nodes["event_before"][reopened]]),
            is_memory=np.arange(len(source)) >= len(edges),
            closed=np.concatenate([np.zeros(len(edges), dtype=bool), memory["closed"]]),
            gap=time[target] - time[source],
        )
