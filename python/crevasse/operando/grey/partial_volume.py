"""Two grey levels and the voxels that hold both: what the levels are without the mixed ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crevasse.operando.grey.classes import GaussianFit, GreyClass, fit_gaussians
from crevasse.operando.grey.histogram import Histogram

_BINS_FITTED = 1024
_MIXTURES = 15  # parts of the brighter phase, evenly from none to all, that stand for any part
_MOST_STEPS = 5000
_STILL = 1e-7  # of the distance of the levels: a step that moves them no farther is the last


def fit_partial_volume(histogram: Histogram) -> GaussianFit:
    """Fit two phases, mixed voxels between them, and noise that all share.

    A voxel holds one phase, or any part of both, all parts being equally frequent [1]_; its grey
    value is the parts' mean with normal noise. Two normal distributions alone would count the mixed
    voxels of thin features to the rarer phase and so move its level towards the other.

    Parameters
    ----------
    histogram
        Of at least two different grey values.

    Returns
    -------
    GaussianFit
        Levels of the pure phases, the common standard deviation, and each phase's share, a mixed
        voxel counting half to each.

    References
    ----------
    .. [1] P. Santago, H. D. Gage, "Quantification of MR brain images by mixture density and partial
       volume modeling", IEEE Trans. Med. Imaging 12 (1993) 566-574.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> part = np.r_[np.zeros(2000), rng.random(4000), np.ones(94000)]
    >>> grey = 60 + 70 * part + rng.normal(0, 8, part.size)
    >>> fit = fit_partial_volume(Histogram.from_image(grey[None]))
    >>> [round(c.mean) for c in fit.classes]
    [60, 130]
    """
    gaussians = fit_gaussians(histogram, 2).classes
    coarse = histogram.coarsened(most_bins=_BINS_FITTED)
    x, w = coarse.values, coarse.counts / coarse.n_voxels
    part = np.linspace(0, 1, _MIXTURES + 2)
    sigma = max(gaussians, key=lambda c: c.weight).sigma
    levels: NDArray[Any] = np.array([c.mean for c in gaussians])
    shares = 0.9 * np.array([gaussians[0].weight, 0.0, gaussians[1].weight])
    shares[1] = 0.1
    for _ in range(_MOST_STEPS):
        logs = _log_densities(x, levels, part, sigma, shares)
        belongs = np.exp(logs - np.logaddexp.reduce(logs, axis=0)) * w
        n, first = belongs.sum(axis=1), belongs @ x
        shares = np.maximum([n[0], n[1:-1].sum(), n[-1]], np.finfo(np.float64).tiny)
        before, levels = levels, _levels(part, n, first)
        off = x - (levels[0] + part * (levels[1] - levels[0]))[:, None]
        sigma = math.sqrt(max((belongs * off**2).sum(), (coarse.width / 2) ** 2))
        if np.abs(levels - before).max() <= _STILL * abs(levels[1] - levels[0]):
            break
    density = np.exp(np.logaddexp.reduce(_log_densities(x, levels, part, sigma, shares), axis=0))
    misfit = 0.5 * float(np.abs(w - density * coarse.width).sum())
    weights = shares[[0, 2]] + shares[1] / 2
    classes = (GreyClass(float(m), sigma, float(s)) for m, s in zip(levels, weights, strict=True))
    return GaussianFit(tuple(sorted(classes, key=lambda c: c.mean)), misfit)


def _levels(
    part: NDArray[np.float64], n: NDArray[np.float64], first: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Both levels by least squares: grey values are linear in them."""
    design = np.stack([1 - part, part])
    solved = np.linalg.solve((design * n) @ design.T, design @ first)
    return np.asarray(solved, dtype=np.float64)


def _log_densities(
    x: NDArray[np.float64],
    levels: NDArray[np.float64],
    part: NDArray[np.float64],
    sigma: float,
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    each = np.full(part.size, shares[1] / (part.size - 2))
    each[[0, -1]] = shares[[0, 2]]
    z = (x - (levels[0] + part * (levels[1] - levels[0]))[:, None]) / sigma
    logs: NDArray[np.float64] = (
        np.log(each / (sigma * math.sqrt(2 * math.pi)))[:, None] - 0.5 * z * z
    )
    return logs
