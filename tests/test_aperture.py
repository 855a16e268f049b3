"""Apertures of sheets whose width is known, and what must not change them."""

import numpy as np
import pytest
from scipy import ndimage

from crevasse import RunVolume, aperture

from sheets import contrast, inner, plane, wave

NORMALS = [(1, 0, 0), (0, 0, 1), (1, 1, 0), (1, 1, 1), (0.9, 0.3, 0.2), (0.1, 0.6, 0.8)]
WIDTHS = [0.5, 1.0, 1.7, 2.0, 3.0, 4.4, 6.0, 8.0]
SHAPE = (32, 31, 33)


def half(light):
    """The mask at half of the sheet's contrast, or of its peak where that is lower."""
    return light > 0.5 * min(1.0, light.max())


@pytest.fixture(scope="module")
def sheet():
    """A blurred slab on a tilt, 2.3 voxels wide, with a little noise."""
    light = contrast(SHAPE, plane((0.9, 0.3, 0.2), offset=0.3), 2.3)
    noise = np.random.default_rng(5).normal(0, 0.02, SHAPE)
    return (light + noise).astype(np.float32), half(light)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("normal", NORMALS)
def test_every_voxel_of_a_blurred_slab_reads_its_width(width, normal):
    for sigma, offset in ((0.7, 0.0), (0.9, 0.4)):
        light = contrast(SHAPE, plane(normal, offset), width, sigma=sigma)
        crack = aperture(light, half(light), solid=0, void=1)
        values = crack.map[half(light)]
        assert np.isfinite(values).any()
        assert np.nanmax(np.abs(values - width)) < 0.04
        assert crack.mean == pytest.approx(width, abs=0.015)


@pytest.mark.parametrize("width", [2.0, 3.0, 5.0])
def test_noise_widens_the_spread_and_does_not_move_the_mean(width, rng):
    errors = []
    for normal in NORMALS:
        light = contrast(SHAPE, plane(normal, 0.2), width)
        grey = light + rng.normal(0, 0.1, SHAPE)
        errors.append(aperture(grey, half(light), solid=0, void=1).mean - width)
    assert abs(np.mean(errors)) < 0.015
    assert np.max(np.abs(errors)) < 0.06


@pytest.mark.parametrize("width", [0.8, 2.0, 4.5])
def test_a_warped_sheet_reads_its_width(width):
    light = contrast((40, 12, 72), wave(5.0, 36.0), width)
    crack = aperture(light, half(light), solid=0, void=1)
    values = crack.map[inner(half(light), 4)]
    assert np.isfinite(values).all()
    assert values.mean() == pytest.approx(width, abs=0.03)
    assert np.abs(values - width).max() < 0.15


@pytest.mark.parametrize("spacing", [(2.0, 1.0, 1.0), (1.0, 1.5, 0.6)])
@pytest.mark.parametrize("normal", NORMALS)
def test_spacing_is_respected(spacing, normal):
    light = contrast((32, 33, 50), plane(normal, 0.3), 4.0, sigma=1.6, spacing=spacing)
    crack = aperture(light, half(light), solid=0, void=1, spacing=spacing, reach=6)
    values = crack.map[half(light)]
    assert np.isfinite(values).any()
    assert np.nanmax(np.abs(values - 4.0)) < 0.1
    in_millimetres = aperture(
        light, half(light), solid=0, void=1, spacing=tuple(s / 1000 for s in spacing), reach=6
    )
    np.testing.assert_allclose(1000 * in_millimetres.map, crack.map, rtol=1e-5)
    assert in_millimetres.area == pytest.approx(crack.area / 1e6)
    assert in_millimetres.volume == pytest.approx(crack.volume / 1e9)


def test_flips_and_transposes_turn_the_map(sheet):
    grey, mask = sheet
    expected = aperture(grey, mask, solid=0, void=1)
    for turn in (
        lambda a: a[::-1],
        lambda a: a[:, ::-1, ::-1],
        lambda a: a.transpose(2, 0, 1),
        lambda a: a.transpose(1, 0, 2)[..., ::-1],
    ):
        found = aperture(turn(grey), turn(mask), solid=0, void=1)
        np.testing.assert_allclose(found.map, turn(expected.map), atol=1e-4)
        assert found.mean == pytest.approx(expected.mean, abs=1e-5)
        assert found.area == pytest.approx(expected.area, rel=1e-5)


