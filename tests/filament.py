"""A filament that grows across a small cell, scan by scan, as files for a live run."""

from io import BytesIO

import h5py
import numpy as np
import tifffile
import zarr

from crevasse.io import write_volume

N_SCANS = 9
LENGTHS = (6, 8, 11, 14, 18, 23, 29, 36, 40)  # of 40 rows, the last one shorts

EXPERIMENT = """\
[scans]
source = "in"
voxel_size = 2
interval = "30 min"

[electrodes]
working = "ymin"
counter = "ymax"

[phases.crack]
{phase}

[measure]
fronts = true

[alarms]
rules = ["ligament < 40 um", "shorted"]
"""


def image(number):
    """Scan `number`, from 0; each has noise of its own."""
    grey = np.random.default_rng(number).normal(180, 5, (40, 24))
    grey[: LENGTHS[number], 10:13] = 60
    return grey.astype(np.uint8)


def name(number, ending=".tif"):
    return f"scan_{number + 1}{ending}"


def write(folder, number, as_name=None):
    """One scan, renamed into place."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (as_name or name(number))
    if path.suffix != ".tif":
        write_volume(path, image(number))
        return path
    unfinished = path.with_name(f".{path.name}.part")
    tifffile.imwrite(unfinished, image(number))
    return unfinished.rename(path)


def growing(path, number):
    """One scan, written in place and in pieces, with a pause to be made before each next one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grow = {".h5": _grow_hdf5, ".zarr": _grow_zarr}.get(path.suffix, _grow_bytes)
    yield from grow(path, image(number))


def _grow_bytes(path, grey):
    content = BytesIO()
    (np.save if path.suffix == ".npy" else tifffile.imwrite)(content, grey)
    with path.open("wb", buffering=0) as file:
        for begin in range(0, len(content.getvalue()), 200):
            file.write(content.getvalue()[begin : begin + 200])
            yield


def _grow_hdf5(path, grey):
    """The dataset first, then rows, while the file is open for writing."""
    with h5py.File(path, "w") as file:
        data = file.create_dataset("/exchange/data", grey.shape, grey.dtype, chunks=(8, 24))
        for begin in range(0, len(grey), 8):
            file.flush()
            yield
            data[begin : begin + 8] = grey[begin : begin + 8]


def _grow_zarr(path, grey):
    """Headers first, then chunk by chunk."""
    array = zarr.create_array(path, shape=grey.shape, dtype=grey.dtype, chunks=(8, 24))
    for begin in range(0, len(grey), 8):
        yield
        array[begin : begin + 8] = grey[begin : begin + 8]


def write_experiment(folder, phase="high = 100"):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cell.toml"
    path.write_text(EXPERIMENT.format(phase=phase), encoding="utf-8")
    return path
