"""Parts of the report: what they show of scenes whose truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from crevasse import RunVolume
from crevasse.io import open_series
from crevasse.operando import Cylinder, Settings, Threshold, ThresholdRule, analyze_series
from crevasse.operando.radial import RadialRecord
from crevasse.operando.section_plane import Picture
from crevasse.operando.sections import View
from crevasse.report.bands import Banded, ratio
from crevasse.report.galleries import eventful_frames, scale_bar, section_image
from crevasse.report.grey_figures import histogram_figure
from crevasse.report.ledger_voxels import earliest, voxels
from crevasse.report.numbers import numbers
from crevasse.report.projection import projection
from crevasse.report.rendering import COLORS, _by_pyvista, bodies, rendering
from crevasse.report.section_figure import section_figure

NEW_RGB, OLD_RGB = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)


@pytest.fixture(scope="module")
def analysis():
    """A pore that stays, and a crack at the edge that grows in one busy stretch."""
    rng = np.random.default_rng(3)
    frames = []
    for k in range(16):
        image = np.full((20, 40, 40), 200.0)
        image[4:8, 18:22, 18:22] = 20
        image[2 : 2 + max(0, min(12, 3 * (k - 6))), 3:6, 10:30] = 20
        frames.append(np.clip(image + rng.normal(0, 3, image.shape), 0, 255).astype(np.uint8))
    series = open_series(np.stack(frames), spacing=2.0, times=[0.5 * k for k in range(16)])
    return analyze_series(series, Settings.for_cracks(baseline_frames=2, thickness=True))


def test_the_frames_where_most_happens_are_shown(analysis):
    shown = eventful_frames(analysis, 8)
    assert shown[0] == 0
    assert shown[-1] == 15
    assert len([k for k in shown if 6 <= k <= 11]) >= 4
    assert eventful_frames(analysis, 40) == list(range(16))


def one_picture(open_, old, grey=None):
    image = np.full(open_.shape, 0.5, np.float32) if grey is None else grey
    return Picture(image, RunVolume.from_mask(open_), RunVolume.from_mask(old))


def colors_in(image):
    return {tuple(color) for color in image.reshape(-1, 3).tolist()}


def test_cracks_are_outlined_by_provenance_and_what_is_in_them_stays_to_be_seen():
    open_ = np.zeros((32, 40), bool)
    open_[8:12, 10:30] = True
    old = open_.copy()
    old[:, 20:] = False
    image = section_image(one_picture(open_, old), (1.0, 1.0), (0.0, 1.0))
    assert image.shape == (512, 640, 3)
    assert colors_in(image) == {(128,) * 3, NEW_RGB, OLD_RGB}
    assert colors_in(image[8 * 16 : 12 * 16, 24 * 16 : 30 * 16]) == {(128,) * 3}
    assert colors_in(image[:, 32 * 16 :]) == {(128,) * 3}
    assert (image[:, : 18 * 16] == OLD_RGB).all(axis=2).any()
    assert not (image[:, : 18 * 16] == NEW_RGB).all(axis=2).any()


def test_sections_have_true_proportions():
    nothing = np.zeros((20, 40), bool)
    grey = np.linspace(0, 1, 800, dtype=np.float32).reshape(20, 40)
    image = section_image(one_picture(nothing, nothing, grey), (4.0, 1.0), (0.0, 1.0))
    assert image.shape[:2] == (640, 320)
    rows, columns = np.arange(640) // 32, np.arange(320) // 8
    expected = np.rint(255 * grey[rows][:, columns]).astype(np.uint8)
    np.testing.assert_array_equal(image[..., 0], expected)


@pytest.mark.parametrize(("width", "length"), [(40, 10.0), (39, 5.0), (8, 2.0), (4, 1.0)])
def test_scale_bars_are_round_and_a_quarter_of_the_width_at_most(width, length):
    nothing = np.zeros((6, width), bool)
    view = View("z", 0.0, False, (0, 0), 1, (1.0, 1.0), (one_picture(nothing, nothing),))
    assert scale_bar(view) == (length, length / width)


def test_sections_are_put_side_by_side_with_times_and_a_scale_bar(analysis):
    upright = analysis.sections.views()[1]
    figure = section_figure(upright, [0, 8, 15], ["0 h", "4 h", "7.5 h"], "µm")
    texts = [[text.get_text() for text in axes.texts] for axes in figure.axes]
    assert texts == [["0 h", "20 µm"], ["4 h"], ["7.5 h"]]
    (bar,) = figure.axes[0].patches
    assert bar.get_width() == 20 / 80


def test_the_map_of_first_openings_is_that_of_the_history(analysis):
    ledger, history = analysis.history.ledger(), analysis.history
    first = history.first_open()
    for axis in range(3):
        found = earliest(ledger, np.delete((20, 40, 40), axis), axis, (0, 0), 1)
        known = np.where(first < 0, 99, first).min(axis=axis)
        np.testing.assert_array_equal(found, np.where(known == 99, -1, known))
    coarse = earliest(ledger, (8, 7), 0, (2, 4), 5)
    cut = np.where(first < 0, 99, first)[:, 2:, 4:].min(axis=0)[:38, :35]
    known = np.pad(cut, ((0, 2), (0, 0)), constant_values=99).reshape(8, 5, 7, 5).min(axis=(1, 3))
    np.testing.assert_array_equal(coarse, np.where(known == 99, -1, known))


def test_voxels_of_the_ledger_come_in_parts(analysis, monkeypatch):
    ledger = analysis.history.ledger()
    monkeypatch.setattr("crevasse.report.ledger_voxels._AT_ONCE", 7)
    found = np.zeros((20, 40, 40), int)
    for row, place in voxels(ledger):
        np.add.at(found, place, ledger["first_open"][row] + 1)
    np.testing.assert_array_equal(found, analysis.history.first_open() + 1)


def test_rings_count_what_is_open_in_them():
    rng = np.random.default_rng(1)
    shape, spacing = (6, 21, 25), (1.0, 2.0, 1.5)
    region = Cylinder(30.0, 0).region(shape, spacing)
    mask = (rng.random(shape) < 0.2) & region.to_mask()
    record = RadialRecord(region, spacing=spacing, n_rings=5, unit="um", time_unit="h")
    for k in range(2):
        record.update(RunVolume.from_mask(mask & (k == 0)), RunVolume.from_mask(mask), time=k / 2)
    table = record.table()
    y, x = (np.arange(n) * s - (n - 1) / 2 * s for n, s in zip(shape[1:], spacing[1:], strict=True))
    radius = np.broadcast_to(np.hypot(y[:, None], x[None]), shape)
    for ring in range(5):
        inner, outer = record.edges[ring], record.edges[ring + 1]
        within = (radius > inner if ring else radius >= 0) & (radius <= outer)
        row = 5 + ring
        assert table["volume_new"][row] == pytest.approx(3 * (mask & within).sum())
        assert table["volume_preexisting"][row] == 0
        share = (mask & within).sum() / (region.to_mask() & within).sum()
        assert table["fraction_new"][row] == pytest.approx(share)
    assert table["volume_new"][:5].sum() == pytest.approx(3 * mask.sum())
    assert table.units["radius_end"] == "um"


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_rings_stand_about_any_axis_and_centre(axis):
    region = RunVolume.from_box((20, 20, 20))
    record = RadialRecord(region, axis=axis, centre=(4.0, 9.0), n_rings=4)
    place = [4, 9]
    place.insert(axis, 0)
    mask = np.zeros((20, 20, 20), bool)
    mask[tuple(slice(None) if a == axis else n for a, n in enumerate(place))] = True
    record.update(RunVolume.from_mask(mask), region - region, time=1.0)
    table = record.table()
    assert table["volume_preexisting"].tolist() == [20, 0, 0, 0]
    assert table["volume_region"].sum() == 8000
    assert table["radius_end"][-1] == pytest.approx(np.hypot(15, 10))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"n_rings": 0}, "n_rings must be at least 1, got 0"),
        ({"axis": 3}, "axis must be 0, 1 or 2"),
        ({"centre": (1.0,)}, "centre must hold two finite numbers"),
        ({"region": RunVolume.from_box((5, 5))}, "region must be a volume"),
        ({"region": RunVolume.from_box((2, 2, 2), (slice(0, 0),) * 3)}, "region must be a volume"),
    ],
)
def test_rings_that_do_not_fit_are_refused(wrong, problem):
    with pytest.raises(ValueError, match=problem):
        RadialRecord(**({"region": RunVolume.from_box((4, 5, 6))} | wrong))


def test_frames_of_another_shape_are_refused_and_no_frame_gives_an_empty_table():
    region = RunVolume.from_box((4, 5, 6))
    record = RadialRecord(region)
    assert len(record.table()) == 0
    other = RunVolume.from_box((4, 5, 7))
    with pytest.raises(ValueError, match="region and frame must have the same shape"):
        record.update(other, other, time=0.0)
    assert len(record.table()) == 0


def test_the_edge_is_told_from_the_centre(analysis):
    table = analysis.radial.table()
    last = table["frame"] == 15
    assert table["fraction_new"][last][:3].max() == 0
    assert table["fraction_new"][last][4:].max() > 0.01


def test_bands_of_ratios_let_both_be_wrong_apart():
    assert ratio(Banded(2.0, 1.0, 3.0), Banded(4.0, 2.0, 5.0)) == (0.5, 0.2, 1.5)
    assert ratio(Banded(-1.0, -2.0, 1.0), Banded(4.0, 2.0, 5.0)) == (-0.25, -1.0, 0.5)
    for whole in (Banded(4.0), Banded(4.0, 0.0, 5.0)):
        value, low, high = ratio(Banded(2.0, 1.0, 3.0), whole)
        assert value == 0.5
        assert np.isnan([low, high]).all()
    assert np.isnan(ratio(Banded(2.0, 1.0, 3.0), Banded(0.0, 0.0, 5.0)).value)


def test_numbers_are_those_of_the_tables_with_their_bands(analysis):
    found = {row["quantity"]: row for row in numbers(analysis).rows()}
    volume = analysis.history.frames["volume"]
    first = found["open volume, first frame"]
    assert first["value"] == volume[0] == 4 * 4 * 4 * 8
    assert first["low"] <= first["value"] <= first["high"]
    assert found["open volume, greatest"]["value"] == volume.max()
    assert found["growth"]["value"] == pytest.approx(100 * (volume.max() / volume[0] - 1))
    assert found["porosity, first frame"]["value"] == pytest.approx(100 * 64 / 32000)
    assert found["new volume, last frame"]["value"] == 12 * 3 * 20 * 8
    assert found["left of the growth, last frame"]["value"] == 100
    assert found["thickness of cracks, median"]["unit"] == "µm"
    assert all(row["how"] for row in found.values())


def test_thresholds_are_drawn_with_their_bands(analysis):
    threshold = analysis.settings.rules[0].high
    assert isinstance(threshold, Threshold)
    figure = histogram_figure(analysis.sample, {"open": [threshold], "same": [threshold]})
    (axes,) = figure.axes
    (line,) = axes.get_lines()
    assert line.get_xdata()[0] == threshold.value
    assert "open, same" in line.get_label()


def test_fitted_classes_are_drawn_as_curves(analysis):
    found = ThresholdRule("gaussians:2").find(analysis.sample.histogram)
    sample = replace(analysis.sample, thresholds={"gaussians:2": found})
    (axes,) = histogram_figure(sample, {"open": [found[0]]}).axes
    curves = [line for line in axes.get_lines() if len(line.get_xdata()) > 2]
    peaks = [line.get_xdata()[np.argmax(line.get_ydata())] for line in curves]
    np.testing.assert_allclose(peaks, [20, 200], atol=2)
    width = np.diff(curves[1].get_xdata())[0]
    assert width * curves[1].get_ydata().sum() == pytest.approx(found.classes[1].weight, rel=0.01)


def test_the_projection_shows_what_is_nearest():
    found = np.zeros((20, 30, 30), np.uint8)
    found[5:15, 20:22, 5:25] = 1
    found[0:2, 20:22, 5:25] = 1
    found[5:15, 2:4, 5:25] = 2
    picture = projection(found, ("#0000ff", "#ff0000"))
    red = (picture[..., 0] > 150) & (picture[..., 2] < 120)
    blue = (picture[..., 2] > 150) & (picture[..., 0] < 200) & (picture[..., 1] < 200)
    assert red.any()
    assert blue.any()
    assert np.argwhere(blue)[:, 0].min() < np.argwhere(red)[:, 0].min()  # farther is higher
    # The one in front is seen whole, the one behind in part.
    times = picture.shape[0] // 31
    assert red.sum() >= 10 * 20 * times**2
    assert blue.sum() < red.sum()
    np.testing.assert_array_equal(picture, projection(found, ("#0000ff", "#ff0000")))


def test_the_top_of_a_body_is_brighter_than_its_front():
    cube = np.zeros((40, 40, 40), np.uint8)
    cube[10:30, 0:30, 5:35] = 1
    picture = projection(cube, ("#808080",))
    times = picture.shape[0] // 55
    small = picture[times // 2 :: times, times // 2 :: times, 0].astype(int)
    column, edge = small[:, 20], 15 + 10  # the front's upper edge
    assert set(column[edge + 2 : edge + 18]) == {column[edge + 2]}
    assert column[edge + 2] < 0x80
    assert column[edge - 3] > column[edge + 2] + 12


def test_bodies_are_told_apart_and_thin_ones_are_not_lost(analysis):
    found = bodies(analysis)
    first, last = analysis.history.first_open(), analysis.history.last_open()
    open_ = last == 15
    np.testing.assert_array_equal(found == 1, open_ & (first < 2))
    np.testing.assert_array_equal(found == 2, open_ & (first >= 2))


def bodies_of(*masks, spacing=1.0, **settings):
    masks = np.stack([np.zeros_like(masks[0]), *masks])
    image = np.where(masks, 20, 200).astype(np.uint8)
    series = open_series(image, spacing=spacing, times=list(range(len(masks))))
    return bodies(analyze_series(series, Settings.for_cracks(threshold=100, **settings)))


def test_the_working_electrode_is_up():
    mask = np.zeros((6, 8, 10), bool)
    mask[0, 1:3, 2:7] = True
    ways = {
        "zmin": mask,
        "zmax": mask[::-1],
        "ymin": mask.transpose(1, 0, 2),
        "xmax": mask.transpose(2, 0, 1)[::-1],
    }
    for face, expected in ways.items():
        found = bodies_of(mask, working=face, axis="zyx".index(face[0]))
        np.testing.assert_array_equal(found > 0, expected)


def test_what_bridges_the_electrodes_is_a_body_of_its_own():
    mask = np.zeros((6, 8, 10), bool)
    mask[:, 2, 2] = True
    mask[3, 6, 6:9] = True
    found = bodies_of(mask, working="zmin", counter="zmax")
    assert (found[:, 2, 2] == 3).all()
    assert (found[3, 6, 6:9] == 2).all()
    healed = mask & (np.arange(6) < 4)[:, None, None]
    assert bodies_of(mask, healed, working="zmin", counter="zmax").max() == 2


def test_what_has_closed_is_not_shown():
    mask = np.zeros((6, 8, 10), bool)
    mask[3, 2:6, 2:8] = True
    left = mask & (np.arange(10) < 5)
    np.testing.assert_array_equal(bodies_of(mask, left) > 0, left)


def test_large_and_uneven_volumes_are_seen_in_cubes():
    mask = np.zeros((3, 5, 600), bool)
    mask[1, 2, 7] = True
    assert bodies_of(mask).shape == (2, 3, 256)
    assert np.argwhere(bodies_of(mask)).tolist() == [[0, 1, 3]]
    uneven = bodies_of(mask[:, :, :50], spacing=(3.0, 1.0, 1.0))
    assert uneven.shape == (3, 2, 17)
    assert np.argwhere(uneven).tolist() == [[1, 0, 2]]


def test_without_pyvista_there_is_the_projection(analysis, monkeypatch):
    monkeypatch.setattr("crevasse.report.rendering._INSTALLED", "no_such_module")
    np.testing.assert_array_equal(rendering(analysis), projection(bodies(analysis), COLORS))
    empty = replace(analysis.settings.rules[0], high=Threshold.of(0.0))
    settings = replace(analysis.settings, rules=(empty,), find={}, thickness=False)
    assert rendering(analyze_series(analysis.series, settings)) is None


@pytest.mark.parametrize("shape", [(40, 20, 20), (20, 40, 40), (10, 60, 20)])
def test_pyvista_renders_where_it_is_installed(shape):
    pytest.importorskip("pyvista")
    found = np.zeros(shape, np.uint8)
    found[2:6, 2:6, 2:6] = 1
    found[4:8, 10:18, 12:14] = 2
    picture = _by_pyvista(found)
    assert max(picture.shape) == 1100
    hue = picture.astype(int)
    assert (hue[..., 0] - hue[..., 2] > 60).any()  # new
    assert (hue[..., 2] - hue[..., 0] > 60).any()  # pre-existing
    drawn = np.argwhere((picture != 255).any(axis=2))
    assert (np.ptp(drawn, axis=0) > 0.9 * np.array(picture.shape[:2])).all()
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (border == 255).all()  # nothing is cut off
    np.testing.assert_array_equal(picture, _by_pyvista(found))


def test_without_opengl_there_is_the_projection(analysis, monkeypatch):
    def fail(found):
        raise RuntimeError("no OpenGL")

    monkeypatch.setattr("crevasse.report.rendering._INSTALLED", "numpy")
    monkeypatch.setattr("crevasse.report.rendering._by_pyvista", fail)
    np.testing.assert_array_equal(rendering(analysis), projection(bodies(analysis), COLORS))
