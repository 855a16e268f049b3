"""What docs/thin_sheets.md says of distance and local thickness on slabs of known width."""

import numpy as np
import pytest

from crevasse import distance, local_thickness

from sheets import contrast, inner, plane


def ridge(distances, across):
    """Twice the largest distance of each column along the axis across the sheet."""
    return 2 * distances.max(axis=across)


@pytest.mark.parametrize("width", range(1, 9))
def test_twice_the_distance_along_an_axis_reads_one_more_if_the_width_is_odd(width):
    body = np.zeros((20, 30, 30), bool)
    body[5 : 5 + width] = True
    expected = width + 1 if width % 2 else width
    assert (ridge(distance(body), 0) == expected).all()


@pytest.fixture(scope="module")
def errors():
    """Of both, in voxels, for tilted blurred slabs cut at half contrast: by width, one a slab."""
    rng = np.random.default_rng(11)
    by_width = {}
    for width in (2.0, 3.0, 4.0, 5.5, 7.0, 8.0):
        both = []
        for normal in rng.normal(size=(8, 3)):
            mask = contrast((40, 40, 40), plane(normal, rng.uniform(-0.5, 0.5)), width) > 0.5
            across = int(np.argmax(np.abs(normal)))
            balls = local_thickness(mask)[inner(mask, 10)].mean()
            middle = ridge(distance(mask), across)[10:-10, 10:-10].mean()
            both.append((middle - width, balls - width))
        by_width[width] = np.array(both)
    return by_width


def test_local_thickness_reads_about_half_a_voxel_more_than_the_width(errors):
    for of_slabs in errors.values():
        assert 0.2 < of_slabs[:, 1].mean() < 0.9
    assert np.concatenate(list(errors.values()))[:, 1].mean() == pytest.approx(0.5, abs=0.1)


def test_half_a_voxel_less_is_right_to_half_a_voxel_on_most_slabs(errors):
    left = np.concatenate(list(errors.values()))[:, 1] - 0.5
    assert (np.abs(left) < 0.5).mean() > 0.9


def test_twice_the_distance_at_the_ridge_is_right_to_half_a_voxel_on_average(errors):
    for of_slabs in errors.values():
        assert -0.2 < of_slabs[:, 0].mean() < 0.5


def test_a_slab_narrower_than_its_blur_allows_is_missed_at_half_contrast():
    for normal in ((1, 0, 0), (1, 1, 1)):
        assert not (contrast((20, 20, 20), plane(normal), 1.0, sigma=0.85) > 0.5).any()
        assert (contrast((20, 20, 20), plane(normal), 2.0, sigma=0.85) > 0.5).any()
