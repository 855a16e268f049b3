import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from chunked import Chunked
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage
from scipy.stats import norm
from skimage.filters import threshold_multiotsu, threshold_otsu

from crevasse import RunVolume
from crevasse.io import read_tiff
from crevasse.operando import (
    Histogram,
    PhaseRule,
    Threshold,
    ThresholdRule,
    fit_gaussians,
    fit_partial_volume,
    segment_phases,
)
from crevasse.operando.grey.classes import GreyClass, crossing
from crevasse.operando.grey.cores import find_cores
from crevasse.operando.grey.edges import edge_level
from crevasse.operando.grey.histogram import values_by_layer

_DTYPES = ["uint8", "uint16", "int16", "int32", "uint32", "float32", "float64"]


def grey_image(dtype, seed, shape=(5, 6, 7)):
    rng = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        scale = 10.0 ** rng.integers(-12, 12)
        return (rng.normal(rng.normal(0, 3), 1, shape) * scale).astype(dtype)
    limits = np.iinfo(dtype)
    low, high = np.sort(rng.integers(limits.min, limits.max, 2, endpoint=True))
    return rng.integers(low, high, shape, dtype=dtype, endpoint=True)


def pooled_mixture(rng, parts, dtype=np.float32):
    """A histogram of normal parts, (mean, sigma, number) each."""
    values = np.concatenate([rng.normal(mean, sigma, n) for mean, sigma, n in parts])
    if np.dtype(dtype).kind in "ui":
        values = np.rint(values)
    return Histogram.from_image(values.astype(dtype)[None])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "bool"])
def test_greys_of_8_and_16_bits_are_counted_one_by_one(dtype):
    image = grey_image("uint8", 1) > 99 if dtype == "bool" else grey_image(dtype, 1)
    histogram = Histogram.from_image(image)
    values, counts = np.unique(image, return_counts=True)
    taken = histogram.counts > 0
    assert histogram.width == 1
    assert histogram.values[taken].tolist() == values.astype(float).tolist()
    assert histogram.counts[taken].tolist() == counts.tolist()


@given(st.sampled_from(_DTYPES), st.integers(0, 1000))
def test_every_voxel_lies_in_its_bin_and_bins_are_few(dtype, seed):
    image = grey_image(dtype, seed)
    histogram = Histogram.from_image(image)
    assert histogram.n_voxels == image.size
    assert histogram.counts.size <= 2**16
    assert histogram.counts[0] > 0
    assert histogram.counts[-1] > 0
    places = np.floor(image.astype(np.float64) / histogram.width).astype(np.int64)
    expected = np.bincount((places - histogram.first).reshape(-1))
    assert histogram.counts.tolist() == expected.tolist()
    half = histogram.width / 2
    assert abs(histogram.mean - image.mean(dtype=np.float64)) <= half * (1 + 1e-9)
    assert abs(histogram.median - np.quantile(image, 0.5, method="inverted_cdf")) <= half


@given(st.sampled_from(_DTYPES), st.lists(st.integers(0, 99), min_size=2, max_size=4))
def test_images_add_up_to_the_same_histogram_in_any_order(dtype, seeds):
    images = [grey_image(dtype, seed) for seed in seeds]
    together = Histogram.from_image(np.concatenate(images))
    assert Histogram.pooled(images) == together
    assert Histogram.pooled(images[::-1]) == together
    assert Histogram.from_image(images[0]) + Histogram.pooled(images[1:]) == together


@pytest.mark.parametrize("shape", [(7, 9), (5, 7, 9)])
def test_only_voxels_inside_the_region_count(rng, shape):
    image = rng.integers(0, 200, shape).astype(np.uint8)
    mask = rng.random(shape) < 0.3
    mask[1] = False
    expected = Histogram.from_image(image[mask][None])
    assert Histogram.from_image(image, roi=mask) == expected
    assert Histogram.from_image(image, roi=RunVolume.from_mask(mask)) == expected
    box = (slice(1, 4),) * len(shape)
    assert Histogram.from_image(image, roi=box) == Histogram.from_image(image[box])
    none = Histogram.from_image(image, roi=np.zeros(shape, bool))
    assert none.n_voxels == 0
    assert none + expected == expected
    assert all(map(math.isnan, (none.mean, none.std, none.median)))


