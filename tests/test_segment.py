from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from crevasse import RunVolume
from crevasse.operando import PhaseRule, Settings, Signal, Threshold, segment_phases
from crevasse.operando.phases.segmenter import Segmenter


@pytest.fixture
def cracked(rng):
    """Uneven light, a crack of contrast 0.5, a faint tail of 0.25, and specks of noise."""
    shading = 100 + 60 * np.linspace(0, 1, 200)[None, :]
    truth = np.zeros((120, 200), bool)
    truth[58:62, 20:160] = True
    contrast = np.where(truth, 0.5, 0.0)
    contrast[58:62, 120:160] = 0.25
    image = shading * (1 - contrast) + rng.normal(0, 2, truth.shape)
    return image.astype(np.float32), truth


def segmented(image, **options):
    settings = Settings.for_cracks(**options)
    region = settings.region(image.shape, (1.0,) * image.ndim)
    segmenter = Segmenter(settings.rules, region, 0)
    found = segmenter.segment(segmenter.windows(settings.signal.of(image)))
    return found.together(settings.follow)[0]


def agreement(runs, truth):
    mask = runs.to_mask()
    return (mask & truth).sum() / (mask | truth).sum()


@pytest.mark.parametrize("phase", ["dark", "bright"])
def test_a_crack_is_found_under_uneven_light(cracked, phase):
    image, truth = cracked
    if phase == "bright":
        shading = 100 + 60 * np.linspace(0, 1, 200)[None, :]
        image = (2 * shading - image).astype(np.float32)
    assert agreement(segmented(image, phase=phase, flatten=15, threshold=0.15), truth) > 0.9


def test_hysteresis_keeps_the_faint_tail_and_drops_what_never_gets_strong(cracked):
    image, truth = cracked
    image = image.copy()
    image[20:24, 50:80] *= 0.75  # a faint feature by itself
    both = segmented(image, flatten=15, threshold=0.15)
    assert both.to_mask()[20:24, 50:80].mean() > 0.9
    kept = segmented(image, flatten=15, threshold=0.15, seed_threshold=0.4)
    assert not kept.to_mask()[20:24, 50:80].any()
    assert agreement(kept, truth) > 0.9


def test_without_flattening_thresholds_are_grey_values_and_the_image_is_not_copied():
    image = np.array([[10, 50, 90, 49, 51]], dtype=np.uint8)
    assert Signal().of(image) is image
    dark = segmented(image, threshold=50)
    assert dark.to_mask().tolist() == [[True, True, False, True, False]]
    bright = segmented(image, phase="bright", threshold=51)
    assert bright.to_mask().tolist() == [[False, False, True, False, True]]
    seeded = segmented(image, threshold=50, seed_threshold=20)
    assert seeded.to_mask().tolist() == [[True, True, False, False, False]]


def test_small_components_are_dropped():
    image = np.array([[0, 9, 0, 0, 9, 9]], dtype=np.uint8)
    assert segmented(image, threshold=0, min_voxels=2).n_voxels == 2


def test_bands_are_what_the_thresholds_at_their_ends_give(rng):
    image = rng.integers(0, 100, (8, 9, 10)).astype(np.uint8)
    settings = Settings.for_cracks(threshold=40, seed_threshold=20, sensitivity=0.25)
    region = RunVolume.from_box(image.shape)
    segmenter = Segmenter(settings.rules, region, 0)
    _, low, high = segmenter.segment(segmenter.windows(image)).together(["open"])
    assert low == segmented(image, threshold=30, seed_threshold=15)
    assert high == segmented(image, threshold=50, seed_threshold=25)


