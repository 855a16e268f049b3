"""What tracking says of arguments that it cannot take."""

import numpy as np
import pytest

from crevasse import RunVolume, Tracker, track
from crevasse.tracking import (
    FrontFollower,
    age,
    closed_beside_opened,
    depth_from_electrode,
    estimate_repeatability,
    front_speed,
    napari_layers,
    time_to_short,
)

M = np.ones((3, 4), dtype=bool)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Tracker().update(M * 1.0), "frame must be bool or integer"),
        (lambda: Tracker(roi=(slice(0, 2),)).update(M), "roi must hold a slice .*got"),
        (lambda: Tracker(roi=(slice(10, 20), slice(0, 3))).update(M), "roi must hold a voxel"),
        (lambda: Tracker(roi=np.zeros_like(M)).update(M), "roi must hold a voxel of the frames"),
        (lambda: Tracker(repeatability=None), r"repeatability must lie in \[0, 1\) .*got None"),
        (lambda: Tracker(repeatability=np.array([0.1, 0.2])), r"repeatability must lie in"),
        (lambda: Tracker(connectivity=np.array([6, 8])), "connectivity must be"),
        (lambda: Tracker(unit=5), "unit must be the name of a unit or None, got 5"),
        (lambda: Tracker().update(M, time="x"), "time must be a finite number, got 'x'"),
        (lambda: track([M], times=1.0), "times must be a sequence, got 1.0"),
        (lambda: track([M], times=["x"]), r"times must be numbers, got \['x'\]"),
        (lambda: track([M], cycles=5), "cycles must be a sequence, got 5"),
        (lambda: track(RunVolume.from_mask(M)), "frames must be masks or RunVolume, one a time"),
        (lambda: age(track([M]), "x"), "at must be a finite number, got 'x'"),
        (lambda: front_speed(track([M]), half_width=np.inf), "half_width must be a whole number"),
        (lambda: depth_from_electrode(track([M]), "xmin", frame=0.5), "frame must be a whole"),
        (lambda: time_to_short([0, 1], [None, 1]), "ligaments must be numbers"),
        (lambda: time_to_short([0, 1], [2, 1], confidence="a"), "confidence must lie in"),
        (lambda: estimate_repeatability([M], share="a"), "share must lie in"),
        (lambda: closed(axes=5), "axes must be some of y, x, got 5"),
        (lambda: closed(region=slice(0, 2)), "region must hold a slice without step"),
        (lambda: closed(region=(0, 1)), "region must hold a slice without step"),
        (lambda: closed(seed=0.5), "seed must be a whole number"),
        (lambda: FrontFollower("xmin", "xmax", prominence=1, max_step=1).update(M), "result must"),
        (lambda: napari_layers(track([M]), result=5), "result must be what Tracker.update"),
        (lambda: napari_layers(track([M]), image=[1]), "image must be a frame of"),
    ],
)
def test_messages_name_the_parameter(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def closed(**options):
    return closed_beside_opened(track([M]), radius=1, max_lag=1, **options)


def test_times_may_be_a_series_with_an_index_of_its_own():
    pd = pytest.importorskip("pandas")
    times = pd.Series([0.0, 1.0], index=[5, 6])
    assert track([M, M], times=times).frames["time"].tolist() == [0, 1]
