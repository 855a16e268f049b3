import numpy as np
import pytest

from crevasse import Tracker
from crevasse.tracking import FrontFollower, TimeToShort


def growing(lengths, *, isolated=True):
    """A crack along z from face zmin, and one that touches nothing."""
    frames = []
    for length in lengths:
        mask = np.zeros((24, 9, 9), dtype=bool)
        mask[:length, 4, 4] = True
        mask[10:12, 1, 1] = isolated
        frames.append(mask)
    return frames


def follow(frames, times, **options):
    tracker = Tracker(spacing=2.0, working="zmin", counter="zmax")
    follower = FrontFollower("zmin", prominence=2.0, max_step=30.0, **options)
    for frame, time in zip(frames, times, strict=True):
        follower.update(tracker.update(frame, time=time))
    return follower.fronts(tracker.history())


def test_a_front_that_advances_and_draws_back_has_a_signed_velocity():
    fronts = follow(growing([4, 9, 6]), [0, 0.5, 1.0], counter="zmax")
    own = fronts.cracks.where(fronts.cracks["crack"] == 1)
    np.testing.assert_allclose(own["depth_max"], [6, 16, 10])
    np.testing.assert_allclose(own["velocity"], [np.nan, 20, -12])
    np.testing.assert_allclose(
        own["depth_p95"], [np.quantile(2 * np.arange(n), 0.95) for n in (4, 9, 6)]
    )
    other = fronts.cracks.where(fronts.cracks["crack"] == 2)
    assert np.isnan(other["depth_max"]).all()
    assert fronts.cracks.units["velocity"] == "um/h"
    assert fronts.tips["crack"].tolist() == [1, 1, 1]
    assert fronts.tips["tip"].tolist() == [0, 0, 0]


def test_the_frames_say_what_is_left_and_when_it_will_be_gone():
    fronts = follow(growing([4, 8, 12, 16], isolated=False), [0, 1, 2, 3], counter="zmax")
    frames = fronts.frames
    np.testing.assert_allclose(frames["ligament"], 2.0 * (24 - np.array([4, 8, 12, 16])))
    assert frames["n_pieces"].tolist() == [1] * 4
    assert frames["euler_number"].tolist() == [1] * 4
    assert frames["reached_fraction"].tolist() == [1.0] * 4
    assert frames.units["junction_density"] == "1/um^3"
    short = fronts.time_to_short()
    assert isinstance(short, TimeToShort)
    assert short.time == pytest.approx(5.0)
    assert short.low <= 5.0 <= short.high


def test_branches_count_as_junctions_per_volume():
    frames = growing([12])
    frames[0][11, 4, :9] = True
    fronts = follow(frames, [0.0], counter="zmax")
    assert fronts.frames["n_tips"].tolist() == [2]
    assert fronts.frames["n_junctions"].tolist() == [1]
    assert fronts.frames["junction_density"][0] == pytest.approx(1 / (24 * 9 * 9 * 8))


def test_without_a_counter_electrode_there_is_no_ligament():
    fronts = follow(growing([4, 5]), [0, 1])
    assert np.isnan(fronts.frames["ligament"]).all()
    assert fronts.frames["n_pieces"].tolist() == [-1, -1]
    assert fronts.time_to_short() is None


def test_frames_without_cracks_are_valid():
    fronts = follow([np.zeros((5, 5, 5), bool)] * 2, [0, 1], counter="zmax")
    assert len(fronts.cracks) == len(fronts.tips) == 0
    assert fronts.frames["depth_max"].tolist() == [0, 0]
    np.testing.assert_allclose(fronts.frames["ligament"], [10, 10])


def test_a_resumed_follower_ends_in_the_same_bytes(tmp_path):
    frames, times = growing([4, 9, 6]), [0, 1, 2]
    tracker = Tracker(spacing=2.0, working="zmin", counter="zmax")
    unbroken, resumed = (
        FrontFollower("zmin", "zmax", prominence=2.0, max_step=30.0) for _ in range(2)
    )
    for frame, time in zip(frames, times, strict=True):
        result = tracker.update(frame, time=time)
        for follower in (unbroken, resumed):
            follower.update(result)
        resumed.save(tmp_path / "fronts.npz")
        fresh = FrontFollower("zmin", "zmax", prominence=2.0, max_step=30.0)
        resumed = fresh.load(tmp_path / "fronts.npz")
    history = tracker.history()
    assert resumed.fronts(history) == unbroken.fronts(history)
    unbroken.save(tmp_path / "unbroken.npz")
    resumed.save(tmp_path / "fronts.npz")
    contents = {(tmp_path / name).read_bytes() for name in ("fronts.npz", "unbroken.npz")}
    assert len(contents) == 1
    (tmp_path / "fronts.npz").write_bytes(b"x")
    with pytest.raises(ValueError, match="damaged or no FrontFollower"):
        resumed.load(tmp_path / "fronts.npz")


def test_fronts_need_a_tracker_that_joins_by_corners():
    result = Tracker(connectivity=6).update(growing([4])[0])
    with pytest.raises(ValueError, match=r"connectivity 26 \(8 in images\), got 6"):
        FrontFollower("zmin", prominence=1, max_step=1).update(result)


@pytest.mark.parametrize(
    ("electrodes", "message"),
    [
        (("top",), "working must be a mask or one of zmin, zmax"),
        (("ymin", "bottom"), "counter must be a mask or one of"),
        (("ymin", "ymin"), "counter must be another face than working, got 'ymin' for both"),
        ((None,), "working must be an electrode, got None"),
    ],
)
def test_electrodes_that_cannot_be_are_refused_at_once(electrodes, message):
    with pytest.raises(ValueError, match=message):
        FrontFollower(*electrodes, prominence=1, max_step=1)


def test_frames_must_come_in_order_and_histories_must_fit():
    tracker = Tracker()
    results = [tracker.update(frame) for frame in growing([4, 5])]
    follower = FrontFollower("zmin", prominence=1, max_step=5)
    with pytest.raises(ValueError, match="result must be of frame 0, got 1"):
        follower.update(results[1])
    follower.update(results[0])
    with pytest.raises(ValueError, match="fronts must be one a frame, got 1 for 2 frames"):
        follower.fronts(tracker.history())
    with pytest.raises(ValueError, match="max_step must be positive"):
        FrontFollower("zmin", prominence=1, max_step=0)
    with pytest.raises(ValueError, match="working must be a mask or one of zmin"):
        FrontFollower("up", prominence=1, max_step=1).update(track_first())


def track_first():
    return Tracker().update(growing([4])[0])
