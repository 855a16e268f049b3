"""The feature transform against every background voxel."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crevasse import RunVolume, distance, nearest_background

from strategies import masks, threads

whole_spacings = st.sampled_from([(1, 1, 1), (2, 1, 3), (1, 4, 1)])
few = st.one_of(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 6)),
    st.tuples(st.integers(0, 3), st.sampled_from([1, 9, 63, 66])),
)


@given(masks(few), whole_spacings, threads)
def test_it_is_the_first_of_the_nearest_in_raster_order(mask, spacing, n_threads):
    steps = np.array(spacing[-mask.ndim :])
    found = nearest_background(mask, spacing=tuple(0.7 * steps), n_threads=n_threads)
    assert found.dtype == np.int32
    assert found.shape == (mask.ndim, *mask.shape)
    background = np.argwhere(~mask)
    for voxel in np.ndindex(mask.shape):
        expected = np.full(mask.ndim, -1)
        if len(background):
            squares = (((background - voxel) * steps) ** 2).sum(axis=-1)
            expected = background[np.argmin(squares)]  # the first of the least
        np.testing.assert_array_equal(found[(slice(None), *voxel)], expected)


@given(masks(), st.sampled_from([(1, 1, 1), (1.3, 0.7, 2**0.5)]))
def test_it_lies_as_far_away_as_distance_says(mask, spacing):
    if mask.all():
        return
    lengths = spacing[-mask.ndim :]
    found = nearest_background(mask, spacing=lengths)
    assert not mask[tuple(found)].any()
    away = (found - np.indices(mask.shape)) * np.reshape(lengths, (-1,) + (1,) * mask.ndim)
    lengths_found = np.sqrt((away**2).sum(axis=0))
    np.testing.assert_allclose(lengths_found, distance(mask, spacing=lengths), rtol=1.3e-7)
    runs = RunVolume.from_mask(mask)
    np.testing.assert_array_equal(nearest_background(runs, spacing=lengths), found)


def test_long_distances_take_envelopes_with_the_same_ties():
    mask = np.ones((5, 801, 70), bool)
    mask[2, [0, 800], 10:60:7] = False
    for spacing in (1.0, (1.7312345, 1.0, 1.1)):
        found = nearest_background(mask, spacing=spacing)
        lengths = np.broadcast_to(spacing, (3,))
        _, expected = ndimage.distance_transform_edt(mask, sampling=lengths, return_indices=True)
        here = np.indices(mask.shape)

        def length(places, here=here, lengths=lengths):
            return (((places - here) * lengths.reshape(3, 1, 1, 1)) ** 2).sum(axis=0)

        np.testing.assert_allclose(length(found), length(expected), rtol=1e-12)
    middle = nearest_background(mask)[:, 2, 400, 10]
    assert middle.tolist() == [2, 0, 10]  # not [2, 800, 10], which is as near


@pytest.mark.parametrize("axis", [0, 1])
def test_places_are_right_where_squares_outgrow_sixteen_bits(axis):
    shape = [4, 4, 70]
    shape[axis] = 400
    mask = np.ones(shape, bool)
    mask[0, 0, 3] = mask[0, 0, 60] = False
    found = nearest_background(mask)
    columns = np.where(np.arange(70) <= 31, 3, 60)  # of two as near the first
    np.testing.assert_array_equal(found[:2], 0)
    np.testing.assert_array_equal(found[2], np.broadcast_to(columns, shape))


def test_without_background_there_is_no_place():
    assert (nearest_background(np.ones((3, 4, 5), bool)) == -1).all()
    assert nearest_background(np.ones((0, 4), bool)).shape == (2, 0, 4)


def test_out_is_written_into_and_returned(rng):
    mask = rng.random((9, 10, 70)) < 0.9
    out = np.full((3, *mask.shape), 7, np.int32)
    assert nearest_background(mask, out=out) is out
    np.testing.assert_array_equal(out, nearest_background(mask))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mask": np.ones((2, 2))}, TypeError, "mask must be bool or integer, got float64"),
        ({"spacing": 0}, ValueError, "spacing must be positive and finite, got 0"),
        ({"out": np.zeros((2, 2, 2))}, TypeError, "out must be int32, got float64"),
        (
            {"out": np.zeros((3, 2, 2), np.int32)},
            ValueError,
            r"out must have the number of axes and the mask's shape \(2, 2, 2\), got \(3, 2, 2\)",
        ),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        nearest_background(**{"mask": np.ones((2, 2), bool), **arguments})
