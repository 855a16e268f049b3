"""A history in the graph exchange format."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse._files import replace_folder_when_written
from crevasse.tracking.export.properties import axes_of, edge_properties, positions
from crevasse.tracking.history import History
from crevasse.tracking.links import Links

# What OME-NGFF, and so geff, calls the units that people write.
_LONG_UNITS = {
    "voxel": "pixel",
    "nm": "nanometer",
    "Å": "angstrom",
    "angstrom": "angstrom",
    "um": "micrometer",
    "µm": "micrometer",  # micro sign
    "μm": "micrometer",  # Greek mu
    "mm": "millimeter",
    "cm": "centimeter",
    "m": "meter",
    "in": "inch",
    "us": "microsecond",
    "ms": "millisecond",
    "s": "second",
    "min": "minute",
    "h": "hour",
    "d": "day",
    "frame": "frame",
}


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
    properties = {c: nodes[c] for c in nodes.columns} | positions(history)
    columns = edge_properties(links)
    with replace_folder_when_written(target) as unfinished:
        write_arrays(
            unfinished,
            np.arange(len(nodes), dtype=np.uint64),
            {name: {"values": values, "missing": None} for name, values in properties.items()},
            np.stack([links.source, links.target], axis=1).astype(np.uint64),
            {name: {"values": values, "missing": None} for name, values in columns.items()},
            _geff_metadata(history, properties, columns),
        )


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
        for axis, scale in zip(axes_of(history), history.spacing, strict=True)
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
    rounding = 2 * float(np.spacing(np.abs(time).max(initial=0.0)))
    even = steps.size > 0 and np.allclose(steps, steps[0], rtol=1e-6, atol=rounding)
    return float((time[-1] - time[0]) / steps.size) if even else None
