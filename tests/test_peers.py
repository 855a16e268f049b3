"""Equal to what others compute, where they are installed."""

import numpy as np
import pytest
from hypothesis import given

import crevasse

from reference import in_raster_order
from strategies import connectivities, label_images, masks, shapes_3d

cc3d = pytest.importorskip("cc3d")


@given(masks(shapes_3d), connectivities)
def test_components_of_a_mask_are_those_of_cc3d(mask, connectivity):
    if mask.size == 0:
        return  # refused there
    expected = in_raster_order(cc3d.connected_components(mask, connectivity=connectivity))
    np.testing.assert_array_equal(crevasse.label(mask, connectivity=connectivity).labels, expected)


@given(label_images(shapes_3d), connectivities)
def test_components_of_equal_value_are_those_of_cc3d(image, connectivity):
    if image.size == 0:
        return
    expected = in_raster_order(cc3d.connected_components(image, connectivity=connectivity))
    np.testing.assert_array_equal(crevasse.label(image, connectivity=connectivity).labels, expected)


@given(masks(shapes_3d))
def test_components_of_a_periodic_volume_are_those_of_cc3d(mask):
    if mask.size == 0:
        return
    expected = cc3d.connected_components(mask, connectivity=6, periodic_boundary=True)
    labels = crevasse.label(mask, connectivity=6, periodic=True).labels
    np.testing.assert_array_equal(labels, in_raster_order(expected))


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("connectivity", [6, 18, 26])
@pytest.mark.parametrize("density", [0.05, 0.3, 0.7])
def test_large_volumes_in_both_memory_orders(order, connectivity, density, rng):
    mask = np.asarray(rng.random((120, 130, 140)) < density, order=order)
    expected = in_raster_order(cc3d.connected_components(mask, connectivity=connectivity))
    result = crevasse.label(mask, connectivity=connectivity, n_threads=2)
    np.testing.assert_array_equal(result.labels, expected)


def test_region_statistics_are_those_of_cc3d(rng):
    labels = crevasse.label(rng.random((60, 70, 80)) < 0.1, connectivity=6).labels
    theirs = cc3d.statistics(labels)
    ours = crevasse.region_table(labels)
    np.testing.assert_array_equal(ours["n_voxels"], theirs["voxel_counts"][1:])
    for i, axis in enumerate("zyx"):
        np.testing.assert_allclose(
            ours[f"centroid_{axis}"], theirs["centroids"][1:, i], rtol=0, atol=1e-4
        )
        boxes = [box[i] for box in theirs["bounding_boxes"][1:]]
        np.testing.assert_array_equal(ours[f"{axis}_begin"], [b.start for b in boxes])
        np.testing.assert_array_equal(ours[f"{axis}_end"], [b.stop for b in boxes])
