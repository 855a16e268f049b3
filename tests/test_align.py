import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import ndimage

from crevasse import phantom
from crevasse.operando import DriftCorrector, estimate_drift, match_light, move_back
from crevasse.operando.drift import motion
from crevasse.operando.drift.blocks import spread
from crevasse.operando.drift.finder import Sampler
from crevasse.operando.drift.rigid import RigidMotion
from crevasse.operando.drift.votes import Votes


def textured(shape, rng):
    """Something like polished material: smooth blobs and grain."""
    coarse = ndimage.gaussian_filter(rng.standard_normal(shape), 4)
    fine = ndimage.gaussian_filter(rng.standard_normal(shape), 1)
    return (120 + 25 * coarse / coarse.std() + 8 * fine / fine.std()).astype(np.float32)


def shifted(image, drift):
    return ndimage.shift(image, drift, order=3, mode="nearest")


def as_type(image, dtype):
    if dtype == "uint16":
        image = 100 * image
    return image.astype(dtype) if dtype == "float32" else np.rint(image).clip(0).astype(dtype)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize(
    ("shape", "drift"),
    [
        ((120, 140), (1.3, -2.7)),
        ((120, 140), (0.0, 0.25)),
        ((300, 40), (-0.5, 0.5)),
        ((40, 44, 48), (0.5, -1.5, 2.25)),
        ((24, 90, 80), (-0.4, 0.1, -0.75)),
    ],
)
def test_a_known_drift_is_found_to_a_twentieth_of_a_voxel(shape, drift, dtype, rng):
    image = textured(shape, rng)
    moved = shifted(image, drift)
    found = estimate_drift(as_type(image, dtype), as_type(moved, dtype))
    np.testing.assert_allclose(found, drift, atol=0.05)


@given(st.lists(st.floats(-3, 3), min_size=2, max_size=3), st.integers(0, 2**16))
# Texture elsewhere looks like noise, from which nothing stands out.
@example([-2.7905563702461764, -1.2746774583573943, 2.9962874569212286], 8796)
@example([-0.35514412994596345, -3.0], 60000)
def test_any_small_drift_is_found(drift, seed):
    rng = np.random.default_rng(seed)
    image = textured((90, 100) if len(drift) == 2 else (40, 44, 48), rng)
    np.testing.assert_allclose(estimate_drift(image, shifted(image, drift)), drift, atol=0.08)


@pytest.mark.parametrize("drift", [(30.0, -21.5), (-41.25, 12.0)])
def test_a_drift_of_many_voxels_is_found(drift, rng):
    image = textured((260, 280), rng)
    moved = shifted(image, drift)
    np.testing.assert_allclose(estimate_drift(image, moved), drift, atol=0.05)


def test_noise_as_strong_as_the_texture_costs_little(rng):
    image = textured((50, 54, 58), rng)
    drift = (0.6, -1.3, 0.25)
    noisy = [i + rng.normal(0, image.std(), image.shape) for i in (image, shifted(image, drift))]
    np.testing.assert_allclose(estimate_drift(*noisy), drift, atol=0.1)


def test_a_change_of_light_is_no_drift(rng):
    image = textured((120, 140), rng)
    shade = np.linspace(-10, 10, 140)
    for light in (0.7, 1.4):
        found = estimate_drift(image, light * shifted(image, (0.4, -0.7)) + 30 + shade)
        np.testing.assert_allclose(found, (0.4, -0.7), atol=0.1)


