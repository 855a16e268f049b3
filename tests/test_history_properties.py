"""What must hold of every history, whatever the series."""

import numpy as np
import pytest
from chunked import Chunked
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crevasse import RunVolume, Tracker, track

from strategies import mask_series, shapes_3d, threads

LEDGER = ("gain", "loss", "kept")
MAPS = ("first_open", "last_open", "first_crack", "last_crack", "n_toggles", "open_time")


def components(mask):
    return ndimage.label(mask, np.ones((3,) * mask.ndim))[0]


def crack_images(frames, history):
    """The crack of every voxel in each frame, 0 where closed."""
    images = []
    for k, mask in enumerate(frames):
        crack = history.nodes["crack"][history.nodes["frame"] == k]
        images.append(np.concatenate([[0], crack])[components(mask)])
    return np.array(images)


def assert_equal_histories(a, b):
    assert a.tables == b.tables
    for name in MAPS:
        np.testing.assert_array_equal(getattr(a, name)(), getattr(b, name)())


def blocks_of(history, frame):
    """(type, parents, children, gain, loss, kept) of an interval, sorted.

    A reopening is called a birth: two frames alone cannot tell.
    """
    nodes = history.nodes
    rows = []
    for event in history.events.where(history.events["frame"] == frame).rows():
        parents = nodes["label"][nodes["event_after"] == event["event"]]
        children = nodes["label"][nodes["event_before"] == event["event"]]
        kind = "birth" if event["type"] == "reopening" else event["type"]
        rows.append((kind, tuple(parents), tuple(children), *(event[name] for name in LEDGER)))
    return sorted(rows)


@given(mask_series(), st.lists(st.floats(0.01, 9), min_size=5, max_size=5))
def test_voxel_maps_are_those_of_the_stacked_frames(frames, steps):
    times = np.cumsum(steps)[: len(frames)]
    history = track(frames, times=times.tolist())
    stack = np.array(frames)
    flips = (np.diff(stack.astype(int), axis=0, prepend=0) != 0).sum(axis=0)
    np.testing.assert_array_equal(history.n_toggles(), flips)
    both = (stack[:-1].astype(float) + stack[1:]) / 2
    expected = np.tensordot(np.diff(times), both, axes=1) if len(frames) > 1 else 0 * stack[0]
    np.testing.assert_allclose(history.open_time(), expected, rtol=1e-12, atol=1e-12)
    cracks = crack_images(frames, history)
    latest = np.zeros_like(cracks[0])
    for image in cracks:
        latest = np.where(image > 0, image, latest)
    np.testing.assert_array_equal(history.last_crack(), latest)


@given(mask_series())
def test_a_component_without_parents_remembers_every_crack_that_had_its_voxels(frames):
    history = track(frames)
    cracks = crack_images(frames, history)
    expected = []
    for k in range(2, len(frames)):
        labels = components(frames[k])
        latest = np.zeros_like(cracks[0])
        when = np.full(latest.shape, -1)
        for j in range(k):
            latest = np.where(cracks[j] > 0, cracks[j], latest)
            when = np.where(cracks[j] > 0, j, when)
        for label in np.unique(labels[labels > 0]):
            inside = labels == label
            if (frames[k - 1] & inside).any():
                continue
            for crack in np.unique(latest[inside & (latest > 0)]):
                there = inside & (latest == crack)
                expected.append((k, label, crack, there.sum(), when[there].max()))
    memory = history.memory
    rows = zip(
        *(memory[c].tolist() for c in ("frame", "label", "crack", "n_voxels", "last_open")),
        strict=True,
    )
    assert sorted(rows) == sorted(expected)
    gone = memory["frame"] - memory["last_open"] - 1
    np.testing.assert_array_equal(memory["gap_frames"], gone)
    np.testing.assert_array_equal(memory["gap"], gone + 1)


@given(mask_series())
def test_reopenings_are_the_components_that_remember_a_closed_crack(frames):
    history = track(frames)
    memory, nodes, cracks = history.memory, history.nodes, history.cracks
    reopened = history.events["event"][history.events["type"] == "reopening"]
    closed = memory.where(memory["closed"])
    rows = {
        int(nodes["event_before"][(nodes["frame"] == f) & (nodes["label"] == label)][0])
        for f, label in zip(closed["frame"].tolist(), closed["label"].tolist(), strict=True)
    }
    assert set(reopened.tolist()) == rows
    assert (cracks["origin"] == "reopening").sum() == len(rows)
    for row in memory.rows():  # follow mergers to what the crack has become by then
        crack = row["crack"]
        while (
            cracks["merged_into"][crack - 1] and cracks["last_frame"][crack - 1] < row["frame"] - 1
        ):
            crack = int(cracks["merged_into"][crack - 1])
        ended = cracks["last_frame"][crack - 1] < row["frame"] - 1
        assert row["closed"] == ended


