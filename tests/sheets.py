"""Analytic sheets: their grey values are known, and so is their width."""

from itertools import product

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.special import erf


def grid(shape, spacing):
    """Positions along each axis in the unit of `spacing`; 0 is the volume's middle."""
    lengths = np.broadcast_to(spacing, (len(shape),))
    return np.ogrid[tuple(slice(-(n - 1) / 2, n / 2) for n in shape)], lengths


def contrast(shape, away_from, width, *, sigma=0.8, spacing=1.0):
    """What a voxel sees of a sheet: 1 where it is open, blurred, and averaged over the voxel.

    `away_from(*positions)` is the signed distance from the sheet's middle.
    """
    axes, lengths = grid(shape, spacing)
    places, weights = leggauss(3)
    total = np.zeros(shape)
    for which in product(range(3), repeat=len(shape)):
        at = [
            (axis + places[i] / 2) * length
            for axis, i, length in zip(axes, which, lengths, strict=True)
        ]
        away = away_from(*at)
        edges = [(away + side * width / 2) / (np.sqrt(2) * sigma) for side in (1, -1)]
        total += np.prod(weights[list(which)] / 2) * (erf(edges[0]) - erf(edges[1])) / 2
    return total


def plane(normal, offset=0.0):
    """Distance from a plane through the middle, moved by `offset` along its normal."""
    unit = np.asarray(normal, dtype=float) / np.linalg.norm(normal)
    return lambda *at: sum(n * x for n, x in zip(unit, at, strict=True)) - offset


def wave(height, length):
    """Distance from z = height sin(2 π x / length), by Newton's steps to the nearest point."""

    def away(z, y, x):
        k = 2 * np.pi / length
        foot = x + 0 * z
        for _ in range(8):
            f, slope, bend = (
                height * np.sin(k * foot),
                height * k * np.cos(k * foot),
                -height * k**2 * np.sin(k * foot),
            )
            foot = foot - (foot - x + (f - z) * slope) / (1 + slope**2 + (f - z) * bend)
        f = height * np.sin(k * foot)
        return np.sign(z - height * np.sin(k * x)) * np.hypot(z - f, x - foot) + 0 * y

    return away


def inner(mask, margin):
    """The voxels of a mask that lie away from the volume's border."""
    kept = np.zeros_like(mask)
    middle = tuple(slice(margin, n - margin) for n in mask.shape)
    kept[middle] = mask[middle]
    return kept
