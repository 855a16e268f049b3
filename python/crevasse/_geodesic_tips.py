"""Where branches end: local maxima of a geodesic distance."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._regions import default_unit
from crevasse._runs import RunLabeling, RunVolume
from crevasse._table import Table


def geodesic_tips(
    depth: ArrayLike,
    *,
    prominence: float,
    spacing: _validate.Spacing = 1.0,
    unit: str | None = None,
    labeling: RunLabeling | None = None,
    n_threads: int | None = None,
) -> Table:
    """Tips of branches and the junctions at which they part, from distances along the branches.

    A tip is a local maximum of the depth among 26-neighbours (8 in an image). From a tip one must
    go back to its junction before a way leads to a deeper tip: the depth lost by that is the tip's
    prominence, and the junction is where the branch of the tip parts from that of the deeper one.
    The deepest tip of a component has no junction; its prominence is its depth. The same for every
    number of threads. Memory is 8 bytes for each voxel that has a depth, and 12 for each voxel and
    neighbouring branch that it meets.

    Parameters
    ----------
    depth
        (z, y, x) or (y, x), float: what `geodesic_distance` gives. Where it is infinite or negative
        there is nothing: no voxel of the crack, or one that is not reached. Taken as float32.
    prominence
        Least prominence of a tip, in the unit of `depth`: shorter branches are not told from the
        roughness of a crack's surface and front. A few voxels, or half of the width of a front
        that is as wide as it is deep. 0 keeps every local maximum.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image. For positions alone.
    unit
        Name of the unit of `depth` and `spacing`. None: "voxel" where spacing is 1, else "um".
    labeling
        Components of the volume that `depth` is of, from `RunVolume.label`. None: those of the
        voxels that have a depth, by corners.
    n_threads
        None: all usable cores.

    Returns
    -------
    Table
        A row a tip, by label, then the deepest first (equals in raster order). Columns; those of z
        are absent in 2-D:

        - ``tip``: the row's number, from 0
        - ``label``
        - ``z, y, x``: the voxel. A flat top is one tip, its first voxel in raster order
        - ``position_z, position_y, position_x``: its centre; the first voxel's is 0
        - ``voxel``: its raster index
        - ``depth``, ``prominence``
        - ``joins``: the deeper tip whose branch that of the tip joins; -1 for the deepest
        - ``junction_z, junction_y, junction_x``: the voxel where it does, the deepest by which the
          two are joined; -1 for the deepest. Several branches may join in one voxel
        - ``junction_depth``: nan for the deepest

    Raises
    ------
    TypeError
        If `depth` is not float.
    ValueError
        If a depth is nan, `prominence` is negative, spacing is not positive, or shapes differ.

    References
    ----------
    .. [1] H. Edelsbrunner, D. Letscher, A. Zomorodian, "Topological persistence and
       simplification", Discrete & Computational Geometry 28 (2002) 511-533.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse import geodesic_distance
    >>> fork = np.array([[0, 0, 0, 1, 1, 1], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 0]])
    >>> seeds = np.zeros_like(fork)
    >>> seeds[1, 0] = 1
    >>> tips = geodesic_tips(geodesic_distance(fork, seeds), prominence=1)
    >>> for tip in tips.rows():
    ...     print(tip["y"], tip["x"], round(tip["depth"], 2), tip["junction_y"], tip["junction_x"])
    0 5 5.1 -1 -1
    2 4 4.12 1 2
    """
    threads = _validate.n_threads(n_threads)
    depths = _validate.image(depth, "depth")
    if depths.dtype.kind != "f":
        raise TypeError(
            f"depth must be float, got {depths.dtype}; pass what geodesic_distance gives"
        )
    least = _validate.not_negative(prominence, "prominence")
    lengths = _validate.spacing(spacing, depths.ndim)
    if labeling is not None:
        if not isinstance(labeling, RunLabeling):
            raise TypeError(
                f"labeling must be a RunLabeling, got {type(labeling).__name__}; "
                "RunVolume.label makes one"
            )
        _validate.same_shape(depths.shape, labeling.shape, "depth and labeling")
    values = depths.astype(np.float32, copy=False)
    if np.isnan(values).any():
        raise ValueError("depth must not hold NaN; write infinity where there is no path")
    reached = RunVolume.from_threshold(
        values, low=0.0, high=float(np.finfo(np.float32).max), n_threads=threads
    )
    components = reached.label(n_threads=threads) if labeling is None else labeling
    of_voxels = _core.read_voxel_values(reached._core, _validate.as_3d(values), threads)
    return tips_of(
        reached, of_voxels, least, components, lengths, unit or default_unit(lengths), threads
    )


def tips_of(
    reached: RunVolume,
    depth: NDArray[np.float32],
    prominence: float,
    labeling: RunLabeling,
    spacing: tuple[float, ...],
    unit: str,
    threads: int,
) -> Table:
    """What `geodesic_tips` gives, from the depths of the voxels that have one, in raster order."""
    tips = _core.geodesic_tips(reached._core, depth, prominence, threads)
    return _table(tips, labeling, spacing, unit)


def labels_at(labeling: RunLabeling, voxels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The label at each raster index; 0 at background."""
    runs = labeling._core.runs
    width = runs.shape[2]
    bounds = runs.runs
    rows = np.repeat(np.arange(len(runs.row_begin) - 1), np.diff(runs.row_begin))
    begin = rows * width + bounds[:, 0]
    at = np.searchsorted(begin, voxels, side="right") - 1
    inside = at >= 0
    inside[inside] = voxels[inside] < (begin + bounds[:, 1] - bounds[:, 0])[at[inside]]
    labels = np.zeros(len(voxels), dtype=np.int64)
    labels[inside] = labeling._core.labels[at[inside]]
    return labels


