"""When the electrodes will be bridged, if the ligament goes on as it does."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._ligament import Ligament
from crevasse.tracking.fronts.motion import rising_times

_NORMAL_MAD = 1.4826  # standard deviation of normal errors over their median absolute deviation
_OF_MEDIAN = math.sqrt(math.pi / 2)  # standard error of their median over that of their mean


@dataclass(frozen=True)
class TimeToShort:
    """When the ligament reaches 0.

    Attributes
    ----------
    time, low, high
        The time and the ends of its interval, on the clock of the times given; infinite where the
        ligament does not shrink.
    slope
        Change of the ligament over time; nan where it was bridged already.
    n_frames
        On which it rests.
    confidence
        Of the interval; 1 where the bridging was seen.
    """

    time: float
    low: float
    high: float
    slope: float
    n_frames: int
    confidence: float


def time_to_short(
    times: Sequence[float],
    ligaments: Sequence[float | Ligament],
    *,
    last: int | None = None,
    confidence: float = 0.9,
) -> TimeToShort:
    """Extrapolate the ligament to 0 by the straight line of Theil and Sen.

    The slope is the median of those between all pairs of frames, and the line leaves as many frames
    above as below it, so that a few bad frames do not matter. The interval is that of the slope, by
    Kendall's statistic [1]_, carried to 0 along lines through the mean of the times, and that of
    the line's height there, from the median deviation, in quadrature: there, slope and height are
    uncorrelated.

    What it cannot know: a ligament does not shrink evenly. It falls by jumps where a pore is
    reached, stands still at rest and grows on stripping, so only frames of one half-cycle belong
    together; and the last bit breaks at once. The interval holds if the shrinking goes on as in the
    frames given, with independent errors; it says nothing of whether it will.

    Parameters
    ----------
    times
        One a frame, rising.
    ligaments
        One a frame: lengths, or what `crevasse.ligament` gives; finite, not negative.
    last
        How many frames, from the end, to rest on, at least 2. None: all. Frames until a short that
        has healed say nothing and are left out.
    confidence
        Of the interval, from 0.5 to below 1.

    Returns
    -------
    TimeToShort
        If the last frame is bridged already: the time of the first frame since which all are, with
        the interval from the frame before (from the first frame on, -inf). If the ligament does not
        shrink: inf. Otherwise no earlier than the last frame, which is not bridged; where there are
        too few frames for the confidence (4 are needed for 90 %), from the last frame to inf.

    Raises
    ------
    ValueError
        If there are fewer than 2 frames or `last`, times do not rise, a ligament is not finite and
        0 or more, or `confidence` does not lie in [0.5, 1).

    References
    ----------
    .. [1] P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of
       the American Statistical Association 63 (1968) 1379-1389.

    Examples
    --------
    >>> found = time_to_short([0, 1, 2, 3, 4], [10.0, 8.1, 6.0, 4.1, 1.9])
    >>> round(found.time, 2), round(found.low, 2), round(found.high, 2)
    (4.98, 4.85, 5.17)
    """
    if not 0.5 <= _validate.number(confidence) < 1:
        raise ValueError(f"confidence must lie in [0.5, 1), got {confidence}")
    each = _validate.listed(ligaments, "ligaments")
    lengths = _validate.numbers(
        [item.length if isinstance(item, Ligament) else item for item in each], "ligaments"
    )
    when = rising_times(times, len(lengths))
    if last is not None:
        last = _validate.whole(last, "last", 2)
    if len(lengths) < 2:
        raise ValueError(f"ligaments must be those of at least 2 frames, got {len(lengths)}")
    if not np.all(np.isfinite(lengths)) or np.any(lengths < 0):
        raise ValueError(f"ligaments must be finite and not negative, got {lengths.tolist()}")
    if lengths[-1] == 0:
        return _bridged(when, lengths)
    bridged = np.flatnonzero(lengths == 0)
    begin = int(bridged[-1]) + 1 if bridged.size else 0
    begin = begin if last is None else max(begin, len(lengths) - last)
    return _extrapolated(when[begin:], lengths[begin:], confidence)


def _bridged(when: NDArray[np.float64], lengths: NDArray[np.float64]) -> TimeToShort:
    apart = np.flatnonzero(lengths > 0)
    first = int(apart[-1]) + 1 if apart.size else 0
    before = float(when[first - 1]) if first else -math.inf
    time = float(when[first])
    return TimeToShort(time, before, time, math.nan, len(lengths), 1.0)


def _extrapolated(
    when: NDArray[np.float64], lengths: NDArray[np.float64], confidence: float
) -> TimeToShort:
    from scipy.stats import theilslopes

    if len(when) < 2:
        return TimeToShort(math.inf, float(when[-1]), math.inf, math.nan, len(when), confidence)
    slope, _, low, high = (float(v) for v in theilslopes(lengths, when, alpha=confidence))
    middle, last = float(when.mean()), float(when[-1])
    level = lengths - slope * (when - middle)
    height = float(np.median(level))
    time, earliest, latest = (_zero(middle, height, s) for s in (slope, low, high))
    if not _enough(len(when), confidence):
        earliest, latest = last, math.inf
    elif slope < 0:
        deviation = _NORMAL_MAD * float(np.median(np.abs(level - height)))
        aside = _quantile(confidence) * _OF_MEDIAN * deviation / math.sqrt(len(when)) / -slope
        earliest = time - math.hypot(time - earliest, aside)
        latest = time + math.hypot(latest - time, aside)
    time, earliest, latest = (max(t, last) for t in (time, earliest, latest))
    return TimeToShort(time, earliest, latest, slope, len(when), confidence)


def _zero(middle: float, height: float, slope: float) -> float:
    """Where the line through a height at a time comes to 0."""
    return middle - height / slope if slope < 0 else math.inf


def _quantile(confidence: float) -> float:
    """How many standard deviations to either side hold so much of normal errors."""
    return statistics.NormalDist().inv_cdf((1 + confidence) / 2)


def _enough(n: int, confidence: float) -> bool:
    """Whether so many frames have pairs enough for the interval to end inside of their slopes."""
    deviation = math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    return _quantile(confidence) * deviation < n * (n - 1) / 2
