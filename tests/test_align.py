import numpy as np
import pytest
from scipy import ndimage

from crevasse.operando import DriftCorrector, estimate_drift, match_light, move_back


def textured(shape, rng):
    """Something like polished material: smooth blobs and grain."""
    coarse = ndimage.gaussian_filter(rng.standard_normal(shape), 4)
    fine = ndimage.gaussian_filter(rng.standard_normal(shape), 1)
    return (120 + 60 * coarse / coarse.std() + 15 * fine / fine.std()).astype(np.float32)


@pytest.mark.parametrize(
    ("shape", "drift"),
    [((120, 140), (1.3, -2.7)), ((120, 140), (0.0, 0.25)), ((40, 44, 48), (0.5, -1.5, 2.25))],
)
def test_a_known_drift_is_found_to_a_tenth_of_a_voxel(shape, drift, rng):
    image = textured(shape, rng)
    moved = ndimage.shift(image, drift, order=3, mode="nearest")
    np.testing.assert_allclose(estimate_drift(image, moved), drift, atol=0.1)


def test_growth_is_not_mistaken_for_motion(rng):
    image = textured((200, 200), rng)
    y, x = np.ogrid[:200, :200]
    grown = [np.where((abs(y - x - 30) < 4) & (x < n), 10.0, image) for n in (40, 90, 150)]
    corrector = DriftCorrector()
    for frame in grown:
        aligned = corrector.correct(frame.astype(np.float32))
        np.testing.assert_allclose(aligned.drift, 0, atol=0.1)


def test_a_drifting_series_is_brought_onto_its_first_frame(rng):
    image = textured((150, 160), rng)
    corrector = DriftCorrector(roi=(slice(10, 140), slice(10, 150)))
    for step in range(4):
        drift = np.array([0.4, -0.7]) * step
        frame = ndimage.shift(image, drift, order=3, mode="nearest")
        aligned = corrector.correct(frame)
        np.testing.assert_allclose(aligned.drift, drift, atol=0.1)
        assert aligned.residual < 0.1
        inner = (slice(10, -10), slice(10, -10))
        assert np.abs(aligned.image - image)[inner].mean() < 0.1 * image.std()


def test_moving_by_nothing_changes_nothing(rng):
    image = rng.integers(0, 255, (5, 6), dtype=np.uint8)
    assert move_back(image, np.zeros(2)) is image
    moved = move_back(image, np.array([1.0, 0.0]))
    assert moved.dtype == np.uint8
    np.testing.assert_array_equal(moved[:-1], image[1:])


def test_light_is_matched_by_the_bright_level_whatever_has_cracked(rng):
    image = 200 + textured((100, 100), rng) / 10
    dimmed = 0.8 * image
    dimmed[40:60] = 5.0  # a fifth has gone dark
    matched = match_light(dimmed, image)
    sound = np.ones(image.shape, bool)
    sound[40:60] = False
    ratio = np.median(matched[sound] / image[sound])
    assert ratio == pytest.approx(1.0, abs=0.05)
    assert match_light(image.astype(np.uint8), image).dtype == np.uint8
    with pytest.raises(ValueError, match="image must have a positive bright level"):
        match_light(np.zeros((4, 4)), image)