def test_layers_part_the_image_along_y_and_lose_no_voxel(rng):
    for shape in [(7, 50), (6, 50, 7), (3, 2, 4)]:
        image = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
        mask = rng.random(shape) < 0.6
        seen = []
        for layer, values in values_by_layer(image, mask, 8):
            y = np.unravel_index(values, shape)[-2]
            n = shape[-2]
            assert ((layer * n // 8 <= y) & (y < (layer + 1) * n // 8)).all()
            seen.append(values)
        assert np.array_equal(np.sort(np.concatenate(seen)), image[mask])


def test_volumes_on_disk_are_read_by_slabs(rng, monkeypatch):
    monkeypatch.setattr("crevasse._slabs._SLAB_BYTES", 200)
    image = rng.integers(0, 99, (9, 8, 7)).astype(np.uint8)
    mask = rng.random(image.shape) < 0.4
    lazy = Chunked(image, 2)
    assert Histogram.from_image(lazy, roi=mask) == Histogram.from_image(image[mask][None])
    assert max(lazy.read) < 9
    assert Histogram.from_image(lazy) == Histogram.from_image(image)
    assert Histogram.from_image(lazy, roi=np.zeros_like(mask)).n_voxels == 0


def test_values_that_are_no_numbers_are_refused_inside_the_region_alone():
    image = np.ones((3, 3), np.float32)
    image[0, 0] = np.nan
    assert Histogram.from_image(image, roi=(slice(1, 3), slice(0, 3))).n_voxels == 6
    with pytest.raises(ValueError, match="finite numbers inside roi"):
        Histogram.from_image(image)
    with pytest.raises(ValueError, match="all hold integers or all hold floats"):
        Histogram.pooled([image[1:], np.ones((2, 2), np.uint8)])
    with pytest.raises(ValueError, match="at least one image"):
        Histogram.pooled([])


def within_class_variance(values, counts, cut):
    total = 0.0
    for side in (values < cut, values > cut):
        if counts[side].sum():
            mean = np.average(values[side], weights=counts[side])
            total += (counts[side] * (values[side] - mean) ** 2).sum()
    return total


@given(st.integers(0, 10**6))
def test_otsu_leaves_the_least_variance_within_the_classes(seed):
    rng = np.random.default_rng(seed)
    image = rng.choice(rng.integers(0, 256, rng.integers(2, 20)), (20, 20)).astype(np.uint8)
    histogram = Histogram.from_image(image)
    if np.count_nonzero(histogram.counts) < 2:
        return
    found = ThresholdRule("otsu").find(histogram)[0].value
    values, counts = np.unique(image, return_counts=True)
    values = values.astype(float)
    best = min(within_class_variance(values, counts, v + 0.5) for v in values[:-1])
    assert within_class_variance(values, counts, found) == pytest.approx(best, rel=1e-4)


def test_otsu_is_exact_however_many_voxels_there_are():
    """Sums in single precision would move the cut by tens of grey values."""
    grey = np.arange(65536)
    share = np.exp(-0.5 * ((grey - 20000) / 4000) ** 2) + np.exp(
        -0.5 * ((grey - 31000) / 4000) ** 2
    )
    counts = (10**9 * share / share.sum()).astype(np.int64)
    first, last = np.flatnonzero(counts)[[0, -1]].tolist()
    counts = counts[first : last + 1]
    found = ThresholdRule("otsu").find(Histogram(first, counts, 1.0, is_integer=True))[0].value
    total, moment = int(counts.sum()), sum(g * int(c) for g, c in enumerate(counts.tolist(), first))
    best, dark, dark_moment = (-1, 0), 0, 0
    for g, c in enumerate(counts.tolist()[:-1], first):
        dark, dark_moment = dark + c, dark_moment + g * c
        between = Fraction((moment * dark - dark_moment * total) ** 2, dark * (total - dark))
        best = max(best, (between, -g))
    assert found == -best[1] + 0.5


def test_thresholds_agree_with_those_scikit_image_finds_in_the_image(rng):
    image = rng.normal(rng.choice([50, 110, 180], (300, 300)), 15).astype(np.uint8)
    histogram = Histogram.from_image(image)
    assert ThresholdRule("otsu").find(histogram).values == (threshold_otsu(image) + 0.5,)
    found = ThresholdRule("multi-otsu:3").find(histogram).values
    assert found == tuple(threshold_multiotsu(image) + 0.5)
    assert len(ThresholdRule("multi-otsu:5").find(histogram)) == 4


def test_frames_of_a_real_series_are_pooled_as_if_they_were_one_image():
    paths = sorted((Path(__file__).parents[1] / "examples/data/gfrp_cracks").glob("*.tif"))[:2]
    frames = [read_tiff(path) for path in paths]
    found = ThresholdRule("otsu").find(Histogram.pooled(frames))
    assert found.values == (threshold_otsu(np.stack(frames)) + 0.5,)


def test_a_threshold_lies_in_the_middle_of_the_gap_between_two_levels():
    image = np.array([[10, 10, 90]], np.uint8)
    assert ThresholdRule("otsu").find(Histogram.from_image(image)).values == (50.0,)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.uint16])
