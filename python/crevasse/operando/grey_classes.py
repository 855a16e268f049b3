"""Grey classes: normal distributions fitted to a histogram."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.filters import threshold_multiotsu

from crevasse.operando.histogram import Histogram

_BINS_FITTED = 4096
_MOST_STEPS = 3000  # of expectation and maximisation
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

    Expectation-maximisation on the histogram in at most 4096 bins, from three starts: multi-Otsu's
    classes of the counts, of their square roots and of their logarithms. The damped ones see phases
    that are rare. The likeliest end is the result, so it depends on nothing but the histogram.

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
    values, weights = coarse.values, coarse.counts / coarse.n_voxels
    starts = (weights, np.sqrt(weights), np.log1p(coarse.counts))
    fits = [_maximise(values, weights, _start(coarse, s, n), coarse.width) for s in starts]
    best, log_density = max(fits, key=lambda fit: float(weights @ fit[1]))
    means, sigmas, shares = best
    order = np.argsort(means, kind="stable")
    classes = tuple(
        GreyClass(float(means[i]), float(sigmas[i]), float(shares[i])) for i in order.tolist()
    )
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


def _start(histogram: Histogram, damped: NDArray[np.float64], n: int) -> _Parameters:
    groups = max(1, -(-damped.size // 512))  # multi-Otsu's time grows with bins to the power n - 1
    if np.count_nonzero(np.add.reduceat(damped, np.arange(0, damped.size, groups))) < n:
        groups = 1
    begins = np.arange(0, damped.size, groups)
    cuts = threshold_multiotsu(
        hist=(np.add.reduceat(damped, begins) / damped.sum(), begins), classes=n
    )
    edges = histogram.values[np.minimum(cuts + groups - 1, damped.size - 1)] + histogram.width / 2
    classes = split_classes(histogram, edges)
    middle = np.array([c.mean for c in classes])
    spread = np.array([c.sigma for c in classes])
    share = np.array([c.weight for c in classes])
    return middle, np.maximum(spread, histogram.width / 2), share


def _maximise(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    start: _Parameters,
    width: float,
) -> tuple[_Parameters, NDArray[np.float64]]:
    means, sigmas, shares = start
    used = weights > 0
    x, w = values[used], weights[used]
    spread = math.sqrt(w @ (x - w @ x) ** 2)
    for _ in range(_MOST_STEPS):
        logs = _log_densities(x, means, sigmas, shares)
        # Relative to the likeliest class: an outlier is far from all, and must not divide 0 by 0.
        parts = np.exp(logs - logs.max(axis=0))
        belongs = parts / parts.sum(axis=0) * w
        shares = np.maximum(belongs.sum(axis=1), np.finfo(np.float64).tiny)
        before = means, sigmas
        means = belongs @ x / shares
        variances = (belongs * (x - means[:, None]) ** 2).sum(axis=1) / shares
        sigmas = np.sqrt(np.maximum(variances, (width / 2) ** 2))  # a bin's own width bounds it
        moved = max(np.abs(means - before[0]).max(), np.abs(sigmas - before[1]).max())
        if moved <= _STILL * spread:
            break
    log_density = np.logaddexp.reduce(_log_densities(values, means, sigmas, shares), axis=0)
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