def order_by_label(
    labels: NDArray[np.int64], joins: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """The order of tips by label, as they are among themselves, and what each joins in it."""
    order = np.argsort(labels, kind="stable")
    row_of = np.empty(len(labels) + 1, dtype=np.int64)
    row_of[order] = np.arange(len(labels))
    row_of[-1] = -1  # what joins none
    return order, row_of[joins[order]]


def _table(
    tips: NDArray[Any], labeling: RunLabeling, spacing: tuple[float, ...], unit: str
) -> Table:
    labels = labels_at(labeling, tips["voxel"])
    order, joins = order_by_label(labels, tips["joins"])
    tips, shape = tips[order], labeling.shape
    axes = _validate.AXES[-len(shape) :]
    voxel = np.unravel_index(tips["voxel"], shape)
    has_junction = tips["junction"] >= 0
    junction = np.unravel_index(np.where(has_junction, tips["junction"], 0), shape)

    columns: dict[str, NDArray[Any]] = {"tip": np.arange(len(tips)), "label": labels[order]}
    columns |= {axis: at.astype(np.int64) for axis, at in zip(axes, voxel, strict=True)}
    for axis, at, length in zip(axes, voxel, spacing, strict=True):
        columns[f"position_{axis}"] = at * length
    columns["voxel"] = tips["voxel"].copy()
    columns["depth"] = tips["depth"].copy()
    columns["prominence"] = tips["prominence"].copy()
    columns["joins"] = joins
    for axis, at in zip(axes, junction, strict=True):
        columns[f"junction_{axis}"] = np.where(has_junction, at, -1)
    columns["junction_depth"] = tips["junction_depth"].copy()
    in_unit = ["depth", "prominence", "junction_depth", *(f"position_{axis}" for axis in axes)]
    in_voxels = [*axes, *(f"junction_{axis}" for axis in axes)]
    units = dict.fromkeys(in_unit, unit) | dict.fromkeys(in_voxels, "voxel")
    return Table(columns, units=units)
