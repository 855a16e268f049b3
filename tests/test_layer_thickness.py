import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import RunVolume, disc, layer_thickness, surface_roughness

from reference import ends_along, layers_along
from strategies import masks, threads


@given(masks(), st.integers(-3, 2))
def test_map_and_layers_are_the_column_sums(mask, axis):
    if not -mask.ndim <= axis < mask.ndim:
        axis = 0
    spacing = (2.5, 0.5, 1.5)[-mask.ndim :]
    result = layer_thickness(mask, axis=axis, spacing=spacing)
    expected = mask.sum(axis=axis) * spacing[axis]
    np.testing.assert_array_equal(result.map, expected)
    np.testing.assert_array_equal(result.n_layers, layers_along(mask, axis))
    assert result.n_columns == expected.size
    if expected.size:
        assert result.mean == pytest.approx(expected.mean())
        assert result.std == pytest.approx(expected.std())
        assert result.coverage == pytest.approx((expected > 0).mean())
    else:
        assert np.isnan([result.mean, result.std, result.coverage]).all()


@st.composite
def masks_and_axes(draw):
    mask = draw(masks())
    return mask, draw(st.integers(-mask.ndim, mask.ndim - 1))


@given(masks_and_axes(), threads)
def test_faces_are_where_layers_begin_and_end(mask_and_axis, n_threads):
    mask, axis = mask_and_axis
    spacing = (2.5, 0.5, 1.5)[-mask.ndim :]
    result = layer_thickness(mask, axis=axis, spacing=spacing, n_threads=n_threads)
    begin, end = ends_along(mask, axis)
    np.testing.assert_array_equal(result.near, begin * spacing[axis])
    np.testing.assert_array_equal(result.far, end * spacing[axis])
    assert result.near.dtype == result.far.dtype == np.float64
    gaps = result.far - result.near - result.map
    assert (gaps[result.n_layers == 1] == 0).all()
    assert (gaps[result.n_layers > 1] > 0).all()


@given(masks_and_axes(), st.integers(0, 2**32 - 1), st.sampled_from(["mask", "disc"]))
def test_within_a_region_everything_is_of_its_columns_alone(mask_and_axis, seed, kind):
    mask, axis = mask_and_axis
    spacing = (2.5, 0.5, 1.5)[-mask.ndim :]
    rest = tuple(np.delete(spacing, axis))
    shape = tuple(np.delete(mask.shape, axis))
    if kind == "mask":
        roi = region = np.random.default_rng(seed).random(shape) < 0.6
    else:
        roi = 0.5 + seed % 97 / 4
        region = disc(shape, roi, spacing=rest)
    result = layer_thickness(mask, axis=axis, spacing=spacing, roi=roi)
    assert result.spacing == rest
    assert result.n_columns == region.sum()

    outside = ~region
    thickness = mask.sum(axis=axis) * spacing[axis]
    expected = thickness[region]
    np.testing.assert_array_equal(result.map, np.where(region, thickness, np.nan))
    np.testing.assert_array_equal(result.n_layers, layers_along(mask, axis) * region)
    begin, end = ends_along(mask, axis)
    begin[outside] = end[outside] = np.nan
    np.testing.assert_array_equal(result.near, begin * spacing[axis])
    np.testing.assert_array_equal(result.far, end * spacing[axis])
    assert result.roughness == surface_roughness(result.map, spacing=rest, level="mean")
    for face, roughness in (
        (result.near, result.near_roughness),
        (result.far, result.far_roughness),
    ):
        # As strings, so that NaN equals NaN.
        assert repr(roughness) == repr(surface_roughness(face, spacing=rest, level="plane"))
    if expected.size == 0:
        assert np.isnan([result.mean, result.std, result.std_corrected, result.coverage]).all()
        return
    assert result.mean == pytest.approx(expected.mean())
    assert result.std == pytest.approx(expected.std(), abs=1e-12)
    assert result.coverage == pytest.approx((expected > 0).mean())
    noise = layers_along(mask, axis)[region].mean() * spacing[axis] ** 2 / 6
    left = max(0, expected.var() - noise)
    assert result.std_corrected**2 == pytest.approx(left, abs=1e-9)


