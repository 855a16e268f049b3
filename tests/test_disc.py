"""Discs against the distance of every pixel, one by one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import disc

sizes = st.integers(0, 12)
# Eighths: sums and squares of them are exact, so that rims are decided and not rounded.
eighths = st.integers(1, 40).map(lambda n: n / 8)
places = st.integers(-40, 120).map(lambda n: n / 8)


@given(st.tuples(sizes, sizes), st.integers(1, 60).map(lambda n: n / 4),
       st.tuples(eighths, eighths), st.none() | st.tuples(places, places))  # fmt: skip
def test_pixels_belong_to_the_disc_if_their_centre_does(shape, diameter, spacing, centre):
    found = disc(shape, diameter, spacing=spacing, centre=centre)
    middle = [(n - 1) / 2 * s for n, s in zip(shape, spacing, strict=True)]
    y0, x0 = middle if centre is None else centre
    assert found.shape == shape
    assert found.dtype == bool
    for y, x in np.ndindex(shape):
        squared = (y * spacing[0] - y0) ** 2 + (x * spacing[1] - x0) ** 2
        assert found[y, x] == (squared <= (diameter / 2) ** 2)


@given(
    st.sampled_from([0.05, 0.1, 0.13, 0.65, 1.1, 1.8, 2.95]),
    st.integers(1, 59),
    st.none() | st.tuples(st.integers(0, 40), st.integers(0, 40)),
)
def test_the_rim_does_not_hang_on_the_unit(spacing, diameter, centre):
    scaled = None if centre is None else tuple(c * spacing for c in centre)
    found = disc((41, 38), diameter * spacing, spacing=spacing, centre=scaled)
    np.testing.assert_array_equal(found, disc((41, 38), diameter, centre=centre))


@given(sizes, eighths, eighths, st.none() | places)
def test_on_a_line_it_is_an_interval(n, diameter, spacing, centre):
    found = disc((n,), diameter, spacing=spacing, centre=centre)
    middle = (n - 1) / 2 * spacing if centre is None else centre
    assert found.tolist() == [abs(x * spacing - middle) <= diameter / 2 for x in range(n)]


@given(st.tuples(sizes, sizes), st.floats(0.1, 20), st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)))
def test_in_the_middle_it_is_its_own_mirror_image(shape, diameter, spacing):
    found = disc(shape, diameter, spacing=spacing)
    np.testing.assert_array_equal(found, found[::-1])
    np.testing.assert_array_equal(found, found[:, ::-1])


def test_its_area_is_that_of_a_circle():
    pixels = disc((900, 900), 1500.0, spacing=1.8).sum()
    assert pixels * 1.8**2 == pytest.approx(math.pi / 4 * 1500**2, rel=1e-3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"shape": (2, 3, 4)}, r"shape must be \(y, x\) or \(x,\), whole numbers, got \(2, 3, 4\)"),
        ({"shape": 5}, "shape must be"),
        ({"shape": (2.0, 3)}, "shape must be"),
        ({"shape": (-1, 3)}, "shape must be"),
        ({"diameter": 0}, "diameter must be positive and finite, got 0"),
        ({"diameter": math.inf}, "diameter must be positive and finite, got inf"),
        ({"spacing": (1, 1, 1)}, r"spacing must be a number or \(y, x\)"),
        ({"centre": 1.0}, r"centre must hold one finite number for each of \(y, x\), got 1.0"),
        ({"centre": (0, math.nan)}, "centre must hold"),
        ({"centre": "middle"}, "centre must hold"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        disc(**{"shape": (5, 5), "diameter": 2.0, **arguments})
