"""Distances, and erosion and dilation by balls."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import crevasse
from crevasse import RunVolume, distance

from strategies import label_images, masks, threads

spacings = st.sampled_from(
    [
        (1.0, 1.0, 1.0),
        (2.0, 1.0, 0.5),
        (1.3, 0.7, 2**0.5),
        (0.1, 0.3, 0.1),
        # Squares of steps about 2^15 and beyond, in units of what the lengths have in common.
        (2.5, 0.13, 0.13),
        (181.0, 182.0, 1.0),
        (1.0, 1.0, 999.0),
    ]
)


def exact(mask, spacing, border):
    """scipy's, which is right where there is background."""
    padded = np.pad(mask, 1, constant_values=not border)
    inner = (slice(1, -1),) * mask.ndim
    if border:
        return ndimage.distance_transform_edt(padded, sampling=spacing)[inner]
    if mask.all():
        return np.full(mask.shape, np.inf)
    return ndimage.distance_transform_edt(mask, sampling=spacing)


@given(masks(), spacings, st.booleans(), threads)
def test_distances_are_those_of_scipy(mask, spacing, border, n_threads):
    lengths = spacing[-mask.ndim :]
    found = distance(mask, spacing=lengths, border=border, n_threads=n_threads)
    assert found.dtype == np.float32
    expected = exact(mask, lengths, border) if mask.size else np.zeros(mask.shape)
    np.testing.assert_allclose(found, expected, rtol=1.3e-7)
    runs = RunVolume.from_mask(mask)
    np.testing.assert_array_equal(distance(runs, spacing=lengths, border=border), found)


@pytest.mark.parametrize("spacing", [(2.5, 0.13, 0.13), (181, 1, 182), (999, 500, 1), (1, 1, 999)])
@pytest.mark.parametrize("border", [False, True])
def test_steps_too_long_for_16_bits(rng, spacing, border):
    """In columns side by side, of which 64 are worked on at a time."""
    for density in (0.3, 0.9, 0.999):
        mask = rng.random((6, 5, 140)) < density
        found = distance(mask, spacing=spacing, border=border)
        np.testing.assert_allclose(found, exact(mask, spacing, border), rtol=1e-7)


@given(masks(), spacings, st.sampled_from([0.5, 1.0, 2.5, 7.0]), st.booleans())
def test_a_limit_changes_only_what_lies_beyond(mask, spacing, limit, squared):
    lengths = spacing[-mask.ndim :]
    whole = distance(mask, spacing=lengths, squared=squared)
    near = distance(mask, spacing=lengths, squared=squared, limit=limit)
    most = np.float32(limit**2 if squared else limit)
    np.testing.assert_array_equal(near, np.minimum(whole, most))


@given(masks())
def test_squares_are_whole_numbers_and_roots_are_correct_to_the_last_bit(mask):
    squares = distance(mask, squared=True)
    finite = np.isfinite(squares)
    assert (squares[finite] == np.rint(squares[finite])).all()
    for length in (1.0, 1.8, 0.1):
        exact_roots = (length * np.sqrt(squares.astype(np.float64))).astype(np.float32)
        np.testing.assert_array_equal(distance(mask, spacing=length), exact_roots)


@given(masks(), spacings)
def test_flips_transposes_scale_and_more_background(mask, spacing):
    lengths = spacing[-mask.ndim :]
    found = distance(mask, spacing=lengths)
    np.testing.assert_array_equal(distance(mask[..., ::-1], spacing=lengths)[..., ::-1], found)
    np.testing.assert_array_equal(distance(mask.T, spacing=lengths[::-1]).T, found)
    doubled = distance(mask, spacing=tuple(2 * s for s in lengths))
    np.testing.assert_array_equal(doubled, 2 * found)
    fewer = mask & (np.indices(mask.shape).sum(axis=0) % 7 != 0)
    assert (distance(fewer, spacing=lengths) <= found).all()