def test_fitted_classes_have_the_means_sigmas_and_weights_that_were_mixed(rng, dtype):
    truth = [(40, 6, 20_000), (100, 9, 50_000), (190, 8, 30_000)]
    fit = fit_gaussians(pooled_mixture(rng, truth, dtype), 3)
    for found, (mean, sigma, n) in zip(fit.classes, truth, strict=True):
        assert found.mean == pytest.approx(mean, abs=0.3)
        assert found.sigma == pytest.approx(sigma, rel=0.03)
        assert found.weight == pytest.approx(n / 100_000, rel=0.02)
    assert fit.misfit < 0.2
    coarse = pooled_mixture(rng, truth, dtype).coarsened(width=2)
    assert fit_gaussians(coarse, 3).misfit < 0.02


def test_a_phase_of_half_a_per_cent_is_found_by_a_fit_and_missed_by_otsu(rng):
    parts = [(60, 8, 1_100), (130, 10, 198_900)]
    histogram = pooled_mixture(rng, parts, np.uint8)
    found = ThresholdRule("gaussians:2").find(histogram)
    assert found.classes[0].weight == pytest.approx(0.0055, rel=0.05)
    assert 80 < found[0].value < 98
    assert ThresholdRule("midpoints:2").find(histogram)[0].value == pytest.approx(95, abs=1)
    assert ThresholdRule("otsu").find(histogram)[0].value > 110


@pytest.mark.parametrize(
    "truth",
    [
        [(40, 7, 500), (60, 7, 500), (130, 10, 199_000)],
        [(20, 6, 600), (60, 6, 3_000), (130, 10, 150_000), (230, 6, 50_000)],
        [(60, 8, 500), (130, 10, 99_500)],
        [(100, 10, 50_000), (130, 10, 50_000)],
    ],
)
def test_a_fit_is_as_likely_as_the_truth_however_rare_a_phase_is(rng, truth):
    histogram = pooled_mixture(rng, truth, np.uint8)
    total = sum(n for _, _, n in truth)

    def likelihood(classes):
        density = sum(c.density(histogram.values) for c in classes)
        return histogram.counts @ np.log(density) / total

    found = fit_gaussians(histogram, len(truth)).classes
    true = [GreyClass(mean, sigma, n / total) for mean, sigma, n in truth]
    assert likelihood(found) >= likelihood(true) - 1e-5
    assert [c.mean for c in found] == pytest.approx([mean for mean, _, _ in truth], abs=2)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("bright", [False, True])
def test_the_levels_of_pure_voxels_are_found_among_mixed_ones(rng, dtype, bright):
    part = np.r_[np.zeros(1_000), rng.random(2_000), np.ones(97_000)]
    grey = 60 + 70 * (1 - part if bright else part) + rng.normal(0, 8, part.size)
    scale = 100 if dtype == np.uint16 else 1
    values = np.rint(grey * scale) if np.dtype(dtype).kind == "u" else grey
    fit = fit_partial_volume(Histogram.from_image(values.astype(dtype)[None]))
    assert [c.mean / scale for c in fit.classes] == pytest.approx([60, 130], abs=1)
    assert [c.sigma / scale for c in fit.classes] == pytest.approx([8, 8], rel=0.02)
    rare = fit.classes[-1 if bright else 0]
    assert rare.weight == pytest.approx(0.02, rel=0.05)
    assert fit.misfit < 0.02 or dtype != np.uint8


