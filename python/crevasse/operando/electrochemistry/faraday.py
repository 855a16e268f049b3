"""How much lithium a charge is, and how much of it the scans show."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FARADAY = 96485.33212
"""Charge of a mole of electrons, in C/mol (CODATA 2018)."""
MOLAR_MASS = 6.94
"""Of lithium, in g/mol (IUPAC)."""
DENSITY = 0.534
"""Of lithium at 20 °C, in g/cm³ (CRC Handbook)."""

UM_PER_MAH_CM2 = 3.6 / FARADAY * MOLAR_MASS / DENSITY * 1e4
"""Thickness of plane, dense lithium: 4.849 µm for each mAh/cm²."""


def lithium_thickness(capacity: ArrayLike, *, porosity: float = 0.0) -> NDArray[np.float64]:
    """Thickness of the plane layer that a charge makes, by Faraday's law.

    Parameters
    ----------
    capacity
        In mAh/cm², any shape; negative for what was stripped.
    porosity
        Of the layer; 0: dense.

    Returns
    -------
    float64, shape of `capacity`
        In µm: 4.849 for each mAh/cm² of dense lithium.

    Examples
    --------
    >>> float(lithium_thickness(3.0).round(2))
    14.55
    """
    if not 0 <= porosity < 1:
        raise ValueError(f"porosity must be at least 0 and below 1, got {porosity}")
    return np.asarray(capacity, dtype=np.float64) * (UM_PER_MAH_CM2 / (1 - porosity))


def lithium_volume(
    capacity: ArrayLike, *, local_area: float, porosity: float = 0.0
) -> NDArray[np.float64]:
    """Volume of lithium above a part of the electrode, if it is spread evenly.

    Parameters
    ----------
    capacity
        In mAh/cm², any shape.
    local_area
        Electrode area that the measured volume stands on, in µm².
    porosity
        Of the lithium.

    Returns
    -------
    float64, shape of `capacity`
        In µm³.

    Examples
    --------
    >>> float(lithium_volume(2.0, local_area=641.0**2).round(-4))
    3980000.0
    """
    _positive(local_area, "local_area", "µm²")
    return lithium_thickness(capacity, porosity=porosity) * local_area


@dataclass(frozen=True)
class Accommodation:
    """How much of the lithium a measured volume can hold; from `accommodated`.

    Attributes
    ----------
    gain
        Measured volume gain, µm³.
    expected
        Volume of the lithium that the charge is, µm³.
    fraction
        gain / expected.
    low, high
        Between these the fraction lies: by the bands of gain and capacity, and, upwards, by what is
        too thin to be seen.
    missing
        expected − gain, µm³; negative where more was measured.
    missing_thickness
        The same, spread over the local area, µm.
    hidden
        What a film just too thin to be seen would hold over the local area, µm³.
    """

    gain: float
    expected: float
    fraction: float
    low: float
    high: float
    missing: float
    missing_thickness: float
    hidden: float


def accommodated(
    gain: float,
    capacity: float,
    *,
    local_area: float,
    resolution: float = 0.0,
    gain_band: tuple[float, float] | None = None,
    capacity_band: tuple[float, float] | None = None,
    porosity: float = 0.0,
) -> Accommodation:
    """Share of the expected lithium that a measured volume can hold.

    Parameters
    ----------
    gain
        Measured gain of volume, in µm³: of a layer, or of pores and cracks.
    capacity
        Charge that plated it, in mAh/cm²; above 0.
    local_area
        Electrode area that the measured volume stands on, in µm².
    resolution
        Thickness in µm below which a layer is not resolved: lithium up to it may lie over the whole
        local area unseen. It raises `high`, though not above 1: no more is hidden than is missing.
    gain_band, capacity_band
        (low, high) of each, where they are known: e.g. from lower and higher thresholds, and from
        the time of the scan.
    porosity
        Of the lithium.

    Raises
    ------
    ValueError
        Capacity or area that is not above 0, a band that does not hold its value.

    Examples
    --------
    The paper's case A: 195e4 of 398e4 µm³.

    >>> found = accommodated(195e4, 2.0, local_area=641.0**2, resolution=3.6)
    >>> round(found.fraction, 2), round(found.low, 2), round(found.high, 2)
    (0.49, 0.49, 0.86)
    >>> round(found.missing_thickness, 1)
    5.0
    """
    if not math.isfinite(gain):
        raise ValueError(f"gain must be finite, in µm³, got {gain}")
    _positive(capacity, "capacity", "mAh/cm²")
    if not (resolution >= 0 and math.isfinite(resolution)):
        raise ValueError(f"resolution must be at least 0 µm, got {resolution}")
    gain_low, gain_high = _band(gain_band, gain, "gain_band")
    capacity_low, capacity_high = _band(capacity_band, capacity, "capacity_band")
    _positive(capacity_low, "capacity_band", "mAh/cm²")
    per_capacity = float(lithium_volume(1.0, local_area=local_area, porosity=porosity))
    expected, hidden = capacity * per_capacity, resolution * local_area
    low, high = capacity_low * per_capacity, capacity_high * per_capacity
    seen = _largest_share(gain_high, low, high)
    return Accommodation(
        gain=gain,
        expected=expected,
        fraction=gain / expected,
        low=-_largest_share(-gain_low, low, high),
        high=max(seen, min(1.0, _largest_share(gain_high + hidden, low, high))),
        missing=expected - gain,
        missing_thickness=(expected - gain) / local_area,
        hidden=hidden,
    )


def _largest_share(volume: float, low: float, high: float) -> float:
    """Of an expected volume that lies between `low` and `high`."""
    return volume / (low if volume >= 0 else high)


def _band(band: tuple[float, float] | None, value: float, name: str) -> tuple[float, float]:
    if band is None:
        return value, value
    low, high = band
    if not (math.isfinite(low) and math.isfinite(high) and low <= value <= high):
        raise ValueError(f"{name} must be (low, high) around {value}, got {band}")
    return low, high


def _positive(value: float, name: str, unit: str) -> None:
    if not (value > 0 and math.isfinite(value)):
        raise ValueError(f"{name} must be above 0 {unit}, got {value}")