@pytest.mark.parametrize(("solid", "void"), [(30000, 12000), (200, 1200), (-5, -8), (1e7, 1.1e7)])
def test_grey_scale_and_sign_of_contrast_do_not_matter(sheet, solid, void):
    light, mask = sheet
    expected = aperture(light.astype(np.float64), mask, solid=0, void=1)
    grey = solid + (void - solid) * light.astype(np.float64)
    found = aperture(grey, mask, solid=solid, void=void)
    np.testing.assert_allclose(found.map, expected.map, atol=1e-4)


@pytest.mark.parametrize("dtype", ["bool", "u1", "i2", "u2", "i4", "u4", "f4", "f8", ">u2", ">f4"])
def test_every_grey_dtype_and_byte_order_reads_alike(sheet, dtype):
    light, mask = sheet
    most = 1 if dtype == "bool" else 100
    grey = np.rint(most * light.clip(0, 1))
    expected = aperture(grey, mask, solid=0, void=most)
    found = aperture(grey.astype(dtype), mask, solid=0, void=most)
    np.testing.assert_array_equal(found.map, expected.map)
    assert found.mean == expected.mean


def test_the_result_is_the_same_for_every_thread_count(rng):
    light = contrast((80, 70, 90), plane((0.7, 0.4, 0.3)), 3.0)
    grey = light + rng.normal(0, 0.1, light.shape)
    mask = grey > 0.5
    first = aperture(grey, mask, void=1, n_threads=1)
    for n_threads in (2, 3, 7):
        again = aperture(grey, RunVolume.from_mask(mask), void=1, n_threads=n_threads)
        assert again.map.tobytes() == first.map.tobytes()
        assert (again.mean, again.std, again.area, again.volume, again.solid) == (
            first.mean, first.std, first.area, first.volume, first.solid,
        )  # fmt: skip


@pytest.mark.parametrize(("gap", "most"), [(2.5, 0.3), (4.0, 0.15), (6.0, 0.05)])
def test_two_parallel_cracks_are_told_apart(gap, most):
    width, normal = 2.5, (0.9, 0.3, 0.2)
    away = (width + gap) / 2
    light = contrast(SHAPE, plane(normal, away), width, sigma=0.7) + contrast(
        SHAPE, plane(normal, -away), width, sigma=0.7
    )
    values = aperture(light, light > 0.5, solid=0, void=1).map[light > 0.5]
    assert np.nanmax(np.abs(values - width)) < most
    assert np.nanmean(values) == pytest.approx(width, abs=0.05)


def test_area_mean_and_volume_are_those_of_the_sheet():
    # A rectangle of 20 x 22 that is 1.5 wide on one half and 3 on the other, well inside.
    shape, spacing = (30, 50, 60), 0.5
    light = np.zeros(shape)
    narrow = contrast((30, 1, 1), plane((1, 0, 0)), 1.5, sigma=0.6)
    wide = contrast((30, 1, 1), plane((1, 0, 0)), 3.0, sigma=0.6)
    light[:, 15:35, 20:31] = narrow
    light[:, 15:35, 31:42] = wide
    crack = aperture(light, light > 0.5, solid=0, void=1, spacing=spacing)
    edge = crack.map[15, 25, 22]
    assert edge == pytest.approx(1.5 * spacing, abs=0.01)
    assert crack.area == pytest.approx(20 * 22 * spacing**2, rel=0.06)
    assert crack.mean == pytest.approx(2.25 * spacing, rel=0.06)
    assert crack.volume == pytest.approx(light.sum() * spacing**3, rel=0.06)
    assert crack.std == pytest.approx(0.75 * spacing, rel=0.1)


def test_an_image_reads_like_a_volume_that_goes_on_along_z():
    light = contrast((40, 45), plane((0.8, 0.6), 0.3), 2.2)
    flat = aperture(light, half(light), solid=0, void=1, spacing=(2.0, 2.0))
    values = flat.map[half(light)]
    assert np.nanmax(np.abs(values - 4.4)) < 0.05
    assert flat.volume == pytest.approx(flat.area * flat.mean)
    deep = aperture(*(np.repeat(a[None], 9, 0) for a in (light, half(light))), solid=0, void=1)
    for plane_of_map in deep.map:
        np.testing.assert_allclose(2 * plane_of_map, flat.map, atol=1e-3)