@pytest.mark.parametrize("thick", [4, 6])
@pytest.mark.parametrize("blur", [0.5, 0.8])
def test_the_volume_of_thin_tilted_sheets_is_right_to_5_per_cent_without_a_number_given(
    rng, thick, blur
):
    position = np.stack(np.meshgrid(*[np.arange(64.0)] * 3, indexing="ij"), axis=-1)
    part = np.zeros((64, 64, 64))
    for centre in ((16, 32, 32), (46, 32, 32)):
        normal = rng.normal((4, 0, 0), 1)
        away = (position - centre) @ (normal / np.linalg.norm(normal))
        part += norm.cdf((away + thick / 2) / blur) - norm.cdf((away - thick / 2) / blur)
    image = np.rint(130 - 70 * part + rng.normal(0, 8, part.shape)).astype(np.uint8)
    histogram = Histogram.from_image(image)
    found = ThresholdRule("partial-volume").find(histogram)
    threshold, void = found[0], found.classes[0]
    rule = PhaseRule("open", high=threshold, seed_high=void.mean + void.sigma, min_voxels=30)
    n_voxels = segment_phases(image, [rule], sensitivity=False)["open"].n_voxels
    assert n_voxels == pytest.approx(part.sum(), rel=0.05)
    assert threshold.value == pytest.approx(95, abs=3)


@given(st.floats(4, 20), st.floats(4, 20), st.floats(0.05, 0.95), st.floats(3, 8))
def test_classes_are_equally_likely_where_they_cross(sigma_a, sigma_b, weight, apart):
    a = GreyClass(100, sigma_a, weight)
    b = GreyClass(100 + apart * max(sigma_a, sigma_b), sigma_b, 1 - weight)
    cut = crossing(a, b)
    assert a.mean < cut < b.mean
    at = np.array([cut])
    assert a.density(at) == pytest.approx(b.density(at), rel=1e-6)
    assert crossing(GreyClass(0, 10, 0.999), GreyClass(1, 10, 0.001)) is None


@given(st.integers(0, 10**6), st.sampled_from(["gaussians", "partial-volume"]))
def test_any_histogram_of_two_values_is_fitted_or_refused_in_words(seed, kind):
    rng = np.random.default_rng(seed)
    values = rng.choice(rng.integers(0, 256, rng.integers(2, 9)), rng.integers(2, 300))
    histogram = Histogram.from_image(values.astype(rng.choice(["u1", "f4"]))[None])
    if np.count_nonzero(histogram.counts) < 2:
        return
    fit = fit_gaussians(histogram, 2) if kind == "gaussians" else fit_partial_volume(histogram)
    numbers = [(c.mean, c.sigma, c.weight) for c in fit.classes]
    assert np.isfinite(numbers).all()
    assert sum(c.weight for c in fit.classes) == pytest.approx(1, abs=0.01)


def test_the_fit_depends_on_nothing_but_the_histogram(rng):
    histogram = pooled_mixture(rng, [(40, 6, 2_000), (60, 9, 3_000)])
    assert fit_gaussians(histogram, 2) == fit_gaussians(histogram, 2)


def test_a_single_outlier_moves_no_class(rng):
    values = np.r_[rng.normal(24_000, 900, 3_000), rng.normal(30_000, 800, 50_000)]
    both = [
        fit_gaussians(Histogram.from_image(v.astype(np.uint16)[None]), 2).classes
        for v in (values, np.r_[values, 65_535])
    ]
    for without, outlying in zip(*both, strict=True):
        assert outlying.mean == pytest.approx(without.mean, abs=10)
        assert outlying.sigma == pytest.approx(without.sigma, rel=0.01)


ALL_RULES = ["otsu", "multi-otsu:3", "levels:2", "edges", "cores", "gaussians:2", "partial-volume"]


@pytest.mark.parametrize("name", ALL_RULES)
@pytest.mark.parametrize("dtype", ["u2", "i4", "f4"])
@pytest.mark.parametrize("stray", [65_000, -1e5])
def test_a_few_voxels_far_from_all_others_move_no_threshold(rng, name, dtype, stray):
    image = np.full((40, 80, 80), 200.0)
    image[:, 20:30, 20:60] = 120
    image += rng.normal(0, 5, image.shape)
    if stray < 0 and dtype == "u2":
        image, stray = 65_535 - image, 0
    side = "dark" if image.mean() < 300 else "bright"
    hit = image.copy()
    for at in ((3, 4, 5), (7, 25, 30), (39, 79, 79)):
        hit[at] = stray
    clean, found = (
        ThresholdRule(name).find(
            Histogram.from_image(i.astype(dtype)),
            edges=edge_level(i),
            cores=find_cores(i, side=side),
        )
        for i in (image, hit)
    )
    np.testing.assert_allclose(found.values, clean.values, atol=2.5)  # a bin of floats is 2 wide
    assert "without 3 voxels far from all others" in found.source
    assert "far from" not in clean.source


