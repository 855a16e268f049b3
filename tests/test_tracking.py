import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

import crevasse
from crevasse import RunVolume, Tracker, track
from crevasse.tracking.event_table import Side, _bridging_crack

from strategies import mask_series, threads


def components(mask):
    return ndimage.label(mask, np.ones((3,) * mask.ndim))[0]


def slow_blocks(before, after):
    """Blocks of an interval by merging sets of nodes: [(parents, children, gain, loss, kept)]."""
    a, b = components(before), components(after)
    blocks = [{("a", i)} for i in range(1, int(a.max(initial=0)) + 1)]
    blocks += [{("b", i)} for i in range(1, int(b.max(initial=0)) + 1)]
    for pair in {(i, j) for i, j in zip(a.ravel(), b.ravel(), strict=True) if i and j}:
        joined = {("a", pair[0]), ("b", pair[1])}
        for block in [block for block in blocks if block & joined]:
            blocks.remove(block)
            joined |= block
        blocks.append(joined)
    rows = []
    for block in blocks:
        in_a = np.isin(a, [i for side, i in block if side == "a"])
        in_b = np.isin(b, [i for side, i in block if side == "b"])
        rows.append(
            (
                sum(side == "a" for side, _ in block),
                sum(side == "b" for side, _ in block),
                int((in_b & ~in_a).sum()),
                int((in_a & ~in_b).sum()),
                int((in_a & in_b).sum()),
            )
        )
    return sorted(rows)


@given(mask_series(), threads)
def test_ledgers_sum_to_the_change_of_volume_exactly(frames, n_threads):
    history = track(frames, n_threads=n_threads)
    volumes = np.array([int(f.sum()) for f in frames])
    np.testing.assert_array_equal(history.frames["n_voxels"], volumes)
    intervals = history.intervals
    np.testing.assert_array_equal(intervals["gain"] - intervals["loss"], np.diff(volumes))
    for k in range(1, len(frames)):
        before, after = frames[k - 1], frames[k]
        row = intervals.where(intervals["frame"] == k)
        assert row["gain"][0] == (after & ~before).sum()
        assert row["loss"][0] == (before & ~after).sum()
        assert row["kept"][0] == (after & before).sum()
        events = history.events.where(history.events["frame"] == k)
        for column in ("gain", "loss", "kept"):
            assert events[column].sum() == row[column][0]


@given(mask_series())
def test_blocks_are_the_connected_parts_of_the_overlap_graph(frames):
    history = track(frames)
    for k in range(1, len(frames)):
        events = history.events.where(history.events["frame"] == k)
        names = ("n_parents", "n_children", "gain", "loss", "kept")
        rows = sorted(zip(*(events[n].tolist() for n in names), strict=True))
        assert rows == slow_blocks(frames[k - 1], frames[k])


@given(mask_series())
def test_maps_are_those_of_the_stacked_frames(frames):
    history = track(frames)
    stack = np.array(frames)
    ever = stack.any(axis=0)
    np.testing.assert_array_equal(history.first_open(), np.where(ever, stack.argmax(axis=0), -1))
    last = len(frames) - 1 - stack[::-1].argmax(axis=0)
    np.testing.assert_array_equal(history.last_open(), np.where(ever, last, -1))
    cracks = history.first_crack()
    assert ((cracks > 0) == ever).all()
    for frame, label, crack in zip(
        *(history.nodes[n].tolist() for n in ("frame", "label", "crack")), strict=True
    ):
        first_time = (components(frames[frame]) == label) & (history.first_open() == frame)
        assert (cracks[first_time] == crack).all()


@given(mask_series(), st.integers(1, 3))
def test_volume_is_exactly_preexisting_and_new(frames, baseline_frames):
    history = track(frames, baseline_frames=baseline_frames)
    table = history.frames
    np.testing.assert_array_equal(table["n_preexisting"] + table["n_new"], table["n_voxels"])
    for k, mask in enumerate(frames):
        baseline = np.any(frames[: min(baseline_frames, max(k + 1, 1))], axis=0)
        assert table["n_preexisting"][k] == (mask & baseline).sum()