def test_what_leaves_the_volume_has_no_value():
    light = contrast((20, 30, 30), plane((1, 0, 0), -4.0), 3.0)  # from 4.0 to 7.0
    whole = aperture(light, half(light), solid=0, void=1)
    assert np.isfinite(whole.map[half(light)]).all()
    for cut in (2, 4, 6):
        part = aperture(light[cut:], half(light)[cut:], solid=0, void=1)
        assert np.isnan(part.map).all()
        assert np.isnan(part.mean)
        assert part.area == 0


def test_thick_places_have_values_up_to_their_limit_and_then_none():
    for radius, all_known in ((5, True), (10, True), (14, False)):
        n = radius + 6
        z, y, x = np.ogrid[-n : n + 1, -n : n + 1, -n : n + 1]
        light = np.broadcast_to(np.clip(radius + 0.5 - np.hypot(z, y), 0, 1), (2 * n + 1,) * 3)
        light = ndimage.gaussian_filter(light + 0 * x, 0.7)
        inside = aperture(light, light > 0.5, solid=0, void=1).map[inner(light > 0.5, 3)]
        assert np.isfinite(inside).all() == all_known
        assert np.nanmedian(inside) == pytest.approx(2 * radius, rel=0.02)


def test_solid_and_void_are_medians_away_from_the_faces(rng):
    light = contrast((40, 40, 40), plane((0.9, 0.3, 0.2)), 12.0)
    grey = 500 - 300 * light + rng.normal(0, 5, light.shape)
    crack = aperture(grey, grey < 350)
    assert crack.solid == pytest.approx(500, abs=1)
    assert crack.void == pytest.approx(200, abs=1)
    assert crack.mean == pytest.approx(12, abs=0.2)


def test_unknown_grey_values_spoil_only_the_lines_through_them(sheet):
    grey, mask = sheet
    expected = aperture(grey, mask, solid=0, void=1)
    holed = grey.copy()
    holed[:, :, 20] = np.nan
    holed[:, 16:, 20] = np.inf
    found = aperture(holed, mask, void=1)
    assert np.isnan(found.map[:, :, 20]).all()
    far = np.s_[:, :, :12]
    np.testing.assert_array_equal(found.map[far] * 0, expected.map[far] * 0)
    assert found.mean == pytest.approx(expected.mean, abs=0.05)


def test_an_empty_mask_has_no_aperture():
    crack = aperture(np.zeros((5, 6, 7), np.uint8), np.zeros((5, 6, 7), bool), solid=0, void=1)
    assert np.isnan(crack.map).all()
    assert np.isnan([crack.mean, crack.std]).all()
    assert (crack.area, crack.volume) == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"grey": np.zeros((9, 9), complex)}, TypeError, "grey must be uint8, .* got complex128"),
        ({"mask": np.ones((9, 9))}, TypeError, "mask must be bool or integer, got float64"),
        (
            {"mask": np.ones((9, 8), bool)},
            ValueError,
            r"grey and mask must .* \(9, 9\) and \(9, 8\)",
        ),
        ({"solid": 1}, ValueError, "solid and void must differ, got 1 for both"),
        ({"void": np.nan}, ValueError, "void must be a finite number, got nan"),
        ({"solid": None}, ValueError, "solid can be estimated from 100 .* got 18; pass solid="),
        ({"void": None}, ValueError, "void can be estimated from 100 voxels .* got 0; pass void="),
        ({"spacing": 0}, ValueError, "spacing must be positive and finite, got 0"),
        ({"reach": -1}, ValueError, "reach must be positive and finite, got -1"),
        ({"n_threads": 0}, ValueError, "n_threads must be a whole number"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    mask = np.zeros((9, 9), bool)
    mask[:, 4] = True
    usual = {"grey": mask.astype(np.uint8), "mask": mask, "solid": 0, "void": 1}
    with pytest.raises(error, match=message):
        aperture(**{**usual, **arguments})