def test_voxels_without_a_value_say_nothing_of_motion_or_light(rng):
    """As outside of a round field of view, or a single one."""
    image = textured((40, 70, 70), rng)
    drift = (0.6, 1.3, -2.2)
    moving = shifted(image, drift)
    y, x = np.ogrid[:70, :70]
    outside = np.broadcast_to(np.hypot(y - 34.5, x - 34.5) > 33, image.shape)
    for where in (outside, np.arange(image.size).reshape(image.shape) == 98_765):
        reference, frame = (np.where(where, np.nan, i).astype(np.float32) for i in (image, moving))
        np.testing.assert_allclose(estimate_drift(reference, frame), drift, atol=0.05)
        corrector = DriftCorrector()
        corrector.correct(reference)
        aligned = corrector.correct(frame)
        np.testing.assert_allclose(aligned.drift, drift, atol=0.05)
        assert aligned.residual < 0.1
        matched = match_light(np.float32(0.5) * reference, reference)
        np.testing.assert_allclose(matched[~where], reference[~where], rtol=1e-5)
    with pytest.raises(ValueError, match="image and reference must have positive grey"):
        match_light(np.full(image.shape, np.nan, np.float32), image)


def test_a_growing_crack_is_not_mistaken_for_motion(rng):
    image = textured((200, 200), rng)
    y, x = np.ogrid[:200, :200]
    corrector = DriftCorrector()
    for step, tip in enumerate((0, 40, 90, 150)):
        drift = np.array([0.2, -0.5]) * step
        grown = np.where((abs(y - x - 30) < 4) & (x < tip), 10.0, image).astype(np.float32)
        aligned = corrector.correct(shifted(grown, drift))
        np.testing.assert_allclose(aligned.drift, drift, atol=0.05)
        assert aligned.residual < 0.1


def layered(frame, drift, rng):
    """A bright collector gives way to a dark layer; the electrolyte below stays."""
    z, y, x = np.ogrid[:96, :64, :64]
    faces = (22 - 0.9 * frame + 2 * np.sin(y / 9) * np.cos(x / 7) * (1 + 0.1 * frame), 30, 78)
    image = np.full((96, 64, 64), 48000.0)
    for face, step in zip(faces, (-39500, 11500, -11500), strict=True):
        image += step * np.clip(z - (face + 0.01 * y) + 0.5, 0, 1)
    seen = ndimage.gaussian_filter(shifted(image, drift), 0.7)
    return (seen + rng.normal(0, 900, seen.shape)).clip(0, 65535).astype(np.uint16)


def test_a_collector_that_gives_way_is_not_mistaken_for_motion(rng):
    corrector = DriftCorrector()
    for frame in range(8):
        drift = np.array([0.3, 0, 0]) * frame
        aligned = corrector.correct(layered(frame, drift, rng))
        assert aligned.drift[0] == pytest.approx(drift[0], abs=0.1)


def bare(frame, drift, rng):
    """A layer grows between tilted faces; three pores alone tell of motion along them."""
    z, y, x = (
        n - d for n, d in zip(np.ogrid[:96, :90, :90], np.reshape(drift, (3, 1, 1, 1)), strict=True)
    )
    rough = np.sin(y / 5) * np.sin(x / 5)
    faces = (24 + 0.06 * y + 0.03 * x, 76 - 0.05 * y + 0.04 * x)
    above = faces[0] - 6 - 1.2 * frame - (0.5 + 0.06 * frame) * rough
    solid = np.clip(0.5 + z - faces[0], 0, 1) * np.clip(0.5 + faces[1] - z, 0, 1)
    for centre, radius in (((50, 24, 26), 5), ((56, 62, 66), 6), ((58, 28, 62), 4)):
        away = np.sqrt(sum((n - c) ** 2 for n, c in zip((z, y, x), centre, strict=True)))
        solid = solid * np.clip(0.5 + away - radius, 0, 1)
    image = 9000 + 15000 * solid + 33000 * np.clip(0.5 + above - z, 0, 1)
    image += 33000 * np.clip(0.5 + z - (faces[1] + 12 - 0.6 * frame + 0.5 * rough), 0, 1)
    return ndimage.gaussian_filter(image.astype(np.float32), 0.6) + rng.normal(0, 1200, image.shape)


