"""Measures of regions, from the sums that the core has made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._shape import shape3
from crevasse._surface import surface_columns
from crevasse._table import Table

_PRODUCTS = ("zz", "yy", "xx", "zy", "zx", "yx")
# The columns that the core makes of sums, in its order.
_WHOLE = (
    "n_voxels",
    *(f"{axis}_begin" for axis in _validate.AXES),
    *(f"{axis}_end" for axis in _validate.AXES),
    "first_voxel",
)
_REAL = (
    "volume",
    *(f"centroid_{axis}" for axis in _validate.AXES),
    *(f"covariance_{axes}" for axes in _PRODUCTS),
    "extent",
    "equivalent_diameter",
)


class Regions(Table):
    """One row a region; see `crevasse.region_table` for the columns."""

    def principal_axes(self) -> Table:
        """How each region lies: its principal axes, from its second moments.

        Returns
        -------
        Table
            One row a region, in the same order:

            - ``label``
            - ``std_1 >= std_2 >= std_3``: standard deviation of the voxel centres along each
              principal axis, in the unit of the spacing (std_3 is absent in 2-D)
            - ``major_z, major_y, major_x``: unit vector of the longest axis
            - ``normal_z, normal_y, normal_x``: unit vector of the shortest axis, the normal of the
              best plane (line, in 2-D) through the voxel centres
            - ``planarity``: (std_2² - std_3²) / std_1², 1 for a disc, 0 for a rod or a ball; absent
              in 2-D
            - ``linearity``: (std_1² - std_2²) / std_1², 1 for a rod, 0 for a disc or a ball

            Vectors point so that their first component that is not 0 is positive. A region without
            extent has zeros, x for its longest and the volume's first axis for its shortest.

        References
        ----------
        .. [1] C.-F. Westin et al., "Processing and visualization for diffusion tensor MRI", Medical
           Image Analysis 6 (2002) 93-108.

        Examples
        --------
        >>> import crevasse
        >>> import numpy as np
        >>> rod = crevasse.region_table(np.ones((1, 1, 9), np.uint8)).principal_axes()
        >>> rod["major_x"], rod["linearity"], rod["planarity"]
        (array([1.]), array([1.]), array([0.]))
        """
        axes = _validate.AXES if "centroid_z" in self.columns else _validate.AXES[1:]
        variances, vectors = np.linalg.eigh(self._covariances(axes))
        variances = np.maximum(variances[:, ::-1], 0.0)  # largest first; rounding may go below 0
        vectors = _directed(vectors[:, :, ::-1])
        largest = np.where(variances[:, 0] > 0, variances[:, 0], 1.0)
        unit = self.units[f"centroid_{axes[0]}"]

        columns: dict[str, NDArray[Any]] = {"label": self["label"]}
        units = {}
        for k in range(len(axes)):
            columns[f"std_{k + 1}"] = np.sqrt(variances[:, k])
            units[f"std_{k + 1}"] = unit
        for name, k in (("major", 0), ("normal", -1)):
            for i, axis in enumerate(axes):
                columns[f"{name}_{axis}"] = vectors[:, i, k].copy()
        if len(axes) == 3:
            columns["planarity"] = (variances[:, 1] - variances[:, 2]) / largest
        columns["linearity"] = (variances[:, 0] - variances[:, 1]) / largest
        return Table(columns, units=units)

    def _covariances(self, axes: tuple[str, ...]) -> NDArray[np.float64]:
        """The covariance matrix of each region, (n, ndim, ndim)."""
        matrices = np.empty((len(self), len(axes), len(axes)))
        for i, a in enumerate(axes):
            for j, b in enumerate(axes[i:], start=i):
                matrices[:, i, j] = matrices[:, j, i] = self[f"covariance_{a}{b}"]
        return matrices


def _directed(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors, one a column, each turned so that its first component not 0 is positive."""
    significant = np.abs(vectors) > 1e-9
    first = np.argmax(significant, axis=1)
    sign = np.sign(np.take_along_axis(vectors, first[:, None, :], axis=1))
    return vectors * np.where(sign == 0, 1.0, sign)


