import math

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from scipy.stats import norm

from crevasse import RunVolume
from crevasse.operando import (
    GreyStudy,
    Histogram,
    compare_grey,
    compare_grey_frames,
    compare_histograms,
)

HALVES = (slice(None), slice(None), slice(0, 20)), (slice(None), slice(None), slice(20, 40))


def two_halves(rng, d_prime, dtype=np.float32, shape=(64, 40, 40)):
    """Left and right half with normal grey values, this many standard deviations apart."""
    image = rng.normal(100, 10, shape)
    image[:, :, shape[2] // 2 :] += 10 * d_prime
    return np.rint(image).astype(dtype) if np.dtype(dtype).kind == "u" else image.astype(dtype)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("d_prime", [0.5, 1, 2, 3.5])
def test_normal_greys_overlap_and_err_as_theory_says(rng, d_prime, dtype):
    found = compare_grey(two_halves(rng, d_prime, dtype), *HALVES, erode=0)
    theory = 2 * norm.cdf(-d_prime / 2)
    assert found.d_prime == pytest.approx(d_prime, abs=0.03)
    assert found.overlap == pytest.approx(theory, abs=0.01)
    assert found.bayes_error == pytest.approx(norm.cdf(-d_prime / 2), abs=0.005)
    assert found.bayes_error_prevalence == found.bayes_error  # equally frequent here
    assert found.overlap_interval[0] - 0.005 < theory < found.overlap_interval[1] + 0.005
    assert found.cut == pytest.approx(100 + 5 * d_prime, abs=3)
    assert found.cut_error == pytest.approx(norm.cdf(-d_prime / 2), abs=0.005)
    assert found.medians == pytest.approx((100, 100 + 10 * d_prime), abs=0.6)


def test_unequal_sigmas_overlap_as_numerical_integration_says(rng):
    a = Histogram.from_image(rng.normal(100, 20, (200, 500)).astype(np.float32))
    b = Histogram.from_image(rng.normal(120, 6, (200, 500)).astype(np.float32))
    x = np.linspace(0, 250, 100_001)
    theory = np.minimum(norm.pdf(x, 100, 20), norm.pdf(x, 120, 6)).sum() * (x[1] - x[0])
    found = compare_histograms(a, b)
    assert found.overlap == pytest.approx(theory, abs=0.01)
    assert found.cut_error > found.bayes_error + 0.01  # two cuts are better than one


@pytest.mark.parametrize(("sigma", "n", "apart"), [(30, 2000, 40), (30, 1000, 55), (20, 1000, 30)])
def test_a_small_wide_set_does_not_blur_a_narrow_one(sigma, n, apart):
    x = np.linspace(0, 800, 100_001)
    theory = np.minimum(norm.pdf(x, 300, 3), norm.pdf(x, 300 + apart, sigma)).sum() * (x[1] - x[0])
    found = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        greys = rng.normal(300, 3, (1, 100_000)), rng.normal(300 + apart, sigma, (1, n))
        parts = (Histogram.from_image(grey.astype(np.float32)) for grey in greys)
        found.append(compare_histograms(*parts))
    assert np.mean([f.overlap for f in found]) == pytest.approx(theory, abs=0.008)
    intervals = [f.overlap_interval for f in found]
    assert sum(low <= theory <= high for low, high in intervals) >= 8


def test_where_nothing_differs_every_rule_guesses_and_few_voxels_do_not_pass_for_separation(rng):
    for n in (300, 20_000):
        a, b = (Histogram.from_image(rng.normal(3e4, 2e3, (1, n)).astype("u2")) for _ in "ab")
        found = compare_histograms(a, b)
        assert found.overlap > 0.85
        assert not found.separable
        assert "independent" in found.interval_from


def test_a_rare_phase_is_never_called_and_the_error_says_so(rng):
    image = two_halves(rng, 0.5)
    rare = slice(None), slice(None), slice(20, 22)
    found = compare_grey(image, HALVES[0], rare, erode=0)
    assert found.error_by_guessing == pytest.approx(1 / 11)
    assert found.bayes_error_prevalence == pytest.approx(1 / 11, abs=0.002)
    assert found.bayes_error == pytest.approx(norm.cdf(-0.25), abs=0.02)


@pytest.mark.parametrize(("d_prime", "answer"), [(1.5, "No"), (3.1, "No"), (3.6, "Yes")])
def test_the_verdict_is_yes_where_even_the_interval_is_below_the_criterion(rng, d_prime, answer):
    found = compare_grey(two_halves(rng, d_prime), *HALVES, names=("pores", "cracks"))
    assert found.separable == (answer == "Yes")
    assert found.separable == (found.bayes_error_interval[1] <= 0.05)
    assert found.verdict.startswith(f"{answer}: pores and cracks can")
    assert "at most 5.0%" in found.verdict


@pytest.mark.parametrize("erode", [0, 0.9, 1, 2**0.5, 1.5, 3**0.5, 1.9, 2, 2.5])
def test_only_voxels_farther_than_erode_from_the_border_of_their_set_are_compared(rng, erode):
    shape = (10, 14, 16)
    image = rng.integers(0, 200, shape).astype(np.uint8)
    a = np.zeros(shape, bool)
    a[1:8, 1:8, 1:9] = True
    b = np.zeros(shape, bool)
    b[2:9, 8:14, 8:16] = True
    b &= ~a
    found = compare_grey(image, a, RunVolume.from_mask(b), erode=erode)
    for i, mask in enumerate((a, b)):
        inner = mask & (distance_transform_edt(mask) > erode)
        assert found.n_voxels[i] == inner.sum()
        assert found.n_voxels_all[i] == mask.sum()
        assert found.histograms[i] == Histogram.from_image(image[inner][None])


def test_sections_are_eroded_like_volumes(rng):
    image = rng.integers(0, 200, (30, 40)).astype(np.uint8)
    a = rng.random(image.shape) < 0.97
    for erode in (1, 1.5):
        found = compare_grey(image, a, np.ones_like(a), erode=erode)
        assert found.n_voxels[0] == (distance_transform_edt(a) > erode).sum()


def test_partial_volume_at_borders_no_longer_blurs_two_distinct_levels(rng):
    image = np.full((40, 30, 30), 200.0)
    sets = np.zeros((2, 40, 30, 30), bool)
    for level, mask, x in ((20, sets[0], 5), (60, sets[1], 18)):
        mask[:, 8:22, x : x + 7] = True
        image[mask] = level
        edge = mask & ~RunVolume.from_mask(mask).erode().to_mask()
        image[edge] = (level + 200) / 2
    image += rng.normal(0, 5, image.shape)
    assert compare_grey(image.astype(np.float32), *sets).separable
    assert not compare_grey(image.astype(np.float32), *sets, erode=0).separable


def test_frames_are_pooled_one_at_a_time_and_a_set_may_be_missing_in_some(rng):
    first, second = two_halves(rng, 2), two_halves(rng, 2)
    a, b = HALVES
    pooled = compare_grey_frames(iter([(first, a, None), (second, None, b)]), erode=0)
    assert pooled.histograms[0] == Histogram.from_image(first, roi=a)
    assert pooled.histograms[1] == Histogram.from_image(second, roi=b)
    both = compare_grey_frames([(first, a, b), (second, a, b)], erode=0)
    assert both.n_voxels[0] == 2 * pooled.n_voxels[0]
    assert both.overlap == pytest.approx(2 * norm.cdf(-1), abs=0.01)


def test_intervals_widen_where_layers_differ_and_are_the_same_every_time(rng):
    image = two_halves(rng, 2)
    even = compare_grey(image, *HALVES)
    drifting = image + rng.normal(0, 5, (1, 40, 1)).astype(np.float32)
    uneven = compare_grey(drifting, *HALVES)
    assert np.ptp(uneven.overlap_interval) > 2 * np.ptp(even.overlap_interval)
    assert compare_grey(image, *HALVES).overlap_interval == even.overlap_interval


def test_without_enough_layers_there_is_no_interval(rng):
    found = compare_grey(two_halves(rng, 4, shape=(40, 3, 40)), *HALVES)
    assert all(map(math.isnan, found.overlap_interval))
    assert "nothing" in found.interval_from
    assert "no interval" in found.verdict
    assert found.separable


def test_levels_without_noise_are_told_apart():
    image = np.full((8, 4, 8), 3, np.uint8)
    image[:, :, 4:] = 9
    whole = slice(None)
    found = compare_grey(image, (whole, whole, slice(0, 4)), (whole, whole, slice(4, 8)), erode=0)
    assert found.overlap == 0
    assert found.d_prime == math.inf
    assert found.separable
    same = compare_grey(image, (whole, whole, slice(0, 2)), (whole, whole, slice(2, 4)), erode=0)
    assert same.overlap == 1
    assert same.d_prime == 0


def test_sets_without_inner_voxels_are_refused_and_a_refused_frame_leaves_nothing(rng):
    image = two_halves(rng, 1)
    sheet = (slice(None), slice(None), slice(4, 6))
    with pytest.raises(ValueError, match=r"lithium must hold voxels.*lower erode"):
        compare_grey(image, HALVES[0], sheet)
    with pytest.raises(ValueError, match="void must hold voxels to compare: it is empty"):
        GreyStudy().result()
    with pytest.raises(ValueError, match="erode must not be negative"):
        GreyStudy(erode=-1)
    with pytest.raises(ValueError, match=r"most_error must lie between 0 and 0.5"):
        GreyStudy(most_error=0.5)
    with pytest.raises(ValueError, match="both histograms must hold voxels"):
        compare_histograms(*[Histogram.from_image(np.zeros((0, 3), np.uint8))] * 2)
    study = GreyStudy(erode=0)
    broken = image.copy()
    broken[:, :, 30] = np.nan
    with pytest.raises(ValueError, match="finite"):
        study.add(broken, *HALVES)
    study.add(image, *HALVES)
    assert study.result().n_voxels == (64 * 40 * 20, 64 * 40 * 20)