def drifting(n_frames, rng, step):
    """Number, image and drift of such frames, `step()` from one to the next."""
    drift = np.zeros(3)
    for frame in range(n_frames):
        yield frame, bare(frame, drift, rng).clip(0, 65535).astype(np.uint16), drift
        drift = drift + step()


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in (1, 2))])
def test_a_few_small_features_tell_of_motion_along_the_layers(seed):
    rng = np.random.default_rng(seed)
    corrector = DriftCorrector()
    for frame, image, drift in drifting(6, rng, lambda: rng.uniform(-2.5, 2.5, 3)):
        found = corrector.correct(image).drift
        np.testing.assert_allclose(found, drift, atol=0.1, err_msg=f"frame {frame}")


@pytest.mark.parametrize("seed", [5, *(pytest.param(s, marks=pytest.mark.slow) for s in (4, 6))])
def test_a_jump_of_some_voxels_along_the_layers_is_followed(seed):
    """Faces that are nearly flat agree on another place; what tells of the jump looks otherwise."""
    rng = np.random.default_rng(seed)
    corrector = DriftCorrector()

    def jump():
        return rng.uniform(5, 8, 3) * rng.choice([-1, 1], 3) * (0, 1, 1)

    for frame, image, drift in drifting(3, rng, jump):
        aligned = corrector.correct(image)
        np.testing.assert_allclose(aligned.drift, drift, atol=0.1, err_msg=f"frame {frame}")
        assert not aligned.doubtful.any()


def test_doubt_lasts_as_long_as_a_frame_may_be_lost(rng):
    """Later frames agree with a lost one, which tells nothing."""
    frames = [bare(k, np.zeros(3), rng) for k in range(5)]
    for k in (2, 3):  # farther than is looked
        frames[k] = np.roll(frames[k], (0, 30, -30), axis=(0, 1, 2))
    corrector = DriftCorrector()
    found = [corrector.correct(f.clip(0, 65535).astype(np.uint16)) for f in frames]
    assert np.abs(found[2].drift).max() < 15  # it is lost
    in_doubt = [k for k, aligned in enumerate(found) if aligned.doubtful[1:].any()]
    assert in_doubt == [2, 3]
    np.testing.assert_allclose(found[4].drift, 0, atol=0.1)


def test_all_shifts_within_reach_are_tried_and_most_cells_win(rng):
    image = textured((64, 70, 66), rng)
    image[:20] += 100 * (rng.random((20, 70, 66)) > 0.5)  # strong, and moves another way
    moved = shifted(image, (2, -3, 1.4))
    moved[:20] = shifted(image, (-3, 0, 0))[:20]
    blocks = spread(image.shape, np.ones(image.shape, np.float32))
    with ThreadPoolExecutor(2) as pool:
        reference = Sampler(image, blocks, pool).cells(np.zeros(3))
        peaks = Sampler(moved, blocks, pool).agreed(np.zeros(3), [reference])
    np.testing.assert_allclose(peaks[0].shift, (2, -3, 1.4), atol=0.25)
    assert peaks[0].told.all()


@pytest.mark.slow  # the analyses of the cases look at it, too
@pytest.mark.parametrize("make", [phantom.case_a, phantom.case_b, phantom.case_c])
def test_drift_of_the_cases_is_found_though_their_layers_grow(make):
    scene = make(scale=1)
    corrector = DriftCorrector()
    for image, drift in zip(scene.images(), scene.image_drift, strict=True):
        aligned = corrector.correct(image)
        np.testing.assert_allclose(aligned.drift, drift, atol=0.1)
        assert aligned.residual < 0.1
    assert np.abs(scene.image_drift).max() > 1


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("make", [phantom.case_a, phantom.case_b, phantom.case_c])
def test_drift_of_larger_cases_is_found(make, seed):
    scene = make(scale=2, seed=seed)
    corrector = DriftCorrector()
    for image, drift in zip(scene.images(), scene.image_drift, strict=True):
        np.testing.assert_allclose(corrector.correct(image).drift, drift, atol=0.15)


