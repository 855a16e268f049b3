import numpy as np
import pytest
from hypothesis import given
from scipy import ndimage

import crevasse
from crevasse import RunVolume

from reference import offsets, scipy_labels
from strategies import connectivities, mask_pairs, masks


def structure(connectivity, ndim):
    result = np.zeros((3,) * ndim, bool)
    result[(1,) * ndim] = True
    for offset in offsets(connectivity, ndim):
        result[tuple(1 + o for o in offset)] = True
    return result


@given(masks(), connectivities)
def test_what_is_kept_by_size_is_what_counting_keeps(mask, connectivity):
    labels = scipy_labels(mask, connectivity)
    sizes = np.bincount(labels.reshape(-1), minlength=labels.max(initial=0) + 1)
    sizes[0] = 0
    volume = RunVolume.from_mask(mask)
    kept = crevasse.remove_small(volume, 3, connectivity=connectivity)
    np.testing.assert_array_equal(kept.to_mask(), sizes[labels] >= 3)
    for n in (0, 1, 2):
        largest = 1 + np.argsort(-sizes[1:], kind="stable")[:n]
        kept = crevasse.keep_largest(volume, n, connectivity=connectivity)
        np.testing.assert_array_equal(kept.to_mask(), np.isin(labels, largest))


@given(mask_pairs(), connectivities)
def test_what_connects_to_seeds_is_every_component_with_a_seed(pair, connectivity):
    mask, seeds = pair
    labels = scipy_labels(mask, connectivity)
    expected = np.isin(labels, np.setdiff1d(labels[seeds], [0]))
    kept = crevasse.connected_to(
        RunVolume.from_mask(mask), RunVolume.from_mask(seeds), connectivity=connectivity
    )
    np.testing.assert_array_equal(kept.to_mask(), expected)


@given(masks(), connectivities)
def test_cavities_are_filled_as_scipy_fills_them(mask, connectivity):
    background = 26 if connectivity == 6 else 6
    expected = mask
    if mask.size:
        expected = ndimage.binary_fill_holes(mask, structure(background, mask.ndim))
    filled = crevasse.fill_cavities(RunVolume.from_mask(mask), connectivity=connectivity)
    np.testing.assert_array_equal(filled.to_mask(), expected)


@given(masks(), connectivities)
def test_a_volume_percolates_where_a_label_lies_in_both_faces(mask, connectivity):
    labels = scipy_labels(mask, connectivity)
    for axis in range(mask.ndim):
        faces = [np.unique(f) for f in (labels.take(i, axis) for i in (0, -1))] if mask.size else []
        both = mask.size > 0 and np.intersect1d(*faces).max(initial=0) > 0
        found = crevasse.percolates(RunVolume.from_mask(mask), axis, connectivity=connectivity)
        assert found == both


@given(masks(), connectivities)
def test_one_voxel_is_added_and_worn_away_as_scipy_does(mask, connectivity):
    volume, element = RunVolume.from_mask(mask), structure(connectivity, mask.ndim)
    grown = volume.dilate(connectivity)
    worn = volume.erode(connectivity)
    if mask.size:
        np.testing.assert_array_equal(grown.to_mask(), ndimage.binary_dilation(mask, element))
        np.testing.assert_array_equal(
            worn.to_mask(), ndimage.binary_erosion(mask, element, border_value=1)
        )
    assert (worn - volume).n_voxels == (volume - grown).n_voxels == 0


@pytest.mark.parametrize("n_threads", [1, 2, 3, 7])
def test_dilation_is_the_same_for_every_number_of_threads(n_threads, rng):
    mask = rng.random((60, 70, 90)) < 0.2
    expected = ndimage.binary_dilation(mask, structure(18, 3))
    grown = RunVolume.from_mask(mask).dilate(18, n_threads=n_threads)
    np.testing.assert_array_equal(grown.to_mask(), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda v: crevasse.keep_largest(v, -1), "n must be a whole number of at least 0, got -1"),
        (lambda v: crevasse.percolates(v, 2), r"axis must lie in -2..1, got 2"),
        (lambda v: crevasse.remove_small(v, 1, connectivity=5), "connectivity must be 4 or 8"),
        (lambda v: crevasse.connected_to(v, RunVolume.from_box((1, 2))), "volume and seeds must"),
        (lambda v: v.shift((1,)), "offset must be one integer per axis"),
        (lambda v: v.crop((slice(0, 1),)), "box must hold a slice without step for each of 2"),
    ],
)
def test_bad_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(RunVolume.from_box((3, 4)))


@pytest.mark.parametrize("least", [1.5, -1, float("nan"), "a", None])
def test_the_least_size_is_a_whole_number(least):
    with pytest.raises(ValueError, match="min_voxels must be a whole number of at least 0"):
        crevasse.remove_small(np.ones((2, 3), bool), least)
