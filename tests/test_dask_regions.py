import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crevasse
import crevasse.dask

from bricks import cut, images_in_bricks
from strategies import connectivities


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


spacings = st.sampled_from([1.0, 0.65])


@given(images_in_bricks(), spacings)
def test_labels_in_bricks_measure_as_the_whole(example, spacing):
    image, chunks = example
    expected = crevasse.region_table(image, spacing=spacing)
    assert crevasse.dask.region_table(cut(image, chunks), spacing=spacing) == expected


@given(images_in_bricks(), connectivities)
def test_components_are_measured_without_being_written(example, connectivity):
    image, chunks = example
    expected = crevasse.region_table(crevasse.label(image, connectivity=connectivity))
    found = crevasse.dask.label(cut(image, chunks), connectivity=connectivity)
    assert crevasse.dask.region_table(found) == expected


def test_many_bricks_merge_in_several_rounds(rng):
    labels = rng.integers(0, 50, (20, 20, 20)).astype(np.uint16)
    expected = crevasse.region_table(labels, spacing=(2.0, 1.0, 0.5))
    found = crevasse.dask.region_table(cut(labels, 3), spacing=(2.0, 1.0, 0.5))
    assert found == expected
    assert found.principal_axes() == expected.principal_axes()


def test_labels_beyond_63_bits_stay_unsigned():
    labels = np.array([[2**64 - 1, 0, 5]], np.uint64)
    assert crevasse.dask.region_table(cut(labels, (1, 1))) == crevasse.region_table(labels)


@pytest.mark.parametrize("shape", [(0, 3), (4, 4)])
def test_nothing_has_no_rows(shape):
    labels = np.zeros(shape, np.uint8)
    assert crevasse.dask.region_table(cut(labels, 2)) == crevasse.region_table(labels)


def test_negative_labels_are_refused():
    with pytest.raises(ValueError, match="must not be negative"):
        crevasse.dask.region_table(cut(np.array([[1, -2]]), 1))


def test_volumes_too_large_for_64_bit_moments_are_refused():
    labels = da.zeros((2**17, 2**17, 2**17), dtype=bool, chunks=2**16)
    with pytest.raises(ValueError, match="second moments of 64 bits"):
        crevasse.dask.region_table(labels)
