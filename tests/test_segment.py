import numpy as np
import pytest
from scipy import ndimage

from crevasse.operando import Segmentation


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


def agreement(runs, truth):
    mask = runs.to_mask()
    return (mask & truth).sum() / (mask | truth).sum()


@pytest.mark.parametrize("phase", ["dark", "bright"])
def test_a_crack_is_found_under_uneven_light(cracked, phase):
    image, truth = cracked
    if phase == "bright":
        shading = 100 + 60 * np.linspace(0, 1, 200)[None, :]
        image = (2 * shading - image).astype(np.float32)
    segmentation = Segmentation(phase=phase, flatten=15, threshold=0.15)
    assert agreement(segmentation.apply(segmentation.signal(image)), truth) > 0.9


def test_hysteresis_keeps_the_faint_tail_and_drops_what_never_gets_strong(cracked):
    image, truth = cracked
    image = image.copy()
    image[20:24, 50:80] *= 0.75  # a faint feature by itself
    both = Segmentation(flatten=15, threshold=0.15)
    strong = Segmentation(flatten=15, threshold=0.15, seed_threshold=0.4)
    assert both.apply(both.signal(image)).to_mask()[20:24, 50:80].mean() > 0.9
    kept = strong.apply(strong.signal(image))
    assert not kept.to_mask()[20:24, 50:80].any()
    assert agreement(kept, truth) > 0.9


def test_without_flattening_thresholds_are_grey_values_and_the_image_is_not_copied():
    image = np.array([[10, 50, 90, 49, 51]], dtype=np.uint8)
    dark = Segmentation(threshold=50)
    assert dark.signal(image) is image
    assert dark.apply(image).to_mask().tolist() == [[True, True, False, True, False]]
    bright = Segmentation(phase="bright", threshold=51)
    assert bright.apply(image).to_mask().tolist() == [[False, False, True, False, True]]
    seeded = Segmentation(threshold=50, seed_threshold=20)
    assert seeded.apply(image).to_mask().tolist() == [[True, True, False, False, False]]


def test_small_components_are_dropped():
    image = np.array([[0, 9, 0, 0, 9, 9]], dtype=np.uint8)
    assert Segmentation(threshold=0, min_voxels=2).apply(image).n_voxels == 2


def test_the_found_threshold_parts_the_two_levels_of_all_frames_together(rng):
    frames = [np.where(rng.random((60, 60)) < p, 40, 200).astype(np.uint8) for p in (0.05, 0.4)]
    found = Segmentation().with_threshold(frames)
    assert 40 <= found.threshold < 200
    assert found.with_threshold([frames[0] * 0]) is found
    with pytest.raises(ValueError, match="threshold cannot be found: all grey values are equal"):
        Segmentation().with_threshold([np.zeros((3, 3), np.uint8)])


def test_volumes_are_segmented_like_images(rng):
    image = np.full((20, 30, 40), 200.0, np.float32) + rng.normal(0, 2, (20, 30, 40))
    image[10:12] = 90
    image = ndimage.gaussian_filter(image, 0.5).astype(np.float32)
    segmentation = Segmentation(flatten=9, threshold=0.3)
    mask = segmentation.apply(segmentation.signal(image)).to_mask()
    assert mask[10:12].mean() > 0.99
    assert mask[:9].sum() == mask[13:].sum() == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"phase": "grey"}, "phase must be dark or bright, got 'grey'"),
        ({"flatten": 1}, "flatten must be at least 3 voxels, got 1"),
        ({"smooth": -1}, "smooth must be 0 or positive, got -1"),
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
        Segmentation(**arguments)


def test_nan_in_the_image_is_refused():
    image = np.zeros((3, 3), np.float32)
    image[1, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        Segmentation(threshold=1).apply(image)
