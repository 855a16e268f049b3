"""How far cracks have gone from the working electrode, how they move, and when they will short."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crevasse import (
    RunVolume,
    Table,
    geodesic_distance,
    geodesic_tips,
    label,
    ligament,
    region_table,
    track,
)
from crevasse.tracking import (
    follow_tips,
    front_velocity,
    measure_front,
    time_to_short,
)
from crevasse.tracking.fronts.nearest import nearest_within

from strategies import masks, threads

small = st.one_of(
    st.tuples(st.integers(1, 5), st.integers(1, 6), st.integers(1, 9)),
    st.tuples(st.integers(1, 8), st.integers(1, 12)),
)


def at(electrode, mask):
    """Open voxels in a mask or touching it."""
    return mask & ndimage.binary_dilation(electrode, np.ones((3,) * mask.ndim))


@given(masks(small), st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1.5]), threads)
def test_depths_are_geodesic_from_what_touches_the_electrode(mask, seed, prominence, n_threads):
    electrode = np.random.default_rng(seed).random(mask.shape) < 0.05
    spacing = (2.0, 1.0, 0.5)[-mask.ndim :]
    front = measure_front(
        mask, electrode, prominence=prominence, spacing=spacing, n_threads=n_threads
    )
    depth = geodesic_distance(mask, at(electrode, mask), spacing=spacing)
    labels, count = ndimage.label(mask, np.ones((3,) * mask.ndim))
    table = front.components
    assert table["label"].tolist() == list(range(1, count + 1))
    for row in table.rows():
        values = depth[labels == row["label"]].astype(float)
        assert row["reached"] == np.isfinite(values).all() == np.isfinite(values).any()
        if row["reached"]:
            assert row["depth_max"] == values.max()
            assert row["depth_p95"] == pytest.approx(np.quantile(values, 0.95), rel=1e-12)
        else:
            assert np.isnan(row["depth_max"])
            assert np.isnan(row["depth_p95"])
            assert row["n_tips"] == row["n_junctions"] == 0
    expected = geodesic_tips(depth, prominence=prominence, spacing=spacing)
    assert front.tips["voxel"].tolist() == expected["voxel"].tolist() or count > 1
    assert sorted(front.tips["voxel"]) == sorted(expected["voxel"])
    assert front.tips["label"].tolist() == labels.flat[front.tips["voxel"]].tolist()
    assert np.bincount(front.tips["label"], minlength=count + 1)[1:].tolist() == (
        table["n_tips"].tolist()
    )
    assert front.junctions["n_branches"].sum() == np.count_nonzero(expected["joins"] >= 0)
    if mask.any():
        assert front.reached_fraction == np.isfinite(depth).sum() / mask.sum()
    else:
        assert np.isnan(front.reached_fraction)


@pytest.mark.parametrize(("shape", "above"), [((40, 300, 160), 0.9), ((900, 700), 0.2)])
@pytest.mark.parametrize("face", ["ymin", "xmax"])
def test_depths_are_geodesic_of_many_cracks_in_large_volumes(rng, shape, above, face):
    field = ndimage.gaussian_filter(rng.standard_normal(shape), 3)
    mask = field > above * field.std()
    labels, count = ndimage.label(mask, np.ones((3,) * mask.ndim))
    front = measure_front(mask, face, prominence=2)

    axis, end = "zyx"[-mask.ndim :].index(face[0]), face[1:]
    seeds = np.zeros(shape, bool)
    np.moveaxis(seeds, axis, 0)[0 if end == "min" else -1] = True
    depth = geodesic_distance(mask, seeds)
    largest = ndimage.maximum(depth, labels, np.arange(1, count + 1))
    np.testing.assert_array_equal(
        front.components["depth_max"], np.where(np.isfinite(largest), largest, np.nan)
    )
    labeling = RunVolume.from_mask(mask).label()
    expected = geodesic_tips(depth, prominence=2, labeling=labeling).to_dict()
    assert len(expected["tip"]) > 30
    for name, values in expected.items():
        np.testing.assert_array_equal(front.tips[name], values, err_msg=name)


def test_a_face_is_an_electrode_outside_of_the_volume():
    mask = np.zeros((9, 5, 12), bool)
    mask[:6, 2, 3] = mask[4:, 2, 9] = True
    low = measure_front(mask, "zmin", prominence=1, spacing=(3, 1, 1), unit="um")
    assert low.components["depth_max"].tolist() == pytest.approx([15, np.nan], nan_ok=True)
    high = measure_front(mask, "zmax", prominence=1, spacing=(3, 1, 1))
    assert high.components["depth_max"].tolist() == pytest.approx([np.nan, 12], nan_ok=True)
    assert low.reached_fraction == 6 / 11
    assert low.components.units["depth_max"] == low.tips.units["prominence"] == "um"


def test_junctions_and_loops_are_counted_side_by_side():
    comb = np.zeros((14, 25), bool)
    comb[:3, 12] = comb[3, 2:23] = True
    comb[3:10, 2] = comb[3:13, 9] = comb[3:8, 16] = comb[3:12, 22] = True
    front = measure_front(comb, "ymin", prominence=3)
    row = next(front.components.rows())
    assert (row["n_tips"], row["n_junctions"], row["euler_number"]) == (4, 3, 1)
    assert sorted(front.junctions["x"].tolist()) == [9, 12, 16]
    assert front.junctions["voxel"].tolist() == sorted(front.junctions["voxel"])
    assert front.junctions["n_branches"].tolist() == [1, 1, 1]
    comb[9, 2:9] = True  # two teeth meet: a loop
    row = next(measure_front(comb, "ymin", prominence=3).components.rows())
    assert row["euler_number"] == 0


def test_branches_that_join_at_one_voxel_share_a_junction():
    star = np.zeros((20, 20), bool)
    for i in range(8):  # four arms from (8, 8), of which one comes from the electrode
        star[8 - i, 8 - i] = star[8 + i, 8 - i] = star[8 + i, 8 + i] = True
        star[8 - min(i, 6), 8 + min(i, 6)] = True
    star[0, 0] = True
    front = measure_front(star, "ymin", prominence=2)
    row = next(front.components.rows())
    assert (row["n_tips"], row["n_junctions"]) == (3, 1)
    assert front.junctions["n_branches"].tolist() == [2]


def test_labels_can_be_those_of_a_tracked_frame(rng):
    mask = ndimage.gaussian_filter(rng.random((20, 30, 40)), 1.2) > 0.53
    labeling = RunVolume.from_mask(mask).label()
    front = measure_front(mask, "zmin", prominence=2, labeling=labeling)
    assert len(front.components) == labeling.count
    labels = labeling.to_labels()
    assert front.tips["label"].tolist() == labels.flat[front.tips["voxel"]].tolist()
    surface = region_table(labels, surface=True)
    assert front.components["euler_number"].tolist() == surface["euler_26"].tolist()
    with pytest.raises(ValueError, match="labeling must join voxels by corners, got"):
        measure_front(mask, "zmin", prominence=2, labeling=RunVolume.from_mask(mask).label(6))
    corners = np.array([[1, 0], [0, 1]])  # of which one alone is at the electrode
    with pytest.raises(ValueError, match=r"got 2 components of 1; label open_ with .* 8"):
        measure_front(corners, "ymin", prominence=0, labeling=RunVolume.from_mask(corners).label(4))


def test_a_labeling_of_something_else_is_refused():
    mask = np.zeros((6, 8), bool)
    mask[[0, 5, 0, 1, 0], [0, 0, 3, 4, 6]] = True
    runs = RunVolume.from_mask(mask)
    for other in (runs.label(4, periodic=(True, False)), runs.shift((0, 1)).label()):
        with pytest.raises(ValueError, match="labeling must"):
            measure_front(mask, "ymin", prominence=0, labeling=other)


@pytest.mark.parametrize("face", ["zmin", "ymax", "xmin"])
def test_depths_and_tips_are_those_of_the_whole_volume(rng, face):
    mask = ndimage.gaussian_filter(rng.random((24, 30, 36)), 1.2) > 0.535
    spacing = (1.0, 1.5, 0.5)
    seeds = np.zeros_like(mask)
    at = [slice(None)] * 3
    at["zyx".index(face[0])] = 0 if face.endswith("min") else -1
    seeds[tuple(at)] = True
    depth = geodesic_distance(mask, seeds, spacing=spacing)
    labels = label(mask).labels
    front = measure_front(mask, face, prominence=1, spacing=spacing)
    expected = geodesic_tips(
        depth, prominence=1, spacing=spacing, labeling=RunVolume.from_mask(mask).label()
    )
    assert front.tips.columns == expected.columns
    for name in expected.columns:
        np.testing.assert_array_equal(front.tips[name], expected[name], err_msg=name)
    for row in front.components.rows():
        inside = depth[labels == row["label"]]
        assert row["reached"] == np.isfinite(inside).all()
        if row["reached"]:
            assert row["depth_max"] == inside.max()
            assert row["depth_p95"] == pytest.approx(np.quantile(inside.astype(float), 0.95))
    assert front.reached_fraction == np.isfinite(depth).sum() / mask.sum()


# --- motion ----------------------------------------------------------------------------------


def rods(depths, shape=(30, 40), step=6):
    """One straight crack from the top for each depth."""
    mask = np.zeros(shape, bool)
    for i, depth in enumerate(depths):
        mask[:depth, 3 + step * i] = True
    return mask


SERIES = [rods(d) for d in ([5, 9, 0], [7, 9, 0], [8, 6, 4], [8, 0, 7])]
TIMES = [0.0, 1.0, 1.5, 2.0]


def test_tips_are_followed_with_signed_velocities():
    fronts = [measure_front(m, "ymin", prominence=1, unit="um") for m in SERIES]
    tips = follow_tips(fronts, max_step=4, times=TIMES)
    of = {t: tips.where(tips["tip"] == t) for t in np.unique(tips["tip"])}
    by_x = {int(rows["x"][0]): rows for rows in of.values()}
    assert sorted(by_x) == [3, 9, 15]
    assert by_x[3]["depth"].tolist() == [4, 6, 7, 7]
    np.testing.assert_array_equal(by_x[3]["velocity"], [np.nan, 2, 2, 0])
    assert by_x[9]["frame"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(by_x[9]["velocity"], [np.nan, 0, -6])
    np.testing.assert_array_equal(by_x[15]["velocity"], [np.nan, 6])
    assert by_x[15]["time"].tolist() == [1.5, 2.0]
    assert tips.units["velocity"] == "um/h"
    assert follow_tips([f.tips for f in fronts], max_step=4, times=TIMES) == tips
    assert follow_tips(fronts, max_step=4).units["velocity"] == "um/frame"


def test_steps_that_are_too_long_end_a_tip():
    fronts = [measure_front(rods([d]), "ymin", prominence=1) for d in (5, 8, 12)]
    assert follow_tips(fronts, max_step=4)["tip"].tolist() == [0, 0, 0]
    assert follow_tips(fronts, max_step=3)["tip"].tolist() == [0, 0, 1]
    assert follow_tips(fronts, max_step=2)["tip"].tolist() == [0, 1, 2]


def points(rng, n):
    """Tips on a small lattice, so that many distances are equal."""
    voxel = np.sort(rng.choice(64, n, replace=False))
    order = rng.permutation(n)
    y, x = np.unravel_index(voxel[order], (8, 8))
    columns = {"label": np.ones(n, int), "y": y, "x": x, "voxel": voxel[order]}
    depth = {"position_y": y * 1.0, "position_x": x * 2.0, "depth": rng.random(n)}
    return Table(columns | depth)


@given(st.integers(0, 2**32 - 1), st.sampled_from([1.0, 2.0, 5.0]))
def test_pairs_are_each_others_nearest_first_in_raster_order(seed, max_step):
    rng = np.random.default_rng(seed)
    before, after = (points(rng, n) for n in rng.integers(0, 12, 2))
    tips = follow_tips([before, after], max_step=max_step)
    ids = [dict(zip(t["row"], t["tip"], strict=True)) for t in
           (tips.where(tips["frame"] == f) for f in (0, 1))]  # fmt: skip

    def nearest(a, i, b):
        way = [
            (np.hypot(a["position_y"][i] - b["position_y"][j],
                      a["position_x"][i] - b["position_x"][j]), b["voxel"][j], j)
            for j in range(len(b))
        ]  # fmt: skip
        best = min(way, default=(np.inf, 0, -1))
        return best[2] if best[0] <= max_step else -1

    for i in range(len(before)):
        j = nearest(before, i, after)
        mutual = j >= 0 and nearest(after, j, before) == i
        partner = [k for k in ids[1] if ids[1][k] == ids[0][i]]
        assert partner == ([j] if mutual else [])
    assert len(set(tips["tip"])) == len(before) + len(after) - len(set(ids[0].values()) & set(
        ids[1].values()
    ))  # fmt: skip


def test_fronts_move_by_crack():
    history = track(SERIES, times=TIMES, unit="um", time_unit="min")
    fronts = [measure_front(m, "ymin", prominence=1) for m in SERIES]
    table = front_velocity(fronts, history)
    first = table.where(table["crack"] == 1)
    assert first["depth_max"].tolist() == [4, 6, 7, 7]
    np.testing.assert_array_equal(first["velocity"], [np.nan, 2, 2, 0])
    second = table.where(table["crack"] == 2)
    np.testing.assert_array_equal(second["velocity"], [np.nan, 0, -6])
    assert table.units["velocity"] == "um/min"
    assert list(zip(table["frame"], table["crack"], strict=True)) == sorted(
        zip(table["frame"], table["crack"], strict=True)
    )


def test_a_crack_that_reaches_the_electrode_has_no_velocity_yet():
    frames = [np.zeros((12, 5), bool) for _ in range(3)]
    frames[0][4:8, 2] = frames[1][0:8, 2] = frames[2][0:10, 2] = True
    history = track(frames)
    table = front_velocity([measure_front(m, "ymin", prominence=1) for m in frames], history)
    np.testing.assert_array_equal(table["depth_max"], [np.nan, 7, 9])
    np.testing.assert_array_equal(table["velocity"], [np.nan, np.nan, 2])


# --- time to short ---------------------------------------------------------------------------


def test_a_ligament_that_shrinks_evenly_is_bridged_where_its_line_ends():
    found = time_to_short([0, 1, 2, 3, 4], [12, 10, 8, 6, 4])
    assert (found.time, found.low, found.high) == (6, 6, 6)
    assert (found.slope, found.n_frames, found.confidence) == (-2, 5, 0.9)


def test_lengths_can_be_those_that_are_measured():
    frames = [rods([d], shape=(20, 9)) for d in (2, 4, 6, 8)]
    found = time_to_short([0, 2, 4, 6], [ligament(m, "ymin", "ymax") for m in frames])
    assert found.time == 18
    assert found.slope == -1


def test_one_bad_frame_matters_little_and_the_interval_holds_the_truth(rng):
    times = np.arange(12.0)
    truth = 60 - 4 * times
    bad = truth.copy()
    bad[4] += 30
    assert time_to_short(times, bad).time == pytest.approx(15, abs=0.5)
    in_the_middle = truth.copy()
    in_the_middle[5:7] += 60
    assert time_to_short(times, in_the_middle).time == pytest.approx(15, abs=0.5)
    held = 0
    for _ in range(200):
        found = time_to_short(times, truth + rng.normal(0, 1.5, 12))
        assert found.low <= found.time <= found.high
        held += found.low <= 15 <= found.high
    assert held > 160


def test_the_interval_holds_so_often_also_where_the_short_is_close_and_frames_are_many(rng):
    # What is wrong then is where the line lies, more than how steep it is.
    times, held = np.arange(40.0), 0
    for _ in range(200):
        found = time_to_short(times, 20 - times * 20 / 41 + rng.normal(0, 0.15, 40))
        held += found.low <= 41 <= found.high
    assert 165 < held < 195


@pytest.mark.parametrize("spacing", [0.1, 0.3, 0.325, 0.65, 1.8, 2.0])
def test_a_step_as_long_as_the_longest_is_followed_whatever_its_rounding(spacing):
    fronts = []
    for length in range(1, 12):
        mask = np.zeros((12, 3), bool)
        mask[:length, 1] = True
        fronts.append(measure_front(mask, "ymin", prominence=0, spacing=spacing))
    assert follow_tips(fronts, max_step=spacing)["tip"].tolist() == [0] * 11
    assert follow_tips(fronts, max_step=0.999 * spacing)["tip"].tolist() == list(range(11))


def test_of_equally_near_tips_the_first_is_followed_whatever_their_rounding():
    a = np.array([[0.3, 0.9]])
    b = np.array([[0.3, 0.6], [0.3, 1.2]])
    assert (b[0] - a[0])[1] != -(b[1] - a[0])[1]  # as they are rounded
    assert nearest_within(a, b, 0.5).tolist() == [0]
    assert nearest_within(a, b[::-1], 0.5).tolist() == [0]


def test_tips_far_apart_beside_the_longest_step_are_looked_for_nonetheless(rng):
    a = rng.random((50, 3)) * 1e6
    b = np.concatenate([a[::-1] + 1e-7, rng.random((50, 3)) * 1e6])
    assert nearest_within(a, b, 1e-6).tolist() == list(range(50))[::-1]


def test_what_does_not_shrink_is_never_bridged():
    assert time_to_short([0, 1, 2, 3], [5, 5, 5, 5]).time == np.inf


def test_frames_until_a_short_that_healed_say_nothing_of_the_next():
    healed = [4, 2, 0, 0, 0, 9, 8, 7, 6.0]
    found = time_to_short(range(9), healed)
    assert found == time_to_short(range(5, 9), healed[5:])
    assert (found.time, found.slope, found.n_frames) == (14, -1, 4)
    assert time_to_short(range(9), healed, last=2).n_frames == 2
    just = time_to_short(range(6), healed[:6])
    assert (just.time, just.low, just.high, just.n_frames) == (np.inf, 5, np.inf, 1)


def test_the_interval_holds_where_frames_get_denser(rng):
    times = np.concatenate([np.arange(8.0), 8 + np.arange(12) / 12])
    n = 400
    inside = 0
    for _ in range(n):
        found = time_to_short(times, 100 * (1 - times / 11) + rng.normal(0, 2, 20))
        inside += found.low <= 11 <= found.high
    assert 0.86 < inside / n < 0.95
    growing = time_to_short([0, 1, 2, 3, 4], [5, 6, 7, 8, 9])
    assert (growing.time, growing.low, growing.high) == (np.inf, np.inf, np.inf)
    wavering = time_to_short([0, 1, 2, 3, 4, 5], [9, 8.5, 9.2, 8.1, 8.8, 8.3])
    assert wavering.high == np.inf
    assert 5 < wavering.low < wavering.time < np.inf


def test_what_is_bridged_has_its_time_between_two_frames():
    found = time_to_short([0, 1, 3, 4, 7], [5, 0, 2, 0, 0])
    assert (found.low, found.time, found.high, found.confidence) == (3, 4, 4, 1)
    assert time_to_short([2, 3], [0, 0]).low == -np.inf


def test_few_frames_bound_nothing_and_only_the_last_ones_count():
    found = time_to_short([0, 1, 2], [9, 6, 3])
    assert (found.time, found.low, found.high) == (3, 2, np.inf)
    late = time_to_short([0, 1, 2, 3, 4, 5, 6], [9, 9, 9, 9, 8, 7, 6], last=4)
    assert (late.time, late.n_frames) == (12, 4)
    # The line of all frames has ended before the last one, which is not bridged.
    assert time_to_short([0, 1, 2, 3, 4], [12, 8, 4, 0.5, 0.4]).low >= 4


FRONT = {"open_": np.ones((3, 4), bool), "working": "ymin", "prominence": 1.0}
ONE = measure_front(**FRONT)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: measure_front(**FRONT | {"working": "top"}), ValueError, "working must be a mask"),
        (lambda: measure_front(**FRONT | {"prominence": -1}), ValueError, "prominence must not be"),
        (lambda: measure_front(**FRONT | {"open_": np.ones((3, 4))}), TypeError, "open_ must be"),
        (lambda: measure_front(**FRONT, spacing=0), ValueError, "spacing must be positive"),
        (
            lambda: measure_front(**FRONT, labeling=RunVolume.from_box((3, 5)).label()),
            ValueError,
            "open_ and labeling must have the same shape",
        ),
        (lambda: follow_tips([], max_step=1), ValueError, "tips_by_frame must hold at least one"),
        (lambda: follow_tips([ONE], max_step=0), ValueError, "max_step must be positive"),
        (
            lambda: follow_tips([ONE], max_step=1, times=[0, 1]),
            ValueError,
            "times must be one a fr",
        ),
        (
            lambda: follow_tips([ONE] * 2, max_step=1, times=[1, 1]),
            ValueError,
            "times must be fini",
        ),
        (lambda: front_velocity([ONE], track(SERIES)), ValueError, "fronts must be one a frame"),
        (lambda: front_velocity([ONE] * 4, track(SERIES)), ValueError, "fronts must have the comp"),
        (lambda: time_to_short([0], [1]), ValueError, "at least 2 frames, got 1"),
        (lambda: time_to_short([0, 1], [1]), ValueError, "times must be one a frame"),
        (lambda: time_to_short([0, 1], [1, np.inf]), ValueError, "ligaments must be finite"),
        (lambda: time_to_short([0, 1], [1, -1]), ValueError, "ligaments must be finite and not"),
        (
            lambda: time_to_short([0, 1], [1, 1], last=1),
            ValueError,
            "last must be a whole number of at least 2",
        ),
        (lambda: time_to_short([0, 1], [1, 1], confidence=1), ValueError, "confidence must lie"),
    ],
)
def test_refusals_say_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message) as refused:
        call()
    assert "\n" not in str(refused.value)


@given(st.integers(0, 2**32 - 1), st.integers(2, 3), st.floats(0.3, 6))
def test_the_nearest_are_found_among_all_pairs(seed, ndim, farthest):
    rng = np.random.default_rng(seed)
    a, b = (rng.integers(0, 8, (rng.integers(0, 30), ndim)).astype(float) for _ in range(2))
    nearest = nearest_within(a, b, farthest)
    for row, found in zip(a, nearest.tolist(), strict=True):
        squared = ((row - b) ** 2).sum(axis=1)
        near = squared.size and squared.min() <= farthest**2
        assert found == (squared.argmin() if near else -1)
