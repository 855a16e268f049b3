"""A case as files, as a beamline would leave them."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

from crevasse._files import replace_when_written
from crevasse.phantom.scene import Scene


def write_series(scene: Scene, folder: str | os.PathLike[str]) -> Path:
    """Write the images of a case as one TIFF stack a frame, with their times.

    ``scan_000.tif``, … (z, y, x), and ``times.csv``: file, time_h, spacing, capacity, half_cycle,
    direction. One image is in memory at a time. Files that are there are overwritten.

    Parameters
    ----------
    scene
        A case; other scenes have no images.
    folder
        Made where it does not exist.

    Returns
    -------
    Path
        The CSV; `crevasse.io.open_series` takes it as ``times``, and reads the voxel size from it.

    Raises
    ------
    ValueError
        If the scene has masks only.

    Examples
    --------
    >>> import tempfile
    >>> from crevasse import phantom
    >>> from crevasse.io import open_series
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     times = phantom.write_series(phantom.case_b(scale=0.5, frames=6), folder)
    ...     series = open_series(folder, times=times)
    >>> len(series), series.shape, series.spacing, series.time_unit
    (6, (72, 48, 48), (1.7, 1.7, 1.7), 'h')
    """
    from crevasse.io import write_tiff

    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    path = target / "times.csv"
    path.unlink(missing_ok=True)  # that of other scans, which must not be taken for one of these
    names = [f"scan_{frame:03d}.tif" for frame in range(scene.n_frames)]
    for name, image in zip(names, scene.images(), strict=True):
        write_tiff(target / name, image)
    with (
        replace_when_written(path) as unfinished,
        unfinished.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.writer(file, lineterminator="\n")
        header = ["file", "time_h", "spacing_z", "spacing_y", "spacing_x"]
        writer.writerow([*header, "capacity", "half_cycle", "direction"])
        cycles = scene.cycles or []
        for name, time, cycle in zip(names, scene.times, cycles, strict=True):
            capacity = "" if cycle.capacity is None else round(cycle.capacity, 6)
            state = (capacity, cycle.half_cycle, str(cycle.direction))
            writer.writerow([name, round(time, 6), *np.round(scene.spacing, 9), *state])
    return path
