"""Electrodes that the first scan shows, and parts of experiments that need no case."""

import numpy as np
import pytest

from crevasse import RunVolume
from crevasse.io import open_series
from crevasse.operando import (
    Cylinder,
    PhaseRule,
    SeenElectrode,
    Settings,
    Signal,
    analyze_series,
    segment_phases,
)

METAL, ELECTROLYTE, LITHIUM = 230, 130, 60


@pytest.fixture
def cell(rng):
    """Metal at both ends, rough on the inside; lithium at the first; electrolyte between."""
    height = 5 + rng.integers(0, 2, (16, 18))
    z = np.arange(40)[:, None, None]
    cell = np.full((40, 16, 18), float(ELECTROLYTE))
    cell[z < height + np.zeros((40, 1, 1)) + 4] = LITHIUM
    cell[z < height + np.zeros((40, 1, 1))] = METAL
    cell[z >= 34 + np.zeros_like(cell)] = METAL
    return np.clip(cell + rng.normal(0, 4, cell.shape), 0, 255).astype(np.uint8), height


def test_an_electrode_reaches_to_the_first_voxel_of_a_phase(cell):
    image, height = cell
    phases = segment_phases(image, [PhaseRule("electrolyte", 100, 180)])
    region = RunVolume.from_box(image.shape)
    found = SeenElectrode("zmin", "electrolyte").locate(image, phases, region).to_mask()
    np.testing.assert_array_equal(found.sum(axis=0), height + 4)
    below = SeenElectrode("zmax", "electrolyte").locate(image, phases, region).to_mask()
    assert below[34:].all()
    assert not below[:34].any()


def test_the_brightest_layer_is_found_in_its_half(cell):
    image, height = cell
    region = RunVolume.from_box(image.shape)
    found = SeenElectrode("zmin").locate(image, {}, region).to_mask()
    np.testing.assert_array_equal(found.sum(axis=0), height)
    below = SeenElectrode("zmax").locate(image, {}, region).to_mask()
    assert below[34:].all()
    assert not below[:34].any()
    turned = np.ascontiguousarray(image.transpose(2, 1, 0))
    across = SeenElectrode("xmin").locate(turned, {}, RunVolume.from_box(turned.shape)).to_mask()
    np.testing.assert_array_equal(across, found.transpose(2, 1, 0))


def test_what_cannot_be_found_is_told(cell):
    image, _ = cell
    phases = segment_phases(image, [PhaseRule("void", high=5)])
    region = RunVolume.from_box(image.shape)
    with pytest.raises(ValueError, match=r"electrode at zmin cannot be found: .* shows no void"):
        SeenElectrode("zmin", "void").locate(image, phases, region)
    blank = np.full_like(image, 7)
    for electrode in (SeenElectrode("zmin", "void"), SeenElectrode("zmax")):
        with pytest.raises(ValueError, match="nothing but the grey value 7: was it recorded"):
            electrode.locate(blank, segment_phases(blank, [PhaseRule("void", high=5)]), region)


def test_births_are_told_by_where_the_first_scan_shows_electrodes(cell):
    image, height = cell
    later = image.copy()
    top = int(height[8, 8]) + 4
    later[top : top + 6, 7:9, 7:9] = 5  # from the lithium on
    later[20:23, 3:5, 3:5] = 5  # remote
    settings = Settings(
        rules=(
            PhaseRule("electrolyte", 100, 180),
            PhaseRule("crack", high=30, where="initially-inside:electrolyte"),
        ),
        follow=("crack",),
        working=SeenElectrode("zmin", "electrolyte"),
        counter=SeenElectrode("zmax", "electrolyte"),
    )
    analysis = analyze_series(open_series(np.stack([image, later])), settings)
    births = analysis.history.events
    assert sorted(births["subtype"].tolist()) == ["remote", "working"]


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_cylinder_stands_along_its_axis(axis):
    shape, spacing = (9, 11, 13), (1.0, 2.0, 1.5)
    found = Cylinder(8.0, axis).region(shape, spacing).to_mask()
    places = [(np.arange(n) - (n - 1) / 2) * s for n, s in zip(shape, spacing, strict=True)]
    grid = np.meshgrid(*places, indexing="ij")
    inside = sum(g**2 for i, g in enumerate(grid) if i != axis) <= 16
    np.testing.assert_array_equal(found, inside)


def test_slices_are_brought_to_one_level_and_light_to_the_first(rng):
    frames = []
    for light in (1.0, 0.8):
        image = np.full((12, 20, 20), 150.0)
        image[4:7, 5:9, 5:9] = 40
        image *= light
        image += np.linspace(0, 40, 12)[:, None, None]  # a gradient along z
        frames.append(np.clip(image + rng.normal(0, 1, image.shape), 0, 255).astype(np.uint8))
    series = open_series(np.stack(frames))
    plain = analyze_series(series, Settings.for_cracks(threshold=95))
    level = (slice(0, 12), slice(12, 20), slice(0, 20))
    levelled = analyze_series(
        series, Settings.for_cracks(threshold=95, match_light=True, level_region=level)
    )
    assert levelled.history.frames["n_voxels"].tolist() == [48, 48]
    assert levelled.history.frames["n_new"].tolist() == [0, 0]
    assert plain.settings.signal == Signal()


def test_grey_values_of_pores_and_new_cracks_are_compared(rng):
    frames = []
    for n in range(3):
        image = rng.normal(200, 6, (40, 40, 40))
        for y in range(2, 38, 6):
            image[5:10, y : y + 4, 5:10] = rng.normal(30, 6, (5, 4, 5))  # empty
            if n:
                image[20 : 24 + n, y : y + 4, 20:30] = rng.normal(80, 6, (4 + n, 4, 10))  # lithium
        frames.append(np.clip(image, 0, 255).astype(np.uint8))
    series = open_series(np.stack(frames))
    analysis = analyze_series(series, Settings.for_cracks(threshold=120, grey=True, thickness=True))
    assert analysis.grey.separable
    np.testing.assert_allclose(analysis.grey.medians, (30, 80), atol=4)
    assert analysis.grey.names == ("open at first", "opened later")
    assert analysis.measures["thickness_mean"][0] == pytest.approx(4, abs=1)
    nothing_new = analyze_series(
        open_series(np.stack(frames[:1])), Settings.for_cracks(threshold=120, grey=True)
    )
    assert nothing_new.grey is None
