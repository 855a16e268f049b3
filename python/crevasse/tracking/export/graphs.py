"""A history as a graph: for networkx and for napari."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crevasse.tracking.export.properties import edge_properties, positions
from crevasse.tracking.history import History
from crevasse.tracking.links import Ints, Links

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(history: History) -> nx.DiGraph:
    """The series as a directed graph: components are nodes, what they share are edges.

    Needs networkx (the extra `export`).

    Returns
    -------
    networkx.DiGraph
        Nodes are ``(frame, first_voxel)``, which depends on nothing but the frame; attributes are
        all columns of `History.nodes` and ``time``. Edges lead forward in time, all parents and all
        children are kept. Their attributes: ``kind`` ("overlap", or "memory" from the node that
        last had voxels open which a node without parents opens again), ``n_voxels``, ``event``,
        ``gap`` (the time between its ends) and, of memory, ``closed``: whether that crack had
        closed, so that this is a reopening. Attributes of the graph: ``spacing, unit, time_unit,
        shape`` and ``units``, the unit of every node attribute that has one.

    Examples
    --------
    Three cracks become one, and it knows all three:

    >>> import numpy as np
    >>> from crevasse import track
    >>> from crevasse.tracking import to_networkx
    >>> history = track(np.array([[[1, 0, 1, 0, 1]], [[1, 1, 1, 1, 1]]]), times=[0, 0.5])
    >>> graph = to_networkx(history)
    >>> sorted(graph.predecessors((1, 0)))
    [(0, 0), (0, 2), (0, 4)]
    >>> graph.edges[(0, 2), (1, 0)]["n_voxels"]
    1
    """
    import networkx as nx

    links = Links.of(history)
    names = list(zip(*(history.nodes[c].tolist() for c in ("frame", "first_voxel")), strict=True))
    graph = nx.DiGraph(
        spacing=history.spacing,
        unit=history.unit,
        time_unit=history.time_unit,
        shape=history.shape,
        units=history.nodes.units | {"time": history.time_unit},
    )
    times = history.frames["time"][history.nodes["frame"]].tolist()
    for name, time, row in zip(names, times, history.nodes.rows(), strict=True):
        graph.add_node(name, time=time, **row)
    ends = (
        (names[source], names[target])
        for source, target in zip(links.source.tolist(), links.target.tolist(), strict=True)
    )
    columns = edge_properties(links)
    for (source, target), *values in zip(
        ends, *(v.tolist() for v in columns.values()), strict=True
    ):
        row = dict(zip(columns, values, strict=True))
        if row["kind"] == "overlap":
            del row["closed"]
        graph.add_edge(source, target, **row)
    return graph


def napari_tracks(
    history: History,
) -> tuple[NDArray[np.float64], dict[int, list[int]], dict[str, NDArray[Any]]]:
    """The series as napari's tracks; napari itself is not needed.

    napari draws a line from the last point of a parent track to the first of its child. So a track
    here is a stretch of a crack without merge or split, and every overlap of the series is either
    inside a track or in `graph`. What is in `History.memory` is in neither.

    Returns
    -------
    data : ndarray, shape (n_nodes, 5), float64
        Track id (from 1), frame, and the centroid's z, y, x in voxels; 4 columns, without z, for
        images. Sorted by track, then frame.
    graph : dict
        Track to the list of all its parent tracks, both rising; tracks without parents are not
        listed.
    properties : dict of str to ndarray, shape (n_nodes,)
        ``crack``, ``time`` and every other column of `History.nodes`, in the order of `data`.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse import track
    >>> from crevasse.tracking import napari_tracks
    >>> history = track(np.array([[[1, 0, 1]], [[1, 1, 1]], [[1, 1, 1]]]), times=[0, 1, 2])
    >>> data, graph, properties = napari_tracks(history)
    >>> data[:, :2].tolist(), graph
    ([[1.0, 0.0], [2.0, 0.0], [3.0, 1.0], [3.0, 2.0]], {3: [1, 2]})

    `napari_layers` makes a layer of it, to lie on the others.
    """
    nodes, links = history.nodes, Links.of(history)
    source, target = links.source[~links.is_memory], links.target[~links.is_memory]
    n_children = np.bincount(source, minlength=len(nodes))
    n_parents = np.bincount(target, minlength=len(nodes))
    goes_on = (n_children[source] == 1) & (n_parents[target] == 1)
    track = _tracks(source[goes_on], target[goes_on], len(nodes))

    joined = np.unique(np.stack([track[target[~goes_on]], track[source[~goes_on]]], axis=1), axis=0)
    graph: dict[int, list[int]] = {}
    for child, parent in joined.tolist():
        graph.setdefault(child, []).append(parent)

    places = positions(history)
    time = places.pop("time")
    order = np.lexsort((nodes["frame"], track))
    data = np.stack([track, *places.values()], axis=1).astype(np.float64)[order]
    properties = {"time": time} | {c: nodes[c] for c in nodes.columns if c != "frame"}
    return data, graph, {name: values[order] for name, values in properties.items()}


def _tracks(source: Ints, target: Ints, n_nodes: int) -> Ints:
    """Number the chains that links form, from 1, by their first node."""
    before = np.full(n_nodes, -1, dtype=np.int64)
    before[target] = source
    track = np.zeros(n_nodes, dtype=np.int64)
    starts = before < 0
    track[starts] = np.arange(1, np.count_nonzero(starts) + 1)
    for row in np.sort(target).tolist():  # rows rise with time, so its source is done
        track[row] = track[before[row]]
    return track
