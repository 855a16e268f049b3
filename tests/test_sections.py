"""Sections that are kept of every frame: where they are, how they are turned, what they show."""

import pickle

import numpy as np
import pytest

from crevasse import RunVolume
from crevasse.operando.sections import SectionRecord

SHAPE = (10, 12, 14)


def block(shape, *ranges):
    return RunVolume.from_box(shape, tuple(slice(*r) for r in ranges))


def nothing(shape=SHAPE):
    return block(shape, *((0, 0) for _ in shape))


def raster(shape=SHAPE):
    return np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)


def one_frame(record, image=None, open_=None, old=None):
    shape = SHAPE if image is None else image.shape
    record.update(
        raster() if image is None else image, open_ or nothing(shape), old or nothing(shape)
    )
    return record.views()


def test_without_cracks_the_middle_of_the_region_is_shown():
    roi = slice(2, 8), slice(1, 6), slice(3, 13)
    along, upright = one_frame(SectionRecord(SHAPE, roi=roi, spacing=(2.0, 3.0, 5.0)))
    assert (along.axis, along.place, along.upright) == ("z", 5 * 2.0, False)
    assert (upright.axis, upright.place, upright.upright) == ("y", 3 * 3.0, True)
    np.testing.assert_array_equal(along.pictures[0].grey, raster()[5, 1:6, 3:13])
    np.testing.assert_array_equal(upright.pictures[0].grey, raster()[2:8, 3, 3:13])
    assert upright.pixel == (2.0, 5.0)


def test_the_plane_in_which_most_opened_is_shown():
    record = SectionRecord(SHAPE, planes={"z": [1, 4, 8], "y": [0, 6, 11]})
    pores = block(SHAPE, (4, 5), (6, 7), (0, 14))  # far more, but not new
    crack = block(SHAPE, (8, 9), (11, 12), (5, 7))
    record.update(raster(), pores, pores)
    record.update(raster(), pores | crack, pores)
    along, upright = record.views()
    assert (along.place, upright.place) == (8.0, 11.0)
    last = upright.pictures[1]
    expected = np.zeros((10, 14), bool)
    np.testing.assert_array_equal(last.preexisting.to_mask(), expected)
    expected[8, 5:7] = True
    np.testing.assert_array_equal(last.open.to_mask(), expected)


@pytest.mark.parametrize(
    ("top", "axis", "section"),
    [
        ("zmin", "y", lambda v: v[:, 6]),
        ("zmax", "y", lambda v: v[::-1, 6]),
        ("ymin", "z", lambda v: v[5]),
        ("ymax", "z", lambda v: v[5, ::-1]),
        ("xmin", "y", lambda v: v[:, 6].T),
        ("xmax", "y", lambda v: v[:, 6].T[::-1]),
    ],
)
def test_the_working_electrode_is_at_the_top_of_upright_sections(top, axis, section):
    crack = block(SHAPE, (0, 9), (2, 10), (1, 14))
    along, upright = one_frame(SectionRecord(SHAPE, top=top), open_=crack)
    assert along.axis == top[0]
    assert upright.axis == axis
    np.testing.assert_array_equal(upright.pictures[0].grey, section(raster()))
    np.testing.assert_array_equal(upright.pictures[0].open.to_mask(), section(crack.to_mask()))


def test_large_planes_become_means_and_thin_cracks_stay(rng):
    image = rng.integers(0, 2**16, (3, 50, 71), dtype=np.uint16)
    crack = block(image.shape, (1, 2), (0, 50), (70, 71))
    record = SectionRecord(image.shape, planes={"z": [1]}, longest=20, spacing=1.5)
    (view,) = one_frame(record, image, crack, crack)
    grey = view.pictures[0].grey
    assert grey.shape == (13, 18)
    assert grey.dtype == np.uint16
    assert view.pixel == (6.0, 6.0)
    assert grey[2, 3] == round(image[1, 8:12, 12:16].mean())
    assert grey[12, 17] == round(image[1, 48:, 68:].mean())  # what is left at the border
    expected = np.zeros((13, 18), bool)
    expected[:, 17] = True
    np.testing.assert_array_equal(view.pictures[0].open.to_mask(), expected)


def test_floats_keep_their_fractions():
    image = np.full((1, 40, 40), 0.25, np.float32)
    image[0, :2, :2] = [[0, 1], [1, 0]]
    (view,) = one_frame(SectionRecord(image.shape, planes={"z": [0]}, longest=20), image)
    assert view.pictures[0].grey[0, 0] == 0.5
    assert view.pictures[0].grey.dtype == np.float32


def test_an_image_is_its_own_section():
    image = raster((6, 7))
    record = SectionRecord((6, 7), roi=(slice(1, 5), slice(2, 7)))
    (view,) = one_frame(record, image, block((6, 7), (2, 3), (0, 7)))
    assert (view.axis, view.upright) == ("", False)
    np.testing.assert_array_equal(view.pictures[0].grey, image[1:5, 2:7])
    assert view.pictures[0].open.n_voxels == 5


def test_what_is_kept_does_not_hold_on_to_the_frame():
    image = raster()
    record = SectionRecord(SHAPE)
    (before, _) = (view.pictures[0].grey.copy() for view in one_frame(record, image))
    image[:] = 0
    np.testing.assert_array_equal(record.views()[0].pictures[0].grey, before)
    large = SectionRecord((64, 256, 256), longest=64)
    for _ in range(10):
        large.update(np.zeros((64, 256, 256), np.uint8), *[nothing((64, 256, 256))] * 2)
    assert len(pickle.dumps(large)) < 10 * 10 * 64 * 64 * 1.5


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"top": "up"}, "top must be one of zmin, .*, got 'up'"),
        ({"longest": 4}, "longest must be at least 16 pixels, got 4"),
        ({"planes": {"w": [1]}}, "planes must be slices along z, y or x, got w = 1"),
        ({"planes": {"y": [12]}}, "planes must be slices of 0 to 11 along z, y or x, got y = 12"),
        ({"planes": {"y": []}}, "planes must name at least one slice"),
    ],
)
def test_what_does_not_fit_is_told(wrong, problem):
    with pytest.raises(ValueError, match=problem):
        SectionRecord(SHAPE, **wrong)
