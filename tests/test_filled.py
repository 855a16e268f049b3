"""What opens later is filled: its threshold is not that of what was open at first."""

from dataclasses import replace

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crevasse import RunVolume
from crevasse.io import open_series
from crevasse.operando import (
    BrokenFrameError,
    Checkpoint,
    Experiment,
    GreyRule,
    Histogram,
    PhaseRule,
    Settings,
    Threshold,
    ThresholdRule,
    analyze,
    analyze_series,
    doubts,
)
from crevasse.operando.grey.edges import edge_level
from crevasse.operando.phases.segmenter import Segmenter
from crevasse.report.summary import settings_in_words, summary

SOLID, EMPTY, FILLED = 180.0, 20.0, 80.0


def cell(n, *, pores=True, width=4, noise=3.0, bright=False, ndim=3):
    """Pores that stay, and filled cracks that grow beside them; the scans and what is open."""
    rng = np.random.default_rng(0)
    shape = (30, 40, 40)[-ndim:]
    rows = slice(None), slice(22, 22 + width)
    scans, opened = [], []
    for t in range(n):
        image = np.full(shape, SOLID)
        if pores:
            for y in (5, 13):
                image[..., y : y + 5, 6 : 6 + 5] = EMPTY
                image[..., y : y + 5, 20 : 20 + 6] = EMPTY
        image[(*rows[-ndim + 1 :], slice(0, 9 * t))] = FILLED
        opened.append(image < SOLID)
        grey = ndimage.gaussian_filter(image, 0.8) + rng.normal(0, noise, shape)
        scans.append(260 - grey if bright else grey)
    return np.array(scans, np.float32), np.array(opened)


def settings_of(*, filled=True, side="dark", **more):
    settings = Settings.for_cracks(phase=side, rule="edges", **more)
    grey = GreyRule("edges", side, filled=filled)
    return replace(settings, find={"open": grey})


def analysis_of(scans, **options):
    series = open_series(scans, spacing=1.0, times=np.arange(len(scans)))
    return analyze_series(series, settings_of(**options))


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([2, 3]),
    st.sampled_from(["low", "high"]),
    st.sampled_from(["dilated", "given"]),
)
def test_away_from_where_it_was_the_later_threshold_holds(seed, ndim, bound, initial):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 9, size=ndim))
    first, then = rng.integers(0, 100, (2, *shape)).astype(np.uint8)
    roi = rng.random(shape) < 0.9
    own, other = Threshold(40, 30, 55), Threshold(60, 45, 75)
    rule = PhaseRule("open", **{bound: own}, later=other)
    segmenter = Segmenter((rule,), RunVolume.from_mask(roi), 0)

    def within(image, threshold):
        return (image >= threshold if bound == "low" else image <= threshold) & roi

    if initial == "given":
        near = rng.random(shape) < 0.3
        segmenter = replace(segmenter, rules=(replace(rule, initial=RunVolume.from_mask(near)),))
    else:
        near = ndimage.binary_dilation(within(first, own.value), np.ones((3,) * ndim))
    at_first = segmenter.segment(segmenter.windows(first))
    found = segmenter.settled(at_first).segment(segmenter.windows(then))
    for image, seen in ((first, at_first), (then, found)):
        for end, volumes in (("value", seen.volumes), ("low", seen.low), ("high", seen.high)):
            expected = np.where(
                near, within(image, getattr(own, end)), within(image, getattr(other, end))
            )
            np.testing.assert_array_equal(volumes["open"].to_mask(), expected)


@pytest.mark.parametrize("side", ["dark", "bright"])
@pytest.mark.parametrize("ndim", [2, 3])
def test_both_thresholds_are_half_way_and_volumes_are_true(side, ndim):
    scans, opened = cell(5, ndim=ndim, bright=side == "bright")
    analysis = analysis_of(scans, side=side)
    (rule,) = analysis.settings.rules
    own, later = (rule.high if side == "dark" else rule.low), rule.later

    # By hand: the first scan's edges, and the greys of what opened whose neighbours did.
    first = ThresholdRule("edges").find(Histogram.from_image(scans[0]), edges=edge_level(scans[0]))
    assert own == first[0]
    around = first.classes[1 if side == "dark" else 0].mean
    sign = 1 if side == "dark" else -1
    near = ndimage.binary_dilation(sign * scans[0] <= sign * own.value, np.ones((3,) * ndim))
    cross = ndimage.generate_binary_structure(ndim, 1)
    greys = []
    for scan in scans[1:]:
        threshold = own.value
        for _ in range(10):
            dark = (sign * scan <= sign * threshold) & ~near
            cores = scan[ndimage.binary_erosion(dark, cross, border_value=1)]
            before, threshold = threshold, (around + np.median(cores)) / 2
            if abs(threshold - before) < 1e-3 * abs(around - np.median(cores)):
                break
        greys.append(cores)
    greys = np.concatenate(greys)
    assert later.value == pytest.approx((around + np.median(greys)) / 2, abs=0.2)
    assert later.high - later.low == pytest.approx(0.2 * abs(around - np.median(greys)), abs=0.1)
    assert analysis.sample.n_cores("open") == pytest.approx(greys.size, rel=0.01)

    lithium = (SOLID + FILLED) / 2
    assert later.value == pytest.approx(lithium if side == "dark" else 260 - lithium, abs=6)
    expected = opened.reshape(5, -1).sum(axis=1)
    np.testing.assert_allclose(analysis.history.frames["n_voxels"], expected, rtol=0.03)
    if ndim == 3:  # where faces are many; one threshold for both reads the growth too small
        one = analysis_of(scans, side=side, filled=False)
        counts = (a.history.frames["n_voxels"] for a in (analysis, one))
        growth, growth_of_one = (np.ptp(n[[0, -1]]) for n in counts)
        true = np.ptp(expected[[0, -1]])
        assert abs(growth - true) < abs(growth_of_one - true)
        assert growth_of_one < growth
    assert doubts(analysis) == []


