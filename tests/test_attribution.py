import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crevasse import track
from crevasse.tracking import closed_beside_opened
from crevasse.tracking.analyses import _beside
from crevasse.tracking.analyses._openings import families


def series(seed, shape, n_frames=5):
    rng = np.random.default_rng(seed)
    density = rng.choice([0.02, 0.1, 0.3])
    return list(rng.random((n_frames, *shape)) < density)


def slow_opened(history, radius, max_lag, pairs, rows):
    """Voxels that opened by the row of the nearest closed voxel that names their crack."""
    first, crack = history.first_open().ravel(), history.first_crack().ravel()
    times = history.frames["time"]
    n_new = history.frames["n_new"]
    places = np.argwhere(np.ones(history.shape)) * history.spacing
    count = dict.fromkeys(rows, 0)
    for w in np.flatnonzero(first >= history.frames["frame"][n_new > 0].min(initial=10**6)):
        best = None
        for v, pair in pairs.items():
            away = round(float(np.linalg.norm(places[v] - places[w])), 9)
            lag = times[pair[0]] - times[first[w]]
            fits = pair[2] == crack[w] and away <= radius + 1e-9
            if fits and -1e-9 <= lag <= max_lag + 1e-9 and (best is None or (away, v) < best):
                best = (away, v)
        if best:
            count[pairs[best[1]][:3]] += 1
    return count


def slow_pairs(history, radius, max_lag, preexisting_only=False):
    """For each closed voxel with an opening beside it: (frame, crack, beside, distance, lag)."""
    first, last = history.first_open().ravel(), history.last_open().ravel()
    crack, family = history.first_crack().ravel(), families(history.cracks)
    times = history.frames["time"]
    new = first >= history.frames["frame"][history.frames["n_new"] > 0].min(initial=10**6)
    places = np.argwhere(np.ones(history.shape)) * history.spacing
    found = {}
    for v in np.flatnonzero((last >= 0) & (last < len(times) - 1)):
        if preexisting_only and new[v]:
            continue
        closing = times[last[v] + 1]
        lag = closing - times[np.maximum(first, 0)]
        away = np.sqrt(((places - places[v]) ** 2).sum(axis=1))
        near = new & (lag >= 0) & (lag <= max_lag + 1e-9) & (away <= radius + 1e-9)
        near &= family[crack] != family[crack[v]]
        if near.any():
            w = min(np.flatnonzero(near), key=lambda w: (round(away[w], 9), w))
            found[v] = (int(last[v] + 1), int(crack[v]), int(crack[w]), away[w], lag[w])
    return found


@given(
    st.integers(0, 10**6),
    st.sampled_from([(6, 9), (4, 5, 6), (1, 1, 12)]),
    st.sampled_from([1.0, 1.5, 2.0, 3.0]),
    st.sampled_from([0.0, 0.1, 0.3]),
    st.booleans(),
)
def test_pairs_are_those_of_all_closed_and_all_opened_voxels(seed, shape, radius, lag, only):
    spacing = (1.0, 0.7, 1.3)[-len(shape) :]
    times = np.arange(5) * 0.1
    history = track(series(seed, shape), times=times, spacing=spacing)
    result = closed_beside_opened(
        history, radius=radius, max_lag=lag, n_null=3, preexisting_only=only
    )
    pairs = slow_pairs(history, radius, lag, only)
    expected = list(pairs.values())
    table = result.table
    assert table["n_voxels"].sum() == len(expected)
    assert result.volume == pytest.approx(len(expected) * np.prod(spacing))
    keys = sorted({pair[:3] for pair in expected})
    assert (
        sorted(zip(*(table[n].tolist() for n in ("frame", "crack", "beside")), strict=True)) == keys
    )
    for row in table.rows():
        own = [p for p in expected if p[:3] == (row["frame"], row["crack"], row["beside"])]
        assert row["n_voxels"] == len(own)
        assert row["distance_min"] == pytest.approx(min(p[3] for p in own))
        assert row["distance_mean"] == pytest.approx(np.mean([p[3] for p in own]))
        assert row["lag_mean"] == pytest.approx(np.mean([p[4] for p in own]))
        assert row["n_preexisting"] <= row["n_voxels"]
    opened = slow_opened(history, radius, lag, pairs, keys)
    assert table["n_opened"].tolist() == [opened[key] for key in keys]


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([(5, 6), (3, 4, 3)]))
def test_the_null_counts_what_closings_would_have_beside_them_where_they_are_moved(seed, shape):
    # Openings and closings of different voxels, so that they can be moved apart: 1 opens, 2 closes.
    rng = np.random.default_rng(seed)
    kind = rng.choice(3, size=shape, p=[0.7, 0.15, 0.15])
    when = rng.integers(1, 4, size=shape)
    frames = [((kind == 1) & (k >= when)) | ((kind == 2) & (k < when)) for k in range(4)]
    history = track(frames)
    result = closed_beside_opened(history, radius=1.5, max_lag=1, n_null=9, seed=seed)
    beside = (result.null >= result.volume - 1e-6).sum()
    assert result.p_value == (1 + beside) / (len(result.null) + 1)

    family = families(history.cracks)
    crack, first, last = history.first_crack(), history.first_open(), history.last_open()
    closed = np.array(np.nonzero((last >= 0) & (last < 3)))
    opened = np.argwhere(first >= 1)
    lag = last[tuple(closed)][:, None] + 1 - first[tuple(opened.T)]
    other = family[crack[tuple(closed)]][:, None] != family[crack[tuple(opened.T)]]
    good = (lag >= 0) & (lag <= 1) & other
    moves = _beside.Moves(shape, np.ones(len(shape), bool), 9, seed)
    null = []
    for i in range(9):
        away = np.linalg.norm(moves.of(closed, i).T[:, None] - opened, axis=2)
        within = (good & (away == 0)).any(axis=1)
        near = (good & (away <= 1.5)).any(axis=1) & ~within
        if len(within) == 0 or not within.all():
            null.append(near.sum() / max((~within).sum(), 1) * len(within))
    assert result.null == pytest.approx(null)


