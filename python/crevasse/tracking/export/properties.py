"""What nodes and edges bear in every export."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse.tracking.history import History
from crevasse.tracking.links import Links


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
    return _validate.AXES[-len(history.shape) :]
