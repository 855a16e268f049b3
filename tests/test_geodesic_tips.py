"""Tips of branches and the junctions at which they part."""

import heapq
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crevasse import RunVolume, geodesic_distance, geodesic_tips

from strategies import threads

small_shapes = st.one_of(
    st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 8)),
    st.tuples(st.integers(1, 8), st.integers(1, 9)),
)


@st.composite
def fields(draw):
    """Depths over a mask: of noise, of few levels, so that there are flat tops, or geodesic."""
    shape = draw(small_shapes)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    mask = rng.random(shape) < draw(st.sampled_from([0.3, 0.6, 0.9, 1.0]))
    kind = draw(st.sampled_from(["noise", "levels", "geodesic"]))
    if kind == "geodesic":
        return geodesic_distance(mask, rng.random(shape) < 0.1)
    depth = rng.integers(0, 4, shape) if kind == "levels" else rng.random(shape) * 9
    return np.where(mask, depth, np.inf).astype(np.float32)


def neighbours(at, shape):
    for step in itertools.product((-1, 0, 1), repeat=len(shape)):
        other = tuple(a + s for a, s in zip(at, step, strict=True))
        if any(step) and all(0 <= o < n for o, n in zip(other, shape, strict=True)):
            yield other


def flood(depth, start, lowest=None):
    """The way from a voxel to one that is deeper, by the deepest voxels there are.

    Yields voxels in the order in which they are taken, as (-depth, voxel): that sorts the deepest
    first, then by raster order.
    """
    key = lambda at: (-float(depth[at]), at)  # noqa: E731
    todo, seen = [key(start)], {start}
    while todo:
        taken = heapq.heappop(todo)
        yield taken
        for other in neighbours(taken[1], depth.shape):
            wanted = np.isfinite(depth[other]) and (lowest is None or key(other) <= lowest)
            if other not in seen and wanted:
                seen.add(other)
                heapq.heappush(todo, key(other))


def slow_tips(depth, prominence):
    """From every voxel, how far one must go back: {voxel: (prominence, junction, joins)}."""
    tips = {}
    for at in zip(*np.nonzero(np.isfinite(depth)), strict=True):
        at = tuple(int(i) for i in at)
        first = (-float(depth[at]), at)
        if any(
            (-float(depth[o]), o) < first for o in neighbours(at, depth.shape) if depth[o] < np.inf
        ):
            continue
        lowest = first
        lost, junction, joins = float(depth[at]), None, None
        for taken in flood(depth, at):
            if taken < first:
                lost, junction = float(depth[at]) + lowest[0], lowest[1]
                joins = min(flood(depth, junction, lowest))[1]
                break
            lowest = max(lowest, taken)
        if lost >= prominence and (lost > 0 or junction is None):
            tips[at] = (lost, junction, joins)
    return tips


def as_dict(table):
    axes = [a for a in "zyx" if a in table]
    voxels = list(zip(*(table[a].tolist() for a in axes), strict=True))
    junctions = list(zip(*(table[f"junction_{a}"].tolist() for a in axes), strict=True))
    found = {}
    for row in table.rows():
        i = row["tip"]
        deepest = row["joins"] < 0
        assert deepest == np.isnan(row["junction_depth"]) == (junctions[i] == (-1,) * len(axes))
        found[voxels[i]] = (
            row["prominence"],
            None if deepest else junctions[i],
            None if deepest else voxels[row["joins"]],
        )
    return found


@given(fields(), st.sampled_from([0.0, 0.5, 1.0, 2.0, 4.0]), threads)
def test_tips_are_those_from_which_one_must_go_back_far_enough(depth, prominence, n_threads):
    table = geodesic_tips(depth, prominence=prominence, n_threads=n_threads)
    assert as_dict(table) == slow_tips(depth, prominence)
    assert table["depth"].tolist() == [float(depth.flat[v]) for v in table["voxel"]]


