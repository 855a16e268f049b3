"""Whether cracks strip from their tips: depth against the time at which voxels closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _validate
from crevasse._electrode import Electrode, electrode_zone
from crevasse._geodesic import geodesic_distance
from crevasse._table import Table
from crevasse.tracking.analyses._cubes import cubes
from crevasse.tracking.analyses._moments import open_around
from crevasse.tracking.analyses._rank_index import Floats, Ints, centred_ranks, resampled_index
from crevasse.tracking.history import History


@dataclass(frozen=True)
class StrippingOrder:
    """In which order voxels closed, by depth; all indices lie in -1..1, negative is tips first.

    Attributes
    ----------
    table
        A row for each crack of which a voxel closed:

        - ``crack``: that first opened the voxels
        - ``n_voxels, volume``: of what closed and has a depth
        - ``n_times``: in how many different frames it closed; with 1 there is no order
        - ``index``: Spearman's rank correlation of depth and time of closing, ties sharing their
          mean rank; nan where all times or all depths are the same
        - ``index_low, index_high``: the middle 95 % of the indices of resampled blocks; nan where
          there are fewer than 5 blocks
    index, index_low, index_high
        The same of all voxels together; cracks are what is resampled, nan if fewer than 5.
    mean_index
        Mean of the cracks' own indices, weighted by voxels, over those that have one. Unlike
        `index` it does not depend on whether deep cracks close before shallow ones.
    n_voxels
        That closed and have a depth.
    n_unreached
        That closed and have none, since no path leads to them.
    n_reopened
        Voxels of the history that closed and opened again. Of their closings only the last is
        known, and none if they are open now: where this is not 0, earlier strippings are seen in
        part. Take the history at the end of the stripping: `Tracker.history` costs nothing and
        later frames do not change it.
    """

    table: Table
    index: float
    index_low: float
    index_high: float
    mean_index: float
    n_voxels: int
    n_unreached: int
    n_reopened: int


def depth_from_electrode(
    history: History,
    working: Electrode,
    *,
    frame: int | None = None,
    n_threads: int | None = None,
) -> NDArray[np.float32]:
    """Length of the shortest path through open voxels from the working electrode.

    Parameters
    ----------
    history
        Of `Tracker.history` or `track`.
    working
        The electrode: a face of the volume (``"zmin"``, ``"zmax"``, ``"ymin"``, …), at which open
        voxels in the outermost layer lie; or a mask or `RunVolume` of its voxels, at which open
        voxels lie that are in it or 26-neighbours of it.
    frame
        Paths lead through what was open before or in this frame and in it or later, which is a
        little more than what was open in it where voxels close and open again. None: what was ever
        open, at any time.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray
        float32, of the history's shape, in the unit of its spacing; 0 at the electrode, infinite
        where no path leads. See `crevasse.geodesic_distance`.

    Raises
    ------
    ValueError
        If there is no such face or frame, or the mask's shape differs.

    Examples
    --------
    >>> import numpy as np
    >>> import crevasse
    >>> depth_from_electrode(crevasse.track([np.array([[1, 1, 1, 0, 1]])]), "xmin")
    array([[ 0.,  1.,  2., inf, inf]], dtype=float32)
    """
    threads = _validate.n_threads(n_threads)
    n_frames = len(history.frames)
    if frame is None:
        open_ = history.first_open() >= 0
    elif not 0 <= _validate.whole(frame, "frame") < n_frames:
        raise ValueError(f"frame must lie in 0..{n_frames - 1}, got {frame}")
    else:
        open_ = open_around(history.first_open(), history.last_open(), frame)
    zone = electrode_zone(working, history.shape, "working", threads)
    return geodesic_distance(open_, zone, spacing=history.spacing, n_threads=threads)


def stripping_order(
    history: History,
    depth: ArrayLike,
    *,
    frames: tuple[int, int] | None = None,
    block: float | None = None,
    n_boot: int = 999,
    seed: int = 0,
) -> StrippingOrder:
    """Rank correlation of depth and time of closing, of each crack and of all.

    Filaments were seen to strip from their tips, farthest from the current collector, upwards [1]_
    [2]_: deep voxels close first, and the index is negative.

    Parameters
    ----------
    history
        Of `Tracker.history` or `track`.
    depth
        Of each voxel, of the history's shape, larger is farther from the working electrode: that of
        `depth_from_electrode`, or any other. Voxels where it is not finite do not count.
    frames
        ``(first, last)``: voxels count that closed for the last time after frame `first`, in frame
        `last` at the latest. None: those that closed in a frame whose direction
        is stripping.
    block
        Edge of the cubes that are resampled for the intervals of single cracks, in the unit of
        spacing: longer than voxels close together. None: 16 times the longest edge of a voxel.
    n_boot
        How often blocks are resampled. 0: no intervals.
    seed
        Of the random numbers: the same seed gives the same result.

    Returns
    -------
    StrippingOrder

    Raises
    ------
    ValueError
        If shapes differ, `frames` is not a rising pair of the history's frames, or is None where no
        frame has a direction; if `block` is not positive or `n_boot` negative.

    Notes
    -----
    The time of closing is that of the first frame without the voxel after it was last open, so
    what closes within one interval is a tie. Voxels open in the last frame have not closed.

    Voxels do not close independently of each other: a p value or interval that took them for single
    observations would be far too narrow. The intervals here resample blocks of voxels with
    replacement, cubes within a crack, or whole cracks for all together, keeping every voxel's rank
    of the full data. They are honest as far as blocks are independent; they tell nothing about
    other cells.

    References
    ----------
    .. [1] S. E. Sandoval et al., "Visualizing diverse lithium growth and stripping behaviors in
       anode-free solid-state batteries with operando X-ray tomography", EES Batteries (2025).
    .. [2] E. Kazyak et al., "Li penetration in ceramic solid electrolytes: operando microscopy
       analysis of morphology, propagation, and reversibility", Matter 2 (2020) 1025-1048.

    Examples
    --------
    >>> import numpy as np
    >>> import crevasse
    >>> frames = [np.array([[1] * n + [0] * (8 - n)]) for n in (8, 5, 3, 1)]
    >>> history = crevasse.track(frames)
    >>> order = stripping_order(history, depth_from_electrode(history, "xmin"), frames=(0, 3))
    >>> order.n_voxels, round(order.index, 3)
    (7, -0.945)
    """
    away = np.asarray(depth, dtype=np.float64)
    _validate.same_shape(history.shape, away.shape, "history and depth")
    edge = 16 * max(history.spacing) if block is None else _validate.positive(block, "block")
    n_draws = _validate.whole(n_boot, "n_boot", 0)
    counts = _frames_that_count(history, frames)
    frame = history.last_open() + 1
    frame[frame == len(history.frames)] = 0  # still open
    closed = (frame > 0) & counts[frame]
    reached = closed & np.isfinite(away)

    places = np.nonzero(reached)
    crack = history.first_crack()[reached].astype(np.int64)
    cube = list(cubes(places, history.spacing, edge))
    rng = np.random.default_rng(_validate.whole(seed, "seed", 0))
    table = _table(history, crack, away[reached], frame[reached], cube, n_draws, rng)
    together = np.zeros_like(crack)
    index, low, high = resampled_index(
        centred_ranks(together, away[reached]),
        centred_ranks(together, frame[reached]),
        crack,
        n_draws,
        rng,
    )
    own = table["index"]
    known = np.isfinite(own)
    return StrippingOrder(
        table=table,
        index=index,
        index_low=low,
        index_high=high,
        mean_index=(
            float(np.average(own[known], weights=table["n_voxels"][known]))
            if known.any()
            else float("nan")
        ),
        n_voxels=len(crack),
        n_unreached=int(closed.sum() - reached.sum()),
        n_reopened=int((history.n_toggles() >= 3).sum()),
    )


def _frames_that_count(history: History, frames: tuple[int, int] | None) -> NDArray[np.bool_]:
    """Of each frame, whether what closed in it counts."""
    n_frames = len(history.frames)
    number = np.arange(n_frames)
    if frames is not None:
        ends = [_validate.whole(k, "frames") for k in _validate.listed(frames, "frames")]
        if len(ends) != 2 or not 0 <= ends[0] < ends[1] < n_frames:
            raise ValueError(f"frames must be two rising ones of 0..{n_frames - 1}, got {frames!r}")
        return np.asarray((number > ends[0]) & (number <= ends[1]))
    if "direction" in history.frames:
        direction = history.frames["direction"]
        if (direction != "").any():
            return np.asarray((direction == "stripping") & (number > 0))
    raise ValueError("frames must be (first, last) where no frame has a direction, got None")


def _table(
    history: History,
    crack: Ints,
    depth: Floats,
    frame: NDArray[np.int32],
    cube: list[Ints],
    n_boot: int,
    rng: np.random.Generator,
) -> Table:
    ids, group, n = np.unique(crack, return_inverse=True, return_counts=True)
    ranks = centred_ranks(group, depth), centred_ranks(group, frame)
    block = np.unique(np.stack([group, *cube]), axis=1, return_inverse=True)[1].reshape(-1)
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(n)
    values = [
        resampled_index(ranks[0][rows], ranks[1][rows], block[rows], n_boot, rng)
        for rows in np.split(order, ends[:-1])
        if rows.size
    ]
    index, low, high = np.array(values).reshape(-1, 3).T
    pairs = np.unique(np.stack([group, frame]), axis=1)
    columns: dict[str, NDArray[Any]] = {
        "crack": ids,
        "n_voxels": n,
        "volume": n * float(np.prod(history.spacing)),
        "n_times": np.bincount(pairs[0], minlength=len(ids)),
        "index": index,
        "index_low": low,
        "index_high": high,
    }
    return Table(columns, units={"volume": f"{history.unit}^{len(history.shape)}"})
