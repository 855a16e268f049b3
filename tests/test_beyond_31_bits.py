"""Distances and thickness of volumes of more than 2^31 voxels; pytest -m slow, about 12 GB."""

import numpy as np
import pytest
from scipy import ndimage

from crevasse import RunVolume, distance, geodesic_distance, local_thickness

COPIES = 33


@pytest.fixture(scope="module")
def slab():
    """A busy slab of which the first and last slices are background, so that copies are apart."""
    field = ndimage.gaussian_filter(
        np.random.default_rng(3).standard_normal((62, 1024, 1024), np.float32), 3
    )
    mask = np.zeros((64, 1024, 1024), bool)
    mask[1:-1] = field > 1.5 * field.std()
    return mask


@pytest.mark.slow
@pytest.mark.parametrize("kernel", [distance, local_thickness])
def test_copies_of_a_slab_read_the_same_beyond_voxel_2_to_the_31(slab, kernel):
    expected = kernel(slab)
    volume = RunVolume.concatenate([RunVolume.from_mask(slab)] * COPIES)
    assert np.prod(volume.shape) > 2**31
    found = kernel(volume)
    for k in range(COPIES):
        np.testing.assert_array_equal(found[64 * k : 64 * (k + 1)], expected)


@pytest.mark.slow
def test_paths_lead_beyond_voxel_2_to_the_31():
    shape = (2100, 1024, 1024)
    line = RunVolume.from_box(shape, (slice(None), slice(1023, 1024), slice(1023, 1024)))
    seed = RunVolume.from_box(shape, (slice(0, 1), slice(None), slice(None)))
    found = geodesic_distance(line, seed)[:, 1023, 1023]
    np.testing.assert_array_equal(found, np.arange(2100, dtype=np.float32))