def test_strays_that_leave_too_few_bins_are_told(rng):
    image = rng.normal(100, 5, (20, 40, 40)).astype(np.float32)
    image[4, 4, 4] = 1e30
    with pytest.raises(ValueError, match=r"1 of 32000 voxels lie so far .* clip them, or"):
        ThresholdRule("otsu").find(Histogram.from_image(image))


def test_what_is_rare_but_near_or_frequent_but_far_is_no_stray():
    for value, n in ((80, 1), (60_000, 50)):
        grey = np.tile(np.array([20, 50], np.uint16), (100, 200))
        grey.flat[:n] = value
        histogram = Histogram.from_image(grey)
        assert histogram.without_strays() == histogram
    few = Histogram.from_image(np.eye(300, dtype=np.uint8)[:1])
    assert few.without_strays() == few


@pytest.mark.parametrize(
    "name", ["otsu", "multi-otsu:3", "gaussians:3", "midpoints:3", "partial-volume"]
)
def test_bands_hold_the_value_grow_with_sensitivity_and_do_not_meet(rng, name):
    histogram = pooled_mixture(rng, [(40, 6, 2_000), (100, 9, 5_000), (190, 8, 3_000)], np.uint8)
    found = ThresholdRule(name).find(histogram)
    wide = ThresholdRule(name, sensitivity=0.5).find(histogram)
    for narrow, broad, below, above in zip(
        found, wide, found.classes, found.classes[1:], strict=False
    ):
        assert below.mean <= broad.low <= narrow.low < narrow.value < narrow.high <= broad.high
        assert broad.high <= above.mean
    assert all(a.high <= b.low for a, b in zip(wide, wide.found[1:], strict=False))
    assert found[0].high - found[0].value == pytest.approx(
        0.1 * (found.classes[1].mean - found.classes[0].mean)
    )
    assert "0.1 of the distance" in found.band
    assert found.source


def test_given_thresholds_take_their_bands_from_the_histogram():
    histogram = Histogram.from_image(np.array([[10, 10, 30]], np.uint8))
    found = ThresholdRule("given:15").find(histogram)
    assert list(found) == [Threshold(15, 13, 17)]
    assert found.source == "given"
    assert ThresholdRule("given:50").find(histogram)[0] == Threshold(50, 50, 50)


@pytest.mark.parametrize(
    "name", ["", "Otsu", "otsu:2", "multi-otsu", "multi-otsu:2", "gaussians:5", "given", "given:a",
             "given:3,2", "given:nan", "gaussians:2,3"]
)  # fmt: skip
def test_rules_that_do_not_exist_are_refused(name):
    with pytest.raises(ValueError, match="threshold rule must be otsu, multi-otsu:N"):
        ThresholdRule(name)


def test_histograms_without_an_answer_are_refused(rng):
    flat = Histogram.from_image(np.full((3, 3), 7, np.uint8))
    for name in ("otsu", "multi-otsu:3", "gaussians:2", "partial-volume"):
        with pytest.raises(ValueError, match="all grey values are equal"):
            ThresholdRule(name).find(flat)
    two = Histogram.from_image(np.array([[1, 2]], np.uint8))
    with pytest.raises(ValueError, match="at least 3 different grey values"):
        ThresholdRule("multi-otsu:3").find(two)
    with pytest.raises(ValueError, match="at least 3 different grey values"):
        ThresholdRule("gaussians:3").find(two)
    with pytest.raises(ValueError, match=r"sensitivity must lie in 0..0.5, got 0.6"):
        ThresholdRule("otsu", sensitivity=0.6)
    with pytest.raises(ValueError, match="finite with low <= value <= high"):
        Threshold(5, 6, 7)


def test_levels_lie_half_way_between_bulk_greys_though_faces_are_mixed(rng):
    greys = np.array([8500.0, 20000.0, 48000.0])
    layers = np.repeat(greys, (12, 30, 18))[:, None, None] * np.ones((1, 40, 40))
    image = ndimage.gaussian_filter(layers, 1.0) + rng.normal(0, 900, layers.shape)
    found = ThresholdRule("levels:3").find(Histogram.from_image(image.astype(np.float32)))
    np.testing.assert_allclose(found.values, (greys[1:] + greys[:-1]) / 2, rtol=0.012)
    np.testing.assert_allclose(found.half_way(0, 2).value, (greys[0] + greys[2]) / 2, rtol=0.02)
    assert found.half_way(2, 0) == found.half_way(0, 2)