@given(mask_series())
def test_frame_by_frame_equals_batch_and_earlier_histories_stay(frames):
    batch = track(frames)
    tracker = Tracker(time_unit="frame")
    early = None
    for k, mask in enumerate(frames):
        result = tracker.update(RunVolume.from_mask(mask), time=float(k))
        nodes = batch.nodes.where(batch.nodes["frame"] == k)
        np.testing.assert_array_equal(result.crack_ids, nodes["crack"])
        if k == 0:
            early = tracker.history()
            early_map = early.first_open()
    streamed = tracker.history()
    assert streamed.tables == batch.tables
    np.testing.assert_array_equal(streamed.first_open(), batch.first_open())
    assert early.tables == track(frames[:1]).tables
    np.testing.assert_array_equal(early.first_open(), early_map)


@given(mask_series())
def test_every_number_of_threads_gives_the_same_history(frames):
    expected = track(frames, n_threads=1)
    for n_threads in (2, 7):
        assert track(frames, n_threads=n_threads).tables == expected.tables


def test_large_frames_give_the_same_history_for_every_number_of_threads(rng):
    frames = [rng.random((60, 61, 200)) < p for p in (0.05, 0.15, 0.1)]
    histories = [track(frames, n_threads=n) for n in (1, 2, 7)]
    for history in histories[1:]:
        assert history.tables == histories[0].tables
        np.testing.assert_array_equal(history.first_crack(), histories[0].first_crack())


@given(mask_series())
def test_a_crack_is_one_component_a_frame_and_never_returns(frames):
    history = track(frames)
    nodes, cracks = history.nodes, history.cracks
    pairs = list(zip(nodes["frame"].tolist(), nodes["crack"].tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    for row in cracks.rows():
        seen = nodes["frame"][nodes["crack"] == row["crack"]]
        np.testing.assert_array_equal(seen, np.arange(row["first_frame"], row["last_frame"] + 1))
        assert (row["fate"] == "open") == (row["last_frame"] == len(frames) - 1)
        assert (row["merged_into"] > 0) == (row["fate"] == "merge")
        assert (row["parent"] > 0) == (row["origin"] in ("split", "reopening"))


def scene(*rows: str) -> list[np.ndarray]:
    """Frames drawn as text, one row of voxels each."""
    return [np.array([[c == "#" for c in row]]) for row in rows]


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        ("......", "..##..", "birth"),
        ("..##..", "......", "closure"),
        ("..##..", "..###.", "growth"),
        ("..###.", "..##..", "shrink"),
        ("..##..", "..##..", "stable"),
        (".##...", "..##..", "moving"),
        ("##..##", "######", "merge"),
        ("######", "##..##", "split"),
        ("##.##.", ".####.", "merge"),
        ("##.###", "####.#", "recombination"),
        ("#.#.#.", "######", "merge"),
    ],
)
def test_an_interval_is_named_by_parents_and_children(before, after, kind):
    assert track(scene(before, after)).events["type"].tolist() == [kind]


def test_touching_without_sharing_a_voxel_is_no_overlap():
    history = track(scene("###...", "...###"))
    assert sorted(history.events["type"].tolist()) == ["birth", "closure"]


def test_small_changes_are_stable_within_the_repeatability():
    frames = scene("##########..", "###########.")
    assert track(frames, repeatability=0.05).events["type"].tolist() == ["growth"]
    assert track(frames, repeatability=0.2).events["type"].tolist() == ["stable"]


def test_the_id_follows_the_mutually_best_overlap():
    history = track(scene("####..##", "########", "##..####"))
    # the larger parent carries on; after the split the larger child does
    nodes = history.nodes
    assert nodes["crack"].tolist() == [1, 2, 1, 3, 1]
    assert [r["fate"] for r in history.cracks.rows()] == ["open", "merge", "open"]
    assert history.crack(2).merged_into == 1
    assert history.crack(3).parent == 1
    assert history.crack(1).n_voxels.tolist() == [4, 8, 4]