def test_in_a_region_the_drift_is_that_of_the_region():
    scene = phantom.case_c(scale=1)
    solid = (slice(18, 92), slice(None), slice(None))  # with both faces of the electrolyte
    corrector = DriftCorrector(roi=solid)
    for image, drift in zip(scene.images(), scene.image_drift, strict=True):
        np.testing.assert_allclose(corrector.correct(image).drift, drift, atol=0.1)


def test_errors_do_not_add_up_over_forty_frames(rng):
    image = textured((48, 50, 52), rng)
    drifts = np.cumsum(rng.normal(0, 0.35, (40, 3)), axis=0)
    drifts[0] = 0
    corrector = DriftCorrector()
    errors = []
    for drift in drifts:
        frame = shifted(image, drift) + rng.normal(0, 12, image.shape)
        errors.append(corrector.correct(frame.astype(np.float32)).drift - drift)
    assert np.abs(errors).max() < 0.08
    late, early = np.abs(errors[30:]).mean(), np.abs(errors[1:11]).mean()
    assert late < 3 * early + 0.01


def test_a_corrected_frame_is_the_first_one(rng):
    image = textured((150, 160), rng)
    corrector = DriftCorrector(roi=(slice(10, 140), slice(10, 150)))
    for step in range(4):
        drift = np.array([0.4, -0.7]) * step
        aligned = corrector.correct(shifted(image, drift))
        np.testing.assert_allclose(aligned.drift, drift, atol=0.05)
        assert aligned.residual < 0.05
        np.testing.assert_array_equal(aligned.rotation, [0])
        inner = (slice(10, -10), slice(10, -10))
        assert np.abs(aligned.image - image)[inner].mean() < 0.1 * image.std()


def test_the_residual_tells_of_a_correction_that_is_off(rng, monkeypatch):
    image = textured((50, 54, 58), rng)
    corrector = DriftCorrector()
    corrector.correct(image)
    right = motion.move_back
    monkeypatch.setattr(
        motion, "move_back", lambda i, d, **k: right(i, d + np.array([0.4, 0, -0.3]), **k)
    )
    aligned = corrector.correct(shifted(image, (0.5, 0.25, -1)))
    assert aligned.residual == pytest.approx(0.5, abs=0.1)


def test_agreement_tells_where_noise_was_mistaken_for_structure():
    scene = phantom.case_c(imaging=phantom.Imaging())
    faint = (slice(43, 78), slice(None), slice(None))  # electrolyte alone: no face lies across z
    for roi, z_is_seen in ((None, True), (faint, False)):
        corrector = DriftCorrector(roi=roi)
        found = [corrector.correct(scene.image(k)) for k in (0, 2, 4, 6)]
        agreement = np.array([aligned.agreement for aligned in found])
        np.testing.assert_array_equal(agreement[0], np.ones(3))
        off = np.array([aligned.drift for aligned in found]) - scene.image_drift[[0, 2, 4, 6]]
        assert np.abs(off[:, 1:]).max() < 0.1
        assert agreement[1:, 1:].min() > 0.15
        if z_is_seen:
            assert np.abs(off).max() < 0.1
            assert agreement[1:, 0].min() > 0.2
            assert not any(aligned.doubtful.any() for aligned in found)
        else:
            assert np.abs(off[1:, 0]).max() > 0.5
            assert max(aligned.residual for aligned in found) < 0.1
            assert agreement[1:, 0].min() < 0.1
            assert any(aligned.doubtful[0] for aligned in found)
            assert not any(aligned.doubtful[1:].any() for aligned in found)


def test_noise_alone_is_no_reason_for_doubt(rng):
    image, corrector = textured((72, 80, 76), rng), DriftCorrector()
    for k in range(3):
        noisy = shifted(image, (0.4 * k, -0.7 * k, 0.5 * k)) + rng.normal(0, 20, image.shape)
        aligned = corrector.correct(noisy.astype(np.float32))
        np.testing.assert_allclose(aligned.drift, (0.4 * k, -0.7 * k, 0.5 * k), atol=0.1)
        assert not aligned.doubtful.any()
    assert aligned.agreement.min() < 0.1


