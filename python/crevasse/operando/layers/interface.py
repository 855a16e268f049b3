"""Lithium layers at the electrodes: thickness, roughness and contact against time."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _validate
from crevasse._electrode import FACES
from crevasse._layer_thickness import LayerThickness, layer_thickness
from crevasse._runs import RunVolume, as_run_volume
from crevasse._surface_roughness import surface_roughness
from crevasse._table import Table
from crevasse.operando.layers.column_scale import ColumnScale, is_number
from crevasse.operando.layers.interface_frame import InterfaceFrame, frame_table
from crevasse.operando.layers.layer_gauge import GaugedLayer, LayerGauge, LayerSize
from crevasse.operando.layers.reference_plane import Plane, fit_plane

Map = NDArray[np.float64]

_FINEST = 0.05  # voxels: nine in ten of the phantoms' frames are nearer to the truth


class InterfaceRecord:
    """Measure the lithium layer at one electrode, frame by frame.

    Thickness is the sum of each column of voxels along the axis of `face`, as in
    `crevasse.layer_thickness`. Collectors are tilted and rough: what is a height, not a thickness,
    is counted from a plane fitted to the collector, so that tilt is no roughness. What a scan
    cannot resolve is not reported as if it could: see `InterfaceFrame.resolved` and the bands.

    Parameters
    ----------
    face
        The face of the volume at which the electrode lies: "zmin", "zmax", "ymin", ….
    spacing
        Voxel size, a number or one per axis in axis order.
    roi
        Which columns are measured: a mask over the remaining axes, or the diameter of a disc.
        None: all.
    centre
        Of that disc, in the unit of `spacing`, the first pixel's centre being 0. None: the middle.
    resolution
        Thickness below which a layer cannot be resolved, in voxels along the axis.
    depth
        Lithium farther than this from `face`, in the unit of `spacing`, belongs to something else.
        None: all does belong to the layer.
    collector
        Voxels of the current collector, if they are known: the plane is then fitted to its face,
        once, and is known where there is no lithium, too. None: to the lithium's face at the
        collector, frame by frame.
    keep
        Frames whose thickness maps are kept in `maps`.
    unit, time_unit
        Of `spacing`, None being "voxel" where that is 1 and "um" elsewhere; and of the times.
    n_threads
        None: all usable cores.

    Raises
    ------
    ValueError
        If a parameter does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> record = InterfaceRecord(face="zmin", spacing=1.7)
    >>> lithium = np.zeros((20, 8, 8), dtype=bool)
    >>> for n_voxels in (1, 4, 8):
    ...     lithium[:n_voxels] = True
    ...     frame = record.update(lithium)
    ...     print(record.describe(frame))
    not resolvable below 3.4 um (at most 3.4 um)
    6.8 ± 0.0 um
    13.6 ± 0.0 um
    >>> record.table()["change"]
    array([ 0. ,  5.1, 11.9])
    """

    def __init__(
        self,
        *,
        face: str,
        spacing: _validate.Spacing = 1.0,
        roi: ArrayLike | float | None = None,
        centre: float | tuple[float, ...] | None = None,
        resolution: float = 2.0,
        depth: float | None = None,
        collector: ArrayLike | RunVolume | None = None,
        keep: Collection[int] = (),
        unit: str | None = None,
        time_unit: str = "h",
        n_threads: int | None = None,
    ) -> None:
        if face not in FACES:
            raise ValueError(f"face must be zmin, zmax, ymin, ymax, xmin or xmax, got {face!r}")
        if centre is not None and not is_number(roi):
            raise ValueError("centre must go with a disc; give roi as its diameter")
        self._face, self._spacing, self._roi, self._centre = face, spacing, roi, centre
        self._resolution = _validate.not_negative(resolution, "resolution")
        self._depth = None if depth is None else _validate.positive(depth, "depth")
        self._collector, self._keep = collector, frozenset(keep)
        self._unit = unit or ("voxel" if np.all(np.asarray(spacing) == 1) else "um")
        _validate.n_threads(n_threads)
        self._time_unit, self._threads = time_unit, n_threads
        self._scale: ColumnScale | None = None
        self._plane: Plane | None = None
        self._first: tuple[InterfaceFrame, Map] | None = None
        self._frames: list[InterfaceFrame] = []
        self.maps: dict[int, Map] = {}

    @property
    def limit(self) -> float:
        """Thickness below which a layer cannot be resolved; known from the first frame on."""
        if self._scale is None:
            raise ValueError("limit is not known before the first frame; call update first")
        return self._resolution * self._scale.voxel

    @property
    def finest(self) -> float:
        """What deviations and changes are uncertain by, however well thresholds are known.

        A twentieth of a voxel, for what blur, noise and drift leave; known from the first frame on.
        """
        if self._scale is None:
            raise ValueError("finest is not known before the first frame; call update first")
        return _FINEST * self._scale.voxel

    def update(
        self,
        lithium: ArrayLike | RunVolume,
        *,
        time: float | None = None,
        banded: Collection[ArrayLike | RunVolume] = (),
        bounds: Collection[ArrayLike | RunVolume] = (),
    ) -> InterfaceFrame:
        """Measure one more frame.

        Parameters
        ----------
        lithium
            Its voxels: bool or integer (z, y, x), or (y, x) for a section, or a `RunVolume`.
        time
            In the time unit; must rise. None: the number of the frame.
        banded
            The same lithium with thresholds at the ends of their bands, for the columns
            ``threshold_low``, ``std_corrected_low``, ``contact_loss_low``, and those with ``high``.
        bounds
            What the layer lies beside, the collector say: where one of them is not in view, a
            column says nothing; see `InterfaceFrame.out_of_view`.

        Raises
        ------
        ValueError
            If the shape is not that of the frames before, the time does not rise, or the region
            holds no column. Nothing is added then.
        """
        runs = as_run_volume(lithium, self._threads)
        ends, beside = (
            [as_run_volume(volume, self._threads) for volume in volumes]
            for volumes in (banded, bounds)
        )
        for volume in beside:
            _validate.same_shape(volume.shape, runs.shape, "bounds and lithium")
        self._check_time(time)
        return self.add(self.gauge(runs.shape).measure(runs, ends, beside), time=time)

    def gauge(self, shape: tuple[int, ...]) -> LayerGauge:
        """What measures the layer in each frame of a shape, whatever comes before it.

        Raises
        ------
        ValueError
            If the shape is not that of the frames before, or the region holds no column.
        """
        if self._scale is None:
            scale = ColumnScale.of(shape, self._face, self._spacing, self._roi, self._centre)
            if self._collector is not None:
                self._plane = self._plane_of_collector(scale)
            self._scale = scale
        _validate.same_shape(self._scale.shape, shape, "the first frame and this one")
        return LayerGauge(self._scale, self._depth, self._threads)

    def add(self, gauged: GaugedLayer, *, time: float | None = None) -> InterfaceFrame:
        """Add what `gauge` has measured in one more frame; `time` as in `update`."""
        measured = self._measure(gauged, self._check_time(time))
        self._frames.append(measured)
        if self._first is None:
            self._first = measured, gauged.layer.map
        if measured.frame in self._keep:
            self.maps[measured.frame] = gauged.layer.map
        return measured

    def _check_time(self, time: float | None) -> float:
        when = float(len(self._frames)) if time is None else float(time)
        if not math.isfinite(when) or (self._frames and when <= self._frames[-1].time):
            raise ValueError(f"time must be finite and rise from frame to frame, got {time}")
        return when

    def keep_maps(self, frames: Collection[int]) -> None:
        """Keep maps of these frames from now on; those of others are dropped."""
        self._keep = frozenset(frames)
        self.maps = {frame: kept for frame, kept in self.maps.items() if frame in self._keep}

    def table(self) -> Table:
        """A row a frame, columns as in `InterfaceFrame`, with units."""
        return frame_table(self._frames, self._unit, self._time_unit)

    def describe(self, frame: InterfaceFrame) -> str:
        """Mean and deviation in words, or that they cannot be resolved."""
        if frame.resolved:
            return f"{frame.mean:.1f} ± {frame.std_corrected:.1f} {self._unit}"
        most = f"at most {frame.mean_high:.1f} {self._unit}"
        return f"not resolvable below {self.limit:.1f} {self._unit} ({most})"

    def _measure(self, gauged: GaugedLayer, time: float) -> InterfaceFrame:
        layer = gauged.layer
        low, high, unresolved = _band(layer.map, self.limit)
        least, most = (LayerSize(*map(end, zip(*gauged.sizes, strict=True))) for end in (min, max))
        at_collector, at_electrolyte = self._sides(layer)
        plane = self._plane
        if plane is None:
            plane = fit_plane(at_collector, spacing=layer.spacing, voxel=self._voxel)
        first = self._first
        return InterfaceFrame(
            frame=len(self._frames),
            time=time,
            mean=layer.mean,
            mean_low=low,
            mean_high=high,
            threshold_low=least.mean,
            threshold_high=most.mean,
            mean_normal=math.nan if plane is None else layer.mean * plane.cosine,
            std=layer.std,
            std_corrected=layer.std_corrected,
            std_corrected_low=max(0.0, least.std_corrected - self.finest),
            std_corrected_high=most.std_corrected + self.finest,
            sa=layer.roughness.sa,
            electrolyte_sq=_about(plane, at_electrolyte, layer.spacing),
            collector_sq=_about(plane, at_collector, layer.spacing),
            change=0.0 if first is None else layer.mean - first[0].mean,
            change_low=0.0 if first is None else low - first[0].mean_high,
            change_high=0.0 if first is None else high - first[0].mean_low,
            change_std=0.0 if first is None else float(np.nanstd(layer.map - first[1])),
            # A mean of columns of exactly the limit may fall short of it by a last digit.
            resolved=bool(layer.mean >= self.limit * (1 - 1e-9)),
            contact_loss=1 - layer.coverage,
            contact_loss_low=least.contact_loss,
            contact_loss_high=most.contact_loss,
            unresolved=unresolved,
            out_of_view=gauged.out_of_view,
            tilt=math.nan if plane is None else plane.tilt,
            n_columns=layer.n_columns,
        )

    @property
    def _voxel(self) -> float:
        assert self._scale is not None
        return self._scale.voxel

    def _sides(self, layer: LayerThickness) -> tuple[Map, Map]:
        """The layer's face at the collector, and the one at the electrolyte."""
        sides = layer.near, layer.far
        return sides if self._face.endswith("min") else sides[::-1]

    def _plane_of_collector(self, scale: ColumnScale) -> Plane:
        collector = as_run_volume(self._collector, self._threads, "collector")  # type: ignore[arg-type]
        _validate.same_shape(scale.shape, collector.shape, "frames and collector")
        layer = layer_thickness(collector, axis=scale.axis, spacing=scale.spacing, roi=scale.area)
        # Its side towards the lithium is the one away from the volume's face.
        plane = fit_plane(self._sides(layer)[1], spacing=layer.spacing, voxel=scale.voxel)
        if plane is None:
            raise ValueError(
                "collector must have voxels in columns of roi that are not on one line; "
                "give a mask of the collector, or leave it out"
            )
        return plane


def _band(thickness: Map, limit: float) -> tuple[float, float, float]:
    """Least and greatest mean, and the fraction of columns that are not resolved."""
    known = thickness[~np.isnan(thickness)]
    below = known < limit
    low, high = np.where(below, 0.0, known).mean(), np.where(below, limit, known).mean()
    return float(low), float(high), float(below.mean())


def _about(plane: Plane | None, height: Map, spacing: tuple[float, ...]) -> float:
    """Root mean square height of a face along the plane's normal, its mean taken off."""
    if plane is None:
        return math.nan
    above = (height - plane.heights(height.shape, spacing)) * plane.cosine
    return surface_roughness(above, spacing=spacing, level="mean").sq