@given(masks_and_axes())
def test_a_mask_turned_end_for_end_has_its_faces_changed_over(mask_and_axis):
    mask, axis = mask_and_axis
    forward = layer_thickness(mask, axis=axis, spacing=0.5)
    backward = layer_thickness(np.flip(mask, axis), axis=axis, spacing=0.5)
    length = mask.shape[axis] * 0.5
    np.testing.assert_array_equal(backward.near, length - forward.far)
    np.testing.assert_array_equal(backward.far, length - forward.near)
    np.testing.assert_array_equal(backward.map, forward.map)
    close = {"abs": 1e-12, "nan_ok": True}
    assert backward.near_roughness.sp == pytest.approx(forward.far_roughness.sv, **close)
    assert backward.far_roughness.sq == pytest.approx(forward.near_roughness.sq, **close)


def layer_between(near, far, depth, spacing=1.0):
    """A layer whose voxels have their centre between two surfaces."""
    centres = (np.arange(depth) + 0.5)[:, None, None] * spacing
    return (near <= centres) & (centres < far)


def test_a_tilted_layer_has_a_tilt_and_no_roughness_beyond_its_voxels():
    h = 1.8
    y, x = np.mgrid[:200, :150] * h
    near = 12.3 + 0.1 * x + 0.05 * y
    result = layer_thickness(layer_between(near, near + 20, 50, h), spacing=h)
    angle = math.degrees(math.atan(math.hypot(0.1, 0.05)))
    for face in (result.near_roughness, result.far_roughness):
        assert face.tilt == pytest.approx(angle, abs=0.02)
        assert face.sq == pytest.approx(h / math.sqrt(12), rel=0.02)
    assert result.mean == pytest.approx(20, abs=0.02)
    assert result.mean * math.cos(math.radians(angle)) < 20  # what lies square to the layer


def smooth_field(rng, n, std):
    """A few waves along every direction, with a given mean square."""
    y, x = 2 * np.pi * np.mgrid[:n, :n] / n
    waves = [(p, q) for p in range(-3, 4) for q in range(4) if (p, q) != (0, 0)]
    field = sum(rng.normal() * np.cos(p * y + q * x + rng.uniform(0, 7)) for p, q in waves)
    return (field - field.mean()) / field.std() * std


def rough_collector(rng, n):
    """Tilted over nine voxels, and rough by two thirds of one."""
    y, x = np.mgrid[:n, :n] / n
    return 5 + 7 * x + 2 * y + rng.normal(0, 0.7, (n, n))


# The error of what remains, by how it lies between whole voxels, falls with exp(-2π² std²).
@pytest.mark.parametrize(("std", "most"), [(0.3, 0.13), (0.4, 0.05), (0.5, 0.03), (0.7, 0.02),
                                           (1.0, 0.01)])  # fmt: skip
@pytest.mark.parametrize("mean", [6.0, 6.25, 6.5, 6.75])
def test_the_corrected_deviation_is_that_of_the_layer_and_not_of_its_voxels(rng, std, most, mean):
    h, n = 1.8, 200
    near = rough_collector(rng, n)
    truth = mean + smooth_field(rng, n, std)
    result = layer_thickness(layer_between(near, near + truth, 30), spacing=h)
    error = abs(result.std_corrected / (h * std) - 1)
    assert error < most
    assert 5 * error < abs(result.std / (h * std) - 1)


def test_faces_that_are_rough_each_in_its_own_way_need_no_waves_in_the_thickness(rng):
    near = rough_collector(rng, 300)
    far = rough_collector(rng, 300) + 8
    result = layer_thickness(layer_between(near, far, 40))
    truth = (far - near).std()
    assert result.std_corrected == pytest.approx(truth, rel=0.01)
    assert result.std > 1.05 * truth