def measure_regions(
    labeling: _core.RunLabeling,
    values: NDArray[Any],
    ndim: int,
    *,
    spacing: _validate.Spacing,
    unit: str | None,
    surface: bool,
    intensity: ArrayLike | None,
    quantiles: Sequence[float],
    threads: int,
) -> Regions:
    """Measure labels 1.. of a labeling, which stand for `values`."""
    lengths = _validate.spacing(spacing, ndim)
    fractions = _validate.quantiles(quantiles)
    if fractions and intensity is None:
        raise ValueError("quantiles are those of grey values; give intensity too")
    _validate.flag(surface, "surface")
    name = unit or default_unit(lengths)
    shape = labeling.runs.shape[-ndim:]
    grey = None if intensity is None else _grey_of(intensity, shape)

    sums = _core.regions(labeling, threads)
    columns, units = region_columns(sums, values, shape, lengths, name, threads)
    if surface:
        more, their_units = surface_columns(labeling, columns["n_voxels"], lengths, name, threads)
        columns |= more
        units |= their_units
    if grey is not None:
        columns |= _intensities(labeling, grey, fractions, threads)
    return Regions(columns, units=units)


def _grey_of(intensity: ArrayLike, shape: tuple[int, ...]) -> NDArray[Any]:
    grey = _validate.grey_image(intensity, "intensity")
    _validate.same_shape(shape, grey.shape, "labels and intensity")
    return _validate.as_3d(grey)


def default_unit(spacing: tuple[float, ...]) -> str:
    """What lengths are in when nobody said: voxels where the spacing is 1, else micrometres."""
    return "voxel" if all(length == 1.0 for length in spacing) else "um"


def region_columns(
    sums: NDArray[Any],
    values: NDArray[Any],
    shape: tuple[int, ...],
    spacing: tuple[float, ...],
    unit: str,
    threads: int,
) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
    """The columns of `region_table` that follow from integer sums, and their units."""
    ndim = len(shape)
    lengths = (1.0,) * (3 - ndim) + spacing
    whole, real, touches = _core.region_measures(sums, shape3(shape), lengths, ndim, threads)
    axes = _validate.AXES[-ndim:]
    found = dict(zip(_WHOLE, whole, strict=True)) | dict(zip(_REAL, real, strict=True))

    columns = {"label": values, "n_voxels": found["n_voxels"], "volume": found["volume"]}
    units = {"volume": f"{unit}^{ndim}"}
    for name in axes:
        for column in (f"{name}_begin", f"{name}_end"):
            columns[column] = found[column]
            units[column] = "voxel"
    for name in axes:
        columns[f"centroid_{name}"] = found[f"centroid_{name}"]
        units[f"centroid_{name}"] = unit
    for product in _PRODUCTS:
        if set(product) <= set(axes):
            columns[f"covariance_{product}"] = found[f"covariance_{product}"]
            units[f"covariance_{product}"] = f"{unit}^2"
    columns["extent"] = found["extent"]
    columns["equivalent_diameter"] = found["equivalent_diameter"]
    units["equivalent_diameter"] = unit
    columns["first_voxel"] = found["first_voxel"]
    columns["touches_border"] = touches
    return columns, units


def _intensities(
    labeling: _core.RunLabeling, grey: NDArray[Any], fractions: list[float], threads: int
) -> dict[str, NDArray[Any]]:
    values = _core.intensity(labeling, grey)
    columns = {
        "intensity_mean": values["mean"].copy(),
        "intensity_std": np.sqrt(values["squared_deviations"] / values["n_voxels"]),
        "intensity_min": values["min"].copy(),
        "intensity_max": values["max"].copy(),
    }
    if fractions:
        rising = sorted(set(fractions))
        cuts = _core.quantiles(labeling, grey, rising, threads).reshape(-1, len(rising))
        for fraction in fractions:
            name = f"intensity_q{100 * fraction:.10g}"
            columns[name] = cuts[:, rising.index(fraction)].copy()
    return columns
