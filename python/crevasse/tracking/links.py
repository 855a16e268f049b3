"""What joins the components of a history, row by row, for exports and figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse.tracking.history import History

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
        first_row = np.searchsorted(nodes["frame"], np.arange(len(history.frames) + 1))
        reopened = first_row[memory["frame"]] + memory["label"] - 1
        remembered = _latest_node(history, memory["crack"], memory["last_open"])
        source = np.concatenate(
            [first_row[edges["frame"] - 1] + edges["label_before"] - 1, remembered]
        )
        target = np.concatenate([first_row[edges["frame"]] + edges["label_after"] - 1, reopened])
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


def edge_properties(links: Links) -> dict[str, NDArray[Any]]:
    """Their columns, by the name that exports give them."""
    return {
        "kind": np.where(links.is_memory, "memory", "overlap"),
        "n_voxels": links.n_voxels,
        "event": links.event,
        "gap": links.gap,
        "closed": links.closed,
    }


def positions(history: History) -> dict[str, NDArray[Any]]:
    """Where the nodes are: true time, frame, and centroids in voxels."""
    nodes, axes = history.nodes, axes_of(history)
    centroids = {
        axis: nodes[f"centroid_{axis}"] / length
        for axis, length in zip(axes, history.spacing, strict=True)
    }
    return {"time": history.frames["time"][nodes["frame"]], "t": nodes["frame"]} | centroids


def axes_of(history: History) -> tuple[str, ...]:
    """Names of the axes, in order."""
    return ("z", "y", "x")[-len(history.shape) :]


def _latest_node(history: History, crack: Ints, frame: Ints) -> Ints:
    """Row of each crack's last node up to a frame."""
    nodes, n_frames = history.nodes, len(history.frames)
    order = np.lexsort((nodes["frame"], nodes["crack"]))
    key = (nodes["crack"] * n_frames + nodes["frame"])[order]
    return np.asarray(order[np.searchsorted(key, crack * n_frames + frame, side="right") - 1])
