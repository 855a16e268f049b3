"""Local thickness against every ball of every voxel, and bodies whose thickness is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import RunVolume, distance, local_thickness

from strategies import masks, threads

shapes = st.one_of(
    st.tuples(st.integers(0, 5), st.integers(0, 6), st.integers(0, 9)),
    st.tuples(st.integers(0, 12), st.integers(0, 70)),
)


def brute_force(mask, steps, border, closed, limit=np.inf):
    """Squared radii and lengths as whole numbers, so that nothing is rounded."""
    squared = distance(mask, spacing=steps, squared=True, border=border)
    if np.isinf(squared).any() and np.isinf(limit):
        return squared
    squared = np.minimum(squared, limit**2 / 4)
    result = np.zeros(mask.shape)
    places = np.stack(np.indices(mask.shape), axis=-1) * np.array(steps)
    for centre in np.argwhere(mask):
        radius = squared[tuple(centre)]
        length = ((places - centre * np.array(steps)) ** 2).sum(axis=-1)
        inside = mask & (length <= radius if closed else length < radius)
        result[inside] = np.maximum(result[inside], radius)
    return 2 * np.sqrt(result)


@given(masks(shapes), st.sampled_from([(1, 1, 1), (2, 1, 1), (3, 2, 1)]), st.booleans(),
       st.booleans(), threads)  # fmt: skip
def test_thickness_is_that_of_every_ball(mask, steps, border, closed, n_threads):
    steps = steps[-mask.ndim :]
    unit = 0.5
    spacing = tuple(unit * s for s in steps)
    found = local_thickness(
        mask, spacing=spacing, border=border, closed=closed, n_threads=n_threads
    )
    expected = (unit * brute_force(mask, steps, border, closed)).astype(np.float32)
    np.testing.assert_array_equal(found, expected)
    runs = RunVolume.from_mask(mask)
    again = local_thickness(runs, spacing=spacing, border=border, closed=closed)
    np.testing.assert_array_equal(again, found)


@given(masks(shapes), st.sampled_from([(1, 1, 1), (3, 2, 1)]), st.booleans(), st.booleans(),
       st.sampled_from([0.5, 1, 2, 3, 4, 4.5, 5, 7, 8, 30]), threads)  # fmt: skip
def test_no_ball_is_larger_than_the_limit(mask, steps, border, closed, limit, n_threads):
    steps = steps[-mask.ndim :]
    found = local_thickness(
        mask, spacing=steps, border=border, closed=closed, limit=limit, n_threads=n_threads
    )
    expected = brute_force(mask, steps, border, closed, limit)
    np.testing.assert_array_equal(found, expected.astype(np.float32))
    again = local_thickness(
        mask, spacing=tuple(0.7 * s for s in steps), border=border, closed=closed, limit=0.7 * limit
    )
    np.testing.assert_allclose(again, 0.7 * expected, rtol=1e-6)


def test_a_limit_must_be_positive_and_stands_for_infinity():
    assert (local_thickness(np.ones((3, 4), bool), limit=2.5) == 2.5).all()
    with pytest.raises(ValueError, match="limit must be positive and finite, got -1"):
        local_thickness(np.ones((3, 4), bool), limit=-1)


@pytest.mark.parametrize("closed", [True, False])
def test_radii_beyond_all_tables(closed):
    mask = np.ones((2, 1200), bool)
    mask[:, [0, 640, 660, 661]] = mask[1, 1199] = False
    expected = brute_force(mask, (1, 1), border=False, closed=closed)
    assert expected.max() > 2 * 256
    found = local_thickness(mask, closed=closed)
    np.testing.assert_array_equal(found, expected.astype(np.float32))


@pytest.mark.parametrize("closed", [True, False])
def test_balls_too_large_to_be_tabulated(closed):
    mask = np.ones((2, 2300), bool)
    mask[:, [0, 2100, 2110, 2111]] = mask[1, 2299] = False
    expected = brute_force(mask, (1, 1), border=False, closed=closed)
    assert expected.max() > 2 * 1000
    np.testing.assert_array_equal(local_thickness(mask, closed=closed), expected.astype(np.float32))


def by_rounded_balls(mask, spacing, border, closed):
    """A ball's own nearest background is a tie with its radius: decided within its rounding."""
    slack = (1 + 1.5e-7) if closed else (1 - 1.5e-7)
    squared = distance(mask, spacing=spacing, border=border, squared=True).astype(float)
    expected = np.zeros(mask.shape)
    places = np.stack(np.indices(mask.shape), axis=-1) * np.array(spacing)
    for centre in np.argwhere(mask):
        radius = squared[tuple(centre)]
        length = ((places - centre * np.array(spacing)) ** 2).sum(axis=-1)
        inside = mask & (length <= slack * radius)
        expected[inside] = np.maximum(expected[inside], radius)
    return 2 * np.sqrt(expected)


