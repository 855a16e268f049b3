"""Thickness of layers by column sums, and the two faces that bound them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._disc import disc
from crevasse._runs import RunVolume, as_run_volume
from crevasse._surface_roughness import Roughness, surface_roughness


@dataclass(frozen=True)
class LayerThickness:
    """A volume seen along one axis. Lengths are in the unit of the spacing.

    Attributes
    ----------
    map
        float64 thickness of every column: its voxels times the spacing along the axis, summed over
        all layers; NaN outside the region of interest.
    n_layers
        int32 number of separate layers in every column; 0 outside the region of interest.
    near, far
        float64 heights of the two faces along the axis, counted from the outer face of the first
        slice: where a column's first layer begins, and where its last one ends. NaN in columns
        without a layer and outside the region of interest.
    spacing
        Of the maps, one number per axis.
    mean, std
        Of `map` over the region of interest, columns without a layer counted as 0; NaN where the
        region holds no column. `std` is that of the population.
    std_corrected
        `std` without what the rounding of faces to voxels adds to it; see `layer_thickness`.
    coverage
        Fraction of the columns that hold at least one voxel; NaN where there is no column.
    n_columns
        Columns in the region of interest.
    roughness
        Height parameters of `map`, its mean taken off; columns without a layer count as 0, so that
        ``roughness.sq == std``.
    """

    map: NDArray[np.float64]
    n_layers: NDArray[np.int32]
    near: NDArray[np.float64]
    far: NDArray[np.float64]
    spacing: tuple[float, ...]
    mean: float
    std: float
    std_corrected: float
    coverage: float
    n_columns: int
    roughness: Roughness

    @cached_property
    def near_roughness(self) -> Roughness:
        """Height parameters of `near`, a plane taken off, over the columns with a layer."""
        return surface_roughness(self.near, spacing=self.spacing)

    @cached_property
    def far_roughness(self) -> Roughness:
        """Height parameters of `far`, a plane taken off, over the columns with a layer."""
        return surface_roughness(self.far, spacing=self.spacing)


def layer_thickness(
    mask: ArrayLike | RunVolume,
    *,
    axis: int = 0,
    spacing: _validate.Spacing = 1.0,
    roi: ArrayLike | float | None = None,
    n_threads: int | None = None,
) -> LayerThickness:
    """Map the thickness of a layer by summing each column of voxels along an axis.

    The sum is exact for the mask; as a measure of the layer it carries the mask's quantisation, up
    to one voxel at each face, and on a layer tilted by θ against the plane it reads t/cos θ
    (`Roughness.tilt` of the faces is that angle).

    Parameters
    ----------
    mask
        (z, y, x), or (y, x) for a section; bool or integer, or a `RunVolume`.
    axis
        Axis along which to sum, in the order of the mask's axes; negative counts from the last.
    spacing
        Voxel size, a number or one per axis.
    roi
        Which columns belong to the layer's area: a mask over the remaining axes, in order, or the
        diameter, in the unit of `spacing`, of a disc in the middle of the map (an interval, for a
        section); `crevasse.disc` makes one that lies elsewhere. None: all.
    n_threads
        None: all usable cores.

    Returns
    -------
    LayerThickness
        Maps have the shape of the remaining axes, in order. Where no column has a layer, faces and
        what is made of them are NaN; where there is no column, everything but maps and counts is.

    Raises
    ------
    ValueError
        If axis or the shape of `roi` does not fit, or spacing or a diameter is not positive.
    TypeError
        If `mask` or `roi` is not bool or integer.

    Notes
    -----
    A face rounded to whole voxels of size h is off by an error that is spread evenly over a voxel,
    of variance h²/12 [1]_; both faces of a layer bring h²/6. So ``std_corrected**2`` is
    ``std**2 - n h²/6``, 0 where that is negative, with n the mean number of layers in a column:
    a column with two layers has four faces, one without a layer has none and brings no error.

    This holds where faces cross several planes of voxels, because they are tilted, bowed or rough,
    and where thickness, and any gap between layers, has a standard deviation of half a voxel or
    more. Where it varies less, between faces that follow one another, the error depends on how
    thickness lies between whole voxels: at 0.3 voxels the result is within an eighth of the truth,
    below that it says no more than that the deviation is small. It corrects too much where faces
    lie along planes of voxels, which rounds them all alike, or are cut off at the volume's border,
    which rounds nothing.

    `near_roughness` and `far_roughness` are not corrected: each ``sq**2`` holds h²/12 under the
    same conditions. For faces that are bowed, ``surface_roughness(layer.near,
    spacing=layer.spacing, level="quadratic")``.

    References
    ----------
    .. [1] W. F. Sheppard, "On the calculation of the most probable values of frequency-constants,
       for data arranged according to equidistant division of a scale", Proc. London Math. Soc. 29
       (1897) 353-380.
    .. [2] ISO 25178-2:2021, "Geometrical product specifications (GPS) - Surface texture: Areal -
       Part 2: Terms, definitions and surface texture parameters".

    Examples
    --------
    >>> import numpy as np
    >>> mask = np.zeros((5, 1, 2), dtype=bool)
    >>> mask[1:4, 0, 0] = True
    >>> layer = layer_thickness(mask, spacing=1.5)
    >>> layer.map
    array([[4.5, 0. ]])
    >>> layer.mean, layer.coverage
    (2.25, 0.5)
    >>> layer.near, layer.far
    (array([[1.5, nan]]), array([[ 6., nan]]))
    >>> layer_thickness(mask, spacing=1.5, roi=1.5).n_columns  # centres at 0.75 from the middle
    2
    """
    runs = as_run_volume(mask, n_threads)
    ndim = len(runs.shape)
    along = validate_axis(axis, ndim)
    frame = frame_of_columns(runs.shape, along, spacing, roi)
    return layer_of_columns(columns_of(runs, along, n_threads), frame)


@dataclass(frozen=True)
class LayerColumns:
    """What columns along an axis hold, int32: their voxels, layers, and where these begin and end.

    Where there is no layer, it begins and ends at -1.
    """

    n_voxels: NDArray[np.int32]
    n_layers: NDArray[np.int32]
    begin: NDArray[np.int32]
    end: NDArray[np.int32]


@dataclass(frozen=True)
class ColumnFrame:
    """Where columns lie: which are in the region of interest, and the size of voxels.

    `length` is that of a voxel along the columns, `spacing` the rest.
    """

    inside: NDArray[np.bool_]
    length: float
    spacing: tuple[float, ...]


def frame_of_columns(
    shape: tuple[int, ...], along: int, spacing: _validate.Spacing, roi: ArrayLike | float | None
) -> ColumnFrame:
    """The frame of the columns of a volume along one axis."""
    lengths = _validate.spacing(spacing, len(shape))
    map_spacing = lengths[:along] + lengths[along + 1 :]
    inside = _column_region(roi, shape[:along] + shape[along + 1 :], map_spacing)
    return ColumnFrame(inside, lengths[along], map_spacing)


def columns_of(runs: RunVolume, along: int, n_threads: int | None = None) -> LayerColumns:
    """The columns of a volume along an axis, each of their numbers a map."""
    ndim = len(runs.shape)
    found = _core.layer_columns(runs._core, along + 3 - ndim, _validate.n_threads(n_threads))
    map_shape = runs.shape[:along] + runs.shape[along + 1 :]
    return LayerColumns(*(column.reshape(map_shape) for column in found))


def layer_of_columns(columns: LayerColumns, frame: ColumnFrame) -> LayerThickness:
    """Maps and what is made of them; see `layer_thickness`."""
    inside, length = frame.inside, frame.length
    n_voxels, n_layers, begin, end = (
        column.reshape(inside.shape)
        for column in (columns.n_voxels, columns.n_layers, columns.begin, columns.end)
    )
    n_layers[~inside] = 0
    has_layer = n_layers > 0
    thickness = np.where(inside, n_voxels * length, np.nan)
    near, far = (np.where(has_layer, face * length, np.nan) for face in (begin, end))
    mean, coverage, layers_a_column = (
        float(values[inside].mean()) if inside.any() else math.nan
        for values in (thickness, has_layer, n_layers)
    )
    roughness = surface_roughness(thickness, spacing=frame.spacing, level="mean")
    return LayerThickness(
        map=thickness,
        n_layers=n_layers,
        near=near,
        far=far,
        spacing=frame.spacing,
        mean=mean,
        std=roughness.sq,
        std_corrected=_without_rounding(roughness.sq, length, layers_a_column),
        coverage=coverage,
        n_columns=roughness.n_columns,
        roughness=roughness,
    )


def validate_axis(value: int, ndim: int) -> int:
    """The axis, counted from the first."""
    if not _validate.is_whole(value) or not -ndim <= value < ndim:
        raise ValueError(f"axis must lie in {-ndim}..{ndim - 1} for a {ndim}-D mask, got {value!r}")
    return int(value) % ndim


def _column_region(
    roi: ArrayLike | float | None, map_shape: tuple[int, ...], spacing: tuple[float, ...]
) -> NDArray[np.bool_]:
    if roi is None:
        return np.ones(map_shape, dtype=np.bool_)
    if isinstance(roi, (int, float, np.integer, np.floating)) and not isinstance(roi, bool):
        diameter = _validate.positive(_validate.number(roi), "roi, the diameter of a disc,")
        return disc(map_shape, diameter, spacing=spacing)
    region = _validate.unmasked(roi, "roi")
    if region.dtype.kind not in "bui":
        raise TypeError(f"roi must be bool or integer, got {region.dtype}")
    _validate.same_shape(map_shape, region.shape, "the map of columns and roi")
    return region.astype(np.bool_)


def _without_rounding(std: float, length: float, layers_a_column: float) -> float:
    variance = std**2 - layers_a_column * length**2 / 6
    # np.maximum keeps the NaN of a region without columns; max may not.
    return float(np.sqrt(np.maximum(variance, 0.0)))
