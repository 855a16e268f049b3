import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crevasse
import crevasse.dask

from bricks import cut, images_in_bricks


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set({"scheduler": "synchronous", "array.chunk-size": "2kB"}):
        yield


borders = st.booleans()
spacings = st.sampled_from([1.0, 0.65, "uneven"])


def of_axes(spacing, ndim):
    return (1.3, 0.65, 1.95)[-ndim:] if spacing == "uneven" else spacing


@given(images_in_bricks(), spacings, borders, st.booleans())
def test_distances_in_bricks_are_those_of_the_whole(example, spacing, border, squared):
    image, chunks = example
    options = {"spacing": of_axes(spacing, image.ndim), "border": border, "squared": squared}
    found = crevasse.dask.distance(cut(image, chunks), **options)
    np.testing.assert_array_equal(found.compute(), crevasse.distance(image, **options))


@given(images_in_bricks(), spacings, borders, st.sampled_from([0.5, 1.0, 2.3, 3.0, 40.0]))
def test_limited_distances_in_bricks_are_those_of_the_whole(example, spacing, border, limit):
    image, chunks = example
    options = {"spacing": of_axes(spacing, image.ndim), "border": border, "limit": limit}
    found = crevasse.dask.distance(cut(image, chunks), **options)
    np.testing.assert_array_equal(found.compute(), crevasse.distance(image, **options))


@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64])
def test_spacings_without_common_measure_differ_by_the_last_bit_at_most(rng, kind):
    mask = (rng.random((12, 30, 40)) < 0.8).astype(kind)
    spacing = (np.pi, np.sqrt(2), np.sqrt(3)) if kind is np.uint8 else (np.sqrt(3), 1.0, 0.5)
    found = crevasse.dask.distance(cut(mask, 9), spacing=spacing).compute()
    np.testing.assert_array_max_ulp(found, crevasse.distance(mask, spacing=spacing), 1)


def test_distances_have_the_chunks_of_the_mask(rng):
    mask = cut(rng.random((20, 20, 20)) < 0.5, (7, 11, 5))
    assert crevasse.dask.distance(mask).chunks == mask.chunks
    assert crevasse.dask.distance(mask, limit=3).chunks == mask.chunks


def test_without_background_distances_are_infinite():
    found = crevasse.dask.distance(da.ones((4, 5, 6), dtype=bool, chunks=2)).compute()
    assert np.all(np.isposinf(found))


def test_nothing_has_no_distances():
    for empty in (
        crevasse.dask.distance(da.zeros((3, 0), dtype=bool)),
        crevasse.dask.local_thickness(da.zeros((3, 0), dtype=bool)),
    ):
        assert (empty.compute().shape, empty.dtype) == ((3, 0), np.float32)


def test_a_limit_must_be_positive():
    with pytest.raises(ValueError, match="limit must be positive"):
        crevasse.dask.distance(da.zeros((3, 3), dtype=bool), limit=0)