@given(masks(shapes), st.booleans(), st.booleans(), threads)
def test_spacings_without_a_common_measure_are_exact_but_for_ties(mask, border, closed, n_threads):
    spacing = (1.7312345, 2**0.5, 0.9)[-mask.ndim :]
    found = local_thickness(
        mask, spacing=spacing, border=border, closed=closed, n_threads=n_threads
    )
    if np.isinf(distance(mask, spacing=spacing, border=border)).any():
        assert np.isinf(found).all()
        return
    expected = by_rounded_balls(mask, spacing, border, closed)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def bubbles(shape, rng, radii):
    mask = np.zeros(shape, bool)
    for radius in radii:
        centre = rng.integers(0, shape)
        paint_ball(mask, centre, radius**2, np.logical_or, True)
    return mask


def paint_ball(image, centre, squared_radius, how, value):
    reach = int(np.sqrt(squared_radius)) + 1
    box = tuple(slice(max(0, c - reach), c + reach + 1) for c in centre)
    part = image[box]
    grid = np.ogrid[tuple(slice(s.start - c, s.start - c + n) for s, c, n in
                          zip(box, centre, part.shape, strict=True))]  # fmt: skip
    inside = sum(g**2 for g in grid) <= squared_radius
    part[inside] = how(part[inside], value)


@pytest.mark.parametrize(
    "shape",
    [pytest.param((70, 80, 530), marks=pytest.mark.slow), (1, 300, 1100), (9, 900, 60)],
)
def test_balls_reach_from_tile_to_tile(shape, rng):
    mask = bubbles(shape, rng, rng.integers(1, 14, 40))
    squared = distance(mask, squared=True)
    expected = np.zeros(shape)
    for centre in np.argwhere(mask):
        paint_ball(expected, centre, squared[tuple(centre)], np.maximum, squared[tuple(centre)])
    expected = np.where(mask, 2 * np.sqrt(expected), 0).astype(np.float32)
    for n_threads in (1, 2, 7):
        np.testing.assert_array_equal(local_thickness(mask, n_threads=n_threads), expected)
    out = np.full(shape, 3, np.float32)
    np.testing.assert_array_equal(local_thickness(mask, out=out), expected)


@given(masks(shapes))
def test_fortran_order_gives_the_same(mask):
    found = local_thickness(np.asfortranarray(mask))
    np.testing.assert_array_equal(found, local_thickness(mask))


@given(masks(shapes))
def test_thickness_is_at_least_twice_the_distance_and_turns_with_the_volume(mask):
    thickness = local_thickness(mask)
    assert (thickness >= 2 * distance(mask)).all()
    np.testing.assert_array_equal(local_thickness(mask[::-1])[::-1], thickness)
    np.testing.assert_array_equal(local_thickness(mask.T).T, thickness)
    np.testing.assert_array_equal(local_thickness(mask, spacing=2), 2 * thickness)


@pytest.mark.parametrize("radius", [3, 7, 12.5])
def test_a_ball_is_as_thick_as_it_is_everywhere(radius):
    n = int(radius) + 2
    grid = np.ogrid[-n : n + 1, -n : n + 1, -n : n + 1]
    body = sum(g**2 for g in grid) < radius**2
    thickness = local_thickness(body)
    middle = thickness[n, n, n]
    assert middle == pytest.approx(2 * radius, abs=0.6)
    # But for corners of voxels that no ball inside the body covers.
    assert (thickness[body] == middle).mean() > 0.9


@pytest.mark.parametrize("width", range(1, 9))
def test_a_slab_reads_its_width_or_one_more_if_that_is_odd(width):
    body = np.zeros((20, 30, 30), bool)
    body[5 : 5 + width] = True
    thickness = local_thickness(body)
    expected = width + 1 if width % 2 else width
    assert np.unique(thickness[body]).tolist() == [expected]


def test_a_cylinder_is_as_thick_as_it_is():
    y, x = np.ogrid[-12:13, -12:13]
    disc = y**2 + x**2 < 10**2
    body = np.broadcast_to(disc, (60, *disc.shape))
    thickness = local_thickness(body)
    assert np.median(thickness[body]) == pytest.approx(20, abs=0.7)
    np.testing.assert_array_equal(thickness[30], local_thickness(disc))


def test_out_is_written_into_and_returned(rng):
    mask = rng.random((9, 10, 70)) < 0.9
    out = np.full(mask.shape, 5, np.float32)
    assert local_thickness(mask, out=out) is out
    np.testing.assert_array_equal(out, local_thickness(mask))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mask": np.ones((2, 2))}, TypeError, "mask must be bool or integer, got float64"),
        ({"spacing": -1}, ValueError, "spacing must be positive and finite, got -1"),
        ({"out": np.zeros((2, 2))}, TypeError, "out must be float32, got float64"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        local_thickness(**{"mask": np.ones((2, 2), bool), **arguments})


@pytest.mark.parametrize("spacing", [(1e-6, 1, 1), (1, 1e6, 1), (1, 1, 1e-6), (3e-3, 1, 2e3)])
def test_balls_of_very_flat_voxels_stay_within_the_volume(spacing, rng):
    mask = rng.random((3, 9, 70)) > 0.02
    found = local_thickness(mask, spacing=spacing)
    expected = by_rounded_balls(mask, spacing, False, True)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    large = np.ones((2, 60, 60), bool)
    large[0, 0, 0] = False
    assert local_thickness(large, spacing=(1e-6, 1, 1)).max() > 2 * 59  # took gigabytes
