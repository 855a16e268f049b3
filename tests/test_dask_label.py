import pickle
from operator import attrgetter

import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given

import crevasse
import crevasse.dask
from crevasse import _core

from bricks import cut, images_in_bricks
from strategies import connectivities


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def assert_labels_as_whole(image, chunks, connectivity, **options):
    expected = crevasse.label(image, connectivity=connectivity)
    found = crevasse.dask.label(cut(image, chunks), connectivity=connectivity, **options)
    labels, count = dask.compute(found.labels, found.count)
    assert count == expected.count
    assert labels.dtype == expected.labels.dtype
    np.testing.assert_array_equal(labels, expected.labels)


@given(images_in_bricks(), connectivities)
def test_bricks_are_labelled_as_the_whole_image(example, connectivity):
    assert_labels_as_whole(*example, connectivity)


@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("step", [(1, 0, 0), (0, 1, -1), (1, -1, 0), (1, 1, 1), (1, -1, 1)])
def test_two_voxels_join_across_faces_edges_and_corners_of_bricks(step, connectivity):
    image = np.zeros((4, 4, 4), bool)
    one = np.where(np.array(step) < 0, 2, 1)
    image[tuple(one)] = image[tuple(one + step)] = True
    found = crevasse.dask.label(cut(image, 2), connectivity=connectivity)
    joins = sum(map(abs, step)) <= {6: 1, 18: 2, 26: 3}[connectivity]
    assert found.count.compute() == (1 if joins else 2)


def test_one_component_through_every_brick_of_a_spiral_keeps_its_first_voxel():
    image = np.zeros((9, 9), bool)
    image[0, :], image[:, 8], image[8, :], image[2:, 0] = True, True, True, True
    image[2, :7], image[2:7, 6], image[6, 2:7], image[4:7, 2] = True, True, True, True
    image[4, 4] = True
    assert_labels_as_whole(image, 2, 4)


def test_the_threaded_scheduler_gives_the_same(rng):
    image = rng.random((40, 50, 60)) < 0.3
    with dask.config.set(scheduler="threads", num_workers=4):
        assert_labels_as_whole(image, (13, 17, 9), 26, n_threads=2)


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 0), (3, 3, 3)])
def test_nothing_has_no_components(shape):
    assert_labels_as_whole(np.zeros(shape, np.uint8), 2, 26)


def test_every_brick_is_read_once_where_labels_are_counted_and_written(rng, tmp_path):
    read = []

    def note(block, block_id):
        read.append(block_id)
        return block

    image = cut(rng.random((8, 8, 8)) < 0.3, 4).map_blocks(
        note, dtype=bool, meta=np.empty((0, 0, 0), bool)
    )
    found = crevasse.dask.label(image)
    written = found.labels.to_zarr(tmp_path / "labels.zarr", compute=False)
    dask.compute(found.count, written)
    assert sorted(read) == sorted(set(read))
    assert len(read) == 8


def test_tasks_a_brick_do_not_grow_with_bricks():
    def tasks_a_brick(n):
        image = da.zeros((n, n, n), chunks=1, dtype=bool)
        found = crevasse.dask.label(image)
        return len(dict(found.labels.__dask_graph__())) / n**3

    assert tasks_a_brick(8) <= tasks_a_brick(4)


def test_labels_have_the_dtype_asked_for(rng):
    image = cut(rng.random((6, 6, 6)) < 0.2, 3)
    assert crevasse.dask.label(image, dtype=np.uint64).labels.compute().dtype == np.uint64


def test_a_dtype_that_cannot_hold_the_labels_is_refused():
    image = np.zeros((40, 40), bool)
    image[::2, ::2] = True
    found = crevasse.dask.label(cut(image, 20), dtype=np.uint8)
    with pytest.raises(ValueError, match="dtype must hold 400 labels"):
        found.labels.compute()


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (np.zeros((3, 3), bool), TypeError, "must be a dask array, got ndarray"),
        (da.zeros((3, 3)), TypeError, "must be bool or integer, got float64"),
        (da.zeros(3, dtype=bool), ValueError, "must be 2-D"),
        (da.zeros((3, 3), dtype=int)[da.zeros(3, dtype=bool)], ValueError, "known chunks"),
    ],
)
def test_other_inputs_are_refused(image, error, message):
    with pytest.raises(error, match=message):
        crevasse.dask.label(image)


def test_another_connectivity_is_refused():
    with pytest.raises(ValueError, match="connectivity must be 6, 18 or 26"):
        crevasse.dask.label(da.zeros((3, 3, 3), dtype=bool), connectivity=8)


def test_labelled_runs_of_several_values_survive_being_pickled():
    image = np.array([[[1, 1, 2, 0, 2], [0, 1, 2, 2, 2]]], np.uint8)
    labeling = _core.label_image(image, 26, (False, False, False), 1)
    copy = pickle.loads(pickle.dumps(labeling))
    for array in ("labels", "runs.runs", "runs.row_begin"):
        np.testing.assert_array_equal(attrgetter(array)(copy), attrgetter(array)(labeling))
    assert (copy.count, copy.runs.shape) == (labeling.count, labeling.runs.shape)
