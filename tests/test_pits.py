"""Faces as if cracks that are open at them were not there."""

import numpy as np
import pytest
from scipy import ndimage

from crevasse.operando import PhaseRule, segment_phases
from crevasse.operando.layers.pits import _running, without_pits


def face(shape, slope=0.1, rough=1.5):
    """Tilted, with waves of 20 columns."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    waves = rough * np.sin(2 * np.pi * y / 20) * np.sin(2 * np.pi * x / 20)
    return np.rint(40 + slope * y - slope * x + waves).astype(np.int32)


@pytest.mark.parametrize("flip", [False, True])
def test_narrow_pits_are_lifted_and_everything_else_stays(rng, flip):
    first = face((60, 64))
    pit = np.zeros(first.shape, dtype=bool)
    pit[10:44, 30:36] = pit[50, 5:20] = True  # one six columns wide, one of a single one
    deep = np.where(pit, first + rng.integers(15, 25, first.shape), first).astype(np.int32)
    deep[10:44, 29] += 4  # a side of it
    everywhere = np.ones(first.shape, dtype=bool)
    if flip:
        deep, first = deep[::-1, ::-1], first[::-1, ::-1]
    lifted = without_pits(deep, everywhere)
    assert np.abs(lifted - first).max() <= 3  # as much as the waves rise beside it
    aside = ~ndimage.binary_dilation(deep != first, iterations=3)
    np.testing.assert_array_equal(lifted[aside], first[aside])


def test_what_is_wider_than_deep_is_the_face():
    for first in (face((50, 50)), face((50, 50), rough=3), face((1, 80))):
        np.testing.assert_array_equal(without_pits(first, np.ones(first.shape, bool)), first)
    step = np.full((40, 40), 10, dtype=np.int32)
    step[:, 18:] = 30
    dent = np.full((40, 40), 10, dtype=np.int32)
    dent[10:30, 10:30] = 40  # 20 columns wide
    shallow = np.full((40, 40), 10, dtype=np.int32)
    shallow[:, 20:25] = 14  # 5 wide, 4 deep
    for first in (step, dent, shallow):
        np.testing.assert_array_equal(without_pits(first, np.ones(first.shape, bool)), first)


def test_columns_that_there_are_not_neither_count_nor_change():
    first = face((40, 40))
    crossed = np.ones(first.shape, dtype=bool)
    crossed[:, :9] = crossed[20:22] = False
    holes = np.where(crossed, first, 0).astype(np.int32)
    np.testing.assert_array_equal(without_pits(holes, crossed), holes)
    deep = holes.copy()
    deep[5:15, 20:23] += 20
    assert np.abs(without_pits(deep, crossed) - holes).max() <= 2
    nothing = np.zeros_like(crossed)
    np.testing.assert_array_equal(without_pits(holes, nothing), holes)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_crack_that_is_open_at_the_face_is_inside_and_not_above(axis):
    grey = np.full((30, 40, 40), 100, dtype=np.uint8)
    grey[:8] = 200
    grey[8:20, 10:30, 18:22] = 10
    grey[26:] = 10
    grey[20:26, 5:8, 5:30] = 10  # open at the other face
    rules = [
        PhaseRule("solid", low=60, high=150),
        PhaseRule("above", high=150, where="above:solid"),
        PhaseRule("crack", high=60, where="inside:solid"),
    ]
    phases = segment_phases(np.moveaxis(grey, 0, axis), rules, axis=axis)
    assert phases["above"].n_voxels == 0
    assert phases["crack"].n_voxels == 12 * 20 * 4 + 6 * 3 * 25


@pytest.mark.parametrize("width", [3, 5, 7, 11, 15, 31])
def test_running_extremes_are_those_of_scipy(rng, width):
    values = rng.integers(0, 50, (23, 17)).astype(np.int32)
    for axis in (0, 1):
        for extreme, filter1d, nothing in (
            (np.minimum, ndimage.minimum_filter1d, 99),
            (np.maximum, ndimage.maximum_filter1d, -1),
        ):
            expected = filter1d(values, width, axis=axis, mode="constant", cval=nothing)
            np.testing.assert_array_equal(_running(extreme, values, width, axis, nothing), expected)