@given(fields(), st.sampled_from([0.0, 1.0]))
def test_labels_are_of_components_and_rows_are_sorted(depth, prominence):
    table = geodesic_tips(depth, prominence=prominence)
    labels, count = ndimage.label(np.isfinite(depth), np.ones((3,) * depth.ndim))
    assert table["label"].tolist() == labels.flat[table["voxel"]].tolist()
    rows = list(zip(table["label"], -table["depth"], table["voxel"], strict=True))
    assert rows == sorted(rows)
    if prominence == 0:
        assert np.unique(table["label"]).tolist() == list(range(1, count + 1))
    # One deepest tip a component, and no other.
    assert len(np.unique(table["label"])) == np.count_nonzero(table["joins"] < 0)


@given(fields())
def test_depths_between_tips_and_junctions_add_up(depth):
    table = geodesic_tips(depth, prominence=0)
    inner = table.where(table["joins"] >= 0)
    np.testing.assert_array_equal(inner["depth"] - inner["junction_depth"], inner["prominence"])
    parents = inner["joins"]
    assert (table["depth"][parents] >= inner["depth"]).all()
    assert (table["prominence"][parents] >= inner["prominence"]).all()


def test_threads_and_layouts_give_equal_tables(rng):
    depth = ndimage.gaussian_filter(rng.random((40, 90, 160)), 2).astype(np.float32)
    depth[ndimage.gaussian_filter(rng.random(depth.shape), 1) < 0.49] = np.inf
    expected = geodesic_tips(depth, prominence=1e-3, n_threads=1)
    assert len(expected) > 100
    for n_threads in (2, 3, 7):
        assert geodesic_tips(depth, prominence=1e-3, n_threads=n_threads) == expected
    assert geodesic_tips(np.asfortranarray(depth), prominence=1e-3) == expected
    assert geodesic_tips(depth.astype(np.float64), prominence=1e-3) == expected


def test_flips_move_the_tips_along(rng):
    depth = ndimage.gaussian_filter(rng.random((9, 14, 20)), 1).astype(np.float32)  # no ties
    expected = geodesic_tips(depth, prominence=0.01)
    for axis, name in enumerate("zyx"):
        found = geodesic_tips(np.flip(depth, axis), prominence=0.01)
        for column in (name, f"junction_{name}"):
            at = expected[column]
            mirrored = np.where(at >= 0, depth.shape[axis] - 1 - at, -1)
            np.testing.assert_array_equal(found[column], mirrored)
        np.testing.assert_array_equal(found["prominence"], expected["prominence"])


# --- cracks whose branches are known ---------------------------------------------------------


