"""What a `Tracker` makes of electrodes, charge, static frames and files."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import CycleState, RunVolume, Tracker, track
from crevasse.tracking import estimate_repeatability

from damage import damage, loaded_or_message

SHAPE = (9, 8, 8)


def scene(*frames):
    """Frames as lists of boxes (z, y, x slices) in a volume of SHAPE."""
    masks = []
    for boxes in frames:
        mask = np.zeros(SHAPE, dtype=bool)
        for box in boxes:
            mask[box] = True
        masks.append(mask)
    return masks


def rod(z0, z1, y=4, x=4):
    return (slice(z0, z1), slice(y, y + 1), slice(x, x + 1))


def types(history, frame):
    events = history.events.where(history.events["frame"] == frame)
    return sorted(zip(events["type"].tolist(), events["subtype"].tolist(), strict=True))


@pytest.mark.parametrize(
    ("box", "subtype"),
    [
        (rod(0, 3), "working"),
        (rod(6, 9), "counter"),
        (rod(3, 5), "remote"),
        (rod(3, 5, x=7), "entered"),
        (rod(0, 3, x=7), "working"),
    ],
)
def test_births_say_where_they_are(box, subtype):
    history = track(scene([], [box]), working="zmin", counter="zmax")
    assert types(history, 1) == [("birth", subtype)]
    assert history.nodes["at_working"].tolist() == [box[0].start == 0]
    assert history.nodes["at_counter"].tolist() == [box[0].stop == 9]


def test_an_electrode_may_be_a_mask_that_cracks_only_touch():
    lithium = np.zeros(SHAPE, dtype=bool)
    lithium[:2] = True
    for start, subtype in ((2, "working"), (3, "remote")):
        history = track(scene([], [rod(start, 5)]), working=lithium)
        assert types(history, 1) == [("birth", subtype)]
    assert track(scene([rod(1, 3)]), working=RunVolume.from_mask(lithium)).nodes["at_working"].all()


def test_the_border_is_that_of_the_region_of_interest():
    region = (slice(0, 9), slice(2, 6), slice(2, 6))
    for y, subtype in ((2, "entered"), (4, "remote")):
        frames = scene([], [rod(3, 5, y=y)])
        assert types(track(frames, roi=region), 1) == [("birth", subtype)]
        mask = RunVolume.from_box(SHAPE, region)
        assert types(track(frames, roi=mask), 1) == [("birth", subtype)]


def test_without_electrodes_faces_are_borders():
    assert types(track(scene([], [rod(0, 3)])), 1) == [("birth", "entered")]
    assert types(track([np.zeros((5, 5), bool), np.eye(5, dtype=bool)]), 1) == [
        ("birth", "entered")
    ]


def test_a_merge_that_bridges_is_the_short_and_its_parents_are_named():
    frames = scene(
        [rod(0, 3), rod(6, 9), rod(4, 5)],
        [rod(0, 9)],
        [rod(0, 3), rod(5, 9)],
    )
    history = track(frames, times=[0, 0.5, 1.5], working="zmin", counter="zmax")
    assert history.frames["bridged"].tolist() == [False, True, False]
    assert types(history, 1) == [("bridge", ""), ("merge", "")]
    assert types(history, 2) == [("split", ""), ("unbridge", "")]
    short = history.short()
    assert (short.frame, short.time, short.type, short.healed) == (1, 0.5, "merge", 2)
    assert short.spans == ((1, 1),)
    assert (short.from_working, short.from_counter, short.between) == ((1,), (3,), (2,))
    events = history.events
    causes = events["cause"][events["type"] == "bridge"]
    assert events["type"][causes].tolist() == ["merge"]
    for name in ("gain", "loss", "kept"):
        of_bridges = (events["type"] == "bridge") | (events["type"] == "unbridge")
        assert not events[name][of_bridges].any()


def test_a_bridge_that_grows_on_is_no_new_bridge():
    wide = (slice(0, 9), slice(3, 6), slice(4, 5))
    history = track(scene([rod(0, 9)], [wide]), working="zmin", counter="zmax")
    assert types(history, 1) == [("growth", "")]
    short = history.short()
    assert (short.frame, short.event, short.type, short.crack) == (0, -1, "", 1)
    assert short.healed is None
    assert short.spans == ((0, 1),)
    apart = [rod(0, 3), rod(5, 9)]
    again = track(scene(apart, [rod(0, 9)], apart, [rod(0, 9)], [rod(0, 9)], apart),
                  working="zmin", counter="zmax").short()  # fmt: skip
    assert (again.frame, again.healed, again.spans) == (1, 5, ((1, 1), (3, 4)))
    assert track(scene([rod(0, 3)])).short() is None


def test_a_crack_that_closes_and_opens_again_is_remembered_with_its_gap():
    frames = scene([rod(2, 6)], [], [], [rod(3, 5), rod(7, 8)])
    history = track(frames, times=[0, 1, 2, 4], confirm_after=3)
    assert types(history, 3) == [("birth", "remote"), ("reopening", "remote")]
    assert list(history.memory.rows()) == [
        {
            "frame": 3,
            "label": 1,
            "crack": 1,
            "n_voxels": 2,
            "last_open": 0,
            "gap_frames": 2,
            "gap": 4.0,
            "closed": True,
        }
    ]
    assert list(history.corrections.rows()) == [
        {"event": 0, "frame": 3, "status": "reopened", "by_event": 1}
    ]
    assert history.crack(1).closure == "reopened"
    assert (history.crack(2).origin, history.crack(2).parent) == ("reopening", 1)
    assert history.crack(1).lineage()["crack"].tolist() == [1, 2]


def test_a_closure_that_lasts_is_confirmed_and_a_later_reopening_does_not_undo_it():
    frames = scene([rod(2, 6)], [], [], [rod(3, 5)])
    history = track(frames, confirm_after=1)
    assert list(history.corrections.rows()) == [
        {"event": 0, "frame": 2, "status": "confirmed", "by_event": -1}
    ]
    assert types(history, 3) == [("reopening", "remote")]
    assert history.crack(1).closure == "confirmed"


def test_voxels_of_a_crack_that_only_drew_back_are_remembered_but_no_reopening():
    frames = scene([rod(1, 8)], [rod(1, 3)], [rod(1, 3), rod(5, 7)])
    history = track(frames)
    assert types(history, 2) == [("birth", "remote"), ("stable", "")]
    assert history.memory["crack"].tolist() == [1]
    assert history.memory["closed"].tolist() == [False]


def test_a_crack_that_merged_is_closed_when_what_it_became_has_closed():
    frames = scene([rod(1, 4), rod(5, 9)], [rod(1, 4), rod(5, 8)], [rod(1, 8)], [], [rod(8, 9)])
    history = track(frames, confirm_after=5)
    assert history.crack(2).merged_into == 1
    assert types(history, 4) == [("reopening", "entered")]
    assert history.memory["crack"].tolist() == [2]
    assert history.crack(3).parent == 2
    assert history.crack(1).closure == "reopened"


def test_what_reopens_two_cracks_comes_from_that_of_which_it_reopens_most():
    frames = scene([rod(1, 3), rod(4, 8)], [], [rod(2, 8)])
    history = track(frames)
    assert history.memory["n_voxels"].tolist() == [1, 4]
    assert history.crack(3).parent == 2
    assert history.corrections["event"].tolist() == [0, 1]
    assert history.crack(3).lineage()["crack"].tolist() == [1, 2, 3]


def test_the_events_of_a_crack_are_those_of_its_blocks():
    frames = scene([rod(0, 3), rod(5, 9, y=1)], [rod(0, 9), rod(5, 8, y=1)])
    history = track(frames, working="zmin", counter="zmax")
    assert history.crack(1).events()["type"].tolist() == ["growth", "bridge"]
    assert history.crack(2).events()["type"].tolist() == ["shrink"]


def test_partial_closure_is_an_attribute_beyond_the_repeatability():
    frames = scene([rod(0, 9)], [rod(0, 6)])
    assert track(frames).events["partial_closure"].tolist() == [True]
    assert track(frames, repeatability=0.5).events["partial_closure"].tolist() == [False]
    assert track(scene([rod(0, 9)], [])).events["partial_closure"].tolist() == [False]


def test_events_know_the_state_of_charge():
    cycles = [
        CycleState(0, "plating", 1.0, 0.02),
        CycleState(1, "stripping", 0.4, 0.31),
    ]
    history = track(scene([], [rod(3, 5)]), cycles=cycles)
    assert history.frames["direction"].tolist() == ["plating", "stripping"]
    assert history.frames["voltage"].tolist() == [0.02, 0.31]
    assert history.events["direction"].tolist() == ["stripping"]
    assert history.events["half_cycle"].tolist() == [1]
    assert history.events["capacity"].tolist() == [0.4]
    unknown = track(scene([], [rod(3, 5)])).events
    assert (unknown["direction"][0], unknown["half_cycle"][0]) == ("", -1)
    assert np.isnan(unknown["capacity"][0])


def test_the_lineage_of_a_crack_respects_time():
    frames = scene(
        [rod(1, 6)],
        [rod(1, 3), rod(4, 6)],  # 2 splits off 1
        [rod(1, 3), rod(4, 6), rod(7, 8, x=1)],  # 3 is born
        [(slice(1, 8), slice(4, 5), slice(1, 5)), rod(4, 6, y=7)],
    )
    frames[3][4:6, 4, 4] = False
    history = track(frames)
    of_two = {r["crack"]: r["relation"] for r in history.crack(2).lineage().rows()}
    assert of_two[1] in ("ancestor", "both")
    assert of_two[2] == "self"
    of_three = {r["crack"]: r["relation"] for r in history.crack(3).lineage().rows()}
    assert of_three.get(2) is None  # it left before 3 came
    assert of_three[1] == "descendant"
    assert history.crack(1).nodes()["frame"].tolist() == [0, 1, 2, 3]
    assert "split" in history.crack(2).events()["type"].tolist()


def test_the_repeatability_of_static_frames_makes_them_stable(rng):
    base = np.zeros((30, 40, 40), dtype=bool)
    base[5:9, 5:30, 5:30] = base[20:24, 8:20, 8:20] = True
    scans = []
    for _ in range(4):
        scan = base.copy()
        scan[8, 5:30, 5:30] &= rng.random((25, 25)) < 0.7
        scans.append(scan)
    threshold = estimate_repeatability(scans)
    assert 0.03 < threshold < 0.25
    kinds = track(scans, repeatability=threshold).events["type"]
    assert (kinds == "stable").all()
    assert not (track(scans).events["type"] == "stable").all()
    assert estimate_repeatability([base, base]) == 0.0
    assert estimate_repeatability(np.zeros((2, 3, 3), bool)) == 0.0


@given(st.data())
def test_a_damaged_file_is_refused_in_one_line_or_reads_the_same(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("tracker") / "state.npz"
    tracker = Tracker()
    rng = np.random.default_rng(2)
    for _ in range(3):
        tracker.update(rng.random((4, 5, 30)) < 0.2)
    tracker.save(path)
    damage(path, data)
    outcome = loaded_or_message(Tracker.load, path)
    if isinstance(outcome, str):
        assert "state.npz is damaged or no Tracker" in outcome
        assert "\n" not in outcome
    else:
        assert outcome.history().tables == tracker.history().tables


def test_a_loaded_tracker_keeps_its_options_and_refuses_what_the_first_would(tmp_path):
    frames = scene([rod(0, 3), rod(6, 9)], [rod(0, 9)], [])
    options = {"spacing": (2.0, 1.0, 1.0), "unit": "um", "time_unit": "min", "repeatability": 0.1}
    tracker = Tracker(**options, working="zmin", counter="zmax", roi=RunVolume.from_box(SHAPE))
    tracker.update(frames[0], cycle=CycleState(0, "plating"))
    tracker.save(tmp_path / "state.npz")
    resumed = Tracker.load(tmp_path / "state.npz")
    with pytest.raises(ValueError, match=r"all frames must have the same shape, got \(9, 8, 8\)"):
        resumed.update(frames[0][1:])
    with pytest.raises(ValueError, match="all frames or none; those before came without"):
        resumed.update(frames[1], time=0.0)
    for mask in frames[1:]:
        for each in (tracker, resumed):
            each.update(mask, cycle=CycleState(0, "plating"))
    assert resumed.history().tables == tracker.history().tables
    assert resumed.history().short() == tracker.history().short()
    assert resumed.history().frames.units["volume"] == "um^3"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Tracker().save("x"), "save needs at least one frame; call update first"),
        (lambda: Tracker(confirm_after=0), "confirm_after must lie in 1..2147483647, got 0"),
        (lambda: track(scene([]), working="top"), "working must be a mask or one of zmin, zmax"),
        (lambda: track(np.zeros((1, 4, 4), bool), counter="zmin"), "counter must be a mask or one"),
        (lambda: track(scene([]), working=np.ones((2, 2, 2))), "must be bool or integer"),
        (lambda: track(scene([]), counter=np.ones((2, 2, 2), bool)), "counter and frames must"),
        (lambda: track(scene([]), roi=np.ones((2, 2, 2), bool)), "frames and roi must have"),
        (lambda: CycleState(direction="charge"), "direction must be one of 'plating', 'stripping'"),
        (
            lambda: CycleState(half_cycle=-2),
            "half_cycle must be a whole number from 0 to 2147483647, or -1, got -2",
        ),
        (lambda: CycleState(half_cycle=1.5), "half_cycle must be a whole number from 0"),
        (lambda: CycleState(half_cycle=10**30), "half_cycle must be a whole number from 0"),
        (lambda: CycleState(capacity=10**400), "capacity must be a number or None"),
        (lambda: CycleState(voltage=np.inf), "voltage must be finite, or nan"),
        (lambda: Tracker(baseline_frames=2**31), "baseline_frames must lie in"),
        (lambda: Tracker(working=5), r"working must be 2-D"),
        (
            lambda: Tracker().update([[1, 0], [0]]),
            "frame must be an array, got rows that do not fit",
        ),
        (
            lambda: Tracker().update(np.ma.masked_equal([[1, 0]], 1)),
            r"frame must have no masked values; fill them, e.g. frame.filled\(0\)",
        ),
        (
            lambda: Tracker(roi=(slice(0.5, 2),) * 2).update(np.eye(3, dtype=int)),
            "roi must begin and end at whole numbers",
        ),
        (lambda: track([np.eye(3, dtype=int)]).nodes_of("a"), "frame must be a whole number"),
        (lambda: CycleState(capacity="much"), "capacity must be a number or None, got 'much'"),
        (lambda: Tracker(working="top"), "working must be a mask or one of zmin"),
        (lambda: Tracker(working="zmin", counter="zmin"), "counter must be another face than"),
        (lambda: Tracker(connectivity=7), "connectivity must be 6, 18 or 26"),
        (lambda: Tracker().update(np.ones((2, 2), bool), cycle="plating"), "cycle must be a"),
        (lambda: track(scene([], []), cycles=[CycleState()]), "cycles must be one a frame, got 1"),
        (
            lambda: Tracker(repeatability="baseline"),
            "baseline_frames must be at least 2 for repeatability 'baseline', got 1; give the",
        ),
        (
            lambda: Tracker(repeatability="static", baseline_frames=2),
            r"repeatability must lie in \[0, 1\) or be 'baseline', got 'static'",
        ),
        (lambda: estimate_repeatability(scene([])), "frames must be at least two scans"),
        (lambda: estimate_repeatability(scene([], []), share=0), r"share must lie in \(0, 1\]"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_what_a_tracker_gives_out_cannot_be_written_to():
    result = Tracker(working="ymin").update(np.eye(3, dtype=int))
    for values in (result.crack_ids, result.at_working, result.at_counter):
        with pytest.raises(ValueError, match="read-only"):
            values[...] = 1


@pytest.mark.parametrize("name", ["working", "counter", "roi"])
def test_what_becomes_of_a_mask_that_was_given_is_no_matter(name):
    frame, mask = np.ones((4, 5), dtype=bool), np.zeros((4, 5), dtype=bool)
    mask[0] = True
    kept, changed = Tracker(**{name: mask.copy()}), Tracker(**{name: mask})
    mask[:] = False
    expected, found = kept.update(frame), changed.update(frame)
    np.testing.assert_array_equal(found.at_working, expected.at_working)
    np.testing.assert_array_equal(found.at_counter, expected.at_counter)
    later = [tracker.update(frame & ~np.eye(4, 5, dtype=bool)) for tracker in (kept, changed)]
    assert later[0].events == later[1].events


def test_what_is_not_known_of_a_cycle_may_be_none(tmp_path):
    tracker = Tracker()
    for cycle in (CycleState(0, "plating", "1.5", 3), CycleState(None, None, None, None)):
        tracker.update(np.eye(3, dtype=int), cycle=cycle)
        tracker.save(tmp_path / "state.npz")
    frames = Tracker.load(tmp_path / "state.npz").history().frames
    assert frames["half_cycle"].tolist() == [0, -1]
    assert frames["direction"].tolist() == ["plating", ""]
    np.testing.assert_array_equal(frames["capacity"], [1.5, np.nan])
    assert frames.units["capacity"] == "mAh/cm^2"


def test_an_update_that_is_interrupted_changes_nothing(monkeypatch):
    frames = scene([rod(0, 3)], [rod(0, 4)], [rod(0, 5)])
    tracker = Tracker()
    tracker.update(frames[0])
    before = tracker.history()
    with monkeypatch.context() as patch:
        patch.setattr("crevasse.tracking.record.interval_row", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tracker.update(frames[1])
    assert tracker.history().tables == before.tables
    for mask in frames[1:]:
        tracker.update(mask)
    assert tracker.history().tables == track(frames).tables


def interrupted(*_):
    raise KeyboardInterrupt


def test_frames_have_times_or_none_has():
    tracker = Tracker()
    tracker.update(scene([])[0])
    assert tracker.history().time_unit == "frame"
    with pytest.raises(ValueError, match="all frames or none; those before came without"):
        tracker.update(scene([])[0], time=5.0)
    timed = Tracker()
    timed.update(scene([])[0], time=0.0)
    assert timed.history().time_unit == "h"
    with pytest.raises(ValueError, match="all frames or none; those before came with times"):
        timed.update(scene([])[0])


def test_the_short_names_only_cracks_that_share_voxels_with_it():
    frames = scene(
        [rod(0, 3), rod(6, 9), rod(2, 7, y=1)],
        [rod(0, 9), rod(2, 4, y=1), rod(5, 7, y=1)],
    )
    frames[0][2:3, 1:5, 4] = False
    history = track(frames, working="zmin", counter="zmax")
    short = history.short()
    assert (short.from_working, short.from_counter, short.between) == ((1,), (3,), ())


def noisy_growth(rng, n_static=3, n_more=3):
    """A block with a rough face that is scanned again and again, and grows in the end."""
    scans = []
    for k in range(n_static + n_more):
        scan = np.zeros((12, 40, 40), dtype=bool)
        scan[2:5, 5:35, 5:35] = True
        scan[5, 5:35, 5:35] = rng.random((30, 30)) < 0.5
        scan[2:5, 5:35, 35 : 35 + max(0, 2 * (k - n_static))] = True
        scans.append(scan)
    return scans


def test_the_repeatability_is_measured_between_the_baseline_frames(rng):
    scans = noisy_growth(rng)
    history = track(scans, baseline_frames=3, repeatability="baseline")
    measured = history.intervals["repeatability"]
    assert measured[0] == estimate_repeatability(scans[:2])
    assert (measured[1:] == estimate_repeatability(scans[:3])).all()
    known = track(scans, baseline_frames=3, repeatability=float(measured[-1]))
    assert history.events["type"].tolist() == known.events["type"].tolist()
    assert history.events["type"].tolist() == ["stable"] * 3 + ["growth"] * 2
    assert (known.intervals["repeatability"] == measured[-1]).all()
    assert "stable" not in track(scans, baseline_frames=3).events["type"]


@pytest.mark.parametrize("cut", [1, 2, 3, 5])
def test_a_measured_repeatability_outlives_a_restart(tmp_path, rng, cut):
    scans = noisy_growth(rng)
    whole = Tracker(baseline_frames=3, repeatability="baseline")
    broken = Tracker(baseline_frames=3, repeatability="baseline")
    for k, scan in enumerate(scans):
        if k == cut:
            broken.save(tmp_path / "broken.npz")
            broken = Tracker.load(tmp_path / "broken.npz")
        whole.update(scan)
        broken.update(scan)
    whole.save(tmp_path / "whole.npz")
    broken.save(tmp_path / "broken.npz")
    assert (tmp_path / "whole.npz").read_bytes() == (tmp_path / "broken.npz").read_bytes()


def test_a_baseline_without_cracks_hides_no_growth():
    frames = np.zeros((4, 2, 30), dtype=bool)
    frames[2, 1, :10] = frames[3, 1, :11] = True
    history = track(frames, baseline_frames=2, repeatability="baseline")
    assert history.intervals["repeatability"].tolist() == [0.0, 0.0, 0.0]
    assert history.events["type"].tolist() == ["birth", "growth"]


def test_what_the_repeatability_was_estimated_from_is_stable():
    for lost in (29, 57, 58):
        scan = np.ones((1, 100), dtype=bool)
        again = scan.copy()
        again[0, :lost] = False
        fraction = estimate_repeatability([scan, again], share=1.0)
        assert track([scan, again], repeatability=fraction).events["type"].tolist() == ["stable"]


def test_the_ledger_as_runs_says_what_the_maps_say(rng):
    frames = [rng.random((3, 5, 40)) < 0.4 for _ in range(5)]
    for masks in (frames, [mask[0] for mask in frames]):
        history = track(masks, times=[0, 1, 1.5, 4, 5])
        runs = history.ledger()
        for name in ("first_open", "last_open", "n_toggles", "open_time", "first_crack"):
            check_runs(history, runs, name)
        check_runs(history, runs, "last_crack")
        assert runs["n_voxels"].sum() == np.any(masks, axis=0).sum()


def test_the_ledger_knows_its_units():
    history = track([np.array([[1, 0, 1]])], times=[0], time_unit="s")
    units = history.ledger().units
    assert units == dict.fromkeys(("z", "y", "x_begin", "x_end"), "voxel") | {"open_time": "s"}


def test_a_history_can_be_copied_and_sent(rng):
    history = track([rng.random((3, 5, 40)) < 0.4 for _ in range(4)], spacing=1.8)
    for other in (copy.deepcopy(history), pickle.loads(pickle.dumps(history))):
        assert other.ledger() == history.ledger()
        assert other.nodes == history.nodes
        np.testing.assert_array_equal(other.last_crack(), history.last_crack())


def check_runs(history, runs, name):
    dense = getattr(history, name)()
    volume = dense.reshape((-1, *dense.shape[-2:]))
    for row in runs.rows():
        part = volume[row["z"], row["y"], row["x_begin"] : row["x_end"]]
        np.testing.assert_allclose(part, row[name], rtol=1e-12)


@pytest.mark.parametrize(("a", "b"), [("xmin", "mask"), ("mask", "xmin"), ("mask", "mask")])
def test_one_electrode_may_be_a_face_and_the_other_a_mask(a, b):
    mask = np.zeros((4, 6), dtype=bool)
    mask[:, -1] = True
    working, counter = (mask if e == "mask" else e for e in (a, b))
    tracker = Tracker(working=working, counter=counter)
    assert tracker.update(np.ones((4, 6), dtype=bool)).at_working.all()


def test_options_may_be_numbers_of_numpy(tmp_path):
    numpy_s = {"repeatability": np.float32(0.25), "connectivity": np.int64(8)}
    tracker = Tracker(**numpy_s, spacing=np.float32(2), confirm_after=np.int8(1))
    tracker.update(np.ones((3, 3), dtype=bool))
    tracker.save(tmp_path / "state")
    same = Tracker(repeatability=0.25, connectivity=8, spacing=2.0, confirm_after=1)
    same.update(np.ones((3, 3), dtype=bool))
    same.save(tmp_path / "same")
    assert (tmp_path / "state").read_bytes() == (tmp_path / "same").read_bytes()
    Tracker.load(tmp_path / "state").update(np.ones((3, 3), dtype=bool))


@pytest.mark.parametrize("lacks", ["ledger.openings.last_crack", "ledger.openings.open_time"])
def test_a_file_that_lacks_a_member_is_refused(tmp_path, lacks):
    tracker = Tracker()
    tracker.update(np.ones((3, 3), dtype=bool))
    tracker.save(tmp_path / "state")
    with np.load(tmp_path / "state") as archive:
        members = {name: archive[name] for name in archive.files if name != lacks}
    with open(tmp_path / "state", "wb") as file:
        np.savez(file, **members)
    with pytest.raises(ValueError, match=f"no whole Tracker: it has no '{lacks.split('.')[-1]}'"):
        Tracker.load(tmp_path / "state")


def test_a_flipped_bit_is_told_as_damage_or_changes_nothing(tmp_path):
    """Also in the zip's directory, where it makes numbers that no file has places for."""
    path = tmp_path / "state"
    tracker = Tracker()
    tracker.update(np.ones((3, 3), dtype=bool))
    tracker.save(path)
    whole = path.read_bytes()
    for at in range(1, 61):
        for bit in (0, 3, 7):
            damaged = bytearray(whole)
            damaged[-at] ^= 1 << bit
            path.write_bytes(damaged)
            again = loaded_or_message(Tracker.load, path)
            if isinstance(again, Tracker):
                assert again.history().frames == tracker.history().frames
