import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crevasse
from crevasse import RunVolume, Tracker
from crevasse.tracking import crack_orientation, orientation_histogram

from strategies import masks


def normals(n, ndim=3):
    """Unit vectors in all directions, the same each time."""
    vectors = np.random.default_rng(7).normal(size=(n, ndim))
    return vectors / np.linalg.norm(vectors, axis=1)[:, None]


def disc(normal, thickness, *, radius=20.0, size=48, spacing=1.0, offset=0.3):
    """A round sheet (in 2-D, a rod) in the volume's middle."""
    lengths = np.broadcast_to(spacing, (len(normal),))
    at = np.meshgrid(*((np.arange(size) - size / 2 + offset) * s for s in lengths), indexing="ij")
    away = sum(n * x for n, x in zip(normal, at, strict=True))
    return (np.abs(away) < thickness / 2) & (sum(x**2 for x in at) - away**2 < radius**2)


def only_row(table):
    (row,) = table.rows()
    return row


@pytest.mark.parametrize("thickness", [2, 3, 4, 6])
def test_tilted_sheets_have_their_normal_area_and_anisotropy(thickness):
    faces, rim = 2 * np.pi * 20**2, 2 * np.pi * 20 * thickness
    for normal in normals(8):
        row = only_row(crack_orientation(disc(normal, thickness), axis=normal))
        assert row["angle"] < 0.5
        assert 0.96 < row["area"] / (faces + rim) < 0.99
        assert abs(row["anisotropy"] - (faces - rim / 2) / (faces + rim)) < 0.025


@pytest.mark.parametrize(("spacing", "most"), [((1.5, 1, 1), 1.5), ((2, 1, 1), 3), ((1, 1, 2), 3)])
@pytest.mark.parametrize("thickness", [3, 6])
def test_with_flat_voxels_too(spacing, most, thickness):
    for normal in normals(8):
        sheet = disc(normal, thickness, spacing=spacing)
        row = only_row(crack_orientation(sheet, axis=normal, spacing=spacing))
        assert row["angle"] < most


def test_sheets_along_the_axes_are_exact():
    for axis in range(3):
        sheet = np.zeros((12, 12, 12), bool)
        sheet[(slice(None),) * axis + (slice(4, 7),)] = True
        spacing = (1.0, 2.0, 3.0)
        row = only_row(crack_orientation(sheet, axis="zyx"[axis], spacing=spacing))
        assert row["angle"] == pytest.approx(0, abs=1e-6)
        sides = [12 * s for i, s in enumerate(spacing) if i != axis]
        assert row["area"] == pytest.approx(2 * sides[0] * sides[1], rel=0.01)
        assert row["anisotropy"] == pytest.approx(1, abs=0.01)


def test_lines_in_images_have_their_normal_and_length():
    for normal in normals(10, 2):
        row = only_row(crack_orientation(disc(normal, 3), axis=normal))
        assert row["angle"] < 1.5
        assert 0.95 < row["length"] / (2 * 40 + 2 * 3) < 1.03
        assert abs(row["anisotropy"] - 80 / 86 + 6 / 86) < 0.06


def test_balls_have_no_direction():
    at = np.mgrid[:48, :48, :48] - 23.5
    ball = (at**2).sum(axis=0) < 18**2
    row = only_row(crack_orientation(ball))
    assert abs(row["anisotropy"]) < 0.01
    assert row["area"] == pytest.approx(4 * np.pi * 18**2, rel=0.01)
    assert row["area"] == pytest.approx(
        crevasse.region_table(ball, surface=True)["surface_area"][0], rel=1e-3
    )


@given(masks(), st.permutations([0, 1, 2]))
def test_turned_volumes_have_turned_normals(mask, order):
    order = [axis for axis in order if axis < mask.ndim]
    before = crack_orientation(mask, axis=(1.0,) * mask.ndim)
    after = crack_orientation(mask.transpose(order), axis=(1.0,) * mask.ndim)
    np.testing.assert_allclose(before["anisotropy"], after["anisotropy"], atol=1e-9)
    if len(before) and before["anisotropy"][0] > 0.2:
        names = "zyx"[-mask.ndim :]
        turned = [before[f"normal_{names[i]}"][0] for i in order]
        own = [after[f"normal_{name}"][0] for name in names]
        assert abs(np.dot(turned, own)) > 1 - 1e-6


def test_cracks_go_on_beyond_the_border():
    sheet = np.zeros((9, 12, 12), np.uint8)
    sheet[4:6] = 3
    row = only_row(crack_orientation(sheet, axis=(1, 1, 0)))
    assert row["label"] == 3
    assert row["normal_z"] == 1
    assert row["angle"] == pytest.approx(45)
    full = only_row(crack_orientation(np.ones((4, 4, 4), bool)))
    assert full["area"] == 0
    assert np.isnan([full["normal_z"], full["anisotropy"], full["angle"]]).all()