def test_it_is_told_how_both_were_found():
    scans, _ = cell(4)
    analysis = analysis_of(scans)
    rule = analysis.settings.rules[0]
    told = summary(analysis)
    assert told["thresholds"]["open"]["later"]["value"] == rule.later.value
    words = dict(settings_in_words(analysis))["phase open"]
    assert "edges, weighted by their steepness, frame 0; ≤ " in words
    assert f"≤ {rule.later.value:.5g} (" in words
    n_cores = analysis.sample.n_cores("open")
    assert f"cores of what opened later, {n_cores} voxels in frames 0, 1, 2, 3" in words


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"width": 2}, "cores of 0 voxel(s) in what opened later, too few"),
        ({"pores": False}, "too little of it in the first scan"),
        ({"pores": False, "noise": 0.0}, "too little of it in the first scan"),
    ],
)
def test_without_enough_of_either_one_threshold_holds(options, told):
    """Cracks so thin that nothing is inside of them, and a first scan without a pore."""
    scans, _ = cell(4, **options)
    analysis, one = analysis_of(scans), analysis_of(scans, filled=False)
    assert analysis.settings.rules == one.settings.rules
    np.testing.assert_array_equal(
        analysis.history.frames["n_voxels"], one.history.frames["n_voxels"]
    )
    about = {doubt.kind: doubt.about for doubt in doubts(analysis)}
    ((name, why),) = about["no threshold of what opens later"]
    assert name == "open"
    assert told in why


def test_one_scan_alone_has_nothing_later():
    scans, _ = cell(1)
    analysis = analysis_of(scans)
    assert analysis.settings.rules[0].later is None
    assert doubts(analysis)[0].about == (
        ("open", "cores of 0 voxel(s) in what opened later, too few"),
    )


def test_where_the_first_scan_is_broken_the_next_is_the_first():
    scans, _ = cell(5)
    with_broken = scans.copy()
    with_broken[0] = np.nan
    found = analysis_of(with_broken, skip_broken=True)
    expected = analysis_of(scans[1:])
    assert found.settings.rules == expected.settings.rules
    with pytest.raises(BrokenFrameError, match="NaN"):
        analysis_of(with_broken)


def test_the_place_of_the_phase_counts():
    """What opens elsewhere tells nothing of how the phase is filled."""
    scans, _ = cell(5)
    expected = analysis_of(scans).settings.rules[0].later
    wider = np.concatenate([scans, np.full((5, 12, 40, 40), SOLID, np.float32)], axis=1)
    wider[1:, 33:38, 5:35, 5:35] = 5.0
    settings = settings_of()
    above = (slice(0, 30), slice(None), slice(None))
    series = open_series(wider, spacing=1.0, times=np.arange(5))
    rules = (replace(settings.rules[0], where=above),)
    found = analyze_series(series, replace(settings, rules=rules))
    assert found.settings.rules[0].later.value == pytest.approx(expected.value, abs=1)


def test_an_analysis_goes_on_with_both(tmp_path):
    scans, _ = cell(5)
    series = open_series(scans, spacing=1.0, times=np.arange(5))
    whole = analyze_series(series, settings_of())
    stop = RuntimeError("stop")

    def progress(result, n):
        if result.frame == 2:
            raise stop

    checkpoint = Checkpoint(tmp_path / "unfinished.npz", every=0.0)
    with pytest.raises(RuntimeError, match="stop"):
        analyze_series(series, settings_of(), checkpoint=checkpoint, progress=progress)
    seen = []
    rest = analyze_series(
        series,
        settings_of(),
        checkpoint=checkpoint,
        progress=lambda result, n: seen.append(result.frame),
    )
    assert seen == [3, 4]
    assert rest.settings.rules == whole.settings.rules
    assert rest.sample.cores == whole.sample.cores
    for name in whole.measures.columns:
        np.testing.assert_array_equal(rest.measures[name], whole.measures[name])


