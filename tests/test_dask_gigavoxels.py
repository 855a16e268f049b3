"""Gigavoxels in Zarr, analysed in a process that may not hold them; pytest -m slow.

Takes about 5 GB of disk and, for the expected results, 3 GB of memory.
"""

import subprocess
import sys
from textwrap import dedent

import numpy as np
import pytest
import zarr
from scipy import ndimage

import crevasse

SLAB = (64, 1024, 1024)
BRICK = (160, 512, 512)  # its ends are not those of the slabs
MOST_BYTES = 6 * 2**30

ANALYSIS = dedent(
    """
    import sys
    from pathlib import Path

    import dask
    import dask.array as da
    import numpy as np

    import crevasse.dask

    folder = Path(sys.argv[1])
    with dask.config.set(scheduler="threads", num_workers=2):
        mask = da.from_zarr(folder / "mask.zarr")
        found = crevasse.dask.label(mask)
        dask.compute(found.count, found.labels.to_zarr(folder / "labels.zarr", compute=False))
        np.save(folder / "n_voxels.npy", crevasse.dask.region_table(found).n_voxels)
        crevasse.dask.local_thickness(mask).to_zarr(folder / "thickness.zarr")
    status = Path("/proc/self/status").read_text()
    print(1024 * int(status.split("VmHWM:")[1].split()[0]))
    """
)


@pytest.fixture(scope="module")
def slab():
    """Thin sheets, all across, in a slab whose first and last slices are background."""
    field = ndimage.gaussian_filter(
        np.random.default_rng(4).standard_normal(SLAB, np.float32), 5, mode="wrap"
    )
    sheets = (np.abs(field) < 0.08 * field.std()).astype(np.uint8)
    sheets[[0, -1]] = 0
    return sheets


@pytest.mark.slow
@pytest.mark.parametrize("copies", [16, 64], ids=["1 gigavoxel", "4 gigavoxel"])
def test_more_voxels_than_memory_are_labelled_measured_and_mapped(slab, copies, tmp_path):
    depth = copies * SLAB[0]
    mask = zarr.create_array(
        tmp_path / "mask.zarr", shape=(depth, *SLAB[1:]), chunks=BRICK, dtype=np.uint8
    )
    for begin in range(0, depth, BRICK[0]):  # whole bricks at once
        slices = np.arange(begin, min(begin + BRICK[0], depth)) % SLAB[0]
        mask[begin : begin + BRICK[0]] = slab[slices]

    run = subprocess.run(
        [sys.executable, "-c", ANALYSIS, tmp_path], check=True, capture_output=True, text=True
    )
    assert int(run.stdout) < MOST_BYTES

    one = crevasse.label(slab)
    thickness = crevasse.local_thickness(slab)
    labels_found = zarr.open_array(tmp_path / "labels.zarr")
    thickness_found = zarr.open_array(tmp_path / "thickness.zarr")
    for k in range(copies):
        part = slice(k * SLAB[0], (k + 1) * SLAB[0])
        shifted = np.where(one.labels > 0, one.labels + np.uint32(k * one.count), np.uint32(0))
        np.testing.assert_array_equal(labels_found[part], shifted)
        np.testing.assert_array_equal(thickness_found[part], thickness)
    n_voxels = crevasse.region_table(one).n_voxels
    np.testing.assert_array_equal(np.load(tmp_path / "n_voxels.npy"), np.tile(n_voxels, copies))