def lines(shape, *pieces):
    """Voxels on straight lines between given ones."""
    mask = np.zeros(shape, bool)
    for begin, end in pieces:
        n = max(abs(a - b) for a, b in zip(begin, end, strict=True))
        for i in range(n + 1):
            mask[tuple(a + (b - a) * i // max(n, 1) for a, b in zip(begin, end, strict=True))] = (
                True
            )
    return mask


def tips_of(mask, spacing=1.0, **options):
    seeds = np.zeros_like(mask)
    seeds[0] = True
    depth = geodesic_distance(mask, seeds, spacing=spacing)
    return geodesic_tips(depth, spacing=spacing, **options)


def test_a_straight_crack_has_one_tip_at_its_depth():
    mask = lines((30, 5, 5), ((0, 2, 2), (19, 2, 2)))
    table = tips_of(mask, spacing=(2.0, 1.0, 1.0), unit="um", prominence=1)
    assert len(table) == 1
    assert (table["z"][0], table["y"][0], table["x"][0]) == (19, 2, 2)
    assert table["position_z"][0] == table["depth"][0] == table["prominence"][0] == 38
    assert table["joins"][0] == -1
    assert table.units["depth"] == table.units["position_z"] == "um"
    assert "z" not in tips_of(mask[:, 2], prominence=1)


@pytest.mark.parametrize("spacing", [1.0, (2.0, 1.0, 1.0), (1.0, 1.0, 3.0)])
def test_a_y_has_two_tips_and_a_junction_where_it_forks(spacing):
    arms = ((10, 2, 20), (24, 2, 34)), ((10, 2, 20), (20, 2, 10))
    mask = lines((30, 5, 40), ((0, 2, 20), (10, 2, 20)), *arms)
    table = tips_of(mask, spacing=spacing, prominence=2)
    assert table["z"].tolist() == [24, 20]
    assert table["x"].tolist() == [34, 10]
    assert table["joins"].tolist() == [-1, 0]
    # The last voxel by which both are joined is the one after the fork, in touch with both arms.
    assert table["junction_z"][1] == 10
    assert table["junction_x"][1] == 20
    step = np.hypot(*np.broadcast_to(spacing, 3)[[0, 2]])
    assert table["prominence"][1] == pytest.approx(10 * step, rel=0.06)  # paths cut the corner


def test_a_comb_has_a_tip_for_every_tooth():
    depths = [9, 12, 7, 15, 10]
    teeth = [((5, 1, 6 * i + 3), (5 + d, 1, 6 * i + 3)) for i, d in enumerate(depths)]
    mask = lines((25, 3, 33), ((0, 1, 15), (5, 1, 15)), ((5, 1, 3), (5, 1, 27)), *teeth)
    table = tips_of(mask, prominence=3)
    assert sorted(zip(table["x"].tolist(), table["z"].tolist(), strict=True)) == [
        (6 * i + 3, 5 + d) for i, d in enumerate(depths)
    ]
    assert (table["junction_z"][1:] <= 6).all()
    assert len(np.unique(table["junction_x"][1:])) == 4
    assert len(tips_of(mask, prominence=9)) < 5


def test_a_ring_that_closes_has_its_tip_on_the_far_side():
    ring = ((5, 3), (5, 17)), ((5, 3), (25, 3)), ((5, 17), (25, 17)), ((25, 3), (25, 17))
    mask = lines((30, 21), ((0, 10), (5, 10)), *ring)
    table = tips_of(mask, prominence=2)
    assert len(table) == 1
    assert (table["y"][0], table["x"][0]) == (25, 10)


def test_flat_tops_are_one_tip_and_seeds_alone_have_one_of_no_depth():
    mask = np.ones((6, 9), bool)
    table = tips_of(mask, prominence=0)
    assert (table["y"].tolist(), table["x"].tolist()) == ([5], [0])
    table = tips_of(mask[:1], prominence=0)
    assert table["depth"].tolist() == [0]
    assert len(tips_of(mask[:1], prominence=0.5)) == 0


def test_labels_can_be_those_of_the_whole_volume():
    mask = lines((12, 3, 20), ((3, 1, 2), (9, 1, 2)), ((0, 1, 10), (8, 1, 10)))
    labeling = RunVolume.from_mask(mask).label()
    assert tips_of(mask, prominence=1)["label"].tolist() == [1]
    moved = mask.copy()
    moved[0, 1, 0] = True  # a first component, at the electrode too
    labeling = RunVolume.from_mask(moved).label()
    table = tips_of(moved, prominence=1, labeling=labeling)
    assert table["label"].tolist() == [2]
    assert table["z"].tolist() == [8]


@pytest.mark.parametrize("shape", [(0, 3, 4), (3, 0, 4), (3, 4, 0), (0, 4), (2, 3)])
def test_where_nothing_is_reached_there_are_no_tips(shape):
    table = geodesic_tips(np.full(shape, np.inf, np.float32), prominence=0)
    assert len(table) == 0
    assert "joins" in table


@pytest.mark.parametrize(
    ("depth", "options", "error", "message"),
    [
        (np.zeros((2, 2), int), {}, TypeError, "depth must be float, got int64; pass what"),
        (np.zeros(3, np.float32), {}, ValueError, "depth must be 2-D"),
        (np.full((2, 2), np.nan), {}, ValueError, "nan|NaN"),
        (np.zeros((2, 2)), {"prominence": -1}, ValueError, "prominence must not be negative"),
        (np.zeros((2, 2)), {"spacing": 0}, ValueError, "spacing must be positive"),
        (np.zeros((2, 2)), {"n_threads": 0}, ValueError, "n_threads must be"),
        (
            np.zeros((2, 2)),
            {"labeling": RunVolume.from_mask(np.ones((2, 3), bool)).label()},
            ValueError,
            "depth and labeling must have the same shape",
        ),
    ],
)
def test_refusals_say_what_is_wrong(depth, options, error, message):
    with pytest.raises(error, match=message) as refused:
        geodesic_tips(depth, **{"prominence": 1.0, **options})
    assert "\n" not in str(refused.value)
