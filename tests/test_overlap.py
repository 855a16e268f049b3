import numpy as np
import pytest
from hypothesis import given

import crevasse
from crevasse import RunVolume

from reference import overlap_counts
from strategies import mask_pairs


def as_dict(pairs):
    return {
        (int(a), int(b)): int(n)
        for a, b, n in zip(pairs.label_a, pairs.label_b, pairs.n_voxels, strict=True)
    }


@given(mask_pairs())
def test_overlap_counts_every_shared_voxel(pair):
    a, b = (crevasse.label(mask, connectivity=6) for mask in pair)
    pairs = crevasse.overlap(a, b)
    assert as_dict(pairs) == overlap_counts(a.labels, b.labels)
    assert pairs.n_voxels.sum() == (pair[0] & pair[1]).sum()
    assert list(zip(pairs.label_a, pairs.label_b, strict=True)) == sorted(
        zip(pairs.label_a, pairs.label_b, strict=True)
    )


@given(mask_pairs())
def test_overlap_of_runs_is_that_of_dense_labels_and_is_symmetric(pair):
    dense = [crevasse.label(mask) for mask in pair]
    runs = [RunVolume.from_mask(mask).label() for mask in pair]
    expected = as_dict(crevasse.overlap(*dense))
    assert as_dict(crevasse.overlap(*runs)) == expected
    assert as_dict(crevasse.overlap(*reversed(runs))) == {
        (b, a): n for (a, b), n in expected.items()
    }


def test_many_pairs_are_the_same_for_every_number_of_threads(rng):
    a, b = rng.integers(0, 60, (2, 50, 60, 200), dtype=np.uint16)
    results = [crevasse.overlap(a, b, n_threads=n) for n in (1, 2, 7)]
    for result in results:
        for one, other in zip(result, results[0], strict=True):
            np.testing.assert_array_equal(one, other)
    histogram = np.histogram2d(a.ravel(), b.ravel(), bins=np.arange(61))[0][1:, 1:]
    np.testing.assert_array_equal(results[0].n_voxels, histogram[histogram > 0])


def test_labels_need_not_be_consecutive():
    a = np.array([[0, 2**63, 7]], dtype=np.uint64)
    b = np.array([[3, 3, 9]])
    assert as_dict(crevasse.overlap(a, b)) == {(7, 9): 1, (2**63, 3): 1}


def test_different_shapes_are_refused():
    with pytest.raises(
        ValueError, match=r"a and b must have the same shape, got \(2, 2\) and \(2, 3\)"
    ):
        crevasse.overlap(np.zeros((2, 2), int), np.zeros((2, 3), int))
