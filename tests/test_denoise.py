import numpy as np
import pytest
from scipy import ndimage

from crevasse import RunVolume
from crevasse.operando import denoise_median, denoise_nl_means, level_slices, noise_level


def layered(rng, sigma, shape=(12, 40, 40), dtype=np.float32):
    """Two levels, 100 and 200, with a straight face and white noise; the truth too."""
    truth = np.full(shape, 100.0)
    truth[..., shape[-1] // 2 :] = 200
    noisy = truth + rng.normal(0, sigma, shape)
    return truth, (np.rint(noisy) if np.dtype(dtype).kind == "u" else noisy).astype(dtype)


@pytest.mark.parametrize("shape", [(20, 30), (6, 8, 9)])
def test_the_median_is_that_of_the_voxel_and_its_face_neighbours(rng, shape):
    image = rng.integers(0, 255, shape).astype(np.uint8)
    padded = np.pad(image, 1, mode="edge")
    inner = tuple(slice(1, -1) for _ in shape)
    near = [padded[inner]]
    for axis in range(len(shape)):
        near += [np.roll(padded, step, axis)[inner] for step in (-1, 1)]
    result = denoise_median(image)
    assert result.dtype == image.dtype
    assert np.array_equal(result, np.median(near, axis=0))


def test_the_median_keeps_a_sheet_one_voxel_wide_and_drops_single_voxels():
    image = np.full((9, 9, 9), 200, np.uint8)
    image[4] = 20
    image[1, 2, 2] = 20
    cleaned = denoise_median(image)
    assert (cleaned[4] == 20).all()
    assert (np.delete(cleaned, 4, axis=0) == 200).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("shape", [(80, 80), (10, 40, 40)])
def test_non_local_means_takes_noise_and_leaves_the_face_sharp(rng, shape, dtype):
    truth, noisy = layered(rng, 10, shape, dtype)
    smooth = denoise_nl_means(noisy)
    assert smooth.dtype == noisy.dtype
    error = smooth.astype(float) - truth
    assert error.std() < 4
    middle = shape[-1] // 2
    assert smooth[..., middle].mean() - smooth[..., middle - 1].mean() > 95


def test_denoising_scales_with_the_grey_values(rng):
    _, noisy = layered(rng, 10, (60, 60))
    scaled = denoise_nl_means(noisy * np.float32(1024), reach=3) / 1024
    assert scaled == pytest.approx(denoise_nl_means(noisy, reach=3), rel=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
@pytest.mark.parametrize("sigma", [0, 0.7, 2, 2.6, 15])
def test_the_noise_level_is_found_beside_edges_and_between_integers(rng, sigma, dtype):
    _, noisy = layered(rng, sigma, (20, 100, 100), dtype)
    rounded = 1 / 12 if np.dtype(dtype).kind == "u" and sigma else 0
    tolerance = 0.08 if rounded else 0.02
    assert noise_level(noisy) == pytest.approx((sigma**2 + rounded) ** 0.5, rel=tolerance)


def test_an_image_without_noise_is_left_as_it_is():
    image = np.full((5, 6), 7, np.uint8)
    assert np.array_equal(denoise_nl_means(image), image)
    assert noise_level(np.zeros((4, 1))) == 0


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("by", ["offset", "factor"])
def test_slices_come_to_one_level_however_much_else_grows_outside_of_the_region(rng, axis, by):
    shape = (12, 14, 16)
    truth = rng.normal(1000, 5, shape)
    light = rng.uniform(0.8, 1.2, shape[axis])
    along = [-1 if a == axis % 3 else 1 for a in range(3)]
    change = light.reshape(along)
    image = truth * change if by == "factor" else truth + 1000 * (change - 1)
    crack = np.zeros(shape, bool)
    crack[3:9, 3:9, 3:14] = True
    image[crack] = 100
    found = level_slices(image, region=~crack, axis=axis, by=by, target=1000)
    assert found.levels == pytest.approx(1000 * light, rel=0.01)
    assert found.image[~crack] == pytest.approx(truth[~crack], abs=10)
    assert found.target == 1000
    runs = level_slices(image, region=RunVolume.from_mask(~crack), axis=axis, by=by, target=1000)
    assert np.array_equal(runs.image, found.image)


def test_a_slice_without_the_stable_phase_takes_its_level_from_its_neighbours():
    image = np.repeat(np.array([10.0, 50, 20])[:, None], 4, axis=1)
    region = np.ones((3, 4), bool)
    region[1] = False
    found = level_slices(image, region=region)
    assert found.levels.tolist() == [10, 15, 20]
    assert found.image[:, 0].tolist() == [15, 50, 15]


def test_levels_are_rounded_and_held_within_the_dtype():
    image = np.array([[250, 250, 255], [240, 240, 0]], np.uint8)
    found = level_slices(image, target=253)
    assert found.image.dtype == np.uint8
    assert found.image.tolist() == [[253, 253, 255], [253, 253, 13]]


def test_filters_refuse_what_they_cannot_do():
    image = np.ones((4, 5), np.float32)
    with pytest.raises(ValueError, match="radius must be at least 1"):
        denoise_median(image, radius=0)
    for name in ("patch", "reach"):
        with pytest.raises(ValueError, match=f"{name} must be at least 1 voxel, got 0"):
            denoise_nl_means(image, **{name: 0})
    with pytest.raises(ValueError, match="strength must be positive"):
        denoise_nl_means(image, strength=0)
    with pytest.raises(ValueError, match=r"axis must lie in -2..1, got 2"):
        level_slices(image, axis=2)
    with pytest.raises(ValueError, match="by must be offset or factor, got 'x'"):
        level_slices(image, by="x")
    with pytest.raises(ValueError, match="at least one slice, got none"):
        level_slices(image, region=np.zeros((4, 5), bool))
    with pytest.raises(ValueError, match="levels must be positive to scale"):
        level_slices(-image, by="factor")


def test_only_the_region_is_looked_at(rng):
    image = ndimage.gaussian_filter(rng.normal(0, 1, (6, 20)), 1)
    box = (slice(None), slice(0, 5))
    assert level_slices(image, region=box).levels == pytest.approx(np.median(image[:, :5], axis=1))