@given(mask_series(), st.integers(1, 3))
def test_every_closure_is_provisional_until_it_is_confirmed_or_reopens(frames, confirm_after):
    history = track(frames, confirm_after=confirm_after)
    events, corrections, cracks = history.events, history.corrections, history.cracks
    closures = events.where(events["type"] == "closure")
    assert len(set(corrections["event"].tolist())) == len(corrections)
    for event in closures.rows():
        verdict = corrections.where(corrections["event"] == event["event"])
        waited = len(frames) - 1 - event["frame"]
        status = str(cracks["closure"][event["crack"] - 1])
        if not len(verdict):
            assert status == "provisional"
            assert waited < confirm_after
            continue
        assert status == verdict["status"][0]
        if status == "confirmed":
            assert verdict["frame"][0] == event["frame"] + confirm_after
            assert verdict["by_event"][0] == -1
        else:
            assert event["frame"] < verdict["frame"][0] <= event["frame"] + confirm_after
            assert events["type"][verdict["by_event"][0]] == "reopening"
            assert events["frame"][verdict["by_event"][0]] == verdict["frame"][0]
    assert ((cracks["closure"] != "") == (cracks["fate"] == "closure")).all()


@given(mask_series())
def test_time_reversed_births_are_closures_and_merges_are_splits(frames):
    pairs = [("birth", "closure"), ("growth", "shrink"), ("merge", "split")]
    mirror = dict(pairs) | {b: a for a, b in pairs}
    forward, backward = track(frames), track(frames[::-1])
    for k in range(1, len(frames)):
        expected = [
            (mirror.get(kind, kind), children, parents, loss, gain, kept)
            for kind, parents, children, gain, loss, kept in blocks_of(forward, k)
        ]
        assert blocks_of(backward, len(frames) - k) == sorted(expected)


@given(mask_series(shapes_3d), st.integers(0, 2))
def test_a_flipped_series_has_the_same_graph(frames, axis):
    history = track(frames)
    flipped = track([np.flip(mask, axis) for mask in frames])
    for k in range(1, len(frames)):
        renamed = []
        for mask in (frames[k - 1], frames[k]):
            labels, other = components(mask), np.flip(components(np.flip(mask, axis)), axis)
            renamed.append(dict(zip(other.ravel().tolist(), labels.ravel().tolist(), strict=True)))
        blocks = [
            (
                kind,
                tuple(sorted(renamed[0][p] for p in parents)),
                tuple(sorted(renamed[1][c] for c in children)),
                *ledger,
            )
            for kind, parents, children, *ledger in blocks_of(flipped, k)
        ]
        assert sorted(blocks) == blocks_of(history, k)


@given(mask_series(), st.data())
def test_every_pair_of_frames_alone_gives_the_same_blocks(frames, data):
    history = track(frames)
    for k in data.draw(st.permutations(range(1, len(frames)))):
        assert blocks_of(track(frames[k - 1 : k + 1]), 1) == blocks_of(history, k)


@given(mask_series(shapes_3d), st.integers(1, 4), threads)
def test_chunks_and_threads_make_no_difference(frames, chunk, n_threads):
    expected = track(frames, n_threads=1)
    chunked = track([Chunked(mask, chunk) for mask in frames], n_threads=n_threads)
    assert_equal_histories(chunked, expected)


@given(mask_series(), st.data())
def test_a_resumed_tracker_ends_in_the_same_bytes(tmp_path_factory, frames, data):
    folder = tmp_path_factory.mktemp("tracker")
    unbroken, resumed = (Tracker(spacing=0.5, confirm_after=1) for _ in range(2))
    for k, mask in enumerate(frames):
        unbroken.update(mask, time=k / 3)
        resumed.update(mask, time=k / 3)
        if data.draw(st.booleans(), "saved and loaded"):
            resumed.save(folder / "state.npz")
            resumed = Tracker.load(folder / "state.npz")
    assert resumed.n_frames == len(frames)
    assert_equal_histories(resumed.history(), unbroken.history())
    unbroken.save(folder / "a.npz")
    resumed.save(folder / "b.npz")
    assert (folder / "a.npz").read_bytes() == (folder / "b.npz").read_bytes()
    assert {p.name for p in folder.iterdir()} <= {"a.npz", "b.npz", "state.npz"}


@pytest.mark.parametrize("cut", [1, 5, 7, 8])
def test_a_flickering_series_resumed_late_ends_in_the_same_bytes(tmp_path, rng, cut):
    """Voxels of a crack come to the same in different ways; a file must not tell which."""
    unbroken, resumed = Tracker(), Tracker()
    for k in range(9):
        mask = rng.random((6, 10, 90)) < 0.5
        mask[:, ::2] = True  # one crack all along
        unbroken.update(mask)
        resumed.update(mask)
        if k + 1 == cut:
            resumed.save(tmp_path / "state.npz")
            resumed = Tracker.load(tmp_path / "state.npz")
    assert resumed.history().ledger() == unbroken.history().ledger()
    unbroken.save(tmp_path / "a.npz")
    resumed.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_noisy_series_gives_the_same_bytes_for_every_number_of_threads(tmp_path):
    contents = set()
    for n_threads in (1, 2, 7):
        rng = np.random.default_rng(1)
        tracker = Tracker(n_threads=n_threads, working="zmin", counter="zmax")
        for _ in range(5):
            tracker.update(RunVolume.from_mask(rng.random((40, 90, 130)) < 0.08))
        tracker.save(tmp_path / "state.npz")
        contents.add((tmp_path / "state.npz").read_bytes())
    assert len(contents) == 1


def test_the_ledger_tells_open_times_as_the_map_does():
    times = [1.0, 8.0, 15.0, 15.25, 15.35]
    history = track([np.array([[is_open]]) for is_open in (0, 1, 0, 1, 1)], times=times)
    assert history.open_time()[0, 0] == history.ledger()["open_time"][0]
