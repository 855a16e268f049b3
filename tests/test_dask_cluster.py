"""Bricks on worker processes: the same bytes for any number, and where one is killed."""

import os
import signal
import time

import dask
import numpy as np
import pytest
import zarr
from test_dask_layers import assert_equal_layers

import crevasse
import crevasse.dask

from bricks import cut


@pytest.fixture(scope="module")
def image():
    rng = np.random.default_rng(8)
    grains = np.kron(rng.random((12, 16, 20)) < 0.3, np.ones((4, 3, 2), bool))
    return (grains * rng.integers(1, 3, grains.shape)).astype(np.uint8)


@pytest.mark.parametrize("n_workers", [1, 2, 4])
def test_every_number_of_workers_gives_the_same(cluster, client, image, n_workers):
    cluster.scale(n_workers)
    client.wait_for_workers(n_workers)
    bricks, mask = cut(image, (26, 48, 23)), image > 0
    found = crevasse.dask.label(bricks)
    arrays = dask.compute(
        found.labels,
        crevasse.dask.distance(bricks),
        crevasse.dask.distance(bricks > 0, limit=3.0),
        crevasse.dask.local_thickness(bricks),
    )
    expected = crevasse.label(image).labels
    np.testing.assert_array_equal(arrays[0], expected)
    np.testing.assert_array_equal(arrays[1], crevasse.distance(image))
    np.testing.assert_array_equal(arrays[2], crevasse.distance(mask, limit=3.0))
    np.testing.assert_array_equal(arrays[3], crevasse.local_thickness(mask))
    assert crevasse.dask.region_table(found) == crevasse.region_table(expected)
    assert_equal_layers(crevasse.dask.layer_thickness(bricks), crevasse.layer_thickness(image))


def test_scans_are_measured_one_a_task(client, image):
    def open_voxels(scan, value):
        return int(np.count_nonzero(scan == value))

    tasks = crevasse.dask.map_series(open_voxels, [image, image[:9]], value=2)
    assert dask.compute(*tasks) == (open_voxels(image, 2), open_voxels(image[:9], 2))


def test_a_worker_that_is_killed_leaves_the_result_as_it_is(cluster, client, image, tmp_path):
    cluster.scale(2)
    client.wait_for_workers(2)

    def note(block, folder, block_id):
        (folder / f"{block_id}-{os.getpid()}").touch()
        time.sleep(0.05)
        return block

    noted = cut(image, 24).map_blocks(note, tmp_path, dtype=image.dtype, meta=image[:0, :0, :0])
    stored = zarr.create_array(
        tmp_path / "labels.zarr", shape=image.shape, chunks=(24, 24, 24), dtype=np.uint32
    )
    found = crevasse.dask.label(noted)
    running = client.compute(found.labels.store(stored, compute=False, lock=False))
    count = client.compute(found.count)
    victim = _first_to_read(tmp_path, at_least=3)
    os.kill(victim, signal.SIGKILL)
    running.result()
    assert count.result() == crevasse.label(image).count
    np.testing.assert_array_equal(stored[:], crevasse.label(image).labels)
    readers = [tuple(note.name.split("-")) for note in tmp_path.glob("(*")]
    lost = {brick for brick, process in readers if process == str(victim)}
    assert lost & {brick for brick, process in readers if process != str(victim)}


def _first_to_read(folder, at_least):
    """The process that has read most bricks by the time that `at_least` have been read."""
    while len(notes := sorted(folder.glob("(*"))) < at_least:
        time.sleep(0.01)
    processes = [int(note.name.split("-")[-1]) for note in notes]
    return max(set(processes), key=processes.count)