def test_moves_keep_how_places_lie_to_each_other_on_the_torus():
    places = np.array(np.nonzero(np.random.default_rng(0).random((7, 8, 9)) < 0.2))
    moves = _beside.Moves((7, 8, 9), np.array([False, True, True]), 40, 3)
    reflected = set()
    for i in range(40):
        moved = moves.of(places, i)
        np.testing.assert_array_equal(moved[0], places[0])
        for axis, size in ((1, 8), (2, 9)):
            steps = [(np.diff(p[axis]) % size).tolist() for p in (places, moved)]
            back = (-np.diff(moved[axis]) % size).tolist()
            assert steps[0] in (steps[1], back)
            reflected.add((axis, steps[0] != steps[1]))
    assert len(reflected) == 4


@pytest.mark.parametrize("map_cost", [0, 10**9])
def test_neighbours_of_another_family_are_found_by_maps_and_by_looking(monkeypatch, map_cost):
    monkeypatch.setattr(_beside, "_MAP_COST", map_cost)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        shape, spacing, radius = (5, 6, 7), (1.0, 0.7, 1.3), float(rng.uniform(0.5, 4))
        n = int(rng.integers(1, 25))
        taken = np.array(np.unravel_index(rng.choice(210, n, replace=False), shape))
        families = rng.integers(0, 4, n)
        neighbours = _beside.Neighbours(taken, families, shape, spacing, radius, 1)
        places = np.array(np.unravel_index(np.arange(210), shape))
        own = rng.integers(0, 5, 210)
        near, within = neighbours.beside(places, own)
        away = np.linalg.norm(
            (places[:, :, None] - taken[:, None]) * np.array(spacing)[:, None, None], axis=0
        )
        other = own[:, None] != families
        np.testing.assert_array_equal(within, (other & (away == 0)).any(axis=1))
        np.testing.assert_array_equal(near, (other & (away <= radius)).any(axis=1) & ~within)


def pores_and_cracks(rng, *, beside, n=30, size=64):
    """2-D frames in which short cracks open, and pores close beside them or anywhere."""
    before, after = np.zeros((size, size), bool), np.zeros((size, size), bool)
    cracks = rng.integers(0, size, (n, 2))
    pores = cracks + np.array([3, 0]) if beside else rng.integers(0, size, (n, 2))
    for y, x in cracks:
        after[y, np.arange(x, x + 4) % size] = True
    for y, x in pores:
        before[y % size, np.arange(x, x + 3) % size] = True
    before &= ~after
    return [before, after]


def test_pores_that_close_beside_cracks_are_significant():
    for seed in range(5):
        frames = pores_and_cracks(np.random.default_rng(seed), beside=True)
        result = closed_beside_opened(track(frames), radius=3, max_lag=0)
        assert result.p_value == 1 / 200
        assert result.effect > 2
        assert result.effect_low <= result.effect <= result.effect_high


def test_a_crack_that_opens_over_a_closed_pore_is_none_of_its_kin():
    """One that splits off is."""
    frames = np.zeros((5, 7, 20), dtype=bool)
    frames[0, 1, 2:7] = True
    frames[1, 1, [2, 3, 5, 6]] = True  # the pore splits
    frames[2:4, 1, 5:7] = True  # its left half closes
    for top in (2, 1):
        frames[3:, 1:7, 3] = False
        frames[3:, top:7, 3] = True  # a crack opens, over the left half or beside it
        found = closed_beside_opened(track(frames), radius=2.5, max_lag=1, n_null=9)
        assert found.volume >= 1


def test_p_values_of_independent_closings_are_uniform():
    p = np.array(
        [
            closed_beside_opened(
                track(pores_and_cracks(np.random.default_rng(seed), beside=False)),
                radius=3,
                max_lag=0,
                n_null=39,
            ).p_value
            for seed in range(120)
        ]
    )
    assert 0.44 < p.mean() < 0.56
    for level in (0.1, 0.25, 0.5, 0.75):  # binomial, within 3 standard deviations
        assert abs((p <= level).mean() - level) < 3 * np.sqrt(level * (1 - level) / len(p))


