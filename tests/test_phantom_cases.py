import csv
from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from crevasse import label, phantom
from crevasse.io import open_series
from crevasse.phantom import Imaging, Phase
from crevasse.tracking import Truth

CASES = {"a": phantom.case_a, "b": phantom.case_b, "c": phantom.case_c}
SHARP = {"blur": 0.0, "fringe": 0.0, "noise": 0.0, "rings": 0.0, "streaks": 0.0}


@pytest.fixture(scope="module")
def scenes():
    return {name: make(scale=1) for name, make in CASES.items()}


@pytest.fixture(scope="module")
def a(scenes):
    return scenes["a"]


@pytest.fixture(scope="module")
def b(scenes):
    return scenes["b"]


@pytest.fixture(scope="module")
def c(scenes):
    return scenes["c"]


every_case = pytest.mark.parametrize("case", CASES)


def at(scene, time):
    return int(np.argmin(np.abs(np.array(scene.times) - time)))


def disc_of(scene):
    _, ny, nx = scene.shape
    y, x = np.ogrid[:ny, :nx]
    radius = np.hypot(y - (ny - 1) / 2, x - (nx - 1) / 2) * scene.spacing[1]
    return radius <= scene.truth.disc_diameter / 2


# Case A


def test_pores_and_cracks_of_a_follow_the_curve_of_the_paper(a):
    frames = a.truth.frames
    np.testing.assert_allclose(frames["volume"], frames["volume_paper"], rtol=0.01)
    np.testing.assert_allclose(frames["volume_partial"], frames["volume"], rtol=0.02)
    volume = dict(zip(frames["time"], frames["volume"], strict=True))
    assert volume[0.0] == volume[1.5]
    assert volume[8.25] == pytest.approx(volume[9.75], rel=1e-3)
    slopes = np.diff([volume[t] for t in (6.0, 6.75, 7.5, 8.25)])
    np.testing.assert_allclose(slopes, slopes.mean(), rtol=0.03)


@pytest.mark.parametrize(
    ("quantity", "value", "band"),
    [
        ("porosity", 0.0055, 0.05),
        ("growth", 0.73, 0.01),
        ("accommodated", 0.49, 0.01),
        ("left of the growth", 0.20, 0.02),
    ],
)
def test_the_facts_of_a_are_those_of_the_paper(a, quantity, value, band):
    fact = a.truth.fact(quantity)
    assert fact.truth == pytest.approx(value, rel=band)
    assert fact.truth == pytest.approx(fact.paper, rel=band)


def test_at_the_papers_size_the_volumes_are_the_papers():
    frames = phantom.case_a(scale=1).truth.frames
    share = frames["volume_paper"][0] / 266e4
    n = 147 * 80 * 80 * 1.8**3
    assert share == pytest.approx(n / (266e4 / 0.0055))
    # The region that 398e4 µm³ of lithium at 2 mAh/cm² and a porosity of 0.55 % stand for.
    edge, depth = (4.45 * n * 1.8 for n in (80, 147))
    area = 398e4 / (2 * 4.849)
    assert edge**2 == pytest.approx(area, rel=0.01)
    assert depth == pytest.approx(266e4 / 0.0055 / area, rel=0.01)


def test_volumes_of_a_are_those_counted_in_its_phases(a):
    voxel = a.spacing[0] ** 3
    for frame in (0, 8, 13):
        phases = a.phases(frame)
        n_open = np.count_nonzero((phases == Phase.LITHIUM) | (phases == Phase.VOID))
        assert n_open * voxel == pytest.approx(a.truth.frames["volume"][frame])
        np.testing.assert_array_equal(a.frames[frame], a.truth.objects(frame) > 0)
        assert np.count_nonzero(a.frames[frame]) == n_open


def test_beside_cracks_pores_close_and_do_not_open_again(a):
    before = a.truth.frames["volume_preexisting"]
    assert (np.diff(before) <= 0).all()
    assert before[at(a, 6.0)] < before[0]
    closures = [e for e in a.truth.tracking().events if e.type == "closure"]
    assert {e.direction for e in closures} == {"plating"}