def test_an_image_without_voxels_is_refused():
    with pytest.raises(ValueError, match=r"image must hold voxels, got shape \(0, 5\)"):
        DriftCorrector().correct(np.zeros((0, 5)))


LAYOUTS = {
    "last axis first": np.asfortranarray,
    "backwards": lambda image: image[..., ::-1].copy()[..., ::-1],
    "part of a larger one": lambda image: np.pad(image, 2)[(slice(2, -2),) * image.ndim],
    "every other voxel": lambda image: np.repeat(image, 2, axis=-1)[..., ::2],
    "big-endian": lambda image: image.astype(image.dtype.newbyteorder(">")),
    "read-only": lambda image: np.broadcast_to(image, image.shape),
    "a type that the core does not take": lambda image: image.astype(np.int64),
}


@pytest.mark.parametrize("shape", [(30, 34, 36), (80, 90)])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=list(LAYOUTS))
def test_how_an_image_lies_in_memory_is_no_matter(shape, layout, rng):
    image, moved = rng.integers(0, 4000, (2, *shape)).astype(np.uint16)
    moved[..., 1:] = image[..., :-1]
    found = estimate_drift(layout(image), layout(moved))
    np.testing.assert_array_equal(found, estimate_drift(image, moved))
    assert found[-1] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(8, 8), (1, 5), (3, 3, 3), (2, 30, 30), (8, 8, 8), (1, 1, 1)])
def test_tiny_and_constant_images_have_no_drift_to_speak_of(shape, dtype, rng):
    constant = np.full(shape, 7, dtype)
    corrector = DriftCorrector()
    for _ in range(3):
        aligned = corrector.correct(constant)
        np.testing.assert_array_equal(aligned.drift, np.zeros(len(shape)))
        assert aligned.residual == 0
        np.testing.assert_array_equal(aligned.image, constant)
    noise = rng.integers(0, 200, (2, *shape)).astype(dtype)
    assert np.isfinite(estimate_drift(*noise)).all()
    np.testing.assert_array_equal(estimate_drift(noise[0], noise[0]), 0)


def test_along_an_axis_on_which_nothing_is_seen_there_is_no_drift(rng):
    column = textured((1, 60, 60), rng)
    images = [
        np.broadcast_to(i, (60, 60, 60)) + rng.normal(0, 1, (60, 60, 60))
        for i in (column, shifted(column, (0, 1.2, -0.6)))
    ]
    np.testing.assert_allclose(estimate_drift(*images), (0, 1.2, -0.6), atol=0.05)


def test_results_are_the_same_for_every_number_of_threads():
    frames = [phantom.case_c(scale=0.75, frames=6).image(k) for k in (0, 1, 2)]
    first = None
    for n_threads in (1, 2, 3, 7):
        corrector = DriftCorrector(n_threads=n_threads)
        found = [corrector.correct(frame) for frame in frames]
        bytes_ = [(f.image.tobytes(), f.drift.tobytes(), f.residual) for f in found]
        first = first or bytes_
        assert bytes_ == first


@given(
    st.sampled_from([(8, 8), (1, 5, 7), (19, 37), (150, 5), (20, 21, 35), (133, 6, 5)]),
    st.sampled_from(["uint8", "int16", "uint16", "float32", "float64"]),
    st.lists(st.one_of(st.floats(-40, 40), st.integers(-9, 9)), min_size=3, max_size=3),
    st.integers(0, 2**16),
)
def test_moving_back_is_cubic_convolution(shape, dtype, drift, seed):
    image = (200 * np.random.default_rng(seed).random(shape)).astype(dtype)
    by = np.array(drift[: len(shape)], dtype=float)
    expected = image.astype(np.float64)
    for axis, distance in enumerate(by):
        expected = convolved(expected, axis, distance)
    moved = move_back(image, by, n_threads=2)
    assert moved.dtype == image.dtype
    half = 0
    if image.dtype.kind in "ui":
        half, limits = 0.5, np.iinfo(image.dtype)
        expected = np.clip(expected, limits.min, limits.max)
    np.testing.assert_allclose(moved, expected, atol=half + 2e-3)
    assert move_back(image, by, in_place=True, n_threads=3) is image
    np.testing.assert_array_equal(image, moved)


