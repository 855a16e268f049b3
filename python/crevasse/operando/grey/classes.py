"""Grey classes: normal distributions fitted to a histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crevasse.operando.grey.histogram import Histogram

_BINS_FITTED = 4096
_MOST_STEPS = 3000  # of expectation and maximisation
_FIRST_STEPS = 40  # enough to see which beginning of a class leads on
_BEGINNINGS = 16
_FIRST_SHARE = 0.01  # of a class that begins
_OUTLIERS = 1e-5  # share of the voxels that may be of no class, anywhere in the histogram's range
_STILL = 1e-7  # of the spread of all greys: a step that moves no mean or sigma farther is the last


@dataclass(frozen=True)
class GreyClass:
    """One class of grey values: its mean and standard deviation, and its share of the voxels."""

    mean: float
    sigma: float
    weight: float

    def density(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of the voxels per grey value, were the class normal."""
        z = (values - self.mean) / self.sigma
        peak = self.weight / (self.sigma * math.sqrt(2 * math.pi))
        shape: NDArray[np.float64] = np.exp(-0.5 * z * z)
        return peak * shape


@dataclass(frozen=True)
class GaussianFit:
    """Normal distributions whose sum describes a histogram.

    Attributes
    ----------
    classes
        In order of their means.
    misfit
        Share of the voxels that the sum puts into wrong bins (total variation distance): 0 where
        it fits perfectly. Noise of counting alone makes it more than 0.
    """

    classes: tuple[GreyClass, ...]
    misfit: float


def fit_gaussians(histogram: Histogram, n: int) -> GaussianFit:
    """Fit `n` normal distributions by maximum likelihood.

    Expectation-maximisation [1]_ on the histogram in at most 4096 bins. Classes are added one by
    one [2]_: each is begun at 16 grey values, spread so that rare phases are met as well, and the
    likeliest is kept. Voxels that are farther from all classes than a share of 10⁻⁵, spread evenly
    over the range, belong to none: single outliers widen no class. The result depends on nothing
    but the histogram.

    Parameters
    ----------
    histogram
        Of at least `n` different grey values.
    n
        Number of classes, 2 to 4.

    Raises
    ------
    ValueError
        If there are fewer grey values than classes, or `n` is not 2, 3 or 4.

    References
    ----------
    .. [1] A. P. Dempster, N. M. Laird, D. B. Rubin, "Maximum likelihood from incomplete data via
       the EM algorithm", J. R. Stat. Soc. B 39 (1977) 1-38.
    .. [2] J. J. Verbeek, N. Vlassis, B. Kröse, "Efficient greedy learning of Gaussian mixture
       models", Neural Comput. 15 (2003) 469-485.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> grey = np.r_[rng.normal(50, 5, 9000), rng.normal(100, 8, 1000)].astype(np.float32)
    >>> [round(c.mean) for c in fit_gaussians(Histogram.from_image(grey[None]), 2).classes]
    [50, 100]
    """
    if n not in (2, 3, 4):
        raise ValueError(f"n must be 2, 3 or 4 classes, got {n}")
    if np.count_nonzero(histogram.counts) < n:
        raise ValueError(
            f"histogram must hold at least {n} different grey values for {n} classes, "
            f"got {np.count_nonzero(histogram.counts)}"
        )
    coarse = histogram.coarsened(most_bins=_BINS_FITTED)
    if np.count_nonzero(coarse.counts) < n:
        coarse = histogram
    (means, sigmas, shares), log_density = _fit(coarse, n)
    order = np.argsort(means, kind="stable")
    classes = tuple(
        GreyClass(float(means[i]), float(sigmas[i]), float(shares[i])) for i in order.tolist()
    )
    weights = coarse.counts / coarse.n_voxels
    misfit = 0.5 * float(np.abs(weights - np.exp(log_density) * coarse.width).sum())
    return GaussianFit(classes, misfit)


def split_classes(histogram: Histogram, cuts: NDArray[np.float64]) -> tuple[GreyClass, ...]:
    """Mean, standard deviation and share of the voxels between cuts; NaN for an empty class."""
    values, counts = histogram.values, histogram.counts
    of = np.searchsorted(cuts, values)
    return tuple(
        _moments(values[of == i], counts[of == i], histogram.n_voxels) for i in range(cuts.size + 1)
    )


