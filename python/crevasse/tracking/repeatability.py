"""How much two scans of the same thing differ."""

from __future__ import annotations

from collections.abc import Iterable

from numpy.typing import ArrayLike

from crevasse import _validate
from crevasse._runs import RunVolume
from crevasse.tracking.static_changes import SHARE, StaticChanges
from crevasse.tracking.tracker import track


def estimate_repeatability(
    frames: Iterable[RunVolume | ArrayLike],
    *,
    connectivity: int = 26,
    share: float = SHARE,
    n_threads: int | None = None,
) -> float:
    """The `repeatability` to give a `Tracker`, from scans between which nothing has changed.

    Where these are the first of a series, ``Tracker(repeatability="baseline")`` does the same.

    Parameters
    ----------
    frames
        At least two masks or `RunVolume` of the same static specimen, segmented as the series will
        be. More frames make the estimate better.
    connectivity
        As in `crevasse.label`.
    share
        Fraction of the open volume whose cracks may change by no more than the result.
    n_threads
        None: all usable cores.

    Returns
    -------
    float
        Fraction of a crack's volume. Cracks that appear, vanish, merge or split between the frames
        do not count: no threshold hides those.

    Raises
    ------
    ValueError
        If there are fewer than two frames, or `share` does not lie in (0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> scan = np.ones((1, 100), dtype=bool)
    >>> again = scan.copy()
    >>> again[0, :2] = False
    >>> estimate_repeatability([scan, again])
    0.02
    """
    if not 0 < _validate.number(share) <= 1:
        raise ValueError(f"share must lie in (0, 1], got {share}")
    history = track(frames, connectivity=connectivity, n_threads=n_threads)
    if len(history.frames) < 2:
        raise ValueError("frames must be at least two scans of the same thing, got 1")
    events = history.events
    names = ("n_parents", "n_children", "gain", "loss", "kept")
    return StaticChanges.of(*(events[name] for name in names)).repeatability(share)
