"""Arguments at the ends of what kernels take, and just beyond."""

import numpy as np
import pytest

import crevasse
from crevasse import RunVolume
from crevasse.io import write_tiff

MASK = np.array([[0, 1, 1, 1, 0], [0, 1, 1, 1, 1], [1, 1, 1, 1, 1]], dtype=bool)
GREY = np.arange(15, dtype=np.uint8).reshape(3, 5)


@pytest.mark.parametrize("far", [np.inf, 1e300, 10**400])
def test_bounds_beyond_all_grey_values_are_those_of_an_empty_or_a_full_window(far):
    for image in (GREY, GREY.astype(np.int16), GREY.astype(np.float32), MASK):
        everything, nothing = image.size, 0
        assert RunVolume.from_threshold(image, low=far).n_voxels == nothing
        assert RunVolume.from_threshold(image, high=-far).n_voxels == nothing
        assert RunVolume.from_threshold(image, high=far).n_voxels == everything
        assert RunVolume.from_threshold(image, low=-far).n_voxels == everything
        assert crevasse.hysteresis(image, 1, far).n_voxels == nothing


def test_a_region_whose_grey_values_are_all_nan_has_no_least_nor_greatest():
    grey = np.array([[np.nan, np.nan, 3.0, np.nan]])
    table = crevasse.region_table(np.array([[1, 1, 2, 2]]), intensity=grey)
    np.testing.assert_array_equal(table["intensity_min"], [np.nan, 3.0])
    np.testing.assert_array_equal(table["intensity_max"], [np.nan, 3.0])


def test_few_voxels_of_a_huge_volume_are_measured():
    volume = RunVolume.from_box((65536, 65536), (slice(0, 3), slice(65533, 65536)))
    assert crevasse.keep_largest(volume) == volume
    assert volume.label().regions()["covariance_xx"][0] == pytest.approx(2 / 3)


def test_kernels_that_keep_components_take_arrays_and_give_them_back(rng):
    mask = rng.random((6, 7, 8)) < 0.4
    runs = RunVolume.from_mask(mask)
    seeds = rng.random(mask.shape) < 0.02
    for kernel in (
        lambda v: crevasse.keep_largest(v, 2),
        lambda v: crevasse.remove_small(v, 3),
        crevasse.fill_cavities,
        lambda v: crevasse.connected_to(v, seeds),
    ):
        kept = kernel(mask)
        assert kept.dtype == bool
        np.testing.assert_array_equal(kept, kernel(runs).to_mask())
    assert crevasse.percolates(mask) == crevasse.percolates(runs)


def test_flags_for_axes_may_be_an_array():
    ends = np.array([[1, 0, 1]])
    assert crevasse.label(ends, periodic=np.array([False, True])).count == 1
    assert crevasse.label(ends, dtype=">u2").labels.dtype == np.uint16


def test_a_disc_wider_than_squares_can_be_is_everything():
    assert crevasse.disc((3, 3), 1e200).all()


def test_empty_volumes_of_every_form():
    assert RunVolume.from_cylinder((0, 5, 5), 2.0) == RunVolume.from_box((0, 5, 5))
    assert RunVolume.from_box((0, 4)).bounding_box(margin=2) == (slice(0, 0), slice(0, 0))


def test_a_flat_map_has_a_valley_of_plain_zero():
    assert str(crevasse.surface_roughness(np.ones((4, 4))).sv) == "0.0"


