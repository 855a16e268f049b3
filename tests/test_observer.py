"""What is seen of a frame, and what of it the next ones depend on."""

import weakref
from dataclasses import replace

import numpy as np
import pytest
from moving import moving_scans

from crevasse import phantom
from crevasse.io import Frame, open_series
from crevasse.operando import Settings, analyze_series, pipeline


@pytest.mark.parametrize("broken", [0, 2])
def test_a_frame_that_fails_leaves_nothing_behind(rng, broken):
    """Not even where its drift was found and what came after that has failed."""
    scans = moving_scans(rng, 5)
    spoilt = scans.copy()
    spoilt[broken, :, ::2] = np.nan
    settings = Settings.for_cracks(
        threshold=100, align="translation", baseline_frames=2, skip_broken=True
    )
    analysis = analyze_series(open_series(spoilt), settings)
    assert [name for name, _ in analysis.skipped] == [open_series(scans)[broken].name]
    others = replace(open_series(scans), frames=open_series(np.delete(scans, broken, 0)).frames)
    expected = analyze_series(others, settings).measures
    for name in expected.columns:
        if name not in ("scan", "name", "time"):
            np.testing.assert_array_equal(analysis.measures[name], expected[name], name)


@pytest.mark.parametrize(
    "options", [{"align": "none"}, {"grey": True}, {"match_light": True}, {"smooth": 1.0}]
)
def test_never_more_than_one_grey_volume_is_held(rng, options):
    """The next is read while what was seen of one is worked on, not before that is dropped."""
    scans = moving_scans(rng, 6)
    read, most = [], []

    class Volume(np.ndarray):
        """Can be referred to weakly."""

    def reading(frame):
        def image():
            volume = frame.read().copy().view(Volume)
            read.append(weakref.ref(volume))
            most.append(sum(ref() is not None for ref in read))
            return volume

        return image

    series = open_series(scans)
    frames = tuple(
        Frame(f.index, f.name, f.time, f.shape, f.dtype, reading(f)) for f in series.frames
    )
    settings = Settings.for_cracks(threshold=100, **({"align": "translation"} | options))
    analyze_series(replace(series, frames=frames), settings)
    assert len(most) == 6
    assert max(most) == 1


@pytest.mark.parametrize(
    ("room", "expected"), [(0, (0, 4, 9)), (4, (0, 3, 6, 9)), (9, (0, 1, 2, 3, 4, 5, 6, 7, 9))]
)
def test_thresholds_are_found_from_more_frames_where_they_are_small(
    rng, monkeypatch, room, expected
):
    scans = moving_scans(rng, 10)
    monkeypatch.setattr(pipeline, "_SAMPLED_VOXELS", room * scans[0].size)
    sample = pipeline.grey_sample(open_series(scans), Settings.for_cracks())
    assert sample.frames == expected
    one = pipeline.grey_sample(open_series(scans[:1]), Settings.for_cracks())
    assert one.frames == (0,)


def test_what_a_notebook_shows_is_short(rng):
    """However many frames and voxels there are."""
    series = open_series(moving_scans(rng, 12), spacing=2.0)
    analysis = analyze_series(series, Settings.for_cracks(threshold=100))
    assert repr(series).startswith("Series(12 frames from ")
    assert "shape (12, 60, 64), float32, spacing (2.0, 2.0, 2.0) um" in repr(series)
    assert repr(analysis.history).startswith("History(12 frames, 1 cracks, 11 events; shape (12,")
    assert "failure" not in repr(analysis)
    assert "failure 'it broke'" in repr(replace(analysis, failure="it broke"))
    for shown in (series, analysis.history, analysis, phantom.case_a(), phantom.scenes()[0]):
        assert len(repr(shown)) < 400
        assert "\n" not in repr(shown)


@pytest.mark.parametrize("broken", [(), (0,), (0, 1, 4)])
def test_thresholds_are_found_in_the_light_of_the_first_scan_that_is_whole(
    rng, monkeypatch, broken
):
    monkeypatch.setattr(pipeline, "_SAMPLED_VOXELS", 1)
    scans = np.array([s if k < 5 else 2 * s for k, s in enumerate(moving_scans(rng, 10))])
    scans[list(broken)] = np.nan
    settings = Settings.for_cracks(match_light=True, align="translation", skip_broken=True)
    analysis = analyze_series(open_series(scans), settings)
    assert [name for name, _ in analysis.skipped] == [open_series(scans)[k].name for k in broken]
    assert 60 < analysis.settings.rules[0].high.value < 180
    expected = [2 * 20 * (10 + 2 * k) for k in range(10) if k not in broken]
    np.testing.assert_allclose(analysis.history.frames["n_voxels"], expected, rtol=0.1)
