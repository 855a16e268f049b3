import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from crevasse import CycleState, RunVolume, track
from crevasse.tracking import depth_from_electrode, stripping_order


def receding(lengths, width=2, reverse=False):
    """Frames of needles from x = 0, `lengths` (frames, needles); rows of nothing between them."""
    frames = []
    for row in np.asarray(lengths):
        frame = np.zeros((len(row) * (width + 1), 40), bool)
        for i, length in enumerate(row):
            part = slice(40 - length, None) if reverse else slice(0, length)
            frame[i * (width + 1) : i * (width + 1) + width, part] = True
        frames.append(frame)
    return frames


def test_tips_that_strip_first_have_an_index_near_minus_one():
    lengths = np.array([[40, 30, 35], [30, 24, 20], [20, 12, 10], [5, 5, 5]])
    history = track(receding(lengths))
    order = stripping_order(history, depth_from_electrode(history, "xmin"), frames=(0, 3), block=4)
    assert (order.table["index"] < -0.9).all()
    assert order.index < -0.85
    assert order.mean_index < -0.9
    assert order.table["n_times"].tolist() == [3, 3, 3]
    assert (order.table["index_high"] < -0.7).all()
    assert np.isnan(order.index_low)  # three cracks tell nothing of cracks
    shallow_first = track(receding(lengths, reverse=True))
    depth = np.broadcast_to(np.arange(40.0), history.shape)
    assert stripping_order(shallow_first, depth, frames=(0, 3)).index > 0.85


@given(st.integers(0, 10**6), st.sampled_from([(6, 9), (3, 4, 5)]))
def test_indices_are_those_of_scipy(seed, shape):
    rng = np.random.default_rng(seed)
    frames = [rng.random(shape) < 0.4]
    for _ in range(4):
        frames.append(frames[-1] & (rng.random(shape) < 0.7))
    depth = rng.integers(0, 5, shape).astype(float)
    depth[rng.random(shape) < 0.1] = np.inf
    history = track(frames)
    order = stripping_order(history, depth, frames=(0, 4), n_boot=0)
    last, crack = history.last_open(), history.first_crack()
    closed = (last >= 0) & (last < 4)
    finite = closed & np.isfinite(depth)
    assert order.n_voxels == finite.sum()
    assert order.n_unreached == (closed & ~finite).sum()

    def expected(chosen):
        if np.unique(depth[chosen]).size < 2 or np.unique(last[chosen]).size < 2:
            return np.nan
        return spearmanr(depth[chosen], last[chosen]).statistic

    np.testing.assert_allclose(order.index, expected(finite), atol=1e-9)
    assert order.table["crack"].tolist() == np.unique(crack[finite]).tolist()
    for row in order.table.rows():
        own = finite & (crack == row["crack"])
        assert row["n_voxels"] == own.sum()
        np.testing.assert_allclose(row["index"], expected(own), atol=1e-9)


def test_intervals_hold_the_index_and_are_the_same_for_the_same_seed():
    rng = np.random.default_rng(3)
    lengths = [np.full(12, 40)]
    for _ in range(4):
        lengths.append(np.maximum(lengths[-1] - rng.integers(0, 14, 12), 0))
    history = track(receding(lengths))
    depth = depth_from_electrode(history, "xmin")
    order = stripping_order(history, depth, frames=(0, 4), block=6)
    assert order.index_low < order.index < order.index_high < 0
    assert order.table == stripping_order(history, depth, frames=(0, 4), block=6).table
    assert order.index_high - order.index_low < 0.3


def test_blocks_see_that_voxels_close_together():
    """What closes in lumps at random has an interval that holds 0; single voxels would not."""
    misses = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        when = np.kron(rng.integers(1, 5, (8, 8)), np.ones((8, 8), int))
        frames = [when > k for k in range(5)]
        depth = np.broadcast_to(np.arange(64.0), (64, 64))
        row = next(stripping_order(track(frames), depth, frames=(0, 4), block=8).table.rows())
        misses += not row["index_low"] < 0 < row["index_high"]
    assert misses <= 5


def test_only_the_frames_count_that_are_asked_for():
    history = track(receding([[40], [30], [20], [10]]))
    depth = depth_from_electrode(history, "xmin")
    assert stripping_order(history, depth, frames=(1, 2)).n_voxels == 20
    assert stripping_order(history, depth, frames=(0, 2)).n_voxels == 40
    directions = ["plating", "plating", "stripping", "stripping"]
    cycles = [CycleState(half_cycle=i // 2, direction=d) for i, d in enumerate(directions)]
    history = track(receding([[40], [30], [20], [10]]), cycles=cycles)
    assert stripping_order(history, depth).n_voxels == 40


def test_depth_follows_paths_through_what_was_open():
    frames = [np.array([[1, 1, 1, 0, 1], [0, 0, 1, 0, 1]]), np.array([[1, 0, 0, 0, 0], [0] * 5])]
    history = track(frames, spacing=2.0)
    inf = np.inf
    np.testing.assert_allclose(
        depth_from_electrode(history, "xmin"),
        [[0, 2, 4, inf, inf], [inf, inf, 20**0.5, inf, inf]],
        rtol=1e-6,
    )
    only_last = depth_from_electrode(history, "xmin", frame=1)
    assert np.isfinite(only_last).sum() == 1
    electrode = np.zeros((2, 5), bool)
    electrode[:, 3] = True  # solid itself; its neighbours are at the electrode
    at = depth_from_electrode(history, RunVolume.from_mask(electrode))
    assert at.tolist()[1] == [inf, inf, 0, inf, 0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"frames must be \(first, last\) where no frame has a direction, got None"),
        ({"frames": (1, 1)}, r"frames must be two rising ones of 0..1, got \(1, 1\)"),
        ({"frames": (0, 2)}, "frames must be two rising ones"),
        ({"frames": (0, 1), "block": 0}, "block must be positive"),
        ({"frames": (0, 1), "n_boot": -1}, "n_boot must be a whole number of at least 0, got -1"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(options, message):
    history = track(receding([[4], [3]]))
    with pytest.raises(ValueError, match=message):
        stripping_order(history, np.zeros(history.shape), **options)
    with pytest.raises(ValueError, match="history and depth must have the same shape"):
        stripping_order(history, np.zeros((1, 1)), frames=(0, 1))
    with pytest.raises(ValueError, match=r"frame must lie in 0..1, got 2"):
        depth_from_electrode(history, "xmin", frame=2)
    with pytest.raises(ValueError, match="working must be"):
        depth_from_electrode(history, "left")


def test_nothing_closed_gives_no_index():
    history = track(receding([[4], [5]]))
    order = stripping_order(history, np.zeros(history.shape), frames=(0, 1))
    assert (order.n_voxels, len(order.table)) == (0, 0)
    assert np.isnan(order.index)
    assert np.isnan(order.mean_index)