def convolved(image, axis, distance):
    """Cubic convolution by its kernel's definition; the border is repeated."""
    n = image.shape[axis]
    place = np.arange(n) + distance
    out = np.zeros_like(image)
    for k in range(-1, 3):
        at = np.floor(place).astype(int) + k
        s = np.abs(place - at)
        kernel = np.where(s < 1, 1.5 * s**3 - 2.5 * s**2 + 1, -0.5 * s**3 + 2.5 * s**2 - 4 * s + 2)
        weight = np.where(s < 2, kernel, 0).reshape(
            [-1 if a == axis else 1 for a in range(image.ndim)]
        )
        out += weight * np.take(image, np.clip(at, 0, n - 1), axis=axis)
    return out


def test_moved_values_stay_within_their_type():
    for dtype in (np.uint8, np.int16, np.uint32):
        top = np.iinfo(dtype).max
        image = np.where(np.arange(40) < 20, 0, top).astype(dtype)[None].repeat(6, axis=0)
        moved = move_back(image, (0.0, 0.5))
        assert (np.diff(moved[0, 5:35].astype(float)) >= -0.2 * top).all()  # nothing wraps around


def test_whole_voxels_are_copied(rng):
    image = rng.integers(0, 2**32, (9, 40, 50), dtype=np.uint32)  # single precision would round
    assert move_back(image, np.zeros(3)) is image
    moved = move_back(image, (2, -3, 1))
    np.testing.assert_array_equal(moved[:-2, 3:, :-1], image[2:, :-3, 1:])
    with pytest.raises(ValueError, match="drift must be one finite number for each of 3 axes"):
        move_back(image, (1, 2))


def test_shapes_and_methods_that_cannot_be_are_refused(rng):
    corrector = DriftCorrector()
    corrector.correct(np.zeros((9, 9)))
    with pytest.raises(ValueError, match=r"image must have the first one's shape \(9, 9\)"):
        corrector.correct(np.zeros((9, 8)))
    with pytest.raises(ValueError, match=r"image must be \(z, y, x\) or \(y, x\), got 1 axes"):
        DriftCorrector().correct(np.zeros(9))
    with pytest.raises(ValueError, match="method must be 'translation' or 'rigid', got 'affine'"):
        DriftCorrector(method="affine")


