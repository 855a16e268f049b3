"""Where different labels touch."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from crevasse import _core, _validate
from crevasse._label import Labeling
from crevasse._region_table import as_runs
from crevasse._regions import default_unit
from crevasse._runs import RunLabeling
from crevasse._surface import crofton_weights, face_areas
from crevasse._table import Table


def contacts(
    labels: ArrayLike | Labeling | RunLabeling,
    *,
    spacing: _validate.Spacing = 1.0,
    unit: str | None = None,
    n_threads: int | None = None,
) -> Table:
    """How much interface every two labels share.

    Parameters
    ----------
    labels
        (z, y, x) or (y, x) labels, as in `region_table`; 0 is background and touches nothing. For
        phases pass an image of their numbers.
    spacing
        Voxel size, a number or (z, y, x) in that order; (y, x) for an image.
    unit
        Name of the unit of `spacing`. None: "voxel" where spacing is 1, else "um".
    n_threads
        None: all usable cores.

    Returns
    -------
    Table
        One row for each two labels with neighbouring voxels (faces, edges or corners), sorted:

        - ``label_a < label_b``
        - ``n_faces_z, n_faces_y, n_faces_x``: shared faces of voxels across each axis (none across
          z in 2-D)
        - ``face_area``: their area (``face_length`` in 2-D)
        - ``area`` (``length``): estimate of the smooth interface's area, without the bias of
          steps; errors as for ``surface_area`` in `region_table`

    Raises
    ------
    TypeError
        If labels are not bool or integer.
    ValueError
        If a label is negative or spacing is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> table = contacts(np.array([[1, 1, 0], [2, 2, 2], [2, 2, 2]]), spacing=0.5)
    >>> table["label_a"], table["label_b"], table["face_length"]
    (array([1]), array([2]), array([1.]))
    """
    threads = _validate.n_threads(n_threads)
    core, values, ndim = as_runs(labels, threads)
    lengths = _validate.spacing(spacing, ndim)
    flat = ndim == 2
    found = _core.contacts(core, threads)
    pairs = found["pairs"].astype(np.int64)
    columns = {
        "label_a": values[found["label_a"].astype(np.intp) - 1],
        "label_b": values[found["label_b"].astype(np.intp) - 1],
    }
    for i, axis in enumerate(_validate.AXES):
        if not (flat and axis == "z"):
            columns[f"n_faces_{axis}"] = pairs[:, i].copy()
    measures = {
        "face_length" if flat else "face_area": pairs[:, :3] @ face_areas(lengths),
        "length" if flat else "area": pairs @ crofton_weights(lengths),
    }
    name = unit or default_unit(lengths)
    units = dict.fromkeys(measures, name if flat else f"{name}^2")
    return Table(columns | measures, units=units)
