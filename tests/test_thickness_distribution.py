import numpy as np
import pytest
from hypothesis import given

from crevasse import local_thickness, thickness_distribution

from strategies import masks


@given(masks())
def test_every_foreground_voxel_counts_by_its_volume(mask):
    spacing = (2.0, 0.5, 1.5)[-mask.ndim :]
    thickness = local_thickness(mask, spacing=spacing, border=True)
    found = thickness_distribution(thickness, spacing=spacing, quantiles=[0.25, 1])
    voxel = np.prod(spacing)
    values = thickness[mask].astype(float)
    assert found.total == pytest.approx(mask.sum() * voxel)
    assert found.volume.sum() == pytest.approx(found.total)
    assert found.n_infinite == 0
    if mask.any():
        assert found.fraction.sum() == pytest.approx(1)
        assert found.mean == pytest.approx(values.mean())
        assert found.std == pytest.approx(values.std())
        assert found.quantiles[1.0] == values.max() <= found.edges[-1]
        assert found.quantiles[0.25] == pytest.approx(np.quantile(values, 0.25))
    else:
        assert np.isnan([found.mean, found.std, found.quantiles[0.25]]).all()
        assert (found.fraction == 0).all()


def test_bins_are_a_voxel_wide_or_as_asked():
    thickness = np.array([[0, 1, 2.5, 4.0, np.nan, np.inf]], np.float32)
    found = thickness_distribution(thickness)
    assert found.edges.tolist() == [0, 1, 2, 3, 4]
    assert found.volume.tolist() == [0, 1, 1, 1]
    assert found.n_infinite == 1
    assert thickness_distribution(thickness, bins=2).volume.tolist() == [1, 2]
    asked = thickness_distribution(thickness, bins=[0, 2, 10], spacing=2)
    assert asked.volume.tolist() == [4, 8]


@pytest.mark.parametrize("spacing", [0.1, 0.13, 0.35, 0.65, 1.8, 3.0])
def test_whole_numbers_of_voxels_begin_a_bin_in_any_unit(spacing):
    steps = np.arange(1, 40, dtype=np.float64)
    found = thickness_distribution(np.float32(steps[None] * spacing), spacing=spacing)
    expected = [0] + [1] * 37 + [2]  # the greatest ends the last bin
    np.testing.assert_array_equal(np.rint(found.volume / spacing**2), expected)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"thickness": np.zeros(3)}, TypeError, "thickness must be a 2-D or 3-D array"),
        ({"thickness": np.zeros((2, 2), bool)}, TypeError, "got bool"),
        ({"bins": 0}, ValueError, "bins must be at least 1, got 0"),
        ({"bins": [0, 0]}, ValueError, "bins must be a number or rising edges"),
        ({"bins": "a"}, ValueError, "bins must be a number or rising edges, got 'a'"),
        ({"thickness": np.full((2, 2), 1e30)}, ValueError, r"bins must be given .* 1e\+30, is"),
        ({"quantiles": [2]}, ValueError, r"quantiles must lie in 0\.\.1, got \[2\]"),
        ({"spacing": 0}, ValueError, "spacing must be positive"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        thickness_distribution(**{"thickness": np.ones((2, 2)), **arguments})