def test_every_kind_of_labels_gives_the_same(rng):
    mask = rng.random((12, 13, 14)) < 0.15
    labeling = crevasse.label(mask)
    expected = crack_orientation(labeling)
    assert crack_orientation(labeling.labels) == expected
    assert crack_orientation(labeling.labels.astype(np.int64)) == expected
    assert crack_orientation(RunVolume.from_mask(mask).label()) == expected
    result = Tracker().update(mask)
    of_frame = crack_orientation(result)
    np.testing.assert_array_equal(of_frame["crack"], result.crack_ids)
    np.testing.assert_array_equal(of_frame["area"], expected["area"])
    assert crack_orientation(RunVolume.from_mask(mask)) == crack_orientation(mask)


def test_histograms_put_tilted_sheets_at_their_angle():
    for normal in normals(6):
        axis = normals(1)[0]
        angle = np.degrees(np.arccos(abs(normal @ axis)))
        at = np.mgrid[:48, :48, :48] - 23.4
        sheet = np.abs(np.tensordot(normal, at, 1)) < 1.5
        histogram = orientation_histogram(sheet, axis=axis, bins=45)
        assert histogram.area.sum() == pytest.approx(histogram.total_area)
        assert abs(histogram.mean_angle - angle) < 1.5
        middle = (histogram.edges[1:] + histogram.edges[:-1]) / 2
        assert histogram.area[np.abs(middle - angle) < 5].sum() > 0.95 * histogram.total_area


def test_a_ball_has_normals_at_random():
    at = np.mgrid[:80, :80, :80] - 39.6
    histogram = orientation_histogram((at**2).sum(axis=0) < 36**2, axis="y", patch=6, bins=6)
    expected = -np.diff(np.cos(np.radians(histogram.edges)))
    np.testing.assert_allclose(histogram.area / histogram.total_area, expected, atol=0.03)
    assert histogram.mean_angle == pytest.approx(57.3, abs=1)
    assert abs(histogram.order) < 0.02


def test_bent_cracks_are_seen_piece_by_piece():
    bent = np.zeros((40, 40, 40), bool)
    bent[5:8, :, 5:] = True
    bent[5:, :, 5:8] = True  # a right angle: as much across z as across x
    histogram = orientation_histogram(bent, axis="z", bins=9)
    area = histogram.area / histogram.total_area
    assert area[0] > 0.3
    assert area[-1] > 0.3
    assert only_row(crack_orientation(bent))["anisotropy"] < 0.5


def test_a_frame_of_a_tracker_brings_its_voxel_size():
    steps = np.eye(6, dtype=bool)[:, None, :].repeat(6, 1)
    frame = Tracker(spacing=(4.0, 1, 1), unit="mm").update(steps)
    own, same = crack_orientation(frame), crack_orientation(frame, spacing=(4, 1, 1), unit="mm")
    assert own == same
    assert own.units["area"] == "mm^2"
    assert crack_orientation(frame, spacing=1).units["area"] == "voxel^2"
    histograms = orientation_histogram(frame), orientation_histogram(frame, spacing=(4, 1, 1))
    assert histograms[0].mean_angle == histograms[1].mean_angle


def test_nothing_has_no_orientation():
    assert len(crack_orientation(np.zeros((3, 4, 5), bool))) == 0
    histogram = orientation_histogram(np.zeros((3, 4, 5), bool))
    assert histogram.total_area == 0
    assert np.isnan(histogram.mean_angle)
    assert len(crack_orientation(np.zeros((0, 4, 5), bool))) == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda m: crack_orientation(m, axis="w"), ValueError, "axis must be z, y, x or a vector"),
        (lambda m: crack_orientation(m, axis=(0, 0, 0)), ValueError, "axis must be z, y, x"),
        (lambda m: crack_orientation(m, axis=(1, 0)), ValueError, "axis must be z, y, x"),
        (lambda m: crack_orientation(-m.astype(int)), ValueError, "labels must not be negative"),
        (lambda m: crack_orientation(m * 1.0), TypeError, "labels must be bool or integer"),
        (lambda m: orientation_histogram(m, bins=0), ValueError, "bins must be a whole number"),
        (lambda m: orientation_histogram(m, patch=0), ValueError, "patch must be positive"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(call, error, message):
    with pytest.raises(error, match=message):
        call(np.ones((2, 2, 2), bool))