def turned(image, rotation, drift):
    """The image rotated about its centre, then moved; degrees about z, y, x, or about z."""
    z, y, x = np.radians([rotation[0], *rotation[1:]] if image.ndim == 3 else [rotation[0], 0, 0])
    about_x = [[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]
    about_y = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    about_z = [[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]]
    matrix = (np.array(about_z) @ about_x @ about_y)[::-1, ::-1][-image.ndim :, -image.ndim :]
    centre = (np.array(image.shape) - 1) / 2
    offset = centre - matrix.T @ (centre + drift)
    return ndimage.affine_transform(image, matrix.T, offset=offset, order=3, mode="nearest")


@pytest.mark.parametrize(
    ("shape", "rotation", "drift"),
    [((56, 60, 64), (1.5, -0.8, 0.6), (1.2, -0.7, 2.1)), ((150, 160), (2.0,), (2.4, -1.3))],
)
def test_rotation_is_found_to_a_twentieth_of_a_degree(shape, rotation, drift, rng):
    pytest.importorskip("SimpleITK")
    image = textured(shape, rng)
    corrector = DriftCorrector(method="rigid")
    corrector.correct(image)
    frame = turned(image, rotation, drift) + rng.normal(0, 3, shape)
    aligned = corrector.correct(frame.astype(np.float32))
    np.testing.assert_allclose(aligned.rotation, rotation, atol=0.05)
    np.testing.assert_allclose(aligned.drift, drift, atol=0.1)
    assert aligned.residual < 0.1
    inner = (slice(10, -10),) * len(shape)
    assert np.abs(aligned.image - image)[inner].mean() < 4


@pytest.mark.parametrize(
    ("shape", "angles", "drift"),
    [
        ((150, 40, 44), (0.02, -0.015, 0.03), (1.4, -2.3, 0.5)),
        ((20, 40, 44), (0.0, 0.0, 0.02), (30.0, 0.0, 0.5)),
        ((150, 60), (0.02,), (2.5, -1.5)),
    ],
)
def test_turned_images_are_moved_back_by_cubic_splines(shape, angles, drift, rng):
    """As scipy does it at once, though slices are taken by the dozen."""
    pytest.importorskip("SimpleITK")
    image = rng.normal(0, 1, shape).astype(np.float32)
    motion = RigidMotion(np.array(angles), np.array(drift))
    found = motion.undo(image, 2)
    assert np.array_equal(found, motion.undo(image, 1))
    transform = motion.transform(shape)
    ends = [np.array(transform.TransformPoint(p))[::-1] for p in np.eye(len(shape))[::-1].tolist()]
    start = np.array(transform.TransformPoint([0.0] * len(shape)))[::-1]
    matrix = np.stack([end - start for end in ends], axis=1)
    expected = ndimage.affine_transform(image, matrix, offset=start, order=3, mode="mirror")
    seen = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1) @ matrix.T + start
    inner = ((seen > 8) & (seen < np.array(shape) - 9)).all(axis=-1)
    assert inner.any() or drift[0] == 30.0
    np.testing.assert_allclose(found[inner], expected[inner], atol=1e-4)


def test_small_pores_stay_as_large_where_frames_have_turned(rng):
    """Linear interpolation reads them a tenth too small."""
    pytest.importorskip("SimpleITK")
    centres, shape = rng.uniform(12, 48, (40, 3)), (60, 60, 60)
    motion = RigidMotion(np.array([0.0, 0.0, 0.02]), np.array([0.5, 0.4, 0.5]))

    def seen(place):
        at = [np.array(place(centre)) for centre in centres]
        z, y, x = np.ogrid[:60, :60, :60]
        away = np.min([(z - a) ** 2 + (y - b) ** 2 + (x - c) ** 2 for a, b, c in at], axis=0)
        return 200 / (1 + np.exp(-(np.sqrt(away) - 2.2) / 0.45))

    transform = motion.transform(shape)
    first = seen(lambda centre: centre)
    frame = seen(lambda centre: transform.TransformPoint(centre[::-1].tolist())[::-1])
    back = motion.undo(frame.astype(np.float32), 2)
    inner = (slice(4, -4),) * 3
    counts = [np.count_nonzero(image[inner] < 80) for image in (first, back)]
    assert counts[1] == pytest.approx(counts[0], rel=0.04)


def test_turning_back_keeps_whole_numbers_and_what_is_not_finite(rng):
    pytest.importorskip("SimpleITK")
    motion = RigidMotion(np.array([0.0, 0.0, 0.03]), np.array([0.5, 0.4, 0.5]))
    blocks = np.kron(rng.integers(0, 2, (5, 6, 7)), np.ones((6, 6, 6)))
    whole = motion.undo((255 * blocks).astype(np.uint8), 2)
    assert whole.dtype == np.uint8
    assert np.isin(whole, [0, 255]).mean() > 0.3  # and none has gone round: 256 is not 0
    apart = np.abs(whole.astype(float) - motion.undo(255 * blocks.astype(np.float32), 2))
    assert apart[apart < 100].size == apart.size
    holed = blocks.astype(np.float32)
    holed[20, 20, 20] = np.nan
    assert 1 <= np.isnan(motion.undo(holed, 2)).sum() <= 27
    thin = motion.undo(np.ones((3, 40, 40), np.float32), 2)
    np.testing.assert_allclose(thin, 1.0, atol=1e-6)


