from dataclasses import fields

import dask
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crevasse
import crevasse.dask

from bricks import cut, images_in_bricks


@pytest.fixture(autouse=True)
def in_this_thread():
    with dask.config.set(scheduler="synchronous"):
        yield


def assert_equal_layers(found, expected):
    for field in fields(expected):
        a, b = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(b, crevasse.Roughness):
            assert str(a) == str(b), field.name
        else:
            np.testing.assert_array_equal(a, b, err_msg=field.name, strict=True)


@given(images_in_bricks(kinds=("bool", "u1")), st.integers(0, 2), st.booleans())
def test_layers_in_bricks_are_those_of_the_whole(example, axis, in_part):
    image, chunks = example
    axis %= image.ndim
    map_shape = image.shape[:axis] + image.shape[axis + 1 :]
    roi = np.indices(map_shape).sum(axis=0) % 3 > 0 if in_part else None
    options = {"axis": axis, "spacing": 1.5, "roi": roi}
    found = crevasse.dask.layer_thickness(cut(image, chunks), **options)
    assert_equal_layers(found, crevasse.layer_thickness(image, **options))


def test_a_layer_through_many_bricks_counts_once():
    column = np.ones((40, 1, 1), bool)
    column[20] = False
    found = crevasse.dask.layer_thickness(cut(column, (3, 1, 1)))
    assert (found.map.item(), found.n_layers.item()) == (39.0, 2)
    assert (found.near.item(), found.far.item()) == (0.0, 40.0)


def test_another_axis_is_refused():
    with pytest.raises(ValueError, match="axis must lie in"):
        crevasse.dask.layer_thickness(cut(np.zeros((3, 3), bool), 2), axis=2)
