"""Thresholds from the cores of a phase: voxels whose neighbours are of it, too."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from crevasse import RunVolume
from crevasse.io import open_series
from crevasse.operando import Histogram, Settings, ThresholdRule, analyze_series, find_cores
from crevasse.phantom import Imaging
from crevasse.phantom.imaging import block_mean

FINE = 4


def brute_force(image, side, share, region):
    """The same by hand: all greys sorted, thresholds moved until they stay."""
    image, sign = image.astype(float), -1 if side == "dark" else 1
    values = np.sort(image[region])
    around = values[(values.size - 1) // 2]
    quarter = -(-3 * values.size // 4) if side == "dark" else -(-values.size // 4)
    noise = abs(values[max(quarter, 1) - 1] - around) / 0.6745
    extreme = values[0 if side == "dark" else -1]
    threshold = around + sign * max(3.5 * noise, abs(extreme - around) / 2)
    cross = ndimage.generate_binary_structure(image.ndim, 1)
    for _ in range(30):
        mask = region & (sign * image >= sign * threshold)
        cores = np.sort(image[ndimage.binary_erosion(mask, cross, border_value=1)])
        if not cores.size:
            return cores
        median = float(cores[(cores.size - 1) // 2])
        before, threshold = threshold, around + share * (median - around)
        if abs(threshold - before) <= 1e-3 * abs(median - around):
            break
    return cores if sign * (threshold - around) > 3 * noise else cores[:0]


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([2, 3]),
    st.sampled_from(["dark", "bright"]),
    st.sampled_from([0.3, 0.42, 0.5, 0.8]),
    st.sampled_from([0, 2, 20]),
)
def test_cores_are_those_found_by_hand(seed, ndim, side, share, noise):
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 25, size=ndim))
    image = np.full(shape, 120.0)
    for _ in range(rng.integers(0, 4)):
        at = tuple(slice(a, a + rng.integers(1, 9)) for a in rng.integers(0, 20, size=ndim))
        image[at] = rng.choice([30, 60, 200])
    image = (image + noise * rng.normal(0, 1, shape)).clip(0, 255).astype(np.uint8)
    region = rng.random(shape) < 0.95
    region.flat[0] = True
    found = find_cores(image, side=side, share=share, roi=RunVolume.from_mask(region))
    expected = brute_force(image, side, share, region)
    greys, counts = np.unique(expected, return_counts=True)
    assert found.n_voxels == expected.size
    taken = found.counts > 0
    np.testing.assert_array_equal(found.values[taken], greys)
    np.testing.assert_array_equal(found.counts[taken], counts)


def ball(radius, rng):
    n = int(2 * radius + 14)
    at = [(np.arange(n * FINE) + 0.5) / FINE - n / 2 - rng.uniform(-0.5, 0.5) for _ in range(3)]
    z, y, x = np.ix_(*at)
    return z**2 + y**2 + x**2 < radius**2


def sheet(half, rng):
    normal = rng.normal(size=3)
    normal /= np.linalg.norm(normal)
    at = (np.arange(32 * FINE) + 0.5) / FINE - 16
    z, y, x = np.ix_(at, at, at)
    away = normal[0] * z + normal[1] * y + normal[2] * x + rng.uniform(-0.5, 0.5)
    return np.abs(away) < half


def seen(body, blur, fringe, seed):
    """An image of it with noise, and its volume in voxels, both without a rim."""
    ideal = block_mean(np.where(body, 5500.0, 20000.0).astype(np.float32), FINE)
    imaging = Imaging(blur=blur, fringe=fringe, rings=0, streaks=0, seed=seed)
    rim = (slice(4, -4),) * 3
    volume = (20000.0 - ideal[rim]).sum(dtype=np.float64) / 14500.0
    return imaging.expose(ideal)[rim], volume


@pytest.mark.parametrize(("blur", "fringe"), [(0.7, 0.5), (0.7, 0.0), (1.0, 0.5), (0.5, 0.5)])
@pytest.mark.parametrize(
    ("rule", "body", "size", "error"),
    [
        ("cores:0.42", ball, 3.0, 0.09),
        ("cores:0.42", ball, 4.0, 0.06),
        ("cores:0.42", ball, 6.0, 0.05),
        ("cores", sheet, 1.5, 0.09),
        ("cores", sheet, 2.0, 0.05),
        ("cores", sheet, 3.0, 0.04),
    ],
)
def test_volumes_of_round_and_flat_bodies_are_true(rule, body, size, error, blur, fringe):
    """Whatever the imaging; the mean over places of the body between the voxels."""
    rule = ThresholdRule(rule)
    errors = []
    for seed in range(4):
        image, volume = seen(body(size, np.random.default_rng(seed)), blur, fringe, seed)
        cores = find_cores(image, share=rule.share)
        (threshold,) = rule.find(Histogram.from_image(image), cores=cores)
        errors.append(np.count_nonzero(image <= threshold.value) / volume - 1)
    assert abs(np.mean(errors)) < error


def test_noise_has_no_cores(rng):
    image = rng.normal(100, 5, (60, 60, 60)).astype(np.float32)
    for side in ("dark", "bright"):
        assert find_cores(image, side=side).n_voxels == 0
    mottle = ndimage.gaussian_filter(image, 2)
    assert find_cores(mottle).n_voxels == 0
    assert find_cores(np.full((5, 5), 7, np.uint8)).n_voxels == 0
    assert find_cores(image, roi=(slice(0, 0),) * 3).n_voxels == 0


def test_the_sides_have_thresholds_of_their_own():
    """Of one rule: voids and inclusions in one material."""
    image = np.full((2, 40, 40), 100.0, np.float32)
    image[:, 5:15, 5:15] = 20
    image[:, 25:35, 25:35] = 220
    series = open_series(np.stack([image, image]), spacing=1.0, times=[0, 1])
    found = {}
    for side in ("dark", "bright"):
        settings = Settings.for_cracks(phase=side, rule="cores", sensitivity=0)
        (rule,) = analyze_series(series, settings).settings.rules
        found[side] = (rule.low, rule.high)
    assert found["dark"][1].value == pytest.approx(60, abs=2)
    assert found["bright"][0].value == pytest.approx(160, abs=2)


def test_what_has_no_cores_is_told(rng):
    image = np.full((20, 20), 100, np.uint8)
    image[5:7] = 20
    series = open_series(np.stack([image, image]), spacing=1.0, times=[0, 1])
    with pytest.raises(ValueError, match=r"at least 30 voxels whose neighbours .* got 0; give a"):
        analyze_series(series, Settings.for_cracks(rule="cores"))
    with pytest.raises(ValueError, match="cores must be given for the rule cores, got None"):
        ThresholdRule("cores").find(Histogram.from_image(image))


@pytest.mark.parametrize("name", ["cores:", "cores:0", "cores:1.2", "cores:0.4,0.5", "cores:half"])
def test_shares_that_make_no_sense_are_refused(name):
    with pytest.raises(ValueError, match=r"cores:SHARE.* got"):
        ThresholdRule(name)


def test_the_source_says_how():
    image = np.full((20, 20), 100, np.uint8)
    image[4:14, 4:14] = 20
    rule = ThresholdRule("cores:0.42")
    found = rule.find(Histogram.from_image(image), cores=find_cores(image, share=rule.share))
    assert found.source == "0.42 of the way from the median to that of the cores, 64 voxels"
    assert found.values == (pytest.approx(100 - 0.42 * 80),)