def test_ties_go_to_the_larger_volume_then_to_the_first():
    larger = track(scene("##....##", "#......#"))
    assert larger.nodes["crack"].tolist() == [1, 2, 1, 2]
    # both parents give two voxels to the child; the second is larger
    frames = [np.zeros((2, 8), bool) for _ in range(2)]
    frames[0][0, :2] = frames[0][0, 4:8] = True
    frames[1][0, :6] = True
    assert track(frames).nodes["crack"].tolist() == [1, 2, 2]
    frames[0][0, 6:] = False
    assert track(frames).nodes["crack"].tolist() == [1, 2, 1]


def test_merges_of_five_keep_all_parents():
    history = track(scene("#.#.#.#.#", "#########"))
    assert history.events["n_parents"].tolist() == [5]
    assert history.edges["label_before"].tolist() == [1, 2, 3, 4, 5]
    assert (history.nodes["event_after"][:5] == 0).all()
    assert history.nodes["event_before"].tolist() == [-1] * 5 + [0]


def test_empty_frames_are_valid():
    history = track(scene("......", ".##...", "......", "......"))
    assert history.frames["n_cracks"].tolist() == [0, 1, 0, 0]
    assert history.events["type"].tolist() == ["birth", "closure"]
    assert len(track(scene("....")).cracks) == 0


def test_times_units_and_volumes_come_out_as_they_went_in():
    history = track(scene("##..", "###."), times=[1.5, 2.25], spacing=2.0)
    assert history.frames["volume"].tolist() == [8.0, 12.0]
    assert history.frames.units["volume"] == "um^2"
    assert history.frames["time"].tolist() == [1.5, 2.25]
    assert history.intervals["time_begin"].tolist() == [1.5]
    assert history.time_unit == "h"
    assert track(scene("##..")).time_unit == "frame"


def test_a_refused_update_leaves_the_tracker_as_it_was():
    tracker = Tracker()
    tracker.update(np.ones((2, 3), bool), time=1.0)
    before = tracker.history()
    for frame, time, message in (
        (np.ones((3, 2), bool), 2.0, r"all frames must have the same shape, got \(2, 3\) and"),
        (np.ones((2, 3), bool), 1.0, "time must rise from frame to frame, got 1.0 after 1.0"),
        (np.ones((2, 3), bool), float("nan"), "time must be a finite number, got nan"),
    ):
        with pytest.raises(ValueError, match=message):
            tracker.update(frame, time=time)
    with pytest.raises(TypeError, match="frame must be bool or integer"):
        tracker.update(np.ones((2, 3)), time=2.0)
    assert tracker.history().tables == before.tables


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Tracker().history(), "history needs at least one frame"),
        (lambda: track([]), "frames must hold at least one frame"),
        (lambda: track(scene("#", "#"), times=[0]), "times must be one a frame, got 1"),
        (lambda: track(scene("#"), times=[0, 1]), "got 2 for 1 frames"),
        (lambda: Tracker(baseline_frames=0), "baseline_frames must lie in 1..2147483647, got 0"),
        (
            lambda: Tracker(repeatability=1.0),
            r"repeatability must lie in \[0, 1\) or be 'baseline', got 1.0",
        ),
        (lambda: Tracker(spacing=-1), "spacing must be positive and finite, got -1"),
        (lambda: track(scene("#"), connectivity=7), "connectivity must be"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_crack_that_does_not_exist_is_a_key_error():
    with pytest.raises(KeyError, match="no crack 7; ids run from 1 to 1"):
        track(scene("##")).crack(7)


def test_tables_are_written_as_csv_and_parquet(tmp_path):
    paths = track(scene("##..", "####")).write_tables(tmp_path / "tables")
    assert len(paths) == 16
    assert all(path.stat().st_size > 0 for path in paths)
    assert crevasse.EventType.GROWTH == "growth"


def test_the_bridging_crack_of_a_block_is_the_largest_the_first_of_equals():
    block, n_voxels = np.array([1, 0, 1, 1, 1, 3]), np.array([5, 2, 7, 7, 9, 1])
    bridging = np.array([True, True, True, True, False, True])
    side = Side(np.array([11, 12, 13, 14, 15, 16]), n_voxels, bridging)
    assert _bridging_crack(block, side, 5).tolist() == [12, 13, 0, 16, 0]
