"""Where cracks are: from the axis of the cell to its edge."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from crevasse import _validate
from crevasse._layer_thickness import columns_of
from crevasse._runs import RunVolume
from crevasse._table import Table


class RadialRecord:
    """Open volume in rings about the axis of the cell, frame by frame.

    Parameters
    ----------
    region
        Where is looked: rings are compared by the share of this in them that is open.
    spacing
        Voxel size, a number or (z, y, x).
    axis
        Along which the cell stands.
    centre
        Of the rings, one number per remaining axis in the unit of `spacing`, the first voxel's
        centre being 0. None: the middle of the volume.
    n_rings
        Of equal width, from the centre to the farthest column of the region.
    unit, time_unit
        Of `spacing` and of times.

    Raises
    ------
    ValueError
        If a parameter does not fit the region, or the region is empty or no volume.

    Examples
    --------
    >>> region = RunVolume.from_box((4, 9, 9))
    >>> record = RadialRecord(region, n_rings=2)
    >>> at_edge = RunVolume.from_box((4, 9, 9), (slice(0, 4), slice(0, 1), slice(0, 9)))
    >>> record.update(region - region, at_edge, time=0.0)
    >>> record.table()["fraction_new"].round(2)
    array([0.  , 0.16])
    """

    def __init__(
        self,
        region: RunVolume,
        *,
        spacing: _validate.Spacing = 1.0,
        axis: int = 0,
        centre: tuple[float, ...] | None = None,
        n_rings: int = 8,
        unit: str = "voxel",
        time_unit: str = "frame",
    ) -> None:
        if len(region.shape) != 3 or region.n_voxels == 0:
            raise ValueError(f"region must be a volume that holds voxels, got {region!r}")
        if isinstance(n_rings, bool) or n_rings < 1:
            raise ValueError(f"n_rings must be at least 1, got {n_rings}")
        if not -3 <= axis < 3:
            raise ValueError(f"axis must be 0, 1 or 2 (z, y, x), got {axis}")
        if centre is not None and (len(centre) != 2 or not np.isfinite(centre).all()):
            raise ValueError(f"centre must hold two finite numbers, got {centre!r}")
        lengths = _validate.spacing(spacing, 3)
        self._axis = axis % len(region.shape)
        self._shape = region.shape
        self._voxel = math.prod(lengths)
        self._unit, self._time_unit = unit, time_unit
        across = [a for a in range(len(region.shape)) if a != self._axis]
        radius = _radii([region.shape[a] for a in across], [lengths[a] for a in across], centre)
        within = self._columns(region)
        farthest = float(radius[within > 0].max(initial=0.0))
        self.edges: NDArray[np.float64] = np.linspace(0.0, farthest, n_rings + 1)
        self._ring = np.clip(np.searchsorted(self.edges, radius, side="left") - 1, 0, n_rings - 1)
        self._whole = self._by_ring(within)
        self._rows: list[tuple[float, NDArray[np.int64], NDArray[np.int64]]] = []

    def update(self, preexisting: RunVolume, new: RunVolume, *, time: float) -> None:
        """Add a frame: what of its open voxels was open at first, and what opened later."""
        for runs in (preexisting, new):
            _validate.same_shape(self._shape, runs.shape, "region and frame")
        old, later = (self._by_ring(self._columns(runs)) for runs in (preexisting, new))
        self._rows.append((time, old, later))

    def table(self) -> Table:
        """A row a frame and ring, from the centre outwards.

        ``frame, time, ring, radius_begin, radius_end, volume_region, volume_preexisting,
        volume_new, fraction_preexisting, fraction_new``; fractions are of the region in the ring,
        NaN where it has no part in it.
        """
        n = len(self.edges) - 1
        n_frames = len(self._rows)
        nothing = np.zeros(0, dtype=np.int64)
        parts = [np.concatenate([nothing, *(row[i] for row in self._rows)]) for i in (1, 2)]
        whole = np.tile(self._whole, n_frames)
        share = np.where(whole > 0, whole, np.nan)
        columns = {
            "frame": np.repeat(np.arange(n_frames), n),
            "time": np.repeat([row[0] for row in self._rows], n),
            "ring": np.tile(np.arange(n), n_frames),
            "radius_begin": np.tile(self.edges[:-1], n_frames),
            "radius_end": np.tile(self.edges[1:], n_frames),
            "volume_region": whole * self._voxel,
            "volume_preexisting": parts[0] * self._voxel,
            "volume_new": parts[1] * self._voxel,
            "fraction_preexisting": parts[0] / share,
            "fraction_new": parts[1] / share,
        }
        units = {name: f"{self._unit}^3" for name in columns if name.startswith("volume")}
        units |= dict.fromkeys(("radius_begin", "radius_end"), self._unit)
        return Table(columns, units=units | {"time": self._time_unit})

    def _columns(self, runs: RunVolume) -> NDArray[np.int64]:
        """Voxels in each column along the axis."""
        return columns_of(runs, self._axis).n_voxels.astype(np.int64)

    def _by_ring(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        counts = np.bincount(
            self._ring.reshape(-1), weights=columns.reshape(-1), minlength=len(self.edges) - 1
        )
        return np.rint(counts).astype(np.int64)


def _radii(
    shape: list[int], spacing: list[float], centre: tuple[float, ...] | None
) -> NDArray[np.float64]:
    middle = centre or tuple((n - 1) / 2 * s for n, s in zip(shape, spacing, strict=True))
    places = [np.arange(n) * s - c for n, s, c in zip(shape, spacing, middle, strict=True)]
    radius: NDArray[np.float64] = np.hypot(places[0][:, None], places[1][None])
    return radius
