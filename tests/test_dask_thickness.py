import dask
import dask.array as da
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import crevasse
import crevasse.dask

from bricks import cut, images_in_bricks


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


@given(
    images_in_bricks(kinds=("bool", "u1")),
    st.sampled_from([1.0, (1.3, 0.65, 1.95)]),
    st.booleans(),
    st.booleans(),
)
def test_thickness_in_bricks_is_that_of_the_whole(example, spacing, border, closed):
    image, chunks = example
    lengths = spacing if spacing == 1.0 else spacing[-image.ndim :]
    options = {"spacing": lengths, "border": border, "closed": closed}
    found = crevasse.dask.local_thickness(cut(image, chunks), **options)
    np.testing.assert_array_equal(found.compute(), crevasse.local_thickness(image, **options))


@pytest.mark.parametrize("border", [False, True])
@pytest.mark.parametrize("brick", [16, (11, 20, 48)])
def test_thick_and_thin_parts_are_measured_across_bricks(rng, brick, border):
    field = ndimage.gaussian_filter(rng.standard_normal((48, 48, 48)), 2.5)
    mask = field > 0.5 * field.std()
    found = crevasse.dask.local_thickness(cut(mask, brick), border=border)
    assert found.npartitions > 1
    np.testing.assert_array_equal(found.compute(), crevasse.local_thickness(mask, border=border))


def test_a_known_largest_radius_makes_it_lazy(rng):
    def fail(block):
        raise AssertionError("computed")

    lazy = da.zeros((40, 40), dtype=bool, chunks=20).map_blocks(
        fail, dtype=bool, meta=np.zeros((0, 0), bool)
    )
    crevasse.dask.local_thickness(lazy, largest=3.0)
    mask = rng.random((40, 40)) < 0.6
    found = crevasse.dask.local_thickness(cut(mask, 20), largest=4.0)
    np.testing.assert_array_equal(found.compute(), crevasse.local_thickness(mask))


def test_a_largest_radius_that_is_too_small_is_noticed():
    mask = np.zeros((60, 60), bool)
    mask[5:55, 10:31] = True
    found = crevasse.dask.local_thickness(cut(mask, 20), largest=4.0)
    with pytest.raises(ValueError, match="largest must be no less than"):
        found.compute()


def test_without_background_thickness_is_infinite():
    found = crevasse.dask.local_thickness(da.ones((4, 5), dtype=bool, chunks=2)).compute()
    assert np.all(np.isposinf(found))
