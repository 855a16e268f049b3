"""One task for each scan of a series."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dask.delayed import Delayed, delayed


def map_series(
    function: Callable[..., Any], sources: Iterable[Any], *arguments: Any, **options: Any
) -> list[Delayed]:
    """Make a task of each scan of a series; scans that fit into a worker's memory need no bricks.

    Parameters
    ----------
    function
        Of a source: what reads and measures a scan. Must give the same when it is called again,
        which it is where a worker is lost.
    sources
        What tells scans apart and can be sent to workers: paths, or frames of
        `crevasse.io.open_series`, which are read where they are needed.
    *arguments, **options
        Passed on to every call.

    Returns
    -------
    list of dask.delayed.Delayed
        In the order of the sources, not computed yet: ``dask.compute(*tasks)`` gives all results.

    Examples
    --------
    >>> import dask
    >>> import numpy as np
    >>> import crevasse
    >>> masks = [np.array([[1, 0, 1]]), np.array([[1, 1, 1]])]
    >>> def components(mask, connectivity):
    ...     return crevasse.label(mask, connectivity=connectivity).count
    >>> dask.compute(*map_series(components, masks, connectivity=4))
    (2, 1)
    """
    task = delayed(function, pure=True)
    return [task(source, *arguments, **options) for source in sources]
