"""Height parameters against their integrals, and surfaces whose roughness is known."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from crevasse import surface_roughness

LENGTHS = ("sa", "sq", "sp", "sv", "sz")
SHAPES = ("ssk", "sku")
LEVELS = ("mean", "plane", "quadratic")


@st.composite
def height_maps(draw):
    """Rough maps with holes, from a column to a few hundred."""
    shape = draw(
        st.one_of(st.tuples(st.integers(1, 60)), st.tuples(st.integers(1, 12), st.integers(1, 12)))
    )
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    heights = rng.exponential(1.0, shape)
    heights[rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.9]))] = np.nan
    return heights


def left_over(heights, level):
    """What a least-squares fit of all terms, the constant among them, leaves."""
    known = ~np.isnan(heights)
    places = np.argwhere(known) - (np.array(heights.shape) - 1) / 2
    terms = [np.ones(len(places))]
    if level != "mean":
        terms += list(places.T)
    if level == "quadratic":
        terms += [a * b for i, a in enumerate(places.T) for b in places.T[i:]]
    design = np.stack(terms, axis=1)
    values = heights[known]
    return values - design @ (np.linalg.pinv(design) @ values)


def numbers(roughness):
    """All that is measured, by name."""
    fields = dataclasses.asdict(roughness)
    return {name: value for name, value in fields.items() if name != "level"}


@given(height_maps(), st.sampled_from(LEVELS))
def test_parameters_are_the_moments_of_what_a_fit_leaves(heights, level):
    known = heights[~np.isnan(heights)]
    found = surface_roughness(heights, level=level)
    assert found.n_columns == known.size
    assert found.level == level
    if known.size == 0:
        assert np.isnan([v for name, v in numbers(found).items() if name != "n_columns"]).all()
        return
    z = left_over(heights, level)
    near = {"rel": 1e-7, "abs": 1e-9}
    assert found.sa == pytest.approx(np.abs(z).mean(), **near)
    assert found.sq == pytest.approx(z.std(), **near)
    assert found.sp == pytest.approx(z.max(), **near)
    assert found.sv == pytest.approx(-z.min(), **near)
    assert found.sz == found.sp + found.sv
    if found.sq > 1e-6:
        assert found.ssk == pytest.approx((z**3).mean() / z.std() ** 3, rel=1e-6, abs=1e-6)
        assert found.sku == pytest.approx((z**4).mean() / z.std() ** 4, rel=1e-6)


def test_a_sinusoid_has_its_textbook_values():
    amplitude, n = 2.5, 4000
    wave = amplitude * np.sin(2 * np.pi * np.arange(n) / 1000)
    for heights in (wave, np.tile(wave, (3, 1)), np.tile(wave, (3, 1)).T):
        found = surface_roughness(heights, level="mean")
        assert found.sa == pytest.approx(2 * amplitude / math.pi, rel=1e-5)
        assert found.sq == pytest.approx(amplitude / math.sqrt(2))
        assert found.ssk == pytest.approx(0, abs=1e-12)
        assert found.sku == pytest.approx(1.5)
        assert found.sz == pytest.approx(2 * amplitude)
        assert found.tilt == 0


def test_normally_distributed_heights_have_no_skewness_and_a_kurtosis_of_three(rng):
    found = surface_roughness(rng.normal(7.0, 0.4, (500, 600)))
    assert found.sq == pytest.approx(0.4, rel=0.01)
    assert found.sa == pytest.approx(0.4 * math.sqrt(2 / math.pi), rel=0.01)
    assert found.ssk == pytest.approx(0, abs=0.02)
    assert found.sku == pytest.approx(3, abs=0.05)


def test_the_sign_of_skewness_tells_pits_from_bumps():
    pits = np.zeros((30, 30))
    pits[::10, ::10] = -4
    assert surface_roughness(pits).ssk < -1
    assert surface_roughness(-pits).ssk > 1
    assert surface_roughness(pits).sv > surface_roughness(pits).sp


@pytest.mark.parametrize("offset", [0.0, -1e3, 1e9])
@pytest.mark.parametrize("shape", [(40, 70), (2, 2), (3, 900), (500,)])
def test_a_plane_is_flat_once_levelled(shape, offset):
    places = np.indices(shape) * 1.8
    slopes = np.array([0.3, -0.7])[-len(shape) :]
    heights = offset + np.tensordot(slopes, places, axes=1)
    found = surface_roughness(heights, spacing=1.8)
    assert [getattr(found, name) for name in LENGTHS] == [0] * 5
    assert math.isnan(found.ssk)
    assert math.isnan(found.sku)
    if offset < 1e6:  # of a small slope on a big offset digits are lost before they come here
        assert found.tilt == pytest.approx(math.degrees(math.atan(np.linalg.norm(slopes))))


def test_a_bow_is_roughness_to_a_plane_and_none_to_a_second_order_surface():
    y, x = np.indices((60, 80)) - np.array([29.5, 39.5])[:, None, None]
    bow = 0.01 * x**2 - 0.004 * x * y + 0.003 * y**2 + 0.2 * x
    assert surface_roughness(bow).sq > 1
    assert surface_roughness(bow, level="quadratic").sz == 0
    rough = np.cos(2 * np.pi * (x + 0.5) / 10)
    assert surface_roughness(bow + rough, level="quadratic").sq == pytest.approx(
        math.sqrt(0.5), rel=0.01
    )


@given(height_maps(), st.tuples(*[st.floats(-50, 50)] * 3))
def test_adding_a_plane_changes_nothing_but_the_tilt(heights, coefficients):
    places = np.indices(heights.shape)
    tilted = heights + coefficients[0]
    for slope, place in zip(coefficients[1:], places, strict=False):
        tilted = tilted + slope * place
    before, after = surface_roughness(heights), surface_roughness(tilted)
    assert after.n_columns == before.n_columns
    if before.n_columns == 0:
        return
    for name in LENGTHS:
        assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-7, abs=1e-8)
    if before.sq > 1e-3:
        assert after.ssk == pytest.approx(before.ssk, rel=1e-6, abs=1e-6)
        assert after.sku == pytest.approx(before.sku, rel=1e-6)


@given(height_maps(), st.sampled_from(LEVELS), st.sampled_from([1e-150, 1e-3, 8.0, 1e150]))
def test_scaling_heights_scales_lengths_and_not_shapes(heights, level, factor):
    before = surface_roughness(heights, level=level)
    assume(before.n_columns > 0)
    after = surface_roughness(factor * heights, level=level)
    for name in LENGTHS:
        assert getattr(after, name) == pytest.approx(factor * getattr(before, name), rel=1e-6)
    if before.sq > 1e-3:
        assert after.ssk == pytest.approx(before.ssk, rel=1e-6, abs=1e-6)
        assert after.sku == pytest.approx(before.sku, rel=1e-6)


@given(height_maps(), st.sampled_from(LEVELS))
def test_turning_the_surface_over_turns_peaks_into_valleys(heights, level):
    found, turned = (surface_roughness(z, level=level) for z in (heights, -heights))
    assume(found.sq > 1e-3)
    assert (turned.sp, turned.sv) == pytest.approx((found.sv, found.sp))
    assert turned.ssk == pytest.approx(-found.ssk, abs=1e-9)
    flipped = surface_roughness(heights[::-1], level=level)
    assert numbers(flipped) == pytest.approx(numbers(found), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("level", LEVELS)
def test_a_big_offset_costs_no_more_than_its_rounding(rng, level):
    heights = np.round(rng.normal(0, 1, (200, 300)) * 2**10) / 2**10  # exact beside the offset
    low, high = (surface_roughness(heights + offset, level=level) for offset in (0, 2.0**40))
    for name in (*LENGTHS, *SHAPES):
        assert getattr(high, name) == pytest.approx(getattr(low, name), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "heights", [[4.0], [[4.0, np.nan]], np.full((5, 6), 0.1), np.zeros((2, 3))]
)
def test_one_column_or_a_flat_surface_has_no_roughness_and_no_shape(heights, level):
    found = surface_roughness(heights, level=level)
    assert [getattr(found, name) for name in LENGTHS] == [0] * 5
    assert found.tilt == pytest.approx(0, abs=1e-12)
    assert np.isnan([found.ssk, found.sku]).all()


@pytest.mark.parametrize("level", ["plane", "quadratic"])
def test_columns_on_one_line_are_levelled_along_it(level):
    places = np.arange(40)
    rough = (-1.0) ** places
    diagonal = np.full((40, 40), np.nan)
    diagonal[places, places] = rough + 2 * places
    row = np.full((40, 40), np.nan)
    row[7] = rough + 2 * places * math.sqrt(2)
    line = rough + 2 * places * math.sqrt(2)
    found = surface_roughness(diagonal, level=level)
    assert found.sq == pytest.approx(1, rel=0.01)
    # The slope along the line and none across: the smallest plane that fits.
    assert found.tilt == pytest.approx(math.degrees(math.atan(2 / math.sqrt(2))), abs=0.2)
    for other in (row, line):
        again = surface_roughness(other, level=level)
        assert again.sq == pytest.approx(found.sq, rel=1e-9)


def test_columns_without_height_are_ignored(rng):
    heights = rng.normal(size=(20, 30))
    hidden = np.full((50, 60), np.nan)
    hidden[11:31, 17:47] = heights
    expected = numbers(surface_roughness(heights))
    assert numbers(surface_roughness(hidden)) == pytest.approx(expected)


def test_spacing_enters_the_tilt_alone():
    x = np.arange(30)
    heights = 1.5 * x + np.sin(x) * np.array([[1], [-1]] * 10)
    found = surface_roughness(heights, spacing=(0.5, 3.0), level="plane")
    plain = surface_roughness(heights)
    assert plain.sq > 0.5
    assert found.sq == pytest.approx(plain.sq)
    assert found.tilt == pytest.approx(math.degrees(math.atan(0.5)), abs=0.1)
    assert plain.tilt == pytest.approx(math.degrees(math.atan(1.5)), abs=0.1)


@pytest.mark.parametrize("level", ["plane", "quadratic"])
@pytest.mark.parametrize("spacing", [(1, 1e4), (1, 3e5), (1e-6, 1e5), (1e6, 1)])
def test_however_long_one_of_them_is(rng, level, spacing):
    heights = rng.normal(size=(11, 5))
    found = surface_roughness(heights, spacing=spacing, level=level)
    plain = surface_roughness(heights, level=level)
    assert (found.sq, found.sku) == pytest.approx((plain.sq, plain.sku), rel=1e-9)


@pytest.mark.parametrize("dtype", ["u1", "i4", "f4", ">f8"])
def test_heights_of_any_number_type_are_taken(dtype):
    heights = np.array([[1, 5], [2, 9], [4, 4]])
    assert surface_roughness(heights.astype(dtype)) == surface_roughness(heights.astype("f8"))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"level": "none"},
            ValueError,
            "level must be 'mean', 'plane' or 'quadratic', got 'none'",
        ),
        ({"height": np.ones((2, 2), bool)}, TypeError, "height must be integer or float, got bool"),
        ({"height": np.ones(2, complex)}, TypeError, "height must be integer or float"),
        ({"height": np.ones((2, 2, 2))}, ValueError, r"height must be \(y, x\) or \(x,\), got"),
        (
            {"height": [1.0, np.inf]},
            ValueError,
            r"height must be finite or NaN, got inf at \(1,\); pass NaN where",
        ),
        ({"spacing": 0}, ValueError, "spacing must be positive and finite, got 0"),
        ({"spacing": (1, 1, 1)}, ValueError, r"spacing must be a number or \(y, x\)"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        surface_roughness(**{"height": np.zeros((2, 2)), **arguments})