def test_where_nothing_has_turned_the_drift_is_that_of_translation(rng):
    """Half of what the region holds is a face that leaves it, which leads a correlation."""
    z = np.arange(70)[:, None, None]
    holes = ndimage.gaussian_filter((rng.random((70, 64, 64)) < 0.002).astype(np.float32), 1.5)
    solid = 100 - 2000 * holes + 120 / (1 + np.exp(-(z - 50.3) / 0.7))
    frames = [
        (moved + rng.normal(0, 2, solid.shape)).astype(np.float32)
        for moved in (solid, shifted(solid, (1.6, -0.7, 0.4)))
    ]
    roi = (slice(8, 51), slice(None), slice(None))
    found = [
        _last(DriftCorrector(roi=roi, method=method), frames) for method in ("translation", "rigid")
    ]
    np.testing.assert_array_equal(found[0].drift, found[1].drift)
    np.testing.assert_allclose(found[1].drift, (1.6, -0.7, 0.4), atol=0.1)


def _last(corrector, frames):
    return [corrector.correct(frame) for frame in frames][-1]


def test_without_simpleitk_the_mend_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    with pytest.raises(ModuleNotFoundError, match=r"'rigid' needs SimpleITK; run: pip install"):
        DriftCorrector(method="rigid")


def test_simpleitk_and_dask_are_loaded_only_when_asked_for():
    code = (
        "import crevasse.operando, sys; "
        "assert not {'SimpleITK', 'dask', 'distributed'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_votes_that_agree_sharply_win_over_more_that_agree_roughly(rng):
    sharp = np.column_stack([rng.normal(0.3, 0.01, 100), np.zeros(100)])
    rough = np.column_stack([rng.normal(-0.4, 0.12, 170), np.zeros(170)])
    shift = np.concatenate([sharp, rough])
    directions = np.tile(np.eye(2), (len(shift), 1, 1))
    surely = np.tile([1e4, 1e-9], (len(shift), 1))
    votes = Votes(shift, directions, surely, np.ones(len(shift)))
    np.testing.assert_allclose(votes.peaks()[0], (0.3, 0), atol=0.02)


@pytest.mark.parametrize("black", [0, -1000])
def test_grey_values_on_both_sides_of_a_zero_that_is_not_black_have_no_light(black, rng):
    """As CT numbers have: an offset is no change of light, and a ratio of them is no light."""
    void = rng.random((40, 50, 60)) < 0.2
    image = np.where(void, 0, 2000) + rng.normal(0, 150, void.shape)
    if black == 0:
        dimmed = match_light(0.8 * image, image)
        np.testing.assert_allclose(dimmed.mean(), image.mean(), rtol=1e-2)
    else:
        with pytest.raises(ValueError, match="0 be black"):
            match_light(0.8 * image + black, image + black)


@pytest.mark.parametrize("gone", [20, 45])
def test_light_is_matched_whatever_has_cracked(rng, gone):
    image = 200 + textured((100, 100), rng) / 10
    dimmed = 0.8 * (image + rng.normal(0, 4, image.shape))
    dimmed[30 : 30 + gone] = 5.0  # has gone dark
    matched = match_light(dimmed, image)
    sound = np.ones(image.shape, bool)
    sound[30 : 30 + gone] = False
    assert (matched[sound] / image[sound]).mean() == pytest.approx(1, abs=0.002)
    assert match_light(image.astype(np.uint8), image).dtype == np.uint8
    with pytest.raises(ValueError, match="image and reference must have positive grey"):
        match_light(np.zeros(image.shape), image)
    with pytest.raises(ValueError, match=r"reference's shape \(100, 100\), got \(4, 4\)"):
        match_light(np.zeros((4, 4)), image)