def test_no_error_grows_over_ten_thousand_voxels():
    mask = np.ones((3, 10007), bool)
    mask[1, 0] = False
    y, x = np.indices(mask.shape)
    expected = np.sqrt((y - 1.0) ** 2 + x.astype(float) ** 2).astype(np.float32)
    np.testing.assert_array_equal(distance(mask), expected)
    np.testing.assert_array_equal(distance(mask.T).T, expected)


def test_long_distances_in_both_kinds_of_numbers():
    mask = np.ones((40, 600, 90), bool)
    mask[7, 13, 40] = mask[30, 590, 3] = False
    for spacing in ((1, 1, 1), (1.1, 2**0.5, 0.9)):
        expected = ndimage.distance_transform_edt(mask, sampling=spacing)
        np.testing.assert_allclose(distance(mask, spacing=spacing), expected, rtol=1e-7)


def test_out_is_written_into_and_returned(rng):
    mask = rng.random((9, 10, 70)) < 0.9
    out = np.full(mask.shape, 5, np.float32)
    assert distance(mask, out=out) is out
    np.testing.assert_array_equal(out, distance(mask))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mask": np.ones((2, 2))}, TypeError, "mask must be bool or integer, got float64"),
        ({"spacing": 0}, ValueError, "spacing must be positive and finite, got 0"),
        ({"limit": 0}, ValueError, "limit must be positive and finite, got 0"),
        ({"limit": np.nan}, ValueError, "limit must be positive and finite, got nan"),
        ({"out": [[0.0]]}, TypeError, "out must be a numpy array, got list"),
        ({"out": np.zeros((2, 2))}, TypeError, "out must be float32, got float64"),
        ({"out": np.zeros((2, 3), np.float32)}, ValueError, r"the mask's shape \(2, 2\)"),
        ({"out": np.zeros((2, 2), np.float32).T[::-1]}, ValueError, "out must be C-contiguous"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(arguments, error, message):
    with pytest.raises(error, match=message) as caught:
        distance(**{"mask": np.ones((2, 2), bool), **arguments})
    assert "\n" not in str(caught.value)


def to_another_value(image, spacing, border):
    """From every voxel that is not 0 to every voxel of another value."""
    padded = np.pad(image, 1) if border else image
    places = np.stack(np.indices(padded.shape), axis=-1).reshape(-1, image.ndim)
    places = (places - (1 if border else 0)) * np.array(spacing)
    values = padded.reshape(-1)
    result = np.full(image.shape, np.inf)
    for voxel in np.ndindex(image.shape):
        others = places[values != image[voxel]]
        if image[voxel] == 0:
            result[voxel] = 0
        elif len(others):
            squares = ((others - np.array(voxel) * np.array(spacing)) ** 2).sum(axis=-1)
            result[voxel] = np.sqrt(squares.min())
    return result


few = st.one_of(
    st.tuples(st.integers(0, 4), st.integers(0, 5), st.integers(0, 6)),
    st.tuples(st.integers(0, 3), st.sampled_from([1, 9, 63, 66])),
)


@given(label_images(few), spacings, st.booleans(), threads)
def test_labels_are_measured_to_the_nearest_voxel_of_another_value(
    image, spacing, border, n_threads
):
    lengths = spacing[-image.ndim :]
    found = distance(image, spacing=lengths, border=border, n_threads=n_threads)
    np.testing.assert_allclose(found, to_another_value(image, lengths, border), rtol=1.3e-7)


@given(label_images(), spacings)
def test_every_label_by_itself_gives_the_same(image, spacing):
    lengths = spacing[-image.ndim :]
    found = distance(image, spacing=lengths)
    for value in np.unique(image[image != 0])[:4]:
        alone = image == value
        expected = np.where(alone, distance(alone, spacing=lengths), 0)
        np.testing.assert_array_equal(np.where(alone, found, 0), expected)


@given(label_images())
def test_labels_take_limits_and_scale_and_turn(image):
    whole = distance(image)
    np.testing.assert_array_equal(distance(image, limit=2.5), np.minimum(whole, 2.5))
    np.testing.assert_array_equal(distance(image, spacing=2), 2 * whole)
    np.testing.assert_array_equal(distance(image.T).T, whole)
    np.testing.assert_array_equal(distance(image[::-1])[::-1], whole)


def test_long_distances_between_labels_take_envelopes():
    image = np.ones((3, 900, 70), np.int64)
    image[:, 450:, 10:] = 2**40  # beyond 32 bits
    image[1, 20, 60] = -5
    image[2, 700:710] = 0
    for spacing in (1.0, (1.0, 2**0.5, 0.9)):
        found = distance(image, spacing=spacing)
        for value in (1, 2**40, -5):
            alone = image == value
            np.testing.assert_array_equal(found[alone], distance(alone, spacing=spacing)[alone])
    assert (found[image == 0] == 0).all()


@given(masks(), spacings, st.booleans())
def test_signed_distances_are_those_of_both_sides(mask, spacing, border):
    lengths = spacing[-mask.ndim :]
    found = distance(mask, spacing=lengths, border=border, signed=True)
    inside = distance(mask, spacing=lengths, border=border)
    np.testing.assert_array_equal(found, inside - distance(~mask, spacing=lengths))


def test_numbers_meet_where_one_kind_takes_over_from_another():
    # 32-bit integers end at axes of 2^15 voxels, and squares are whole in float32 up to 2^24.
    for n in (4095, 4096, 4097, 2**15 - 2, 2**15 - 1, 2**15, 2**15 + 1):
        mask = np.ones((1, n), bool)
        mask[0, 0] = False
        np.testing.assert_array_equal(distance(mask)[0], np.arange(n, dtype=np.float32))
        np.testing.assert_array_equal(distance(mask.T)[:, 0], np.arange(n, dtype=np.float32))
        squares = (np.arange(n, dtype=np.int64) ** 2).astype(np.float32)
        np.testing.assert_array_equal(distance(mask, squared=True)[0], squares)


@pytest.mark.parametrize("spacing", [(1, 1, 1), (2, 1, 1), (1, 1, 3), (190, 1, 2)])
@pytest.mark.parametrize("limit", [None, 180.0, 181.0, 181.02, 400.0])
def test_numbers_meet_where_squares_outgrow_sixteen_bits(spacing, limit):
    # Squares to 2^15 - 2 are counted in 16 bits: 181² is the last of equal spacings.
    for n in (180, 181, 182, 183, 300):
        for axis in range(3):
            shape = [3, 3, 3]
            shape[axis] = n + 1
            mask = np.ones(shape, bool)
            mask[0, 0, 0] = False
            where = np.indices(shape).reshape(3, -1) * np.reshape(spacing, (3, 1))
            squares = (where.astype(np.int64) ** 2).sum(axis=0).reshape(shape)
            expected = squares if limit is None else np.minimum(squares, limit**2)
            found = distance(mask, spacing=spacing, squared=True, limit=limit)
            np.testing.assert_array_equal(found, expected.astype(np.float32))


def test_some_columns_fit_sixteen_bits_and_some_do_not(rng):
    mask = np.ones((30, 700, 200), bool)
    mask[:, :, 100:] = rng.random((30, 700, 100)) < 0.999
    mask[3, 350, 2] = False
    expected = ndimage.distance_transform_edt(mask)
    np.testing.assert_allclose(distance(mask), expected, rtol=1.3e-7)


@given(masks())
def test_fortran_order_gives_the_same(mask):
    np.testing.assert_array_equal(distance(np.asfortranarray(mask)), distance(mask))


@pytest.mark.parametrize("name", ["distance", "local_thickness", "nearest_background"])
def test_memory_that_cannot_be_had_is_a_memory_error(name):
    too_large = crevasse.RunVolume.from_box((2**10, 2**10, 2**30), (slice(0, 0),) * 3)
    with pytest.raises(MemoryError):
        getattr(crevasse, name)(too_large)


@pytest.mark.parametrize(
    "call",
    [  # no common measure within slices: 8 bytes a voxel besides
        "distance(mask, spacing=(1, 1.1, 2**0.5), out=out, n_threads=1)",
        "local_thickness(mask, out=out, n_threads=1)",
    ],
)
def test_a_result_array_is_untouched_where_memory_runs_out(call):
    resource = pytest.importorskip("resource", reason="there is no limit to set")
    script = f"""
import resource, numpy as np, crevasse
mask = np.ones((64, 512, 512), bool)
mask[0] = False
out = np.full(mask.shape, 7, np.float32)
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2**26, resource.RLIM_INFINITY))
try:
    crevasse.{call}
except MemoryError:
    print("untouched" if (out == 7).all() else "touched")
"""
    assert hasattr(resource, "RLIMIT_AS")
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs /proc")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "untouched"


def ball(radius, spacing):
    ends = [int(radius / s + 1e-9) for s in spacing]
    grid = np.ogrid[tuple(slice(-n, n + 1) for n in ends)]
    squares = sum((g * s) ** 2 for g, s in zip(grid, spacing, strict=True))
    return squares <= radius**2 * (1 + 1e-9)


@given(masks(), spacings, st.sampled_from([0.0, 1.0, 2**0.5, 2.0, 2.3]), threads)
def test_morphology_is_that_of_a_ball(mask, spacing, radius, n_threads):
    if mask.size == 0:
        return
    lengths = spacing[-mask.ndim :]
    structure = ball(radius * max(lengths), lengths)
    options = {"spacing": lengths, "n_threads": n_threads}
    reach = radius * max(lengths)
    eroded = ndimage.binary_erosion(mask, structure, border_value=1)
    dilated = ndimage.binary_dilation(mask, structure)
    opened = ndimage.binary_dilation(eroded, structure)
    closed = ndimage.binary_erosion(dilated, structure, border_value=1)
    runs = RunVolume.from_mask(mask)
    for name, expected in (
        ("erode", eroded), ("dilate", dilated), ("open", opened), ("close", closed)
    ):  # fmt: skip
        function = getattr(crevasse, name)
        np.testing.assert_array_equal(function(mask, reach, **options), expected, err_msg=name)
        assert function(runs, reach, **options) == RunVolume.from_mask(expected)


def test_a_radius_that_makes_no_sense_is_refused():
    for radius in (-1, np.nan, np.inf):
        with pytest.raises(ValueError, match="radius must not be negative and must be finite, got"):
            crevasse.erode(np.ones((2, 2), bool), radius)


@pytest.mark.parametrize("shape", [(90, 40, 1), (3, 80, 5), (400, 2)])
def test_a_short_last_axis_takes_no_more_memory_than_any_other(shape, rng):
    """The columns that are swept at once lie side by side along the last axis."""
    mask = rng.random(shape) < 0.9
    spacing = (1.5, 2.0, 0.5)[-mask.ndim :]
    out = np.empty(shape, dtype=np.float32)
    found = distance(mask, spacing=spacing, signed=True, limit=2.5, out=out)
    assert found is out
    both = exact(mask, spacing, False) - exact(~mask, spacing, False)
    np.testing.assert_allclose(found, np.clip(both, -2.5, 2.5), rtol=1.3e-7)


@pytest.mark.parametrize("name", ["squared", "signed"])
def test_flags_are_true_or_false(name):
    with pytest.raises(TypeError, match=f"{name} must be True or False, got 'no'"):
        distance(np.ones((2, 3), bool), **{name: "no"})


def test_the_largest_spacing_that_is_told_is_taken():
    assert distance(np.array([[0, 1]]), spacing=1e15)[0, 1] == np.float32(1e15)
