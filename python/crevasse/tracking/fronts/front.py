"""How far cracks have gone from the working electrode: depths, tips, junctions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._electrode import Electrode, electrode_zone
from crevasse._geodesic_tips import tips_of
from crevasse._regions import default_unit
from crevasse._runs import RunLabeling, RunVolume, as_run_volume
from crevasse._table import Table
from crevasse.tracking.fronts.depths import Depths


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
    Depths take 20 bytes a voxel that is reached, and five bits for each of the box around all of
    these.

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
    depths = Depths.of(components, seeds, lengths, threads)
    regions = components.regions(spacing=spacing, surface=True, n_threads=threads)
    tips = tips_of(depths.reached, depths.values, least, components, lengths, name, threads)
    junctions = _junctions(tips, runs.shape, lengths, name)
    table = Table(
        {
            "label": regions["label"],
            "reached": np.isin(regions["label"], depths.labels),
            "depth_max": _spread(depths, depths.quantile(1.0), components.count),
            "depth_p95": _spread(depths, depths.quantile(0.95), components.count),
            "n_tips": _counts(tips["label"], components.count),
            "n_junctions": _counts(junctions["label"], components.count),
            "euler_number": regions["euler_26" if ndim == 3 else "euler_8"],
        },
        units={"depth_max": name, "depth_p95": name},
    )
    fraction = depths.reached.n_voxels / runs.n_voxels if runs.n_voxels else np.nan
    return Front(table, tips, junctions, fraction)


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


def _spread(depths: Depths, values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Values of the components that are reached among those of all, nan elsewhere."""
    spread = np.full(count, np.nan)
    spread[depths.labels - 1] = values
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
