"""Parts of the report: what they show of scenes whose truth is known."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from crevasse import RunVolume
from crevasse.io import open_series
from crevasse.operando import Cylinder, Settings, Threshold, analyze_series
from crevasse.operando.radial import RadialRecord
from crevasse.operando.sections import take_pictures
from crevasse.report.galleries import eventful_frames, section_picture
from crevasse.report.grey_figures import histogram_figure
from crevasse.report.numbers import numbers
from crevasse.report.rendering import projection, rendering


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


def test_sections_lie_in_the_middle_of_the_region_and_outline_by_provenance():
    mask = np.zeros((10, 12, 14), bool)
    mask[4:7, 5:8, 6:9] = True
    old = mask.copy()
    old[:, :, 7:] = False
    image = np.arange(mask.size, dtype=np.float32).reshape(mask.shape)
    runs = RunVolume.from_mask(mask), RunVolume.from_mask(old)
    flat, upright = take_pictures(image, *runs, None)
    np.testing.assert_array_equal(flat.grey, image[5])
    np.testing.assert_array_equal(upright.open, mask[:, 6])
    np.testing.assert_array_equal(upright.preexisting, old[:, 6])
    roi = (slice(0, 4), slice(8, 12), slice(0, 14))
    np.testing.assert_array_equal(take_pictures(image, *runs, roi)[1].grey, image[:, 10])
    picture = section_picture(upright, None, (0.0, 2000.0))
    times = picture.shape[0] // 10
    assert picture.shape == (10 * times, 14 * times, 3)
    new, blue = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)
    colors = {tuple(c) for c in picture.reshape(-1, 3).tolist()}
    assert {new, blue} <= colors
    inside = picture[4 * times : 7 * times, 7 * times : 9 * times].reshape(-1, 3).tolist()
    assert new not in map(tuple, inside)  # what is in the crack stays to be seen


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


def test_the_edge_is_told_from_the_centre(analysis):
    table = analysis.radial.table()
    last = table["frame"] == 15
    assert table["fraction_new"][last][:3].max() == 0
    assert table["fraction_new"][last][4:].max() > 0.01


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


def test_the_projection_shows_what_is_nearest():
    near, far = np.zeros((2, 20, 30, 30), bool)
    near[5:15, 2:4, 5:25] = True
    far[5:15, 20:22, 5:25] = True
    far[0:2, 20:22, 5:25] = True
    picture = projection([("#0000ff", far), ("#ff0000", near)])
    red = (picture[..., 0] > 200) & (picture[..., 2] < 90)
    blue = (picture[..., 2] > 150) & (picture[..., 0] < 150)
    assert red.any()
    assert blue.any()
    assert np.argwhere(blue)[:, 0].min() < np.argwhere(red)[:, 0].min()  # farther is higher
    np.testing.assert_array_equal(picture, projection([("#0000ff", far), ("#ff0000", near)]))


def test_without_pyvista_there_is_the_projection(analysis, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyvista", None)
    monkeypatch.setattr("crevasse.report.rendering._has_pyvista", lambda: False)
    picture = rendering(analysis)
    assert picture.dtype == np.uint8
    assert (picture != 255).any()
    empty = replace(analysis.settings.rules[0], high=Threshold.of(0.0))
    settings = replace(analysis.settings, rules=(empty,), find={}, thickness=False)
    assert rendering(analyze_series(analysis.series, settings)) is None


def test_pyvista_renders_where_it_is_installed(analysis):
    pytest.importorskip("pyvista")
    picture = rendering(analysis)
    assert picture.shape == (900, 1100, 3)
    assert picture.std() > 1
