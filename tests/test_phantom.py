import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from numpy import s_
from scipy import ndimage

from crevasse import EventType, phantom
from crevasse.tracking import Truth, score, track

SCENES = {scene.name: scene for scene in phantom.scenes()}
every_scene = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)


def flipped(scene, axis):
    """The same scene in a mirror."""

    def turn(value):
        if isinstance(value, np.ndarray):
            return np.flip(value, axis)
        face = {"min": "max", "max": "min"}
        return value[0] + face[value[1:]] if "zyx".index(value[0]) == axis else value

    last = scene.truth.shape[axis] - 1
    mirror = np.where(np.arange(3) == axis, -1, 1)
    tips = scene.truth.tips and [t * mirror + last * (mirror < 0) for t in scene.truth.tips]
    options = {k: v if k == "cycles" else turn(v) for k, v in scene.options.items()}
    return replace(
        scene,
        frames=tuple(turn(frame) for frame in scene.frames),
        truth=Truth([turn(labels) for labels in scene.truth.labels], scene.truth.events, tips),
        options=options,
        drift=None if scene.drift is None else scene.drift * mirror,
    )


def assert_all_right(scene, history):
    result = scene.score(history, tolerance=0)
    assert result.is_perfect, f"{scene.name}\n{result}"
    assert (result.graph.det, result.graph.lnk, result.graph.tra) == (1.0, 1.0, 1.0)
    for event in result.events.values():
        assert (event.precision, event.recall, event.f1) == (1.0, 1.0, 1.0)
    stated = {str(event.type) for event in scene.truth.events}
    assert {kind for kind in result.events if "/" not in kind} == stated


@pytest.mark.parametrize("n_threads", [1, 2])
@every_scene
def test_the_tracker_finds_all_that_happens_and_nothing_else(scene, n_threads):
    assert_all_right(scene, scene.track(n_threads=n_threads))


@pytest.mark.parametrize("axis", [0, 1, 2])
@every_scene
def test_the_tracker_finds_the_same_in_a_mirror(scene, axis):
    mirrored = flipped(scene, axis)
    assert_all_right(mirrored, mirrored.track())


@every_scene
def test_objects_are_in_one_piece_and_do_not_touch_each_other(scene):
    cube = np.ones((3, 3, 3))
    for frame, labels in zip(scene.aligned(), scene.truth.labels, strict=True):
        np.testing.assert_array_equal(frame, labels > 0)
        pieces, n_pieces = ndimage.label(labels, cube)
        ids = np.unique(labels[labels > 0])
        assert n_pieces == len(ids)
        assert all(len(np.unique(labels[pieces == k + 1])) == 1 for k in range(n_pieces))


@every_scene
def test_every_object_has_its_part_in_exactly_one_event_of_each_interval(scene):
    beside = (EventType.BRIDGE, EventType.UNBRIDGE)
    for frame in range(1, scene.truth.n_frames):
        events = [e for e in scene.truth.events if e.frame == frame and e.type not in beside]
        assert sorted(i for e in events for i in e.parents) == sorted(scene.truth.ids(frame - 1))
        assert sorted(i for e in events for i in e.children) == sorted(scene.truth.ids(frame))


@every_scene
def test_events_hold_objects_that_share_voxels_and_no_others_do(scene):
    edges = {(r["frame"], r["before"], r["after"]) for r in scene.truth.edges().rows()}
    for event in scene.truth.events:
        for parent in event.parents:
            assert any((event.frame, parent, child) in edges for child in event.children) == bool(
                event.children
            )
    within = {(e.frame, a, b) for e in scene.truth.events for a in e.parents for b in e.children}
    assert edges <= within


def test_the_scenes_have_every_kind_of_event_and_where_it_can_come_from():
    events = [event for scene in SCENES.values() for event in scene.truth.events]
    assert {event.type for event in events} == set(EventType)
    assert {e.subtype for e in events} == {"", "entered", "working", "counter", "remote"}
    assert len(SCENES) == len(phantom.scenes())
    assert all(scene.description for scene in SCENES.values())


def test_without_undoing_the_drift_the_score_drops():
    scene = SCENES["drift"]
    drifted = score(track(scene.frames), scene.frames, scene.truth)
    aligned = scene.score(scene.track())
    assert drifted.graph.tra < 0.5 < aligned.graph.tra == 1.0
    assert drifted.events["merge"].f1 == 0.0
    assert drifted.arrival.share_exact < 0.8


def test_undoing_drift_gives_back_what_stayed_in_the_frame(rng):
    inner = np.zeros((9, 10, 11), bool)
    inner[3:6, 3:7, 3:8] = rng.random((3, 4, 5)) < 0.5
    drift = np.array([[0, 0, 0], [3, -3, 2], [-2, 1, -3]])
    frames = [np.roll(inner, tuple(d), axis=(0, 1, 2)) for d in drift]
    for frame in phantom.undo_drift(frames, drift):
        np.testing.assert_array_equal(frame, inner)
    gone = phantom.undo_drift([inner], np.array([[9, 0, 0]]))
    assert not gone[0].any()
    with pytest.raises(ValueError, match="drift must be one a frame, got 1 for 3 frames"):
        phantom.undo_drift(frames, drift[:1])


def test_the_gap_and_the_past_of_a_reopening_are_found():
    for name, n in (("flicker", 2), ("reopening_of_two", 1)):
        events = SCENES[name].score(SCENES[name].track()).events
        for kind in ("reopening/gap", "reopening/former"):
            assert (events[kind].n_truth, events[kind].n_matched) == (n, n)


def test_events_know_that_they_were_while_stripping():
    scene = SCENES["born_while_stripping"]
    events = scene.score(scene.track()).events
    assert events["birth/stripping"].n_matched == 2
    assert events["growth/plating"].n_matched == 2


def script():
    return phantom.Script((1, 4, 9), {1: s_[0, 1, 0:4], 2: s_[0, 1, 6:9]})


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda: script().growth(1, s_[0, 1, 4]), "a growth needs a frame before it; call next"),
        (lambda: script().next().growth(1).closure(1), r"\(1,\) cannot have a closure too"),
        (
            lambda: script().next().growth(1, s_[0, 1, 4:9]).next(),
            "objects must lie apart, got 2 over another",
        ),
    ],
)
def test_a_script_that_contradicts_itself_is_refused(write, message):
    with pytest.raises(ValueError, match=message):
        write()


def test_importing_phantom_needs_numpy_alone():
    code = (
        "import sys; from crevasse import phantom; phantom.scenes(); "
        "print([m for m in ('scipy', 'skimage', 'pandas', 'matplotlib') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
