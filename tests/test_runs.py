import pickle

import numpy as np
import pytest
from chunked import Chunked
from hypothesis import given
from hypothesis import strategies as st
from skimage.filters import apply_hysteresis_threshold

import crevasse
from crevasse import RunVolume

from strategies import (
    connectivities,
    finite_floats,
    label_images,
    mask_pairs,
    masks,
    shapes,
    shapes_3d,
)


@given(masks())
def test_a_mask_comes_back_equal(mask):
    runs = RunVolume.from_mask(mask)
    np.testing.assert_array_equal(runs.to_mask(), mask)
    assert runs.shape == mask.shape
    assert runs.n_voxels == mask.sum()


@given(label_images())
def test_every_value_but_0_is_in_the_mask(image):
    np.testing.assert_array_equal(RunVolume.from_mask(image).to_mask(), image != 0)


@given(masks())
def test_runs_are_as_few_as_can_be(mask):
    starts = np.diff(mask.astype(np.int8), axis=-1, prepend=0) == 1
    assert RunVolume.from_mask(mask).n_runs == starts.sum()


@given(mask_pairs())
def test_set_operations_are_those_of_numpy(pair):
    a, b = pair
    runs_a, runs_b = map(RunVolume.from_mask, pair)
    for result, expected in (
        (runs_a & runs_b, a & b),
        (runs_a | runs_b, a | b),
        (runs_a - runs_b, a & ~b),
        (runs_a ^ runs_b, a ^ b),
        (~runs_a, ~a),
    ):
        np.testing.assert_array_equal(result.to_mask(), expected)
        # Equal sets have equal runs, however they were made.
        assert result == RunVolume.from_mask(expected)


def test_set_operations_are_the_same_for_volumes_that_take_many_threads(rng):
    a, b = rng.random((2, 60, 61, 300)) < 0.3
    np.testing.assert_array_equal(
        (RunVolume.from_mask(a) ^ RunVolume.from_mask(b)).to_mask(), a ^ b
    )


@given(mask_pairs())
def test_equality_and_hash_follow_the_voxels(pair):
    a, b = map(RunVolume.from_mask, pair)
    assert (a == b) == np.array_equal(*pair)
    again = RunVolume.from_mask(pair[0].copy())
    assert a == again
    assert hash(a) == hash(again)


def test_volumes_of_other_shape_or_type_are_not_equal():
    flat = RunVolume.from_mask(np.ones((2, 3), bool))
    assert flat != RunVolume.from_mask(np.ones((3, 2), bool))
    assert flat != RunVolume.from_mask(np.ones((1, 2, 3), bool))
    assert flat != "runs"


@given(masks())
def test_pickle_gives_the_same_volume(mask):
    runs = RunVolume.from_mask(mask)
    assert pickle.loads(pickle.dumps(runs)) == runs


def test_damaged_runs_are_refused_when_unpickled():
    runs = RunVolume.from_mask(np.ones((2, 3), bool))
    rebuild, (shape, row_begin, edges, ndim) = runs.__reduce__()
    edges[0] = (2, 9)
    with pytest.raises(ValueError, match="runs are damaged"):
        rebuild(shape, row_begin, edges, ndim)


GREY = ["u1", "i2", "u2", "i4", "u4", "f4", "f8"]


@given(st.data(), st.sampled_from(GREY), shapes)
def test_threshold_takes_exactly_the_closed_window(data, dtype, shape):
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    image = (rng.normal(size=shape) * 50 + (100 if dtype[0] == "u" else 0)).astype(dtype)
    bound = st.one_of(st.none(), finite_floats, st.integers(-300, 300), st.just(0.1))
    low, high = data.draw(bound), data.draw(bound)
    if low is None and high is None:
        low = 3
    if low is not None and high is not None and float(low) > float(high):
        low, high = high, low
    expected = np.ones(shape, dtype=bool)
    exact = image.astype(np.float64)
    if low is not None:
        expected &= exact >= float(low)
    if high is not None:
        expected &= exact <= float(high)
    np.testing.assert_array_equal(RunVolume.from_threshold(image, low, high).to_mask(), expected)


@pytest.mark.parametrize("n_threads", [1, 3])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "f4"])
def test_several_windows_are_those_of_each_alone(dtype, n_threads, rng):
    image = rng.integers(0, 100, (13, 60, 210)).astype(dtype)
    windows = [(None, 40), (20.5, 60), (60, None), (20.5, 60), (30, 30)]
    for roi in (None, image > 20, (slice(2, 9), slice(None), slice(5, 100))):
        found = RunVolume.from_windows(image, windows, roi=roi, n_threads=n_threads)
        assert found == [RunVolume.from_threshold(image, *w, roi=roi) for w in windows]
    assert RunVolume.from_windows(image[0], [(3, 50)])[0].shape == (60, 210)
    assert RunVolume.from_windows(image, []) == []
    with pytest.raises(ValueError, match="low must not be above high, got 2 and 1"):
        RunVolume.from_windows(image, [(1, 2), (2, 1)])