def crossing(a: GreyClass, b: GreyClass) -> float | None:
    """Where two neighbouring classes are equally likely, between their means; None: nowhere."""
    # log density a - log density b, a quadratic in x - a.mean
    d = b.mean - a.mean
    pa, pb = 1 / a.sigma**2, 1 / b.sigma**2
    constant = math.log(a.weight / a.sigma) - math.log(b.weight / b.sigma) + 0.5 * pb * d * d
    roots = np.roots([0.5 * (pb - pa), -pb * d, constant])
    real = roots[np.isreal(roots)].real
    between = real[(real > 0) & (real < d)]
    return a.mean + float(between[0]) if between.size else None


def _moments(values: NDArray[np.float64], counts: NDArray[np.int64], total: int) -> GreyClass:
    n = int(counts.sum())
    if n == 0:
        return GreyClass(math.nan, math.nan, 0.0)
    mean = float(counts @ values / n)
    return GreyClass(mean, math.sqrt(counts @ (values - mean) ** 2 / n), n / total)


_Parameters = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _fit(histogram: Histogram, n: int) -> tuple[_Parameters, NDArray[np.float64]]:
    """Classes one by one: each begins where it makes the whole likeliest after a few steps."""
    x, w, width = histogram.values, histogram.counts / histogram.n_voxels, histogram.width
    # Evenly spread over the roots of the counts, among which rare phases have a place too.
    damped = np.cumsum(np.sqrt(w))
    fractions = (np.arange(_BEGINNINGS) + 0.5) / _BEGINNINGS
    beginnings = x[np.searchsorted(damped, fractions * damped[-1])]
    mean = w @ x
    found: _Parameters = (np.array([mean]), np.sqrt([w @ (x - mean) ** 2]), np.ones(1))
    log_density = np.zeros_like(x)
    for _ in range(n - 1):
        means, sigmas, shares = found
        added = [
            (
                np.append(means, begin),
                np.append(sigmas, sigmas.min() / 2),
                np.append(shares * (1 - _FIRST_SHARE), _FIRST_SHARE),
            )
            for begin in beginnings
        ]
        tried = [_maximise(x, w, start, width, _FIRST_STEPS) for start in added]
        best, _ = max(tried, key=lambda fit: float(w @ fit[1]))
        found, log_density = _maximise(x, w, best, width, _MOST_STEPS)
    return found, log_density


def _maximise(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    start: _Parameters,
    width: float,
    most_steps: int,
) -> tuple[_Parameters, NDArray[np.float64]]:
    means, sigmas, shares = start
    used = weights > 0
    x, w = values[used], weights[used]
    spread = math.sqrt(w @ (x - w @ x) ** 2)
    outlier = np.full_like(x, math.log(_OUTLIERS / (values.size * width)))
    for _ in range(most_steps):
        logs = _log_densities(x, means, sigmas, shares)
        belongs = np.exp(logs - np.logaddexp.reduce([*logs, outlier], axis=0)) * w
        shares = np.maximum(belongs.sum(axis=1), np.finfo(np.float64).tiny)
        before = means, sigmas
        means = belongs @ x / shares
        variances = (belongs * (x - means[:, None]) ** 2).sum(axis=1) / shares
        sigmas = np.sqrt(np.maximum(variances, (width / 2) ** 2))  # a bin's own width bounds it
        moved = max(np.abs(means - before[0]).max(), np.abs(sigmas - before[1]).max())
        if moved <= _STILL * spread:
            break
    outlier = np.full_like(values, outlier[0])
    logs = _log_densities(values, means, sigmas, shares)
    log_density = np.logaddexp.reduce([*logs, outlier], axis=0)
    return (means, sigmas, shares), log_density


def _log_densities(
    x: NDArray[np.float64],
    means: NDArray[np.float64],
    sigmas: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    z = (x - means[:, None]) / sigmas[:, None]
    height = np.log(shares / (sigmas * math.sqrt(2 * math.pi)))
    logs: NDArray[np.float64] = height[:, None] - 0.5 * z * z
    return logs
