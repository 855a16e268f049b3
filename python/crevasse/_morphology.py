"""Erosion, dilation, opening and closing by balls."""

from __future__ import annotations

from crevasse import _core, _validate
from crevasse._binary import Binary, like
from crevasse._distance import spacing_3d
from crevasse._runs import RunVolume, as_run_volume


def erode(
    mask: Binary,
    radius: float,
    *,
    spacing: _validate.Spacing = 1.0,
    n_threads: int | None = None,
) -> Binary:
    """The voxels from which a closed ball reaches no background.

    Exact: distances between voxel centres are compared, no ball is drawn. Outside of the volume is
    not background, so nothing is worn away at its border.

    Parameters
    ----------
    mask
        (z, y, x) or (y, x), bool or integer, everything but 0 is foreground; or a `RunVolume`.
    radius
        Of the ball, in the unit of `spacing`; not negative.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    n_threads
        None: all usable cores.

    Returns
    -------
    numpy.ndarray or RunVolume
        A bool array, or runs where runs were given.

    Raises
    ------
    ValueError
        If the radius is negative or not finite, or spacing is not positive.

    See Also
    --------
    RunVolume.erode : by one voxel, in 6, 18 or 26 directions.

    Examples
    --------
    >>> import numpy as np
    >>> erode(np.array([[0, 1, 1, 1, 0]]), radius=1)
    array([[False, False,  True, False, False]])
    """
    return like(mask, _eroded(as_run_volume(mask, n_threads), radius, spacing, n_threads))


def dilate(
    mask: Binary,
    radius: float,
    *,
    spacing: _validate.Spacing = 1.0,
    n_threads: int | None = None,
) -> Binary:
    """The voxels that a closed ball around a foreground voxel reaches; arguments as in `erode`.

    Examples
    --------
    >>> import numpy as np
    >>> dilate(np.array([[0, 0, 1, 0, 0]]), radius=1)
    array([[False,  True,  True,  True, False]])
    """
    return like(mask, _dilated(as_run_volume(mask, n_threads), radius, spacing, n_threads))


def open(  # noqa: A001 (the operation's name)
    mask: Binary,
    radius: float,
    *,
    spacing: _validate.Spacing = 1.0,
    n_threads: int | None = None,
) -> Binary:
    """Erosion, then dilation: what closed balls inside the mask cover; arguments as in `erode`.

    Examples
    --------
    >>> import numpy as np
    >>> open(np.array([[0, 1, 0, 1, 1, 1, 0]]), radius=1).astype(int)
    array([[0, 0, 0, 1, 1, 1, 0]])
    """
    inner = _eroded(as_run_volume(mask, n_threads), radius, spacing, n_threads)
    return like(mask, _dilated(inner, radius, spacing, n_threads))


def close(
    mask: Binary,
    radius: float,
    *,
    spacing: _validate.Spacing = 1.0,
    n_threads: int | None = None,
) -> Binary:
    """Dilation, then erosion: closes gaps into which no ball fits; arguments as in `erode`.

    Examples
    --------
    >>> import numpy as np
    >>> close(np.array([[1, 0, 1, 0, 0, 0, 1]]), radius=1).astype(int)
    array([[1, 1, 1, 0, 0, 0, 1]])
    """
    outer = _dilated(as_run_volume(mask, n_threads), radius, spacing, n_threads)
    return like(mask, _eroded(outer, radius, spacing, n_threads))


def _eroded(
    runs: RunVolume, radius: float, spacing: _validate.Spacing, n_threads: int | None
) -> RunVolume:
    reach = _validate.not_negative(radius, "radius")
    axes = spacing_3d(spacing, len(runs.shape))
    threads = _validate.n_threads(n_threads)
    return RunVolume(_core.farther_than(runs._core, reach, axes, threads), len(runs.shape))


def _dilated(
    runs: RunVolume, radius: float, spacing: _validate.Spacing, n_threads: int | None
) -> RunVolume:
    return ~_eroded(~runs, radius, spacing, n_threads)