def test_several_windows_of_a_volume_on_disk_read_it_once(rng, monkeypatch):
    monkeypatch.setattr("crevasse._slabs._SLAB_BYTES", 4 * 20 * 70)
    grey = rng.integers(0, 255, (23, 20, 70), dtype=np.uint8)
    source = Chunked(grey, 3)
    windows = [(None, 90), (50, 200), (200, None)]
    assert RunVolume.from_windows(source, windows) == RunVolume.from_windows(grey, windows)
    assert sum(source.read) == len(grey)


def test_a_float32_window_is_not_rounded():
    tenth = np.float32(0.1)  # above 0.1
    image = np.array([[np.nextafter(tenth, np.float32(0)), tenth]], dtype=np.float32)
    assert RunVolume.from_threshold(image, low=0.1).to_mask().tolist() == [[False, True]]
    assert RunVolume.from_threshold(image, high=0.1).to_mask().tolist() == [[True, False]]


@given(mask_pairs())
def test_region_of_interest_as_mask_or_runs_keeps_what_lies_inside(pair):
    mask, roi = pair
    image = mask.astype(np.float32)
    for region in (roi, RunVolume.from_mask(roi)):
        result = RunVolume.from_threshold(image, low=0.5, roi=region)
        np.testing.assert_array_equal(result.to_mask(), mask & roi)


def test_region_of_interest_as_slices(rng):
    image = rng.random((6, 7, 80)).astype(np.float32)
    box = (slice(1, -1), slice(None, 3), slice(60, 200))
    expected = np.zeros(image.shape, bool)
    expected[box] = image[box] >= 0.5
    np.testing.assert_array_equal(
        RunVolume.from_threshold(image, low=0.5, roi=box).to_mask(), expected
    )
    assert RunVolume.from_box((4, 5), (slice(3, 1), slice(None))).n_voxels == 0


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_nan_inside_the_region_is_refused_with_its_position(dtype):
    image = np.zeros((3, 4, 70), dtype=dtype)
    image[1, 2, 65] = np.nan
    with pytest.raises(ValueError, match=r"NaN, got one at \(z, y, x\) = \(1, 2, 65\)"):
        RunVolume.from_threshold(image, low=0.5)
    beside = np.ones(image.shape, bool)
    beside[1, 2, 65] = False
    assert RunVolume.from_threshold(image, high=0.5, roi=beside).n_voxels == beside.sum()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "low and high must not both be None"),
        ({"low": 2, "high": 1}, ValueError, "low must not be above high, got 2 and 1"),
        ({"low": float("nan")}, ValueError, "low must be a number, got nan"),
        ({"image": np.zeros((2, 2), np.float16), "low": 1}, TypeError, "got float16; convert it"),
        ({"image": np.zeros((2, 2), np.uint64), "low": 1}, TypeError, "got uint64"),
        ({"low": 1, "roi": np.ones((3, 2), bool)}, ValueError, "image and roi must have the same"),
        ({"low": 1, "roi": (slice(0, 1),)}, ValueError, "roi must hold a slice .* each of 2 axes"),
    ],
)
def test_bad_thresholds_are_refused_in_one_line(arguments, error, message):
    arguments = {"image": np.zeros((2, 2), np.float32), **arguments}
    with pytest.raises(error, match=message):
        RunVolume.from_threshold(**arguments)


def test_numpy_sees_the_mask(rng):
    mask = rng.random((4, 5, 70)) > 0.5
    runs = RunVolume.from_mask(mask)
    np.testing.assert_array_equal(np.asarray(runs), mask)
    assert np.asarray(runs, dtype=np.uint8).dtype == np.uint8
    assert np.count_nonzero(runs) == mask.sum()
    with pytest.raises(ValueError, match="no array to share"):
        runs.__array__(copy=False)
    assert (runs == mask) is False
    for combine in (lambda: runs & mask, lambda: mask & runs):
        with pytest.raises(TypeError, match="RunVolume"):
            combine()


def test_what_is_wrong_with_regions_and_windows_is_told_by_name(rng):
    image = rng.random((4, 5)).astype(np.float32)
    with pytest.raises(TypeError, match="roi must be bool or integer"):
        RunVolume.from_threshold(image, 0.5, roi=image)
    for windows in ((0.5, None), [(0.1, 0.2, 0.3)]):
        with pytest.raises(ValueError, match=r"windows must be pairs of bounds \(low, high\)"):
            RunVolume.from_windows(image, windows)


