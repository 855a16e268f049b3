"""How tips and fronts move from frame to frame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._table import Table
from crevasse.tracking.fronts.front import Front
from crevasse.tracking.fronts.nearest import mutually_nearest
from crevasse.tracking.history import History


def follow_tips(
    tips_by_frame: Sequence[Table | Front],
    *,
    max_step: float,
    times: Sequence[float] | None = None,
    time_unit: str | None = None,
) -> Table:
    """Tips through time: which tip of a frame was which of the frame before.

    Two tips of consecutive frames are one if each is the nearest of its frame to the other, in a
    straight line, and they are no farther apart than `max_step`. Of equally near ones the first in
    raster order counts. Where a tip has none in the next frame it ends; a branch that is not seen
    for a frame comes back as a new tip. Prominence and step should be small beside the distance of
    neighbouring tips: tips that move farther than they lie apart are confused.

    Parameters
    ----------
    tips_by_frame
        A table of `crevasse.geodesic_tips`, or a `Front`, for each frame; of one shape.
    max_step
        Longest step from frame to frame, in the unit of the tables' positions.
    times
        One a frame, rising. None: frame numbers.
    time_unit
        Name of the unit of `times`. None: "frame" without times, else "h".

    Returns
    -------
    Table
        A row a tip and frame, by frame, then in raster order: ``frame, time``; ``tip``: its id
        through time, from 0; ``row``: of that frame's table; ``label``; ``z, y, x`` and
        ``position_z, position_y, position_x`` (without z in 2-D); ``depth``; ``velocity``: change
        of depth since the frame before over that of time, below 0 where the tip has drawn back,
        nan in a tip's first frame.

    Raises
    ------
    ValueError
        If `max_step` is not positive, there is no frame, or times are not one a frame and rising.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse.tracking import measure_front
    >>> crack = np.arange(9)[:, None] < np.array([[0, 4, 0], [0, 6, 0], [0, 5, 0]])[:, None]
    >>> fronts = [measure_front(frame, "ymin", prominence=1) for frame in crack]
    >>> tips = follow_tips(fronts, max_step=3, times=[0, 0.5, 1])
    >>> tips["tip"], tips["depth"], tips["velocity"]
    (array([0, 0, 0]), array([3., 5., 4.]), array([nan,  4., -2.]))
    """
    farthest = _validate.positive(max_step, "max_step")
    tables = [item.tips if isinstance(item, Front) else item for item in tips_by_frame]
    if not tables:
        raise ValueError("tips_by_frame must hold at least one frame")
    when = rising_times(times, len(tables))
    orders = [np.argsort(table["voxel"], kind="stable") for table in tables]
    axes = [axis for axis in _validate.AXES if f"position_{axis}" in tables[0]]
    copied = ["label", *axes, *(f"position_{axis}" for axis in axes), "depth"]
    ids: list[NDArray[np.int64]] = []
    velocities: list[NDArray[np.float64]] = []
    n_ids = 0
    for frame, (table, order) in enumerate(zip(tables, orders, strict=True)):
        id_of, velocity = np.full(len(table), -1, dtype=np.int64), np.full(len(table), np.nan)
        if frame > 0:
            before, order_before = tables[frame - 1], orders[frame - 1]
            a, b = mutually_nearest(
                _positions(before, axes)[order_before], _positions(table, axes)[order], farthest
            )
            id_of[b] = ids[-1][a]
            change = table["depth"][order][b] - before["depth"][order_before][a]
            velocity[b] = change / (when[frame] - when[frame - 1])
        new = np.flatnonzero(id_of < 0)
        id_of[new] = n_ids + np.arange(len(new))
        n_ids += len(new)
        ids.append(id_of)
        velocities.append(velocity)
    columns: dict[str, NDArray[Any]] = {
        "frame": np.repeat(np.arange(len(tables)), [len(table) for table in tables]),
        "time": np.repeat(when, [len(table) for table in tables]),
        "tip": np.concatenate(ids),
        "row": np.concatenate(orders),
    }
    for column in copied:
        parts = [table[column][order] for table, order in zip(tables, orders, strict=True)]
        columns[column] = np.concatenate(parts)
    columns["velocity"] = np.concatenate(velocities)
    return Table(columns, units=_motion_units(tables[0].units, times, time_unit))


def front_velocity(fronts: Sequence[Front], history: History) -> Table:
    """How far each crack has gone from the working electrode, and how fast its front moves.

    Parameters
    ----------
    fronts
        One a frame of `history`, with the labels of its frames: components by the same connectivity
        (26 unless another was chosen).
    history
        The tracked series: whose crack a component is, and the times.

    Returns
    -------
    Table
        A row a crack and frame in which it is open: ``frame, time, crack``; ``depth_max,
        depth_p95``, the greatest depth of its voxels and their 95th percentile, nan where it is not
        joined to the working electrode; ``velocity``: change of ``depth_max`` since the frame
        before over that of time, below 0 where the front has drawn back; nan where one of the two
        depths is not known.

    Raises
    ------
    ValueError
        If fronts are not one a frame, or a frame has another number of components.
    """
    nodes, times = history.nodes, history.frames["time"]
    if len(fronts) != len(times):
        raise ValueError(f"fronts must be one a frame, got {len(fronts)} for {len(times)} frames")
    n_nodes = np.bincount(nodes["frame"], minlength=len(times))
    for frame, front in enumerate(fronts):
        if len(front.components) != n_nodes[frame]:
            raise ValueError(
                f"fronts must have the components of the history's frames, got "
                f"{len(front.components)} for {n_nodes[frame]} in frame {frame}"
            )
    # A crack is one component a frame, and nodes lie by frame and label, as fronts do.
    order = np.lexsort((nodes["frame"], nodes["crack"]))
    crack, at_frame = nodes["crack"][order], nodes["frame"][order]
    deepest, p95 = (
        np.concatenate([front.components[name] for front in fronts])[order]
        for name in ("depth_max", "depth_p95")
    )
    velocity = np.full(len(crack), np.nan)
    follows = np.flatnonzero((np.diff(crack) == 0) & (np.diff(at_frame) == 1)) + 1
    change = deepest[follows] - deepest[follows - 1]
    velocity[follows] = change / (times[at_frame[follows]] - times[at_frame[follows] - 1])
    by_frame = np.lexsort((crack, at_frame))
    return Table(
        {
            "frame": at_frame[by_frame],
            "time": times[at_frame[by_frame]],
            "crack": crack[by_frame],
            "depth_max": deepest[by_frame],
            "depth_p95": p95[by_frame],
            "velocity": velocity[by_frame],
        },
        units={
            "time": history.time_unit,
            "depth_max": history.unit,
            "depth_p95": history.unit,
            "velocity": f"{history.unit}/{history.time_unit}",
        },
    )


def rising_times(times: Sequence[float] | None, n_frames: int) -> NDArray[np.float64]:
    """Times of frames: their numbers where none are given."""
    when = np.arange(n_frames) if times is None else _validate.numbers(times, "times")
    if when.shape != (n_frames,):
        raise ValueError(f"times must be one a frame, got {when.size} for {n_frames} frames")
    if not np.all(np.isfinite(when)) or np.any(np.diff(when) <= 0):
        raise ValueError(f"times must be finite and rise from frame to frame, got {when.tolist()}")
    return when.astype(np.float64)


def _positions(table: Table, axes: list[str]) -> NDArray[np.float64]:
    return np.stack([table[f"position_{axis}"] for axis in axes], axis=1)


def _motion_units(
    units: dict[str, str], times: Sequence[float] | None, time_unit: str | None
) -> dict[str, str]:
    clock = time_unit or ("frame" if times is None else "h")
    moving = {"time": clock}
    if "depth" in units:
        moving["velocity"] = f"{units['depth']}/{clock}"
    return units | moving
