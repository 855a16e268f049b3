"""A lithium layer in one frame, and many frames as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from crevasse._table import Table

_WITHOUT_UNIT = (
    "frame",
    "time",
    "resolved",
    "contact_loss",
    "contact_loss_low",
    "contact_loss_high",
    "unresolved",
    "out_of_view",
    "tilt",
    "n_columns",
)


@dataclass(frozen=True)
class InterfaceFrame:
    """A layer in one frame. Lengths are in the unit of the spacing; a row of the table.

    Attributes
    ----------
    frame, time
        Number of the frame from 0, and its time.
    mean
        Mean thickness over all columns, those without lithium counted as 0, by column sums.
    mean_low, mean_high
        The band that `mean` lies in, since layers thinner than the limit of resolution are not
        seen for what they are: columns below it count as nothing, or as the limit.
    threshold_low, threshold_high
        Least and greatest mean with thresholds at the ends of their bands; `mean` where these are
        not known.
    mean_normal
        `mean` along the collector's normal; NaN where the collector's plane is not known.
    std, std_corrected
        Standard deviation of the thickness, and without what rounding to voxels adds to it.
    std_corrected_low, std_corrected_high
        The least and the greatest with thresholds at the ends of their bands, as `threshold_low`,
        and a twentieth of a voxel farther: see `InterfaceRecord.finest`.
    sa
        Arithmetic mean deviation of the thickness (ISO 25178).
    electrolyte_sq
        Root mean square height of the layer's face at the electrolyte, about its mean distance
        from the collector's plane; NaN where that is not known.
    collector_sq
        The same of the layer's face at the collector.
    change, change_low, change_high
        `mean` less that of the first frame, and the band it lies in.
    change_std
        Standard deviation of the columns' change.
    resolved
        Whether `mean` reaches the limit of resolution.
    contact_loss
        Fraction of the area without lithium; at most that, where lithium may be too thin to see.
    contact_loss_low, contact_loss_high
        The same with thresholds at the ends of their bands.
    unresolved
        Fraction of the area with less than the limit of resolution, or none.
    out_of_view
        Fraction of the area in which what bounds the layer, such as the collector, is not seen: no
        lithium is counted there, so `mean` is too small.
    tilt
        Angle in degrees between the collector's plane and the volume's face.
    n_columns
        Columns that were measured.
    """

    frame: int
    time: float
    mean: float
    mean_low: float
    mean_high: float
    threshold_low: float
    threshold_high: float
    mean_normal: float
    std: float
    std_corrected: float
    std_corrected_low: float
    std_corrected_high: float
    sa: float
    electrolyte_sq: float
    collector_sq: float
    change: float
    change_low: float
    change_high: float
    change_std: float
    resolved: bool
    contact_loss: float
    contact_loss_low: float
    contact_loss_high: float
    unresolved: float
    out_of_view: float
    tilt: float
    n_columns: int


def frame_table(frames: Sequence[InterfaceFrame], unit: str, time_unit: str) -> Table:
    """A row a frame, with units."""
    names = [field.name for field in fields(InterfaceFrame)]
    columns = {name: np.array([getattr(frame, name) for frame in frames]) for name in names}
    units = {name: unit for name in names if name not in _WITHOUT_UNIT}
    return Table(columns, units=units | {"time": time_unit, "tilt": "degree"})