def test_volumes_of_different_shape_do_not_combine():
    with pytest.raises(ValueError, match=r"must have the same shape, got \(1, 2\) and \(2, 1\)"):
        _ = RunVolume.from_mask(np.ones((1, 2), bool)) | RunVolume.from_mask(np.ones((2, 1), bool))
    with pytest.raises(TypeError):
        _ = RunVolume.from_mask(np.ones((1, 2), bool)) | np.ones((1, 2), bool)


@given(masks(), connectivities)
def test_labelling_runs_is_labelling_the_mask(mask, connectivity):
    labeling = RunVolume.from_mask(mask).label(connectivity)
    expected = crevasse.label(mask, connectivity=connectivity)
    assert labeling.count == expected.count
    np.testing.assert_array_equal(labeling.to_labels(), expected.labels)


@given(masks(), st.randoms(use_true_random=False))
def test_select_keeps_exactly_the_named_components(mask, random):
    labeling = RunVolume.from_mask(mask).label(6)
    keep = np.array([random.random() < 0.5 for _ in range(labeling.count)], dtype=bool)
    expected = np.isin(labeling.to_labels(), np.flatnonzero(keep) + 1)
    np.testing.assert_array_equal(labeling.select(keep).to_mask(), expected)
    np.testing.assert_array_equal(labeling.select(np.flatnonzero(keep) + 1).to_mask(), expected)


@given(masks(), st.integers(0, 2**32 - 1))
def test_overlapping_are_the_components_that_share_a_voxel(mask, seed):
    voxels = np.random.default_rng(seed).random(mask.shape) < 0.2
    labeling = RunVolume.from_mask(mask).label()
    expected = np.isin(np.arange(1, labeling.count + 1), labeling.to_labels()[voxels])
    other = RunVolume.from_mask(voxels)
    np.testing.assert_array_equal(labeling.overlapping(other), expected)
    np.testing.assert_array_equal(labeling.overlapping(other.label()), expected)


def test_overlapping_refuses_another_shape():
    labeling = RunVolume.from_mask(np.ones((2, 3), bool)).label()
    with pytest.raises(ValueError, match="labeling and voxels"):
        labeling.overlapping(RunVolume.from_mask(np.ones((3, 2), bool)))


@pytest.mark.parametrize(
    ("keep", "error", "message"),
    [
        ([3], ValueError, r"labels 1\.\.2"),
        ([0], ValueError, r"labels 1\.\.2"),
        ([True], ValueError, "keep must hold 2 bools"),
        ([1.0], TypeError, "got float64"),
    ],
)
def test_select_refuses_labels_that_are_not_there(keep, error, message):
    labeling = RunVolume.from_mask(np.array([[1, 0, 1]])).label()
    with pytest.raises(error, match=message):
        labeling.select(np.array(keep))


def test_plane_is_the_slice(rng):
    mask = rng.random((4, 5, 70)) < 0.4
    runs = RunVolume.from_mask(mask)
    for z in range(4):
        np.testing.assert_array_equal(runs.plane(z).to_mask(), mask[z])
    with pytest.raises(ValueError, match=r"z must lie in 0\.\.3, got 4"):
        runs.plane(4)


@pytest.mark.parametrize("shape", [(30, 90), (9, 20, 70)])
def test_hysteresis_is_that_of_scikit_image(shape, rng):
    image = rng.random(shape)
    # theirs takes values above, ours values from the bounds on; random doubles never meet them
    for low, high in ((0.5, 0.99), (0.2, 0.5), (0.9, 0.95)):
        expected = apply_hysteresis_threshold(image, low, high)
        connectivity = 6  # theirs joins faces
        result = crevasse.hysteresis(image, low, high, connectivity=connectivity)
        np.testing.assert_array_equal(result.to_mask(), expected)
    with pytest.raises(ValueError, match="low must not be above high"):
        crevasse.hysteresis(image, 2, 1)


@given(masks(), st.data())
def test_a_cropped_volume_is_the_cropped_mask(mask, data):
    box = tuple(
        slice(*sorted((data.draw(st.integers(0, n)), data.draw(st.integers(0, n)))))
        for n in mask.shape
    )
    np.testing.assert_array_equal(RunVolume.from_mask(mask).crop(box).to_mask(), mask[box])


@given(masks(), st.data())
def test_a_shifted_volume_loses_what_leaves_and_gains_nothing(mask, data):
    offset = tuple(data.draw(st.integers(-n - 1, n + 1)) for n in mask.shape)
    padded = np.pad(mask, [(n + 1, n + 1) for n in mask.shape])
    inner = tuple(slice(n + 1, 2 * n + 1) for n in mask.shape)
    expected = np.roll(padded, offset, axis=tuple(range(mask.ndim)))[inner]
    np.testing.assert_array_equal(RunVolume.from_mask(mask).shift(offset).to_mask(), expected)