@pytest.mark.parametrize("seed", range(20))
def test_windows_kept_of_an_image_give_what_the_image_gives(seed):
    """Also at the ends of bands, where a window may be empty, and with the image gone."""
    rng = np.random.default_rng(seed)
    image = ndimage.gaussian_filter(rng.normal(0, 1, (14, 12, 11)), 1).astype(np.float32)
    image += np.linspace(1, -1, 14, dtype=np.float32)[:, None, None]
    cut, fine = Threshold(0.3, 0.1, 0.5), Threshold(0.35, 0.2, 0.7)
    rules = (
        PhaseRule(
            "metal",
            low=Threshold(0.8, 0.7, 0.9),
            bulk=1,
            where=(slice(0, 9), slice(None), slice(None)),
        ),
        PhaseRule("between", low=cut, high=fine, where="below:metal"),
        PhaseRule("solid", low=-0.4, seed_low=0.1, min_voxels=5),
        PhaseRule("inner", where="inside:solid"),
        PhaseRule("void", high=cut, seed_high=-0.5, grow=1),
    )
    roi = RunVolume.from_mask(rng.random(image.shape) < 0.9)
    expected = segment_phases(image, rules, roi=roi)
    segmenter = Segmenter(rules, roi, 0)
    grey = segmenter.windows(image)
    image[:] = np.nan
    found = segmenter.segment(grey)
    assert dict(found.volumes) == dict(expected)
    for name, volume in found.volumes.items():
        sizes = [v[name].n_voxels for v in (found.low, found.high)] + [volume.n_voxels]
        assert expected.n_voxels_low[name] == min(sizes)
        assert expected.n_voxels_high[name] == max(sizes)


def test_noise_is_taken_out_before_thresholds(rng):
    image = np.full((30, 30), 180.0)
    image[10:20] = 60
    noisy = image.copy()
    noisy[rng.random(image.shape) < 0.02] = 0
    for denoise in ("median:1", "median:2", "non-local-means"):
        settings = replace(Settings.for_cracks(threshold=120), signal=Signal(denoise=denoise))
        signal = settings.signal.of(noisy)
        wrong = (signal <= 120) != (image <= 120)
        before = (noisy <= 120) != (image <= 120)
        assert wrong.sum() < (0.3 if "median" in denoise else 1.01) * before.sum()
    with pytest.raises(
        ValueError,
        match="denoise must be none, median:R with R from 1 to 9, or non-local-means, got",
    ):
        Signal(denoise="mean")


def test_volumes_are_segmented_like_images(rng):
    image = np.full((20, 30, 40), 200.0, np.float32) + rng.normal(0, 2, (20, 30, 40))
    image[10:12] = 90
    image = ndimage.gaussian_filter(image, 0.5).astype(np.float32)
    mask = segmented(image, flatten=9, threshold=0.3).to_mask()
    assert mask[10:12].mean() > 0.99
    assert mask[:9].sum() == mask[13:].sum() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"phase": "grey"}, "side must be dark or bright, got 'grey'"),
        ({"flatten": 1}, "flatten must be at least 3 voxels, got 1"),
        ({"smooth": -1}, "smooth must be from 0 to 20 voxels, got -1"),
        ({"min_voxels": 0}, "min_voxels must be at least 1, got 0"),
        ({"threshold": float("nan")}, "threshold must be a finite number, got nan"),
        (
            {"threshold": 50, "seed_threshold": 60},
            "seed_threshold must be stricter than threshold 50",
        ),
        (
            {"threshold": 0.3, "seed_threshold": 0.2, "flatten": 9},
            "seed_threshold must be stricter",
        ),
    ],
)
def test_bad_settings_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Settings.for_cracks(**arguments)


def test_nan_in_the_image_is_refused():
    image = np.zeros((3, 3), np.float32)
    image[1, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        segmented(image, threshold=1)


def test_what_a_phase_lies_beside_is_known_from_its_places():
    rules = (
        PhaseRule("metal", low=200),
        PhaseRule("solid", low=100),
        PhaseRule("lithium", where=("below:metal", "initially-above:solid", "touching:solid")),
        PhaseRule("void", where="inside:solid"),
    )
    region = RunVolume.from_box((2, 3, 4))
    segmenter = Segmenter(rules, region, 0)
    volumes = {"metal": region, "solid": region - region}
    assert segmenter.beside("lithium", volumes) == [region]
    assert segmenter.beside("void", volumes) == segmenter.beside("metal", volumes) == []
