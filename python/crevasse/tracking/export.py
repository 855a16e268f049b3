"""A history as a graph for other tools: networkx, geff, napari."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from crevasse._files import replace_folder_when_written
from crevasse.tracking.history import History

if TYPE_CHECKING:
    import networkx as nx

Ints = NDArray[np.int64]

# What OME-NGFF, and so geff, calls the units that people write.
_LONG_UNITS = {
    "voxel": "pixel",
    "nm": "nanometer",
    "um": "micrometer",
    "µm": "micrometer",
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "ms": "millisecond",
    "s": "second",
    "min": "minute",
    "h": "hour",
    "d": "day",
    "frame": "frame",
}


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
    columns = _edge_properties(links)
    for (source, target), *values in zip(
        ends, *(v.tolist() for v in columns.values()), strict=True
    ):
        row = dict(zip(columns, values, strict=True))
        if row["kind"] == "overlap":
            del row["closed"]
        graph.add_edge(source, target, **row)
    return graph


def to_geff(history: History, path: str | os.PathLike[str]) -> None:
    """Write the graph exchange format (geff): a folder of zarr arrays that tracking tools read.

    Needs geff (the extra `export`). A geff at `path` is replaced; it appears whole or not at all.

    Node ids are rows of `History.nodes`, so they stay as they are while a series grows. Axes are
    ``t`` in frames and ``z, y, x`` (``y, x`` of images) in voxels, where images and labels of the
    series lie; their scale is the spacing. ``t`` has a scale only where frames are evenly spaced;
    the node property ``time`` always has the true time. Further node properties are all columns of
    `History.nodes`, and edge properties those that `to_networkx` gives, with their units.

    Raises
    ------
    FileExistsError
        If there is something at `path` that is no zarr folder.

    References
    ----------
    .. [1] Graph exchange file format, https://liveimagetracking.org/geff

    Examples
    --------
    >>> import geff, numpy as np, tempfile
    >>> from crevasse import track
    >>> from crevasse.tracking import to_geff
    >>> history = track(np.array([[[1, 0, 1]], [[1, 1, 1]]]), times=[0, 0.5], spacing=1.8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     to_geff(history, f"{folder}/cracks.geff")
    ...     graph, metadata = geff.read(f"{folder}/cracks.geff")
    >>> sorted(graph.edges), [axis.scaled_unit for axis in metadata.axes]
    ([(0, 2), (1, 2)], ['hour', 'micrometer', 'micrometer'])
    """
    from geff.core_io import write_arrays

    target = Path(path)
    if target.exists() and not any((target / n).exists() for n in (".zgroup", "zarr.json")):
        raise FileExistsError(f"{target} is no geff and is not replaced; name another path")
    links, nodes = Links.of(history), history.nodes
    properties = {c: nodes[c] for c in nodes.columns} | _positions(history)
    edge_properties = _edge_properties(links)
    with replace_folder_when_written(target) as unfinished:
        write_arrays(
            unfinished,
            np.arange(len(nodes), dtype=np.uint64),
            {name: {"values": values, "missing": None} for name, values in properties.items()},
            np.stack([links.source, links.target], axis=1).astype(np.uint64),
            {name: {"values": values, "missing": None} for name, values in edge_properties.items()},
            _geff_metadata(history, properties, edge_properties),
        )


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

    In napari, over images shown with ``scale=(1, *history.spacing)``::

        viewer.add_tracks(data, graph=graph, properties=properties, scale=(1, *history.spacing))
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

    positions = _positions(history)
    time = positions.pop("time")
    order = np.lexsort((nodes["frame"], track))
    data = np.stack([track, *positions.values()], axis=1).astype(np.float64)[order]
    properties = {"time": time} | {c: nodes[c] for c in nodes.columns if c != "frame"}
    return data, graph, {name: values[order] for name, values in properties.items()}


def _latest_node(history: History, crack: Ints, frame: Ints) -> Ints:
    """Row of each crack's last node up to a frame."""
    nodes, n_frames = history.nodes, len(history.frames)
    order = np.lexsort((nodes["frame"], nodes["crack"]))
    key = (nodes["crack"] * n_frames + nodes["frame"])[order]
    return np.asarray(order[np.searchsorted(key, crack * n_frames + frame, side="right") - 1])


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


def _positions(history: History) -> dict[str, NDArray[Any]]:
    """Where the nodes are: true time, frame, and centroids in voxels."""
    nodes, axes = history.nodes, _axes(history)
    centroids = {
        axis: nodes[f"centroid_{axis}"] / length
        for axis, length in zip(axes, history.spacing, strict=True)
    }
    return {"time": history.frames["time"][nodes["frame"]], "t": nodes["frame"]} | centroids


def _axes(history: History) -> tuple[str, ...]:
    return ("z", "y", "x")[-len(history.shape) :]


def _edge_properties(links: Links) -> dict[str, NDArray[Any]]:
    return {
        "kind": np.where(links.is_memory, "memory", "overlap"),
        "n_voxels": links.n_voxels,
        "event": links.event,
        "gap": links.gap,
        "closed": links.closed,
    }


def _geff_metadata(
    history: History, nodes: dict[str, NDArray[Any]], edges: dict[str, NDArray[Any]]
) -> Any:
    from geff import GeffMetadata
    from geff_spec import Axis, PropMetadata

    step, length = _even_step(history.frames["time"]), _LONG_UNITS.get(history.unit)
    axes = [
        Axis(
            name="t",
            type="time",
            unit="frame",
            scale=step,
            scaled_unit=None if step is None else _LONG_UNITS.get(history.time_unit),
            offset=None if step is None else float(history.frames["time"][0]),
        )
    ]
    axes += [
        Axis(name=axis, type="space", unit="pixel", scale=scale, scaled_unit=length)
        for axis, scale in zip(_axes(history), history.spacing, strict=True)
    ]
    units = history.nodes.units | {"time": history.time_unit, "gap": history.time_unit}

    def described(properties: dict[str, NDArray[Any]]) -> dict[str, Any]:
        return {
            name: PropMetadata(
                identifier=name,
                dtype="str" if values.dtype.kind == "U" else values.dtype.name,
                unit=units.get(name),
            )
            for name, values in properties.items()
        }

    return GeffMetadata(
        directed=True,
        axes=axes,
        node_props_metadata=described(nodes),
        edge_props_metadata=described(edges),
        extra={"crevasse": {"unit": history.unit, "time_unit": history.time_unit}},
    )


def _even_step(time: NDArray[np.float64]) -> float | None:
    """The step of evenly spaced times; None where they are not, or there is just one."""
    steps = np.diff(time)
    even = steps.size > 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=0)
    return float((time[-1] - time[0]) / steps.size) if even else None