VOLUME = RunVolume.from_mask(MASK)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: crevasse.label(MASK, n_threads=2**31), "n_threads must be a whole number from 1"),
        (lambda: crevasse.label(MASK, connectivity=np.array([4, 8])), "connectivity must be 4 or"),
        (
            lambda: crevasse.distance(MASK, border=(True, False)),
            "border must be True or False, got",
        ),
        (lambda: crevasse.local_thickness(MASK, closed="a"), "closed must be True or False, got"),
        (
            lambda: crevasse.local_thickness(MASK, spacing=(1.0, 1e9)),
            "spacing must not differ by more than a factor of 1e[+]06 between axes",
        ),
        (lambda: crevasse.distance(MASK, spacing=1e-16), r"spacing must lie in \[1e-15, 1e[+]15\]"),
        (lambda: crevasse.distance(MASK, limit="far"), "limit must be positive and finite"),
        (lambda: crevasse.erode(MASK, "wide"), "radius must not be negative and must be finite"),
        (lambda: RunVolume.from_cylinder((7, 2, 5, 5), 2.0), "shape must be .z, y, x. or .y, x."),
        (lambda: RunVolume.from_cylinder((-3, 5, 5), 2.0), "shape must be .*none negative"),
        (
            lambda: RunVolume.from_columns((-3, 4), [0] * 4, [1] * 4),
            "shape must be .*none negative",
        ),
        (lambda: RunVolume.from_box((3, 2.5)), "shape must be .*whole numbers"),
        (lambda: RunVolume.from_box((3, 5), (1, 2)), "box must hold a slice without step"),
        (lambda: VOLUME.crop((1, 2)), "box must hold a slice without step"),
        (lambda: VOLUME.bounding_box(margin=-1), "margin must be a whole number of at least 0"),
        (lambda: VOLUME.shift((1.7, 0)), "offset must be a whole number, got 1.7"),
        (lambda: VOLUME.plane(0.5), "z must be a whole number, got 0.5"),
        (lambda: crevasse.keep_largest(VOLUME, 1.5), "n must be a whole number of at least 0"),
        (lambda: crevasse.keep_largest(MASK * 1.5), "volume must be bool or integer"),
        (
            lambda: crevasse.geodesic_tips(np.array([[np.nan, 1.0]]), prominence=0),
            "depth must not hold NaN; write infinity",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(call, message):
    with pytest.raises((ValueError, TypeError), match=message) as refused:
        call()
    assert "\n" not in str(refused.value)


MANY = np.arange(300.0).reshape(20, 15)


@pytest.mark.parametrize(
    "call",
    [
        lambda: crevasse.distance(MASK, spacing=MANY),
        lambda: crevasse.distance(MASK, limit=MANY),
        lambda: crevasse.erode(MASK, MANY),
        lambda: crevasse.label(MASK, connectivity=MANY),
        lambda: crevasse.label(MASK, n_threads=MANY),
        lambda: crevasse.distance(MASK, border=MANY),
        lambda: crevasse.keep_largest(VOLUME, MANY),
    ],
)
def test_a_value_that_takes_many_lines_is_named_in_one(call):
    with pytest.raises(
        (ValueError, TypeError), match=r"got an array of shape \(20, 15\)"
    ) as refused:
        call()
    assert "\n" not in str(refused.value)


def test_a_number_of_thousands_of_digits_is_none_that_could_be_shown():
    with pytest.raises(ValueError, match=r"spacing must be .* got a value of type int"):
        crevasse.distance(MASK, spacing=10**5000)


RUNS = RunVolume.from_box((4, 5, 6))
BODY = np.arange(120, dtype=np.uint8).reshape(4, 5, 6)
MASKED = np.ma.array(BODY[0], mask=BODY[0] > 5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: RUNS.shift(1), "offset must be one integer per axis"),
        (lambda: crevasse.hysteresis(BODY, None, 5), "low must be a number, got None"),
        (
            lambda: crevasse.region_table(BODY, intensity=BODY, quantiles=0.5),
            r"quantiles must be a sequence of fractions, got 0.5; write \[0.5\]",
        ),
        (lambda: RunVolume.concatenate([BODY]), "volumes must hold RunVolume only, got ndarray"),
        (lambda: RunVolume.concatenate(RUNS), r"got one; write \[volume\]"),
        (lambda: crevasse.label(BODY, dtype="foo"), "dtype must be uint8, .*, got 'foo'"),
        (lambda: write_tiff("x.tif", np.zeros((2, 3, 4, 5))), r"image must be .*got shape \(2, 3"),
        (lambda: write_tiff("x.tif", np.zeros((0, 3))), "with at least one voxel"),
        (lambda: RunVolume.load(__file__), r"test_odd_arguments.py .* \(it is no zip archive\)"),
        (lambda: crevasse.aperture(BODY, RUNS, solid="a"), "solid must be a finite number"),
        (lambda: crevasse.distance(BODY, spacing=10**400), "spacing must be a number or"),
        (lambda: crevasse.disc((3, 4), 2.0, centre=(0, 10**400)), "centre must hold one finite"),
        (lambda: crevasse.layer_thickness(BODY, roi=10**400), "roi, the diameter of a disc, must"),
        (lambda: RUNS.label().overlapping(BODY), "voxels must be a RunVolume or a RunLabeling, go"),
        (
            lambda: crevasse.geodesic_tips(BODY * 1.0, prominence=0, labeling=BODY),
            "labeling must be a RunLabeling, got ndarray; RunVolume.label makes one",
        ),
        (lambda: crevasse.surface_roughness(MASKED), "height must have no masked values; fill"),
        (lambda: crevasse.thickness_distribution(MASKED), "thickness must have no masked values"),
        (lambda: crevasse.layer_thickness(BODY, roi=MASKED > 3), "roi must have no masked values"),
        (
            lambda: RunVolume.from_threshold(BODY[0], 3, roi=MASKED > 3),
            "roi must have no masked values; fill them",
        ),
    ],
)
def test_messages_name_the_parameter(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_windows_may_be_an_array():
    windows = np.array([[0, 10], [20, 30]])
    found = RunVolume.from_windows(BODY, windows)
    assert found == RunVolume.from_windows(BODY, windows.tolist())
