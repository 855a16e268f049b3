"""Thickness of layers by column sums."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._runs import RunVolume, as_run_volume


@dataclass(frozen=True)
class LayerThickness:
    """A volume seen along one axis.

    Attributes
    ----------
    map
        float64 thickness of every column: its voxels times the spacing along the axis, summed over
        all layers; NaN outside the region of interest.
    n_layers
        int32 number of separate layers in every column; 0 outside the region of interest.
    mean, std
        Of `map` over the region of interest, columns without a layer counted as 0; NaN where the
        region holds no column. `std` is that of the population.
    coverage
        Fraction of the columns that hold at least one voxel; NaN where there is no column.
    n_columns
        Columns in the region of interest.
    """

    map: NDArray[np.float64]
    n_layers: NDArray[np.int32]
    mean: float
    std: float
    coverage: float
    n_columns: int


def layer_thickness(
    mask: ArrayLike | RunVolume,
    *,
    axis: int = 0,
    spacing: _validate.Spacing = 1.0,
    roi: ArrayLike | None = None,
    n_threads: int | None = None,
) -> LayerThickness:
    """Map the thickness of a layer by summing each column of voxels along an axis.

    The sum is exact for the mask; as a measure of the layer it carries the mask's quantisation, up
    to one voxel at each face, and on a layer tilted by θ against the plane it reads t/cos θ.

    Parameters
    ----------
    mask
        (z, y, x), or (y, x) for a section; bool or integer, or a `RunVolume`.
    axis
        Axis along which to sum, in the order of the mask's axes; negative counts from the last.
    spacing
        Voxel size, a number or one per axis.
    roi
        Mask over the remaining axes, in order: which columns belong to the layer's area. None: all.
    n_threads
        None: all usable cores.

    Returns
    -------
    LayerThickness

    Raises
    ------
    ValueError
        If axis or the shape of `roi` does not fit, or spacing is not positive.
    TypeError
        If `mask` or `roi` is not bool or integer.

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
    """
    runs = as_run_volume(mask, n_threads)
    ndim = len(runs.shape)
    if (
        isinstance(axis, bool)
        or not isinstance(axis, (int, np.integer))
        or not -ndim <= axis < ndim
    ):
        raise ValueError(f"axis must lie in {-ndim}..{ndim - 1} for a {ndim}-D mask, got {axis!r}")
    along = int(axis) % ndim
    length = _validate.spacing(spacing, ndim)[along]
    map_shape = runs.shape[:along] + runs.shape[along + 1 :]
    inside = _column_region(roi, map_shape)

    n_voxels, n_layers, _, _ = _core.layer_columns(
        runs._core, along + 3 - ndim, _validate.n_threads(n_threads)
    )
    thickness = n_voxels.reshape(map_shape).astype(np.float64) * length
    layers = n_layers.reshape(map_shape)
    columns = thickness[inside]
    thickness[~inside] = np.nan
    layers[~inside] = 0
    if columns.size == 0:
        return LayerThickness(thickness, layers, np.nan, np.nan, np.nan, 0)
    return LayerThickness(
        map=thickness,
        n_layers=layers,
        mean=float(columns.mean()),
        std=float(columns.std()),
        coverage=float(np.count_nonzero(columns)) / columns.size,
        n_columns=columns.size,
    )


def _column_region(roi: ArrayLike | None, map_shape: tuple[int, ...]) -> NDArray[np.bool_]:
    if roi is None:
        return np.ones(map_shape, dtype=np.bool_)
    region = np.asarray(roi)
    if region.dtype.kind not in "bui":
        raise TypeError(f"roi must be bool or integer, got {region.dtype}")
    _validate.same_shape(map_shape, region.shape, "the map of columns and roi")
    return region.astype(np.bool_)
