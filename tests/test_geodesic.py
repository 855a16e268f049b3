"""Distances along paths inside a mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from skimage.graph import MCP_Geometric

from crevasse import RunVolume, geodesic_distance

from strategies import masks, threads

spacings = st.sampled_from([(1.0, 1.0, 1.0), (2.0, 1.0, 0.5), (1.3, 0.7, 2**0.5), (1.0, 3.0, 1.0)])


@st.composite
def seeded(draw):
    """A mask and seeds, few of which lie inside of it."""
    mask = draw(masks())
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return mask, rng.random(mask.shape) < draw(st.sampled_from([0.0, 0.005, 0.05]))


def reachable(mask, seeds):
    """The 26-components (8 in an image) that hold a seed."""
    labels, _ = ndimage.label(mask, np.ones((3,) * mask.ndim))
    return mask & np.isin(labels, np.unique(labels[mask & seeds]))


def chains(mask, seeds, spacing):
    """The shortest chains of 26-neighbours."""
    costs = MCP_Geometric(np.where(mask, 1.0, -1.0), fully_connected=True, sampling=spacing)
    return costs.find_costs(np.argwhere(mask & seeds))[0]


@given(seeded(), spacings, threads)
def test_what_is_reached_are_the_components_that_hold_a_seed(pair, spacing, n_threads):
    mask, seeds = pair
    found = geodesic_distance(mask, seeds, spacing=spacing[-mask.ndim :], n_threads=n_threads)
    assert found.dtype == np.float32
    assert not np.isnan(found).any()
    np.testing.assert_array_equal(np.isfinite(found), reachable(mask, seeds))
    np.testing.assert_array_equal(found == 0, mask & seeds)


@given(seeded(), spacings)
def test_no_path_is_shorter_than_a_straight_line_or_longer_than_a_chain_of_neighbours(
    pair, spacing
):
    mask, seeds = pair
    lengths = spacing[-mask.ndim :]
    found = geodesic_distance(mask, seeds, spacing=lengths)
    reached = np.isfinite(found)
    if not reached.any():
        return
    straight = ndimage.distance_transform_edt(~(mask & seeds), sampling=lengths)
    longest = chains(mask, seeds, lengths)
    assert (found[reached] >= straight[reached] * (1 - 1e-6)).all()
    assert (found[reached] <= longest[reached] * (1 + 1e-6)).all()


@given(seeded(), spacings, threads)
def test_runs_and_arrays_and_thread_counts_give_equal_results(pair, spacing, n_threads):
    mask, seeds = pair
    options = {"spacing": spacing[-mask.ndim :], "n_threads": n_threads}
    found = geodesic_distance(mask, seeds, **options)
    runs, begin = RunVolume.from_mask(mask), RunVolume.from_mask(seeds)
    np.testing.assert_array_equal(geodesic_distance(runs, begin, **options), found)
    np.testing.assert_array_equal(geodesic_distance(mask.astype(int) * 7, begin, **options), found)


@given(seeded(), st.lists(st.integers(0, 70), min_size=6, max_size=6), threads)
def test_where_in_a_volume_the_mask_lies_changes_nothing(pair, around, n_threads):
    mask, seeds = pair
    margins = [(before, after) for before, after in zip(around[:3], around[3:], strict=True)]
    margins = [(min(b, 9), min(a, 9)) for b, a in margins[:-1]] + margins[-1:]
    inside = tuple(
        slice(b, b + n) for (b, _), n in zip(margins[-mask.ndim :], mask.shape, strict=True)
    )
    wide, begin = (np.pad(image, margins[-mask.ndim :]) for image in (mask, seeds))
    found = geodesic_distance(wide, begin, n_threads=n_threads)
    np.testing.assert_array_equal(found[inside], geodesic_distance(mask, seeds))
    assert np.isinf(found[~wide]).all()


@given(seeded(), spacings, st.sampled_from([0.4, 1.0, 3.0, 20.0]))
def test_a_limit_changes_only_what_lies_beyond(pair, spacing, limit):
    mask, seeds = pair
    lengths = spacing[-mask.ndim :]
    whole = geodesic_distance(mask, seeds, spacing=lengths)
    near = geodesic_distance(mask, seeds, spacing=lengths, limit=limit)
    np.testing.assert_array_equal(near, np.where(whole <= np.float32(limit), whole, np.inf))


def test_what_lies_within_a_limit_is_told_of_by_what_lies_beyond(rng):
    """The voxel that sees the straight way may itself be farther away."""
    bent = np.array([[1, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 1]], dtype=bool)
    seed = np.zeros_like(bent)
    seed[0, 0] = True
    near = geodesic_distance(bent, seed, spacing=(4.0, 1.0), limit=8.063064)
    assert near[1, 3] == 5.0
    for spacing in ((1.0, 1.0, 1.0), (1.0, 0.3, 7.0)):
        for _ in range(4):
            mask = rng.random((24, 24, 24)) < 0.5
            seeds = np.zeros_like(mask)
            seeds[0] = True
            whole = geodesic_distance(mask, seeds, spacing=spacing)
            for limit in np.quantile(whole[np.isfinite(whole)], (0.2, 0.5, 0.8)):
                near = geodesic_distance(mask, seeds, spacing=spacing, limit=float(limit))
                np.testing.assert_array_equal(near, np.where(whole <= limit, whole, np.inf))


# --- shapes whose distances are known --------------------------------------------------------


def grid(shape, spacing):
    lengths = np.broadcast_to(spacing, len(shape))
    ticks = [np.arange(n) * s for n, s in zip(shape, lengths, strict=True)]
    return np.meshgrid(*ticks, indexing="ij")


def seed_at(shape, place):
    seeds = np.zeros(shape, bool)
    seeds[place] = True
    return seeds


def errors(mask, seeds, expected, spacing, *, beyond=10):
    """Relative errors farther than `beyond` voxels from the seed; every voxel must be reached."""
    found = geodesic_distance(mask, seeds, spacing=spacing)
    assert np.isfinite(found[mask]).all()
    far = mask & (expected > beyond * np.max(spacing))
    assert far.sum() > 50
    return (found[far] - expected[far]) / expected[far]


ISOTROPIC, FLAT, ODD = (1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (1.7, 0.9, 1.3)


@pytest.mark.parametrize("spacing", [ISOTROPIC, FLAT, ODD])
def test_free_space_is_exact(spacing):
    shape = (31, 41, 50)
    axes = grid(shape, spacing)
    mask, place = np.ones(shape, bool), (11, 30, 7)
    expected = np.sqrt(sum((a - a[place]) ** 2 for a in axes))
    found = geodesic_distance(mask, seed_at(shape, place), spacing=spacing)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    plane = np.zeros(shape, bool)
    plane[:, :, 4] = True
    found = geodesic_distance(mask, plane, spacing=spacing)
    np.testing.assert_allclose(found, abs(axes[2] - axes[2][0, 0, 4]), rtol=1e-6)


@pytest.mark.parametrize("spacing", [ISOTROPIC, FLAT, ODD])
@pytest.mark.parametrize("width", [2, 3, 6])
@pytest.mark.parametrize("normal", [(1, 0, 0), (1, 1, 1), (3, 2, 1), (0.1, 1, 0.05), (0.3, 0.2, 1)])
def test_tilted_sheets_are_exact_from_face_to_face(spacing, width, normal):
    shape = tuple(int(60 / s) for s in spacing)
    axes = [a - a[shape[0] // 2, shape[1] // 2, shape[2] // 2] for a in grid(shape, spacing)]
    height = sum(a * n for a, n in zip(axes, normal, strict=True)) / np.linalg.norm(normal)
    mask = abs(height) <= width * max(spacing) / 2
    middle = mask & (sum(a * a for a in axes) < 100)
    place = np.unravel_index(np.where(middle, height, -np.inf).argmax(), shape)  # on the surface
    expected = np.sqrt(sum((a - a[place]) ** 2 for a in axes))
    assert abs(errors(mask, seed_at(shape, place), expected, spacing)).max() < 1e-6


def channel(width, spacing):
    """Two arms at a right angle, and paths that bend where voxels' edges meet."""
    shape = (60, 60)
    mask = np.zeros(shape, bool)
    mask[:width] = mask[:, :width] = True
    y, x = grid(shape, spacing)
    place = (width // 2, 59)
    corner = (width - 0.5) * np.array(spacing)
    with np.errstate(all="ignore"):
        crossing = x[place] + (x - x[place]) * (corner[0] - y[place]) / (y - y[place])
    direct = (y <= corner[0]) | (crossing <= corner[1])
    straight = np.hypot(y - y[place], x - x[place])
    to_corner = np.hypot(y[place] - corner[0], x[place] - corner[1])
    bent = to_corner + np.hypot(y - corner[0], x - corner[1])
    return mask, seed_at(shape, place), np.where(direct, straight, bent)


@pytest.mark.parametrize("width", [1, 2, 5, 12])
@pytest.mark.parametrize(("spacing", "most"), [((1, 1), 0.004), ((2, 1), 0.011), ((1, 3), 0.007)])
def test_a_right_angle_costs_little(width, spacing, most):
    error = errors(*channel(width, spacing), spacing)
    assert abs(error).max() < most


def ring(radius, width, spacing, centre):
    """An annulus, its centre off the voxels'; paths follow its inner wall."""
    half = [int((radius + width) / s) + 3 for s in spacing]
    y, x = (
        a - a[half[0], half[1]] - shift
        for a, shift in zip(grid([2 * n + 1 for n in half], spacing), centre, strict=True)
    )
    r = np.hypot(y, x)
    mask = (r >= radius) & (r <= radius + width)
    place = (half[0], half[1] + round((radius + width / 2) / spacing[1]))
    first, outer = np.arctan2(y[place], x[place]), r[place]
    turn = abs(np.angle(np.exp(1j * (np.arctan2(y, x) - first))))
    tangents = np.arccos(radius / outer) + np.arccos(radius / np.maximum(r, radius))
    straight = np.hypot(y - y[place], x - x[place])
    bent = np.sqrt(outer**2 - radius**2) + np.sqrt(np.maximum(r**2 - radius**2, 0))
    expected = np.where(turn <= tangents, straight, bent + radius * (turn - tangents))
    return mask, seed_at(mask.shape, place), expected, np.maximum(turn - tangents, 0)


@pytest.mark.parametrize(
    ("radius", "width", "spacing", "mean", "most"),
    [
        (20.4, 4, (1, 1), 0.008, 0.025),
        (60.7, 2.2, (1, 1), 0.0045, 0.012),
        (60.2, 4, (1, 1), 0.0038, 0.01),
        (60.3, 5, (2, 1), 0.0063, 0.018),
        (100.1, 4, (1, 1), 0.003, 0.01),
    ],
)
def test_rings_are_longer_by_a_fraction_of_a_voxel_a_radian(radius, width, spacing, mean, most):
    mask, seeds, expected, followed = ring(radius, width, spacing, (0.31, -0.17))
    error = errors(mask, seeds, expected, spacing)
    assert error.min() > -0.002
    assert error.mean() < mean
    assert np.percentile(error, 99) < 2.3 * mean
    assert error.max() < most
    found = geodesic_distance(mask, seeds, spacing=spacing)
    assert (found - expected - (0.45 * followed + 0.5) * max(spacing))[mask].max() < 0


def test_a_spiral_sheet_is_measured_as_if_unrolled():
    # r = a + b t; its inner face is convex all along, so paths lie on it.
    start, growth, width, turns, depth = 25.0, 1.6, 4.0, 2.2, 12
    half = int(start + growth * 2 * np.pi * turns + width) + 3
    y, x = (a - half for a in grid((2 * half + 1, 2 * half + 1), (1, 1)))
    r, angle = np.hypot(y, x), np.mod(np.arctan2(y, x), 2 * np.pi)
    lap = np.round((r - width / 2 - start - growth * angle) / (2 * np.pi * growth))
    turn = angle + 2 * np.pi * lap
    inner = start + growth * turn
    flat = (r >= inner) & (r <= inner + width) & (turn >= 0) & (turn <= 2 * np.pi * turns)
    t = np.linspace(0, 2 * np.pi * turns, 20001)
    speed = np.hypot(start + growth * t, growth)
    arc = np.concatenate([[0], np.cumsum((speed[1:] + speed[:-1]) / 2 * np.diff(t))])
    on_face = flat & (r < inner + 1) & (turn > 2)
    mask = np.repeat(flat[None], depth, axis=0)
    seeds = np.zeros_like(mask)
    first = np.where(flat & (turn < 0.5), np.hypot(y, x - start), np.inf).argmin()
    seeds[0].flat[first] = True
    height = np.arange(depth)[:, None, None]
    expected = np.hypot(np.interp(turn, t, arc), height)
    found = geodesic_distance(mask, seeds)
    found, expected = found[:, on_face], expected[:, on_face]
    error = found / expected - 1
    assert error.min() > -0.002
    assert abs(np.median(error)) < 0.016
    assert (found - expected - 0.45 * turn[on_face]).max() < 0.5


def test_spherical_shells_are_measured_along_great_circles():
    radius, width = 30, 3
    z, y, x = grid((radius + width + 1,) * 3, 1)
    r = np.sqrt(z**2 + y**2 + x**2)
    mask = (r >= radius) & (r <= radius + width)
    place = (0, 0, radius)
    turn = np.arccos(x / np.maximum(r, 1))
    tangent = np.arccos(np.minimum(1, radius / np.maximum(r, radius)))
    straight = np.sqrt(z**2 + y**2 + (x - radius) ** 2)
    along = np.sqrt(np.maximum(r**2 - radius**2, 0)) + radius * (turn - tangent)
    expected = np.where(turn <= tangent, straight, along)
    error = errors(mask, seed_at(mask.shape, place), expected, (1, 1, 1))
    assert error.min() > -0.005
    assert abs(error.mean()) < 0.005
    assert np.percentile(error, 99) < 0.015
    assert error.max() < 0.03


# --- relations -------------------------------------------------------------------------------


def rough_sheets(rng, shape=(24, 40, 60)):
    """Warped sheets that cross, and a seed on one of them."""
    z, y, x = np.ogrid[tuple(slice(n) for n in shape)]
    wave = 4 * np.sin(y / 7.0) + 3 * np.cos(x / 9.0)
    mask = (abs(z - 12 - wave) < 1.6) | (abs(y + 0.4 * z - 18 - 2 * np.sin(x / 5.0)) < 1.3)
    mask &= rng.random(shape) < 0.98
    place = tuple(np.argwhere(mask)[rng.integers(mask.sum())])
    return mask, seed_at(shape, place)


def agree(a, b):
    """To the accuracy that is promised."""
    assert (np.isfinite(a) == np.isfinite(b)).all()
    reached = np.isfinite(a)
    return np.allclose(a[reached], b[reached], rtol=0.02, atol=0.5)


@pytest.mark.parametrize("spacing", [ISOTROPIC, FLAT])
def test_flips_transposes_and_scale_agree(rng, spacing):
    mask, seeds = rough_sheets(rng)
    found = geodesic_distance(mask, seeds, spacing=spacing)
    for axis in range(3):
        flipped = geodesic_distance(np.flip(mask, axis), np.flip(seeds, axis), spacing=spacing)
        assert agree(np.flip(flipped, axis), found)
    turned = geodesic_distance(mask.T, seeds.T, spacing=spacing[::-1])
    assert agree(turned.T, found)
    doubled = geodesic_distance(mask, seeds, spacing=tuple(2 * s for s in spacing))
    np.testing.assert_array_equal(doubled, 2 * found)
    scaled = geodesic_distance(mask, seeds, spacing=tuple(1.7 * s for s in spacing))
    assert agree(scaled, 1.7 * found)


def test_more_mask_makes_no_path_longer(rng):
    mask, seeds = rough_sheets(rng)
    found = geodesic_distance(mask, seeds)
    for added in (rng.random(mask.shape) < 0.02, ndimage.binary_dilation(mask)):
        more = geodesic_distance(mask | added, seeds)
        reached = np.isfinite(found)
        assert (more[reached] <= found[reached] * 1.02 + 0.5).all()


def test_more_seeds_make_no_path_longer(rng):
    mask, seeds = rough_sheets(rng)
    found = geodesic_distance(mask, seeds)
    more = geodesic_distance(mask, seeds | (rng.random(mask.shape) < 0.001))
    assert (more[mask] <= found[mask] * 1.02 + 0.5).all()


def test_threads_give_equal_bytes_in_many_large_components(rng):
    mask = rng.random((60, 110, 160)) < 0.9
    mask[::9] = mask[:, ::37] = False
    seeds = rng.random(mask.shape) < 1e-3
    expected = geodesic_distance(mask, seeds, spacing=ODD, n_threads=1)
    for n_threads in (2, 3, 7):
        found = geodesic_distance(mask, seeds, spacing=ODD, n_threads=n_threads)
        np.testing.assert_array_equal(found, expected)


def test_corners_are_passable_and_seeds_outside_do_not_count():
    mask = np.eye(5, dtype=bool)
    seeds = np.zeros_like(mask)
    seeds[0, 0] = seeds[0, 4] = True
    expected = np.where(mask, np.arange(5) * 2**0.5, np.inf)
    np.testing.assert_allclose(geodesic_distance(mask, seeds), expected, rtol=1e-6)
    seeds[0, 0] = False
    assert np.isinf(geodesic_distance(mask, seeds)).all()


def test_a_line_of_voxels_is_its_own_ruler():
    mask = np.ones((1, 1, 300), bool)
    found = geodesic_distance(mask, seed_at(mask.shape, (0, 0, 20)), spacing=(5, 5, 0.5))
    np.testing.assert_array_equal(found[0, 0], abs(np.arange(300) - 20) * np.float32(0.5))


def test_a_long_thin_sheet_keeps_its_accuracy():
    y, x = np.ogrid[:60, :1500]
    mask = abs(y - 5 - 0.031 * x) <= 0.8
    place = tuple(np.argwhere(mask)[0])
    expected = np.hypot(y - place[0], x - place[1])
    error = errors(mask, seed_at(mask.shape, place), expected, (1, 1))
    assert error.min() > -1e-6
    assert error.max() < 0.001


def test_out_is_written_into_and_returned(rng):
    mask, seeds = rough_sheets(rng)
    out = np.full(mask.shape, 5, np.float32)
    assert geodesic_distance(mask, seeds, out=out) is out
    np.testing.assert_array_equal(out, geodesic_distance(mask, seeds))


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mask": np.ones((2, 2))}, TypeError, "mask must be bool or integer, got float64"),
        ({"seeds": np.ones((2, 2))}, TypeError, "seeds must be bool or integer, got float64"),
        ({"seeds": np.ones((2, 3), bool)}, ValueError, "mask and seeds must have the same shape"),
        ({"seeds": np.ones((1, 2, 2), bool)}, ValueError, "mask and seeds must have the same sha"),
        ({"spacing": 0}, ValueError, "spacing must be positive and finite, got 0"),
        ({"spacing": (1, 1, 1)}, ValueError, r"spacing must be a number or \(y, x\), got"),
        ({"limit": 0}, ValueError, "limit must be positive and finite, got 0"),
        (
            {"n_threads": 0},
            ValueError,
            "n_threads must be a whole number from 1 to 2147483647 or None",
        ),
        ({"out": np.zeros((2, 2))}, TypeError, "out must be float32, got float64"),
        ({"out": np.zeros((2, 3), np.float32)}, ValueError, r"the mask's shape \(2, 2\)"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(arguments, error, message):
    good = {"mask": np.ones((2, 2), bool), "seeds": np.ones((2, 2), bool)}
    with pytest.raises(error, match=message) as caught:
        geodesic_distance(**{**good, **arguments})
    assert "\n" not in str(caught.value)