def test_tips_strip_first(a):
    crack = next(body for body in a.cell.bodies if body.id == 1)

    def depth(frame):
        return np.nonzero((a.truth.objects(frame) == crack.id).any(axis=(1, 2)))[0].max()

    depths = [depth(at(a, t)) for t in (6.0, 6.75, 7.5, 8.25)]
    assert depths == sorted(depths, reverse=True)
    assert depths[-1] < depths[0] - 10
    roots = [np.count_nonzero(a.truth.objects(at(a, t))[10] == 1) for t in (6.0, 8.25)]
    assert roots[1] > 0


def test_one_crack_of_a_is_born_while_stripping(a):
    births = [e for e in a.truth.tracking().events if e.type == "birth"]
    assert [e.subtype for e in births if e.direction == "stripping"] == ["remote"]
    assert {e.subtype for e in births if e.direction == "plating"} == {"working"}


# Case B


@pytest.mark.parametrize(
    ("time", "mean", "std"),
    [(6, 14.2, 2.4), (17.57, 15, 2.6), (18.1, 17.4, 2.8), (18.4, 21.3, 3.3)],
)
def test_layers_of_b_have_the_papers_thickness(b, time, mean, std):
    frames, frame = b.truth.frames, at(b, time)
    assert frames["thickness_mean"][frame] == pytest.approx(mean, abs=0.01)
    assert frames["thickness_std"][frame] == pytest.approx(std, abs=0.01)
    lithium = b.phases(frame)[: b.shape[0] // 2] == Phase.LITHIUM
    counted = lithium.sum(axis=0)[disc_of(b)] * b.spacing[0]
    assert counted.mean() == pytest.approx(frames["thickness_mean_voxels"][frame])
    assert counted.std() == pytest.approx(frames["thickness_std_voxels"][frame])
    assert counted.mean() == pytest.approx(mean, abs=0.1 * b.spacing[0])


def test_the_counter_electrode_of_b_loses_what_the_paper_says(b):
    frames = b.truth.frames
    assert frames["counter_change"][at(b, 6.0)] == pytest.approx(-11.0, abs=0.01)
    steps = np.diff(frames["counter_change"])
    assert ((steps < 0) == (np.diff(frames["thickness_mean"]) > 0)).all()
    assert b.truth.fact("first-cycle efficiency").truth == pytest.approx(0.929)


def test_b_has_its_stages_at_every_number_of_frames():
    ends = phantom.case_b(scale=0.5, frames=6).times
    assert set(ends) <= set(phantom.case_b(scale=0.5, frames=23).times)
    assert len(phantom.case_b(scale=0.5, frames=23).times) == 23


# Case C


def test_the_filament_of_c_spans_the_cell_in_the_stated_frame(c):
    frame = c.truth.short_frame
    history = c.track()
    assert c.times[frame] == 3.0
    assert history.short().frame == frame
    assert [bool(b) for b in c.truth.frames["bridged"]] == [k >= frame for k in range(c.n_frames)]
    reach = np.nonzero((c.truth.objects(frame) == c.truth.short_object).any(axis=(1, 2)))[0]
    solid = np.nonzero((c.phases(0) == Phase.SOLID).any(axis=(1, 2)))[0]
    assert reach.max() - reach.min() > 0.8 * (solid.max() - solid.min())
    _, y, x = np.nonzero(c.truth.objects(frame) == c.truth.short_object)
    off = np.hypot(y - (c.shape[1] - 1) / 2, x - (c.shape[2] - 1) / 2)
    assert off.mean() > 0.6 * c.shape[1] / 2


def test_just_before_the_short_the_filament_touches_nothing():
    scene = phantom.case_c(scale=0.75, frames=60)
    frame = scene.truth.short_frame
    assert scene.times[frame] - 2.81 < 0.06
    history = scene.track()
    assert history.short().frame == frame
    assert not history.frames["bridged"][:frame].any()


def test_the_layer_of_c_begins_with_that_of_3_mah(c):
    assert c.truth.frames["thickness_mean"][0] == pytest.approx(14.5, abs=0.1)
    assert (np.diff(c.truth.frames["thickness_mean"]) >= 0).all()
    assert c.truth.fact("charge at the short").truth == 6.37


# All


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("case", ["a", "c"])
def test_the_tracker_finds_all_that_happens_in_a_case(case, seed):
    scene = CASES[case](scale=0.75 if seed else 1, seed=seed)
    result = scene.score(scene.track(), tolerance=0)
    assert result.is_perfect, result


@pytest.mark.parametrize("case", ["a", "c"])
def test_objects_of_a_case_are_in_one_piece_and_apart(scenes, case):
    scene = scenes[case]
    for frame in (0, scene.n_frames // 2, scene.n_frames - 1):
        objects = scene.truth.objects(frame)
        n_objects = len(np.unique(objects)) - 1
        assert label(objects > 0).count == label(objects).count == n_objects
    assert isinstance(scene.truth.tracking(), Truth)


@every_case
def test_a_case_is_the_same_every_time(scenes, case):
    scene, again = scenes[case], CASES[case](scale=1)
    assert scene.truth.frames == again.truth.frames
    np.testing.assert_array_equal(scene.image(3), again.image(3))
    np.testing.assert_array_equal(scene.image(3), scene.image(3 - scene.n_frames))
    assert (scene.image(3) != scene.image(2)).any()
    other = CASES[case](scale=1, seed=1)
    assert (other.phases(3) != scene.phases(3)).any()


@every_case
def test_ideal_greys_are_those_of_the_phases_but_beside_faces(scenes, case):
    scene = scenes[case]
    lookup = Imaging().lookup()
    ideal = replace(scene.cell, mottle=0.0).ideal(5, lookup)
    phases = scene.phases(5)
    between = np.abs(ideal - lookup[phases]) > 1.0
    cube = ndimage.maximum_filter(phases, 3) != ndimage.minimum_filter(phases, 3)
    assert 0 < between.mean() < 0.1
    # Slivers that hold no voxel's centre have no face in the phases.
    assert (between & ~cube).mean() < 2e-3
    assert ideal.min() >= lookup.min() - 1.0
    assert ideal.max() <= lookup.max() + 1.0


@every_case
def test_an_image_moved_back_is_the_image_without_drift(scenes, case):
    scene = scenes[case]
    quiet = replace(scene.imaging, noise=0.0, rings=0.0, streaks=0.0, dtype="float32")
    frame = scene.n_frames - 1
    drift = scene.image_drift[frame]
    moved = replace(scene, imaging=quiet).image(frame)
    still = replace(scene, imaging=quiet, image_drift=None).image(frame)
    back = ndimage.shift(moved, -drift, order=3, mode="nearest")
    inner = (slice(8, -8),) * 3
    assert np.abs(drift).max() > 0.3
    error = np.abs(back - still)[inner]
    assert error.mean() < 60.0
    assert np.quantile(error, 0.99) < 900.0
    assert np.abs(moved - still)[inner].mean() > 4 * error.mean()


def test_scenes_without_a_cell_have_no_images():
    scene = phantom.scenes()[0]
    with pytest.raises(ValueError, match="has masks only; take case_a"):
        scene.image(0)


def test_there_are_no_other_frames(a):
    with pytest.raises(IndexError, match=r"frame must lie in 0\.\.13, got 14"):
        a.image(14)
    with pytest.raises(KeyError, match="no fact 'weight'; there are porosity"):
        a.truth.fact("weight")


@pytest.mark.parametrize(
    ("case", "options", "message"),
    [
        ("a", {"scale": 0.5}, "scale must be at least 0.75, got 0.5"),
        ("a", {"frames": 2}, "frames must be at least 5, got 2"),
        ("b", {"scale": 0.1}, "scale must be at least 0.5, got 0.1"),
        ("b", {"frames": 5}, "frames must be at least 6, got 5"),
        ("c", {"scale": 0.5}, "scale must be at least 0.75, got 0.5"),
        ("c", {"frames": 1}, "frames must be at least 6, got 1"),
    ],
)
def test_cases_refuse_what_they_cannot_show(case, options, message):
    with pytest.raises(ValueError, match=message):
        CASES[case](**options)


# Imaging


@pytest.fixture
def phases(rng):
    coarse = rng.integers(0, 5, size=(6, 7, 8)).astype(np.uint8)
    return np.pad(coarse.repeat(3, 0).repeat(3, 1).repeat(3, 2), 8, mode="edge")


def test_without_strengths_an_image_is_the_grey_of_each_phase(phases):
    image = phantom.image(phases, **SHARP, dtype="float32")
    np.testing.assert_array_equal(image, Imaging().lookup()[phases])


def test_blur_and_fringe_and_motion_keep_the_mean(rng):
    phases = np.zeros((40, 40, 40), np.uint8)
    phases[15:25, 15:25, 15:25] = rng.integers(0, 5, size=(10, 10, 10))
    sharp = phantom.image(phases, **SHARP, dtype="float32")
    for options in ({"blur": 1.0}, {"fringe": 0.5}, {"motion": (2.0, 0.0, 1.0)}):
        soft = phantom.image(phases, **SHARP | options, dtype="float32")
        assert soft.mean(dtype=np.float64) == pytest.approx(sharp.mean(dtype=np.float64), rel=1e-6)
        assert np.abs(soft - sharp).max() > 100.0


def test_a_blur_is_that_of_a_gaussian_filter(phases):
    sharp = phantom.image(phases, **SHARP, dtype="float32")
    soft = phantom.image(phases, **SHARP | {"blur": 1.2}, dtype="float32")
    expected = ndimage.gaussian_filter(sharp, 1.2, mode="nearest", truncate=5)
    np.testing.assert_allclose(soft, expected, atol=30)


def test_whole_voxels_of_drift_move_the_image(phases):
    still = phantom.image(phases, **SHARP | {"blur": 0.7}, dtype="float32")
    moved = phantom.image(phases, **SHARP | {"blur": 0.7}, drift=(1, -2, 3), dtype="float32")
    np.testing.assert_allclose(moved[8:-8, 8:-8, 8:-8], still[7:-9, 10:-6, 5:-11], rtol=1e-5)


def test_partial_volumes_are_means_of_finer_voxels(rng):
    fine = rng.integers(0, 5, size=(8, 6, 10)).astype(np.uint8)
    image = phantom.image(fine, **SHARP, supersampling=2, dtype="float32")
    lookup = Imaging().lookup()
    assert image[1, 2, 3] == pytest.approx(lookup[fine[2:4, 4:6, 6:8]].mean())
    with pytest.raises(ValueError, match=r"multiple of supersampling 4, got \(8, 6, 10\)"):
        phantom.image(fine, supersampling=4)


def test_noise_is_seeded_and_as_strong_as_said():
    phases = np.zeros((20, 40, 40), np.uint8)
    noisy = SHARP | {"noise": 500.0}
    image = phantom.image(phases, **noisy, seed=1)
    np.testing.assert_array_equal(image, phantom.image(phases, **noisy, seed=1))
    assert (image != phantom.image(phases, **noisy, seed=2)).any()
    assert image.dtype == np.uint16
    assert image.std() == pytest.approx(500.0, rel=0.03)
    assert image.mean() == pytest.approx(20000.0, rel=0.001)


def test_rings_are_round_and_streaks_run_along_y():
    phases = np.zeros((5, 41, 41), np.uint8)
    rings = phantom.image(phases, **SHARP | {"rings": 100.0}, dtype="float32")
    np.testing.assert_array_equal(rings, rings[:, ::-1])
    np.testing.assert_array_equal(rings, rings.transpose(0, 2, 1))
    assert rings.std() > 50.0
    phases[:, 5:20, 10:20] = Phase.METAL
    sharp = phantom.image(phases, **SHARP, dtype="float32")
    streaks = phantom.image(phases, **SHARP | {"streaks": 0.1}, dtype="float32") - sharp
    assert np.abs(streaks[2, 25]).max() > 100.0
    assert np.abs(streaks[2, :, 30]).max() == 0.0


def test_imaging_refuses_what_makes_no_image():
    with pytest.raises(ValueError, match="blur must be at least 0, got -1"):
        Imaging(blur=-1)
    with pytest.raises(ValueError, match="dtype must be 'uint16' or 'float32', got 'int8'"):
        Imaging(dtype="int8")


# Files


def test_a_written_series_is_read_as_it_was(tmp_path):
    scene = phantom.case_c(scale=0.75, frames=6)
    times = phantom.write_series(scene, tmp_path / "scans")
    series = open_series(tmp_path / "scans", times=times)
    assert (series.shape, series.spacing, series.unit) == (scene.shape, scene.spacing, scene.unit)
    np.testing.assert_allclose(series.times, scene.times)
    np.testing.assert_array_equal(series[4].read(), scene.image(4))
    with times.open(newline="") as file:
        directions = [row["direction"] for row in csv.DictReader(file)]
    assert directions == ["plating"] * 5 + ["rest"]
    with pytest.raises(ValueError, match="has masks only"):
        phantom.write_series(phantom.scenes()[0], tmp_path)
