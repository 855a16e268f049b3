"""Which labels of one volume share voxels with which of another."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crevasse import _core, _validate
from crevasse._label import Labeling
from crevasse._region_table import as_runs
from crevasse._runs import RunLabeling


class Overlap(NamedTuple):
    """Pairs of labels that share voxels, sorted by (label_a, label_b); three arrays.

    `n_voxels` counts what they share.
    """

    label_a: NDArray[Any]
    label_b: NDArray[Any]
    n_voxels: NDArray[np.int64]


def overlap(
    a: ArrayLike | Labeling | RunLabeling,
    b: ArrayLike | Labeling | RunLabeling,
    *,
    n_threads: int | None = None,
) -> Overlap:
    """Count the voxels that each label of `a` shares with each label of `b`.

    Parameters
    ----------
    a, b
        Labels of two volumes of equal shape, as in `region_table`; 0 is background.
    n_threads
        None: all usable cores.

    Returns
    -------
    Overlap
        ``(label_a, label_b, n_voxels)``, only pairs that share a voxel, sorted.

    Raises
    ------
    ValueError
        If the shapes differ or a label is negative.
    TypeError
        If labels are not bool or integer.

    Examples
    --------
    >>> import numpy as np
    >>> pairs = overlap(np.array([[1, 1, 2]]), np.array([[0, 5, 5]]))
    >>> [tuple(int(v) for v in pair) for pair in zip(*pairs)]
    [(1, 5, 1), (2, 5, 1)]
    """
    threads = _validate.n_threads(n_threads)
    runs_a, values_a, ndim_a = as_runs(a, threads)
    runs_b, values_b, ndim_b = as_runs(b, threads)
    _validate.same_shape(runs_a.runs.shape[-ndim_a:], runs_b.runs.shape[-ndim_b:], "a and b")
    pairs = _core.overlap(runs_a, runs_b, threads)
    return Overlap(
        values_a[pairs["label_a"].astype(np.intp) - 1],
        values_b[pairs["label_b"].astype(np.intp) - 1],
        pairs["n_voxels"].copy(),
    )
