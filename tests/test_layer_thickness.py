import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import RunVolume, layer_thickness

from reference import layers_along
from strategies import masks


@given(masks(), st.integers(-3, 2))
def test_map_and_layers_are_the_column_sums(mask, axis):
    if not -mask.ndim <= axis < mask.ndim:
        axis = 0
    spacing = (2.5, 0.5, 1.5)[-mask.ndim :]
    result = layer_thickness(mask, axis=axis, spacing=spacing)
    expected = mask.sum(axis=axis) * spacing[axis]
    np.testing.assert_array_equal(result.map, expected)
    np.testing.assert_array_equal(result.n_layers, layers_along(mask, axis))
    assert result.n_columns == expected.size
    if expected.size:
        assert result.mean == pytest.approx(expected.mean())
        assert result.std == pytest.approx(expected.std())
        assert result.coverage == pytest.approx((expected > 0).mean())
    else:
        assert np.isnan([result.mean, result.std, result.coverage]).all()


def test_volume_is_mean_thickness_times_area(rng):
    mask = rng.random((30, 40, 300)) < 0.3
    for axis in range(3):
        result = layer_thickness(RunVolume.from_mask(mask), axis=axis)
        assert result.map.sum() == mask.sum()


def test_columns_outside_the_region_do_not_count(rng):
    mask = rng.random((9, 20, 30)) < 0.5
    disc = np.hypot(*np.ogrid[-9.5:10.5, -14.5:15.5]) < 8
    result = layer_thickness(mask, spacing=1.7, roi=disc)
    sums = mask.sum(axis=0) * 1.7
    assert result.n_columns == disc.sum()
    assert result.mean == pytest.approx(sums[disc].mean())
    assert np.isnan(result.map[~disc]).all()
    assert (result.n_layers[~disc] == 0).all()


@pytest.mark.parametrize("thickness", [1, 4, 7])
def test_a_flat_layer_has_its_thickness_and_no_spread(thickness):
    mask = np.zeros((12, 10, 70), bool)
    mask[3 : 3 + thickness] = True
    result = layer_thickness(mask, spacing=1.8)
    assert result.mean == pytest.approx(1.8 * thickness)
    assert result.std == pytest.approx(0, abs=1e-12)
    assert (result.n_layers == 1).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"axis": 3}, ValueError, r"axis must lie in -3\.\.2 for a 3-D mask, got 3"),
        ({"axis": 0.0}, ValueError, "axis must lie"),
        ({"mask": np.zeros((2, 2, 2))}, TypeError, "mask must be bool or integer"),
        (
            {"roi": np.ones((2, 3), bool)},
            ValueError,
            "the map of columns and roi must have the same",
        ),
        ({"roi": np.ones((2, 2))}, TypeError, "roi must be bool or integer, got float64"),
        ({"spacing": 0}, ValueError, "spacing must be positive"),
    ],
)
def test_bad_arguments_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        layer_thickness(**{"mask": np.zeros((2, 2, 2), bool), **arguments})