@pytest.mark.parametrize("share", [0.004, 0.04, 0.4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_edges_are_half_way_however_rare_a_phase_is(rng, share, dtype):
    shape = (40, 60, 60)
    radius = (share * np.prod(shape) * 0.75 / np.pi) ** (1 / 3)
    z, y, x = np.ogrid[:40, :60, :60]
    ball = (z - 20) ** 2 + (y - 30) ** 2 + (x - 30) ** 2 < radius**2
    image = ndimage.gaussian_filter(np.where(ball, 60.0, 200.0), 0.7)
    image = (image + rng.normal(0, 4, shape)).astype(dtype)
    edges = edge_level(image)
    assert edges.value == pytest.approx(130, abs=10)
    threshold = ThresholdRule("edges").find(Histogram.from_image(image), edges=edges)[0]
    assert threshold.value == edges.value
    assert threshold.low < threshold.value < threshold.high
    assert (image <= threshold.value).sum() == pytest.approx(ball.sum(), rel=0.12)


@pytest.mark.parametrize("seed", range(3))
def test_edges_do_not_hang_on_the_noise(seed):
    """Moving a frame back by part of a voxel takes noise away, more of it the nearer to a half."""
    rng = np.random.default_rng(seed)
    z, y, x = np.mgrid[:48, :48, :48]
    ideal = np.full(z.shape, 20000.0)
    for centre, radius in zip(rng.uniform(5, 43, (40, 3)), rng.uniform(1.5, 3.2, 40), strict=True):
        ideal[sum((a - c) ** 2 for a, c in zip((z, y, x), centre, strict=True)) < radius**2] = 5500
    mottle = ndimage.gaussian_filter(rng.normal(0, 1, ideal.shape), 4)
    ideal = ndimage.gaussian_filter(ideal, 0.7) + 600 * mottle / mottle.std()
    noise = rng.normal(0, 1, ideal.shape)
    levels = [edge_level((ideal + n * noise).astype(np.float32)).value for n in (300, 600, 900)]
    assert np.ptp(levels) < 0.015 * 14500


def test_edges_add_up_and_look_inside_the_region_alone(rng):
    image = rng.normal(100, 1, (20, 30, 30)).astype(np.float32)
    image[5:8, 5:20, 5:20] = 20
    other = image.copy()
    other[12:, 25:] = 500
    roi = (slice(0, 10), slice(0, 22), slice(0, 22))
    assert edge_level(other, roi=roi) == edge_level(image, roi=roi)
    both = edge_level(image) + edge_level(other)
    assert edge_level(image).value < both.value < edge_level(other).value


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_edges_are_the_same_along_every_axis_and_at_the_border(axis):
    """Slices are looked at in groups of 16, whose borders are none; at the volume's own, too."""
    rng = np.random.default_rng(0)
    image = np.full((70, 40, 40), 100.0)
    image[30:34, 10:20, 10:20] = 20
    image = ndimage.gaussian_filter(image, 0.7) + rng.normal(0, 11, image.shape)
    turned = np.moveaxis(image, 0, axis)
    edges = edge_level(turned)
    assert edges.weight == pytest.approx(edge_level(image).weight, rel=1e-6)
    slopes = [ndimage.correlate1d(image, [-0.5, 0, 0.5], axis=a, mode="nearest") for a in range(3)]
    steep = np.sqrt(sum(slope**2 for slope in slopes))
    stands_out = steep[steep > 3.5 * np.median(steep)]
    least = max(3.5 * np.median(steep), 0.52 * np.quantile(stands_out, 0.9))
    expected = np.average(image[steep > least], weights=steep[steep > least])
    assert edges.value == pytest.approx(expected, rel=1e-5)


def test_no_edges_are_told(rng):
    flat = np.full((5, 5), 7, np.uint8)
    with pytest.raises(ValueError, match="no gradient stands out from the noise; give a number"):
        edge_level(flat).value  # noqa: B018
    with pytest.raises(ValueError, match="edges must be given for the rule edges"):
        ThresholdRule("edges").find(Histogram.from_image(rng.random((5, 5))))
