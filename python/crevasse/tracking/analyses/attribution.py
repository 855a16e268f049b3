"""Pores that close because a crack opens beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._shape import bounds
from crevasse._table import Table
from crevasse.tracking.analyses._beside import Ints, Moves, Neighbours
from crevasse.tracking.analyses._openings import Openings, openings_of, table_of
from crevasse.tracking.history import History

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# Shares times a count are whole numbers but for this; equal ones must stay ties.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class ClosedBesideOpened:
    """What closed beside what had opened, and whether that is more than chance.

    Attributes
    ----------
    table
        A row for each frame, crack that closed in part or whole, and crack that opened beside it:

        - ``frame, time``: in which the voxels were closed for the first time after they were open
        - ``crack``: that first opened the voxels that closed; ``beside``: that opened the nearest
          voxel of another crack
        - ``n_voxels, volume``: what closed; ``n_preexisting``: of these, open in a baseline frame
        - ``n_opened, volume_opened``: voxels of `beside` that had opened within radius and lag of
          voxels of this row; each counts in the row of the nearest one
        - ``distance_min, distance_mean``: to the nearest opened voxel, centre to centre
        - ``lag_min, lag_mean``: closing less opening of that voxel, in time units

        Sums over rows count no voxel twice.
    volume
        All volume that closed within radius and lag of an opening: the statistic of the test.
    null
        The same for closings that were moved at random, (n_null,) or fewer where a move says
        nothing because it puts all of them into what opened, as if all of them lay outside of
        what had opened.
    p_value
        ``(1 + number of null >= volume) / (len(null) + 1)``; 1 where nothing closed or opened.
    effect
        `volume` over the mean of `null`: 1 is chance; nan where both are 0, else infinite where the
        mean is 0.
    effect_low, effect_high
        `volume` over the 97.5 % and 2.5 % quantiles of `null`: the range that chance gives the
        ratio, not an uncertainty of `volume`.
    """

    table: Table
    volume: float
    null: Floats
    p_value: float
    effect: float
    effect_low: float
    effect_high: float


def closed_beside_opened(
    history: History,
    *,
    radius: float,
    max_lag: float,
    n_null: int = 199,
    seed: int = 0,
    preexisting_only: bool = False,
    region: tuple[slice, ...] | None = None,
    axes: Sequence[str] | None = None,
    n_threads: int | None = None,
) -> ClosedBesideOpened:
    """Find what closed beside a crack that had opened, and test whether that is chance.

    A crack that widens pushes pores beside it shut [1]_. A voxel that closed counts if a voxel of
    another crack within `radius` had opened at most `max_lag` before.

    The test moves all closings of the series together, by one random shift around the region's
    ends (a torus) and random reflections, and counts again [2]_. That keeps how closings lie among
    each other and in time, and how openings do; only where they lie to each other is lost. Closed
    voxels that are moved into what had opened do not count, and the rest stands for all. Large
    pores, which cannot overlap cracks where they are but can where they are moved, make p values
    somewhat too large. Cracks whose course was bent by the pores make them too small: cracks that
    stop a voxel short of pores that close later lie beside them by necessity.

    Parameters
    ----------
    history
        Of `Tracker.history` or `track`.
    radius
        Greatest distance between the centres of a closed and an opened voxel, in the unit of the
        history's spacing.
    max_lag
        Greatest time from the frame in which one is first open to that in which the other is first
        closed again; 0 is the same frame. In time units.
    n_null
        How often closings are moved; p values are multiples of ``1 / (n_null + 1)``, or of a
        greater fraction where some moves say nothing.
    seed
        Of the random numbers: the same seed gives the same result.
    preexisting_only
        Whether only voxels that were open in a baseline frame count as closing.
    region
        Box of slices, (z, y, x) or (y, x), outside of which nothing counts: where cracks can be.
        None: the whole volume. Empty margins make any two things in the rest look related.
    axes
        Along which closings are moved and reflected, e.g. ``("y", "x")`` where both closings and
        openings depend on the depth z below an electrode: with all axes, that alone would be found
        significant. None: all.
    n_threads
        None: all usable cores.

    Returns
    -------
    ClosedBesideOpened

    Raises
    ------
    ValueError
        If `radius` is not positive, `max_lag` or `n_null` is negative, `axes` are none of the
        volume's, or `region` does not fit or is empty.

    Notes
    -----
    From the voxel ledger: the first opening of a voxel and its last closing; what it did between is
    not seen. Voxels open in the last frame have not closed. The crack of a voxel is the one that
    first opened it; cracks that split off from one another are one and the same here, so a crack
    never closes beside itself. Where a pore merges with a crack, later openings bear the id that
    goes on, which may be the pore's. What touches a crack in the baseline belongs to it, so the
    pores right beside it are missing in what is counted, which makes p values too large.

    Memory is 30 bytes a voxel of the region and 20 a voxel of the box around what opens within one
    lag.

    References
    ----------
    .. [1] S. E. Sandoval et al., "Visualizing diverse lithium growth and stripping behaviors in
       anode-free solid-state batteries with operando X-ray tomography", EES Batteries (2025).
    .. [2] H. W. Lotwick, B. W. Silverman, "Methods for analysing spatial processes of several types
       of points", J. R. Statist. Soc. B 44 (1982) 406-413.

    Examples
    --------
    A crack of two voxels opens, and the half of a pore that is next to it closes:

    >>> import numpy as np
    >>> import crevasse
    >>> frames = np.array([[[0, 0, 0, 1, 1, 0, 0, 0]], [[1, 1, 0, 0, 1, 0, 0, 0]]])
    >>> result = closed_beside_opened(crevasse.track(frames), radius=2, max_lag=0)
    >>> [(row["crack"], row["beside"], row["distance_min"]) for row in result.table.rows()]
    [(1, 2, 2.0)]
    >>> result.volume, result.table["n_opened"]
    (1.0, array([1]))
    """
    reach = _validate.positive(radius, "radius")
    lag = _validate.not_negative(max_lag, "max_lag")
    n_moves = _validate.whole(n_null, "n_null", 0)
    seed = _validate.whole(seed, "seed", 0)
    threads = _validate.n_threads(n_threads)
    moved = _moved_axes(axes, len(history.shape))
    ledger = openings_of(history, lag, _box(region, history.shape))
    closed = ledger.closed()
    if preexisting_only:
        closed &= ledger.first < ledger.first_new

    moves = Moves(ledger.first.shape, moved, n_moves, seed)
    places = np.array(np.nonzero(closed), dtype=np.int64)
    beside, null = _counts(ledger, places, moves, history.spacing, reach, threads)
    voxel = float(np.prod(history.spacing))
    table = table_of(ledger, history, places[:, beside], reach, threads)
    return _tested(table, int(beside.sum()) * voxel, null * voxel)


def _moved_axes(axes: Sequence[str] | None, ndim: int) -> Bools:
    names = _validate.AXES[-ndim:]
    chosen = names if axes is None else tuple(axes) if isinstance(axes, Sequence) else ()
    if not chosen or any(axis not in names for axis in chosen):
        raise ValueError(f"axes must be some of {', '.join(names)}, got {axes!r}")
    return np.array([name in chosen for name in names])


def _box(region: tuple[slice, ...] | None, shape: tuple[int, ...]) -> tuple[slice, ...]:
    if region is None:
        return (slice(None),) * len(shape)
    begin, end = bounds(shape, region, "region")
    if any(first == last for first, last in zip(begin, end, strict=True)):
        raise ValueError(f"region must hold a voxel, got {region!r} of shape {shape}")
    return region


def _counts(
    ledger: Openings,
    places: Ints,
    moves: Moves,
    spacing: tuple[float, ...],
    radius: float,
    threads: int,
) -> tuple[Bools, Floats]:
    """Which closed voxels have an opening beside them, and how many do wherever they are moved."""
    at = tuple(places)
    frame = ledger.last[at] + 1
    family = ledger.family[ledger.crack[at]]
    earliest = ledger.earliest_opening()
    beside = np.zeros(places.shape[1], dtype=np.bool_)
    n_near, n_within = np.zeros((2, len(moves)))
    for k in np.unique(frame).tolist():
        opened = (ledger.first >= earliest[k]) & (ledger.first <= k)
        if not opened.any():
            continue
        there = np.array(np.nonzero(opened), dtype=np.int64)
        theirs = ledger.family[ledger.crack[opened]]
        neighbours = Neighbours(there, theirs, opened.shape, spacing, radius, threads)
        rows = np.flatnonzero(frame == k)
        beside[rows], _ = neighbours.beside(places[:, rows], family[rows])
        for i in range(len(moves)):
            near, within = neighbours.beside(moves.of(places[:, rows], i), family[rows])
            n_near[i] += near.sum()
            n_within[i] += within.sum()
    # What closes cannot lie in what opens: moves that put it there must not lose or gain by it, and
    # those that put all of it there say nothing.
    n_outside = places.shape[1] - n_within
    said = (n_outside > 0) | (places.shape[1] == 0)
    share = n_near[said] / np.maximum(n_outside[said], 1)
    return beside, share * places.shape[1]


def _tested(table: Table, volume: float, null: Floats) -> ClosedBesideOpened:
    low, high = np.quantile(null, [0.025, 0.975]) if null.size else (np.nan, np.nan)
    return ClosedBesideOpened(
        table=table,
        volume=volume,
        null=null,
        p_value=float((1 + (null >= volume * (1 - _ROUNDING)).sum()) / (null.size + 1)),
        effect=_ratio(volume, null.mean() if null.size else np.nan),
        effect_low=_ratio(volume, high),
        effect_high=_ratio(volume, low),
    )


def _ratio(a: float, b: float) -> float:
    if b == 0:
        return float("inf") if a > 0 else float("nan")
    return float(a / b)