@pytest.mark.parametrize("chunk", [1, 3, 50])
def test_a_volume_on_disk_is_read_slab_by_slab(chunk, rng, monkeypatch):
    monkeypatch.setattr("crevasse._slabs._SLAB_BYTES", 4 * 20 * 70)
    grey = rng.integers(0, 255, (23, 20, 70), dtype=np.uint8)
    roi = (slice(2, 20), slice(3, 18), slice(5, 66))
    source = Chunked(grey, chunk)
    assert RunVolume.from_threshold(source, 100, 200) == RunVolume.from_threshold(grey, 100, 200)
    assert max(source.read) <= max(4, chunk)
    for region in (roi, RunVolume.from_box(grey.shape, roi)):
        expected = RunVolume.from_threshold(grey, low=90, roi=region)
        assert RunVolume.from_threshold(source, low=90, roi=region) == expected
    assert RunVolume.from_mask(Chunked(grey > 128, chunk)) == RunVolume.from_mask(grey > 128)
    assert RunVolume.from_mask(Chunked(grey[:0], chunk)).shape == (0, 20, 70)


def test_a_nan_on_disk_is_named_where_it_is_in_the_whole_volume(monkeypatch):
    monkeypatch.setattr("crevasse._slabs._SLAB_BYTES", 1)
    grey = np.zeros((9, 4, 5), np.float32)
    grey[7, 2, 3] = np.nan
    with pytest.raises(ValueError, match=r"got one at \(z, y, x\) = \(7, 2, 3\)"):
        RunVolume.from_threshold(Chunked(grey, 2), low=1)


def test_a_memory_map_in_another_byte_order_is_read_slab_by_slab(tmp_path, rng, monkeypatch):
    monkeypatch.setattr("crevasse._slabs._SLAB_BYTES", 1)
    grey = rng.integers(0, 1000, (5, 6, 70)).astype(">u2")
    grey.tofile(tmp_path / "grey.raw")
    mapped = np.memmap(tmp_path / "grey.raw", dtype=">u2", mode="r", shape=grey.shape)
    assert RunVolume.from_threshold(mapped, 500) == RunVolume.from_threshold(grey, 500)


@given(masks(shapes_3d), st.data())
def test_slabs_put_together_are_the_volume(mask, data):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(mask)), max_size=3)))
    parts = np.split(mask, cuts)
    assert RunVolume.concatenate(map(RunVolume.from_mask, parts)) == RunVolume.from_mask(mask)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "volumes must hold at least one"),
        ([(1, 2, 3), (1, 3, 2)], r"volumes must agree in y and x, got \(2, 3\) and \(3, 2\)"),
        ([(2, 3)], r"volumes must be \(z, y, x\), got an image"),
    ],
)
def test_volumes_that_cannot_be_stacked_are_refused(parts, message):
    with pytest.raises(ValueError, match=message):
        RunVolume.concatenate(RunVolume.from_box(shape) for shape in parts)


@pytest.mark.parametrize(
    ("shape", "spacing", "centre"),
    [
        ((4, 30, 40), 1.0, None),
        ((3, 21, 70), (9.0, 1.5, 0.5), (12.0, 20.0)),
        ((25, 26), (2.0, 1.0), (-3.0, 4.0)),
    ],
)
def test_a_cylinder_is_a_disc_in_every_slice(shape, spacing, centre):
    lengths = np.broadcast_to(spacing, len(shape))[-2:]
    middle = (np.array(shape[-2:]) - 1) / 2 * lengths if centre is None else np.array(centre)
    y, x = (np.indices(shape)[-2:].T * lengths - middle).T
    volume = RunVolume.from_cylinder(shape, 18.0, centre=centre, spacing=spacing)
    np.testing.assert_array_equal(volume.to_mask(), y**2 + x**2 <= 81)


def test_a_cylinder_without_width_is_refused():
    with pytest.raises(ValueError, match="diameter must be positive and finite, got 0"):
        RunVolume.from_cylinder((3, 4, 5), 0)


@given(masks(), st.integers(0, 3))
def test_the_bounding_box_holds_all_voxels_and_no_empty_face(mask, margin):
    runs = RunVolume.from_mask(mask)
    box = runs.bounding_box()
    assert runs.crop(box).n_voxels == runs.n_voxels
    if mask.any():
        expected = [(int(i.min()), int(i.max()) + 1) for i in np.nonzero(mask)]
        assert [(part.start, part.stop) for part in box] == expected
        wider = runs.bounding_box(margin=margin)
        for part, (a, b), n in zip(wider, expected, mask.shape, strict=True):
            assert (part.start, part.stop) == (max(0, a - margin), min(n, b + margin))
    else:
        assert box == (slice(0, 0),) * mask.ndim