def test_the_correction_counts_the_faces_of_every_layer(rng):
    n = 200
    near = rough_collector(rng, n)
    lower, upper = 4.2 + smooth_field(rng, n, 0.6), 3.1 + smooth_field(rng, n, 0.6)
    above = near + lower + 3 + smooth_field(rng, n, 0.6)
    bare = np.zeros((n, n), bool)
    bare[:, : n // 8] = True
    mask = layer_between(near, near + lower, 40) | layer_between(above, above + upper, 40)
    mask[:, bare] = False
    everywhere = layer_thickness(mask, roi=~bare)
    truth = lower + upper
    assert (everywhere.n_layers[~bare] == 2).all()
    assert everywhere.std_corrected == pytest.approx(truth[~bare].std(), rel=0.03)
    # Bare columns bring neither thickness nor rounding.
    covered = layer_thickness(mask)
    truth[bare] = 0
    assert covered.coverage == 7 / 8
    assert covered.std**2 - covered.std_corrected**2 == pytest.approx(2 * 7 / 8 / 6)
    assert covered.std_corrected == pytest.approx(truth.std(), rel=0.003)


def test_a_layer_along_the_grid_is_corrected_too_much():
    mask = np.zeros((9, 10, 10), bool)
    mask[2:6] = True
    mask[6, :5] = True
    result = layer_thickness(mask)
    assert result.std == 0.5
    assert result.std_corrected == pytest.approx(math.sqrt(1 / 4 - 1 / 6))
    mask[6] = False
    assert layer_thickness(mask).std_corrected == 0


def test_volume_is_mean_thickness_times_area(rng):
    mask = rng.random((30, 40, 300)) < 0.3
    for axis in range(3):
        result = layer_thickness(RunVolume.from_mask(mask), axis=axis)
        assert result.map.sum() == mask.sum()


def test_columns_outside_the_region_do_not_count(rng):
    mask = rng.random((9, 20, 30)) < 0.5
    inside = np.hypot(*np.ogrid[-9.5:10.5, -14.5:15.5]) < 8
    result = layer_thickness(mask, spacing=1.7, roi=inside)
    sums = mask.sum(axis=0) * 1.7
    assert result.n_columns == inside.sum()
    assert result.mean == pytest.approx(sums[inside].mean())
    assert np.isnan(result.map[~inside]).all()
    assert (result.n_layers[~inside] == 0).all()


def test_a_number_is_the_diameter_of_a_disc_in_the_middle(rng):
    mask = rng.random((9, 20, 30)) < 0.5
    spacing = (1.7, 1.0, 0.5)
    result = layer_thickness(mask, spacing=spacing, roi=8)
    inside = np.hypot(np.arange(20)[:, None] - 9.5, np.arange(30) * 0.5 - 7.25) <= 4
    np.testing.assert_array_equal(~np.isnan(result.map), inside)
    assert result.n_columns == inside.sum()
    section = layer_thickness(mask[0], spacing=spacing[1:], roi=np.float32(8))
    np.testing.assert_array_equal(~np.isnan(section.map), abs(np.arange(30) * 0.5 - 7.25) <= 4)


def test_a_disc_between_columns_holds_none(rng):
    mask = rng.random((5, 4, 4)) < 0.5
    result = layer_thickness(mask, roi=0.5)
    assert result.n_columns == result.roughness.n_columns == 0
    assert math.isnan(result.std_corrected)
    assert np.isnan(result.map).all()


@pytest.mark.parametrize("thickness", [1, 4, 7])
def test_a_flat_layer_has_its_thickness_and_no_spread(thickness):
    mask = np.zeros((12, 10, 70), bool)
    mask[3 : 3 + thickness] = True
    result = layer_thickness(mask, spacing=1.8)
    assert result.mean == pytest.approx(1.8 * thickness)
    assert result.std == pytest.approx(0, abs=1e-12)
    assert (result.n_layers == 1).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"axis": 3}, ValueError, r"axis must lie in -3\.\.2 for a 3-D mask, got 3"),
        ({"axis": 0.0}, ValueError, "axis must lie"),
        ({"mask": np.zeros((2, 2, 2))}, TypeError, "mask must be bool or integer"),
        (
            {"roi": np.ones((2, 3), bool)},
            ValueError,
            "the map of columns and roi must have the same",
        ),
        ({"roi": np.ones((2, 2))}, TypeError, "roi must be bool or integer, got float64"),
        ({"spacing": 0}, ValueError, "spacing must be positive"),
        (
            {"roi": 0},
            ValueError,
            "roi, the diameter of a disc, must be positive and finite, got 0",
        ),
        ({"roi": -1.5}, ValueError, "must be positive and finite, got -1.5"),
        ({"roi": math.nan}, ValueError, "must be positive and finite, got nan"),
        ({"roi": True}, ValueError, "the map of columns and roi must have the same"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        layer_thickness(**{"mask": np.zeros((2, 2, 2), bool), **arguments})
