"""When cracks arrived, how old what is open is, and how fast their front moved."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse.tracking.analyses._moments import first_new_frame, open_around
from crevasse.tracking.history import History

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Open voxels that are fitted at once: about 30 MB of sums.
_CHUNK = 2**17
# A direction counts as sampled if the voxels of a window spread over it with at least this standard
# deviation, in voxels: more than those of a sheet two voxels thick across it (0.5).
_LEAST_SPREAD = 0.6
# Frame intervals that a window must hold, from the earliest to the latest arrival.
_FEWEST_STEPS = 2


@dataclass(frozen=True)
class FrontSpeed:
    """How fast the front of what opened passed each voxel.

    Attributes
    ----------
    map
        float32, of the history's shape, unit of spacing over time unit; nan where nothing opened
        or there is no value (see `front_speed`).
    n_voxels
        With a value.
    n_plateau
        That opened, without one since the front passed the whole window within a frame interval.
    n_few
        That opened, without one since the window holds fewer than twice as many opened voxels as
        the fit has unknowns, or they lie in one place.
    """

    map: NDArray[np.float32]
    n_voxels: int
    n_plateau: int
    n_few: int


def arrival_time(history: History) -> Floats:
    """Time of the first frame in which each voxel was open.

    The crack arrived after the frame before, and in this one at the latest. Voxels open in the
    first frame have its time, but may be older.

    Returns
    -------
    numpy.ndarray
        float64, of the history's shape, in time units; nan where nothing was ever open.

    Examples
    --------
    >>> import numpy as np
    >>> import crevasse
    >>> frames = np.array([[[1, 0, 0]], [[1, 1, 0]]])
    >>> arrival_time(crevasse.track(frames, times=[0.0, 0.25]))
    array([[0.  , 0.25,  nan]])
    """
    times = np.append(history.frames["time"], np.nan)  # -1: never
    return np.asarray(times[history.first_open()])


def age(history: History, at: float) -> Floats:
    """For how long each voxel had been open at a time.

    Parameters
    ----------
    history
        Of `Tracker.history` or `track`.
    at
        In time units, not before the first frame. What is open then is taken from the latest frame
        until then.

    Returns
    -------
    numpy.ndarray
        float64, of the history's shape, in time units: `at` less the arrival time. nan where
        nothing had opened yet or was never open again after that frame; a voxel that was closed
        then, but open both before and after, counts as open. How long voxels were open in all is
        `History.open_time`.

    Raises
    ------
    ValueError
        If `at` is before the first frame or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import crevasse
    >>> frames = np.array([[[1, 0, 0]], [[1, 1, 0]], [[0, 1, 1]]])
    >>> age(crevasse.track(frames, times=[0.0, 0.25, 0.5]), at=0.3)
    array([[0.3 , 0.05,  nan]])
    """
    times = history.frames["time"]
    if not _validate.finite(at, "at") >= times[0]:
        raise ValueError(f"at must not be before the first frame, {times[0]}, got {at}")
    latest = int(np.searchsorted(times, at, side="right")) - 1
    first = history.first_open()
    is_open = open_around(first, history.last_open(), latest)
    return np.where(is_open, at - times[np.maximum(first, 0)], np.nan)


def front_speed(history: History, *, half_width: int = 4) -> FrontSpeed:
    """Speed of the front from the slope of the arrival time, 1 / |grad T| [1]_.

    To the arrival times of the voxels of the same crack in the box of ``2 half_width + 1`` voxels
    around a voxel a plane is fitted by least squares, in the unit of spacing. Its slope is the
    slowness of the front.

    Parameters
    ----------
    history
        Of `Tracker.history` or `track`. What was open in the baseline had arrived at an unknown
        time, and is left out.
    half_width
        Voxels to each side. The window should be at least twice as wide as the front moves in a
        frame interval: see Notes.

    Returns
    -------
    FrontSpeed

    Raises
    ------
    ValueError
        If `half_width` is not a whole number of at least 1.

    Notes
    -----
    A voxel's time of arrival is taken as the middle of the interval in which it opened. So times
    come in steps: behind a fast front they are the same over a stretch. There is a value only where
    a window holds arrivals in three frames at least and the fitted plane rises by a frame interval
    or more; else the front passed within about one scan, and its speed is beyond what the series
    can tell.

    In a thin sheet the slope across it is not known from so few voxels. Directions over which the
    voxels of a window spread by less than 0.6 voxels (standard deviation; a sheet of two voxels has
    0.5) are left out of the fit: the speed is that along the sheet. Where a crack widens, the slope
    across it is a speed of widening and lowers the result, as slownesses add up.

    Bias, measured on fronts of known speed that move f windows in a frame interval:

    - flat fronts and tilted sheets of 2 to 5 voxels, fronts at an angle to the axes: median within
      1 % up to f = 0.5, 95 % of voxels within 5 % up to f = 0.4 and 7 % at f = 0.55; with voxels of
      2 : 1 : 1 within 2 % and 14 %
    - flat fronts along an axis, where steps do not average out: mean within 1 % up to f = 0.4,
      single voxels between -7 % and +23 %; for f from 0.5 to 0.7 values thin out, and the mean of
      what is left is up to 29 % too low; from f = 0.8 on there is none, or few
    - round fronts: the plane is flatter than the front is bent, so the speed is too high, by 8 %,
      3 % and 1.5 % at radii of about 2, 3 and 4.4 times `half_width`

    Memory is 16 bytes a voxel of the volume and 8 a voxel that opened, besides the result; work is
    proportional to opened voxels times voxels of the window.

    References
    ----------
    .. [1] P. V. Bayly et al., "Estimation of conduction velocity vector fields from epicardial
       mapping data", IEEE Trans. Biomed. Eng. 45 (1998) 563-571.

    Examples
    --------
    >>> import numpy as np
    >>> import crevasse
    >>> frames = [np.array([[1] * n + [0] * (20 - n)] * 5) for n in range(0, 21, 2)]
    >>> history = crevasse.track(frames, times=np.arange(11) * 0.25, spacing=1.8)
    >>> speed = front_speed(history)  # 3.6 um in a quarter of an hour
    >>> round(float(np.nanmedian(speed.map)), 3), speed.n_plateau
    (14.4, 0)
    """
    width = _validate.whole(half_width, "half_width", 1)
    frames, first_new = history.frames, first_new_frame(history)
    result = np.full(history.shape, np.nan, dtype=np.float32)
    if first_new == len(frames):
        return FrontSpeed(result, 0, 0, 0)

    # Beyond the volume there is nothing, however wide the window.
    widths = np.minimum(width, np.array(history.shape) - 1)
    around = [(n, n) for n in widths.tolist()]
    padded = np.pad(history.first_open(), around, constant_values=-1)
    crack = np.pad(history.first_crack(), around)
    crack[padded < first_new] = 0  # what counts bears its crack, everything else 0
    fit = _Fit(padded, crack, frames["time"], history.spacing, widths)
    index = np.flatnonzero(crack)
    n_plateau = n_few = 0
    inner = result.reshape(-1)
    size = np.array(padded.shape)
    for begin in range(0, len(index), _CHUNK):
        part = index[begin : begin + _CHUNK]
        speed, few, plateau = fit.speeds(part)
        n_few += int(few.sum())
        n_plateau += int(plateau.sum())
        at = np.unravel_index(part, tuple(size))
        places = [axis - n for axis, n in zip(at, widths, strict=True)]
        inner[np.ravel_multi_index(tuple(places), history.shape)] = speed
    return FrontSpeed(result, len(index) - n_few - n_plateau, n_plateau, n_few)


class _Fit:
    """Least-squares planes through arrival times, from sums over windows."""

    def __init__(
        self,
        first: NDArray[np.int32],
        crack: NDArray[np.uint32],
        times: Floats,
        spacing: tuple[float, ...],
        half_widths: Ints,
    ) -> None:
        self._first, self._crack = first.reshape(-1), crack.reshape(-1)
        steps = np.diff(times, prepend=times[0])
        self._middle, self._step = times - steps / 2, steps
        self._spacing = np.array(spacing)
        ndim = first.ndim
        axes = [np.arange(-n, n + 1) for n in half_widths]
        self._offsets = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, ndim)
        strides = np.array([math.prod(first.shape[i + 1 :]) for i in range(ndim)])
        self._steps = self._offsets @ strides

    def speeds(self, index: Ints) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
        """Speed at each voxel, nan where there is none, and of which two kinds those are."""
        n, n_steps, covariance, with_time = self._moments(index)
        variance, axes = np.linalg.eigh(covariance)
        # The size of a voxel along each principal axis.
        voxel = np.sqrt((axes**2 * self._spacing[:, None] ** 2).sum(axis=1))
        sampled = variance > (_LEAST_SPREAD * voxel) ** 2
        along = np.einsum("nij,ni->nj", axes, with_time)
        slopes = np.where(sampled, along / np.where(sampled, variance, 1), 0)
        slowness = np.sqrt((slopes**2).sum(axis=1))
        few = (n < 2 * (len(self._spacing) + 1)) | ~sampled.any(axis=1)
        # Over a line of even density the standard deviation is its length over √12.
        rise = np.sqrt(12 * (slopes**2 * variance).sum(axis=1))
        one_step = rise < self._step[self._first[index]] * (1 - 1e-9)
        plateau = ~few & ((n_steps < _FEWEST_STEPS) | one_step)
        with np.errstate(divide="ignore"):
            speed = np.where(few | plateau, np.nan, 1 / slowness)
        return speed, few, plateau

    def _moments(self, index: Ints) -> tuple[Ints, Ints, Floats, Floats]:
        """Of each window: voxels, frame intervals, covariances of places, and of place and time."""
        ndim = len(self._spacing)
        own, frame = self._crack[index], self._first[index]
        start = self._middle[frame]
        n, earliest, latest = np.zeros(len(index)), frame.copy(), frame.copy()
        place, product = np.zeros((ndim, len(index))), np.zeros((ndim, ndim, len(index)))
        time, time_place = np.zeros(len(index)), np.zeros((ndim, len(index)))
        for offset, step in zip(self._offsets, self._steps, strict=True):
            there = index + step
            same = self._crack[there] == own
            theirs = np.where(same, self._first[there], frame)
            np.minimum(earliest, theirs, out=earliest)
            np.maximum(latest, theirs, out=latest)
            at = self._middle[theirs] * same - start * same
            n += same
            time += at
            for i in np.flatnonzero(offset).tolist():
                place[i] += offset[i] * same
                time_place[i] += offset[i] * at
                for j in range(i, ndim):
                    product[i, j] += offset[i] * offset[j] * same
        covariance = np.empty((len(index), ndim, ndim))
        for i in range(ndim):
            for j in range(i, ndim):
                value = product[i, j] / n - place[i] * place[j] / n**2
                covariance[:, i, j] = covariance[:, j, i] = (
                    value * self._spacing[i] * self._spacing[j]
                )
        with_time = (time_place / n - place * time / n**2).T * self._spacing
        return n.astype(np.int64), (latest - earliest).astype(np.int64), covariance, with_time