@pytest.mark.parametrize("rule", ["cores", "cores:0.42", "edges"])
def test_however_much_opens_later(rule):
    """More lithium than pores: the thresholds of all scans together are those of lithium."""
    scans, opened = cell(5, width=9)
    find = {"open": GreyRule(rule, filled=True)}
    series = open_series(scans, spacing=1.0, times=np.arange(5))
    analysis = analyze_series(series, replace(settings_of(), find=find))
    assert analysis.settings.rules[0].later is not None
    expected = opened.reshape(5, -1).sum(axis=1)
    np.testing.assert_allclose(analysis.history.frames["n_voxels"], expected, rtol=0.05)
    assert doubts(analysis) == []


def test_what_is_faint_and_stays_has_not_grown():
    """It is as dark as the one threshold in all scans, or as the other."""
    scans, opened = cell(4)
    pale = np.zeros((30, 40, 40))
    pale[4:20, 32:35, 4:36] = 1.0
    scans -= (70 * ndimage.gaussian_filter(pale, 0.8)).astype(np.float32)
    analysis = analysis_of(scans)
    assert analysis.settings.rules[0].later is not None
    growth = np.diff(analysis.history.frames["n_voxels"].astype(int))
    expected = np.diff(opened.reshape(4, -1).sum(axis=1).astype(int))
    np.testing.assert_allclose(growth, expected, rtol=0.06)


def test_a_filled_phase_and_one_with_both_thresholds_given():
    scans, _ = cell(4)
    series = open_series(scans, spacing=1.0, times=np.arange(4))
    settings = settings_of()
    given_ = PhaseRule("bright", low=230, later=220)
    rules = (given_, *settings.rules)
    analysis = analyze_series(series, replace(settings, rules=rules))
    assert analysis.settings.rules[0] == given_
    assert analysis.settings.rules[1].later == analysis_of(scans).settings.rules[0].later


@pytest.mark.parametrize("grow", [1, 2])
def test_growing_a_phase_moves_no_threshold(grow):
    scans, _ = cell(4)
    series = open_series(scans, spacing=1.0, times=np.arange(4))
    later = []
    for by in (0, grow):
        settings = settings_of()
        rules = (replace(settings.rules[0], grow=by),)
        analysis = analyze_series(series, replace(settings, rules=rules))
        later.append(analysis.settings.rules[0].later)
    assert later[1].value == pytest.approx(later[0].value, abs=0.5)


@pytest.mark.parametrize(("low", "told"), [(110, True), (150, False)])
def test_greys_that_an_earlier_phase_has_taken_are_told(low, told):
    scans, _ = cell(4)
    series = open_series(scans, spacing=1.0, times=np.arange(4))
    settings = settings_of()
    rules = (PhaseRule("solid", low=low), *settings.rules)
    analysis = analyze_series(series, replace(settings, rules=rules))
    found = {doubt.kind: doubt.about for doubt in doubts(analysis)}
    kind = "threshold of what opens later without effect"
    expected = (("open", "solid comes first and takes such grey values"),)
    assert found == ({kind: expected} if told else {})


def test_both_thresholds_as_numbers(tmp_path):
    scans, opened = cell(4)
    for t, scan in enumerate(scans):
        tifffile.imwrite(tmp_path / f"scan_{t}.tif", scan)
    text = f"""
    [scans]
    source = "{tmp_path / "scan_*.tif"}"
    [phases.open]
    high = 100
    later = 130
    """
    (tmp_path / "cell.toml").write_text(text)
    analysis = analyze(Experiment.from_toml(tmp_path / "cell.toml"))
    assert analysis.settings.rules[0].later.value == 130
    expected = opened.reshape(4, -1).sum(axis=1)
    np.testing.assert_allclose(analysis.history.frames["n_voxels"], expected, rtol=0.03)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"side": "middle"}, "got 'middle' and 0"), ({"reach": 0.5}, "got 'dark' and 0.5")],
)
def test_what_does_not_go_with_it_is_refused(options, message):
    with pytest.raises(ValueError, match=f"filled must go with dark and bright alone.*{message}"):
        GreyRule("levels:3", filled=True, **options)


@pytest.mark.parametrize("bounds", [{}, {"low": 1, "high": 2}])
def test_a_later_threshold_replaces_one_other(bounds):
    with pytest.raises(ValueError, match="later of p must go with one of low and high, got"):
        PhaseRule("p", **bounds, later=5)
