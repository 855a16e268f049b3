"""How far cracks have gone from the working electrode: depths, tips, junctions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._electrode import Electrode, electrode_zone
from crevasse._geodesic_tips import order_by_label, tips_of
from crevasse._regions import default_unit
from crevasse._runs import RunLabeling, RunVolume, as_run_volume
from crevasse._table import Table
from crevasse.tracking.fronts.crack_boxes import CrackBox, crack_boxes, depths_in


@dataclass(frozen=True)
class Front:
    """How far the open phase of one frame has gone from the working electrode.

    Attributes
    ----------
    components
        A row a component: ``label``; ``reached`` (bool): whether it is joined to the working
        electrode; ``depth_max`` and ``depth_p95``, the largest depth of its voxels and their 95th
        percentile (exact, linear between two voxels, as numpy's), nan where it is not reached;
        ``n_tips``, ``n_junctions``, 0 there; ``euler_number``: components less tunnels plus
        cavities, by corners, so 1 for a tree of branches and one less for each loop.
    tips
        What `crevasse.geodesic_tips` gives, with the labels of `components`.
    junctions
        A row for each voxel at which branches join: ``label, z, y, x, position_z, position_y,
        position_x, depth`` and ``n_branches``, how many join a deeper one there; in raster order.
        Without those of z in 2-D.
    reached_fraction
        Part of all open voxels that is joined to the working electrode; nan where none is open.
    """

    components: Table
    tips: Table
    junctions: Table
    reached_fraction: float


def measure_front(
    open_: ArrayLike | RunVolume,
    working: Electrode,
    *,
    prominence: float,
    spacing: _validate.Spacing = 1.0,
    unit: str | None = None,
    labeling: RunLabeling | None = None,
    n_threads: int | None = None,
) -> Front:
    """Depths of the open phase, by the shortest paths inside of it from the working electrode.

    Paths begin, with depth 0, at open voxels in the electrode or joined to it by a corner; or,
    where the electrode is a face of the volume, in that outermost layer.

    Parameters
    ----------
    open_
        (z, y, x) or (y, x), bool or integer, everything but 0 is open; or a `RunVolume`.
    working
        The electrode: a mask or `RunVolume` of its voxels, of the same shape, or the name of a
        face: "zmin", "zmax", "ymin" and so on.
    prominence
        Least prominence of a tip, in the unit of `spacing`; see `crevasse.geodesic_tips`.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    unit
        Name of the unit of `spacing`. None: "voxel" where spacing is 1, else "um".
    labeling
        Components of `open_` by corners, from `RunVolume.label`: those of a tracked frame, so that
        labels agree. None: made here.
    n_threads
        None: all usable cores.

    Notes
    -----
    Cracks that lie close together are measured together, the others one after the other: depths
    take 4 bytes a voxel of the box around them, not of the volume. Where long cracks lie side by
    side, that box may be as large as the volume.

    Raises
    ------
    TypeError
        If a mask is not bool or integer.
    ValueError
        If shapes differ, spacing is not positive, `prominence` is negative, a face has another
        name, or `labeling` does not join voxels by corners.

    Examples
    --------
    >>> import numpy as np
    >>> fork = np.array([[0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 1, 0], [1, 0, 0, 1, 0]])
    >>> front = measure_front(fork, "ymin", prominence=1)
    >>> row = next(front.components.rows())
    >>> row["n_tips"], row["n_junctions"], round(row["depth_max"], 2), row["euler_number"]
    (2, 1, 3.61, 1)
    """
    threads = _validate.n_threads(n_threads)
    runs = as_run_volume(open_, threads, "open_")
    ndim = len(runs.shape)
    lengths = _validate.spacing(spacing, ndim)
    name = unit or default_unit(lengths)
    least = _validate.not_negative(prominence, "prominence")
    components = runs.label(n_threads=threads)
    if labeling is not None:
        _validate.same_shape(runs.shape, labeling.shape, "open_ and labeling")
        _check_joined(labeling, components, threads)
        components = labeling
    seeds = electrode_zone(working, runs.shape, "working", threads, of="open_")
    labels = 1 + np.flatnonzero(components.overlapping(seeds, n_threads=threads))
    regions = components.regions(spacing=spacing, surface=True, n_threads=threads)
    measured = [
        _measure(cracks, components, seeds, least, lengths, name, threads)
        for cracks in crack_boxes(regions, labels, _validate.AXES[-ndim:])
    ]
    tips = _sorted_by_label([depths.tips for depths in measured])
    junctions = _junctions(tips, runs.shape, lengths, name)
    table = Table(
        {
            "label": regions["label"],
            "reached": np.isin(regions["label"], labels),
            "depth_max": _spread(
                [(d.cracks.labels, d.largest) for d in measured], components.count
            ),
            "depth_p95": _spread([(d.cracks.labels, d.p95) for d in measured], components.count),
            "n_tips": _counts(tips["label"], components.count),
            "n_junctions": _counts(junctions["label"], components.count),
            "euler_number": regions["euler_26" if ndim == 3 else "euler_8"],
        },
        units={"depth_max": name, "depth_p95": name},
    )
    n_reached = int(regions["n_voxels"][labels - 1].sum())
    fraction = n_reached / runs.n_voxels if runs.n_voxels else np.nan
    return Front(table, tips, junctions, fraction)


@dataclass(frozen=True)
class _Depths:
    """Of the cracks in one box: the largest, the 95th percentile, and all their tips."""

    cracks: CrackBox
    largest: NDArray[np.float64]
    p95: NDArray[np.float64]
    tips: Table


def _check_joined(labeling: RunLabeling, components: RunLabeling, threads: int) -> None:
    """Refuse what are not the components of the open voxels."""
    ndim, count = len(labeling.shape), components.count
    if labeling.count != count:
        raise ValueError(
            f"labeling must join voxels by corners, got {labeling.count} components of "
            f"{count}; label open_ with connectivity {26 if ndim == 3 else 8}"
        )
    pairs = _core.overlap(labeling._core, components._core, threads)
    shared = int(pairs["n_voxels"].sum())
    sizes = [RunVolume(each._core.runs, ndim).n_voxels for each in (labeling, components)]
    if len(pairs) != count or sizes != [shared, shared]:
        raise ValueError(
            f"labeling must hold the components of open_ by corners, got {count} others; "
            "label open_ itself, and not as periodic"
        )


def _measure(
    cracks: CrackBox,
    components: RunLabeling,
    seeds: RunVolume,
    prominence: float,
    spacing: tuple[float, ...],
    unit: str,
    threads: int,
) -> _Depths:
    part, depth = depths_in(cracks, components, seeds, spacing, threads)
    # What was cut out keeps its order, so its parts are numbered as their labels rise.
    parts = part.label(n_threads=threads)
    tips = tips_of(part, depth, prominence, parts, spacing, unit, threads)
    depths = parts.regions(intensity=depth, quantiles=[0.95], n_threads=threads)
    begin = [side.start for side in cracks.box]
    placed = _placed(tips, cracks.labels, begin, components.shape, spacing)
    return _Depths(cracks, depths["intensity_max"], depths["intensity_q95"], placed)


def _sorted_by_label(tables: Sequence[Table]) -> Table:
    """The tips of all boxes, by label, numbered anew."""
    columns = {
        name: np.concatenate([table[name] for table in tables]) for name in tables[0].to_dict()
    }
    begins = np.cumsum([0, *map(len, tables)])[:-1]
    begin = np.repeat(begins, [len(table) for table in tables])
    joins = np.where(columns["joins"] >= 0, columns["joins"] + begin, -1)
    order, joins = order_by_label(columns["label"], joins)
    columns = {name: values[order] for name, values in columns.items()}
    columns |= {"tip": np.arange(len(order)), "joins": joins}
    return Table(columns, units=tables[0].units)


def _placed(
    tips: Table,
    labels: NDArray[np.int64],
    begin: Sequence[int],
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
) -> Table:
    """The tips of what was cut out of a volume, as they lie in that."""
    columns = tips.to_dict()
    columns["label"] = labels[columns["label"] - 1]
    axes = _validate.AXES[-len(shape) :]
    for axis, start, length in zip(axes, begin, spacing, strict=True):
        columns[axis] = columns[axis] + start
        columns[f"position_{axis}"] = columns[axis] * length
        junction = columns[f"junction_{axis}"]
        columns[f"junction_{axis}"] = np.where(junction >= 0, junction + start, -1)
    columns["voxel"] = np.ravel_multi_index([columns[axis] for axis in axes], shape)
    return Table(columns, units=tips.units)


def _spread(
    values: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], count: int
) -> NDArray[np.float64]:
    """Values of some labels among those of all, nan elsewhere."""
    spread = np.full(count, np.nan)
    for labels, of_labels in values:
        spread[labels - 1] = of_labels
    return spread


def _junctions(tips: Table, shape: tuple[int, ...], spacing: tuple[float, ...], unit: str) -> Table:
    axes = _validate.AXES[-len(shape) :]
    joining = tips.where(tips["joins"] >= 0)
    at = tuple(joining[f"junction_{axis}"] for axis in axes)
    voxel, first, n_branches = np.unique(
        np.ravel_multi_index(at, shape) if len(joining) else np.zeros(0, dtype=np.int64),
        return_index=True,
        return_counts=True,
    )
    columns: dict[str, NDArray[Any]] = {"label": joining["label"][first]}
    columns |= {axis: places[first] for axis, places in zip(axes, at, strict=True)}
    for axis, length in zip(axes, spacing, strict=True):
        columns[f"position_{axis}"] = columns[axis] * length
    columns["voxel"] = voxel
    columns["depth"] = joining["junction_depth"][first]
    columns["n_branches"] = n_branches
    in_unit = ["depth", *(f"position_{axis}" for axis in axes)]
    return Table(columns, units=dict.fromkeys(in_unit, unit) | dict.fromkeys(axes, "voxel"))


def _counts(labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.bincount(labels, minlength=count + 1)[1:].astype(np.int64)