def test_what_depends_on_depth_alone_is_found_only_if_depth_is_moved_too():
    rng = np.random.default_rng(1)
    before, after = np.zeros((150, 200), bool), np.zeros((150, 200), bool)
    before[rng.integers(0, 3, 60), rng.integers(0, 200, 60)] = True  # near one electrode
    after[rng.integers(0, 3, 60), rng.integers(0, 200, 60)] = True
    before &= ~after
    history = track([before, after])
    assert closed_beside_opened(history, radius=2, max_lag=0).p_value < 0.05
    assert closed_beside_opened(history, radius=2, max_lag=0, axes=("x",)).p_value > 0.05


def scene(*rows):
    return [np.array([[c == "#" for c in row]]) for row in rows]


def test_radius_and_lag_are_reached_exactly():
    # Voxel 0 opens in frame 1; the pore at 3, 4 closes in frame 3: 3 and 4 away, two frames later.
    history = track(
        scene("...##", "#..##", "#..##", "#...."), spacing=0.1, times=[0, 0.1, 0.2, 0.3]
    )

    def count(radius, max_lag):
        result = closed_beside_opened(history, radius=radius, max_lag=max_lag, n_null=0)
        return int(result.table["n_voxels"].sum())

    assert [count(r, 1) for r in (0.29, 0.3, 0.39, 0.4)] == [0, 1, 1, 2]
    assert [count(0.4, lag) for lag in (0, 0.1, 0.19, 0.2)] == [0, 0, 0, 2]


@pytest.mark.parametrize("start", [0, 1.7e9])
def test_the_lag_is_as_long_on_any_clock(start):
    frames = scene("...##...", "##.##...", "##.##...", "##..#...")
    history = track(frames, times=[start + 0.5 * k for k in range(4)], time_unit="s")
    lags = (0, 0.49, 1.0)
    volumes = [closed_beside_opened(history, radius=2, max_lag=lag).volume for lag in lags]
    assert volumes == [0, 0, 1]


def test_moves_that_put_all_that_closed_into_what_opened_say_nothing():
    first, second = np.zeros((2, 1, 4, 4), bool)
    first[0, 0, 0] = True
    second[0, 1::2] = True  # every place outside lies beside it
    result = closed_beside_opened(track([first, second]), radius=1.5, max_lag=0, n_null=199)
    assert (result.p_value, result.effect) == (1, 1)
    assert 50 < len(result.null) < 150
    assert set(result.null) == {1.0}


def test_a_radius_far_beyond_the_volume_costs_no_more_than_the_volume():
    history = track(scene("...##...", "##..#..."))
    far, all_of_it = (closed_beside_opened(history, radius=r, max_lag=0) for r in (1e9, 8))
    assert far.table == all_of_it.table


def test_a_crack_does_not_close_beside_itself_or_what_split_off_from_it():
    # 1 splits into two parts; one part grows while the other, near it, closes.
    history = track(scene("#######..", "###.###..", "###.....#", "####....#"))
    table = closed_beside_opened(history, radius=8, max_lag=9, n_null=0).table
    assert set(zip(table["crack"].tolist(), table["beside"].tolist(), strict=True)) == {(1, 3)}


def test_what_opened_after_the_closing_is_no_cause():
    history = track(scene("##...", ".....", "...##"))
    result = closed_beside_opened(history, radius=9, max_lag=9)
    assert len(result.table) == 0
    assert (result.volume, result.p_value) == (0, 1)
    assert np.isnan(result.effect)


def test_baseline_frames_open_nothing_new():
    frames = scene("##...", "##..#", ".....", "..#..")
    table = closed_beside_opened(track(frames), radius=9, max_lag=9, n_null=0).table
    assert table["beside"].tolist() == [2]
    history = track(frames, baseline_frames=2)
    assert not len(closed_beside_opened(history, radius=9, max_lag=9, n_null=0).table)


def test_only_the_region_counts():
    history = track(scene("##....", "...#..", "......"))
    assert closed_beside_opened(history, radius=3, max_lag=1, n_null=0).volume == 2
    box = (slice(None), slice(1, None))
    assert closed_beside_opened(history, radius=3, max_lag=1, n_null=0, region=box).volume == 1


def test_empty_series_have_nothing():
    result = closed_beside_opened(track(scene("...", "...")), radius=1, max_lag=1, n_null=5)
    assert (result.volume, result.p_value, len(result.table)) == (0, 1, 0)
    assert result.null.tolist() == [0] * 5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"radius": 0}, "radius must be positive and finite, got 0"),
        ({"max_lag": -1}, "max_lag must not be negative and must be finite, got -1"),
        ({"n_null": -1}, "n_null must be a whole number of at least 0, got -1"),
        ({"n_null": 1.5}, "n_null must be a whole number of at least 0, got 1.5"),
        ({"axes": ("z",)}, r"axes must be some of y, x, got \('z',\)"),
        ({"region": (slice(None),)}, "region must hold a slice without step for each of 2 axes"),
        ({"region": (slice(None), slice(9, 9))}, "region must hold a voxel"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(options, message):
    with pytest.raises(ValueError, match=message):
        closed_beside_opened(track(scene("##", "#.")), **{"radius": 1, "max_lag": 1} | options)
