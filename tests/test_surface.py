"""Surface areas, Euler numbers and contacts."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import euler_number

import crevasse
from crevasse import RunVolume, contacts, region_table

from reference import offsets
from strategies import masks, shapes, threads


@st.composite
def label_volumes(draw):
    seed, top = draw(st.integers(0, 2**32 - 1)), draw(st.integers(1, 4))
    return np.random.default_rng(seed).integers(0, top + 1, draw(shapes), dtype=np.uint8)


def neighbours(labels, axis):
    """Labels of all pairs of voxels side by side along an axis."""
    moved = np.moveaxis(labels, axis, 0)
    return moved[:-1].reshape(-1), moved[1:].reshape(-1)


def euler(mask, connectivity):
    """By cells: closed voxels, or the graph of voxels with its squares and cubes filled in."""
    padded = np.pad(mask, 1)
    total = 0
    for cell in product((0, 1), repeat=mask.ndim):  # along which axes it spans two voxels
        parts = [
            padded[tuple(slice(o, o + n + 1) for o, n in zip(shift, mask.shape, strict=True))]
            for shift in product(*[(0, 1) if span else (0,) for span in cell])
        ]
        grid = [slice(None) if span else slice(1, None) for span in cell]  # each cell once
        if connectivity in (6, 4):
            total += (-1) ** sum(cell) * int(np.logical_and.reduce(parts)[tuple(grid)].sum())
        else:
            dimension = mask.ndim - sum(cell)
            total += (-1) ** dimension * int(np.logical_or.reduce(parts)[tuple(grid)].sum())
    return total


@given(label_volumes(), threads, st.sampled_from([(1.0, 1.0, 1.0), (3.0, 0.5, 1.7)]))
def test_faces_borders_and_euler_numbers_are_those_of_the_voxels(labels, n_threads, spacing):
    lengths = spacing[-labels.ndim :]
    table = region_table(labels, spacing=lengths, surface=True, n_threads=n_threads)
    flat = labels.ndim == 2
    names = "zyx"[-labels.ndim :]
    for i, value in enumerate(table["label"]):
        region = labels == value
        faces = 0.0
        for axis, name in enumerate(names):
            area = np.prod(lengths) / lengths[axis]
            a, b = neighbours(np.pad(region, 1), axis)
            faces += (a != b).sum() * area
            ends = np.moveaxis(region, axis, 0)
            assert table[f"border_{name}_low"][i] == pytest.approx(ends[0].sum() * area)
            assert table[f"border_{name}_high"][i] == pytest.approx(ends[-1].sum() * area)
        assert table["face_perimeter" if flat else "face_area"][i] == pytest.approx(faces)
        for connectivity in (4, 8) if flat else (6, 26):
            assert table[f"euler_{connectivity}"][i] == euler(region, connectivity)


@pytest.mark.parametrize("shape", [(20, 25, 30), (70, 80)])
@pytest.mark.parametrize("density", [0.1, 0.3, 0.7])
def test_euler_numbers_are_those_of_scikit_image(shape, density, rng):
    mask = rng.random(shape) < density
    table = region_table(mask, surface=True)
    few, many = ("euler_4", "euler_8") if len(shape) == 2 else ("euler_6", "euler_26")
    assert table[few][0] == euler_number(mask, connectivity=1)
    assert table[many][0] == euler_number(mask, connectivity=len(shape))


@given(masks(), st.sampled_from([6, 26]))
def test_components_are_counted_by_the_euler_number_where_nothing_is_enclosed(mask, connectivity):
    """Seen along x, runs of a line have no tunnels: the number of runs."""
    line = mask.reshape(1, -1) if mask.size else np.zeros((1, 3), bool)
    table = region_table(line, surface=True)
    runs = RunVolume.from_mask(line).n_runs
    assert table["euler_8"].sum() == table["euler_4"].sum() == runs


@given(label_volumes(), threads)
def test_contacts_are_those_of_the_voxels(labels, n_threads):
    table = contacts(labels, n_threads=n_threads)
    ndim = labels.ndim
    found = {(row["label_a"], row["label_b"]): row for row in table.rows()}
    assert list(found) == sorted(found)
    for axis, name in enumerate("zyx"[-ndim:]):
        expected = {}
        for a, b in zip(*(side.tolist() for side in neighbours(labels, axis)), strict=True):
            if a and b and a != b:
                pair = min(a, b), max(a, b)
                expected[pair] = expected.get(pair, 0) + 1
        for pair, row in found.items():
            assert row[f"n_faces_{name}"] == expected.pop(pair, 0)
        assert not expected
    touching = set()
    for offset in offsets(26 if ndim == 3 else 8, ndim):
        here = tuple(
            slice(max(0, -o), n - max(0, o)) for o, n in zip(offset, labels.shape, strict=True)
        )
        there = tuple(
            slice(max(0, o), n - max(0, -o)) for o, n in zip(offset, labels.shape, strict=True)
        )
        for a, b in zip(labels[here].flat, labels[there].flat, strict=True):
            if a and b and a < b:
                touching.add((a, b))
    assert set(found) == touching


@given(label_volumes(), st.sampled_from([(1.0, 1.0, 1.0), (3.0, 0.5, 1.7)]))
def test_every_face_belongs_to_the_border_or_to_a_contact(labels, spacing):
    labels = labels + 1  # no background
    lengths = spacing[-labels.ndim :]
    regions = region_table(labels, spacing=lengths, surface=True)
    touching = contacts(labels, spacing=lengths)
    of_faces = ("face_area", "face_area") if labels.ndim == 3 else ("face_perimeter", "face_length")
    borders = [name for name in regions.columns if name.startswith("border_")]
    for row in regions.rows():
        mine = (touching["label_a"] == row["label"]) | (touching["label_b"] == row["label"])
        total = sum(row[name] for name in borders) + touching[of_faces[1]][mine].sum()
        assert row[of_faces[0]] == pytest.approx(total)


def ball(radius, spacing=(1.0, 1.0, 1.0), centre=(0.3, 0.1, 0.4)):
    ends = [int(np.ceil(radius / s)) + 2 for s in spacing]
    axes = np.ogrid[tuple(slice(-n, n + 1) for n in ends)]
    return (
        sum(((a + c) * s) ** 2 for a, s, c in zip(axes, spacing, centre, strict=True)) <= radius**2
    )


@pytest.mark.parametrize(
    ("radius", "spacing", "error"),
    [(5, (1, 1, 1), 0.02), (10, (1, 1, 1), 0.01), (25, (1, 1, 1), 0.01), (25, (4, 1, 1), 0.03)],
)
def test_area_of_balls(radius, spacing, error):
    table = region_table(ball(radius, spacing), spacing=spacing, surface=True)
    assert table["surface_area"][0] == pytest.approx(4 * np.pi * radius**2, rel=error)
    assert table["face_area"][0] > 1.4 * table["surface_area"][0]


@pytest.mark.parametrize("radius", [5, 10, 40])
def test_perimeter_of_discs(radius):
    disc = ball(radius)[int(radius) + 2]
    table = region_table(disc, surface=True)
    assert table["perimeter"][0] == pytest.approx(2 * np.pi * radius, rel=0.03)


def half_spaces(normal, n=128):
    """Labels 1 and 2 on both sides of a plane through the middle; its area inside a ball."""
    axes = np.ogrid[:n, :n, :n]
    centred = [a - (n - 1) / 2 + 0.21 for a in axes]
    height = sum(c * k for c, k in zip(centred, normal, strict=True))
    radius = 0.45 * n
    inside = sum(c**2 for c in centred) <= radius**2
    return np.where(inside, np.where(height < 0, 1, 2), 0).astype(np.uint8), np.pi * radius**2


@pytest.mark.parametrize("seed", range(12))
def test_area_of_tilted_planes_errs_as_documented(seed):
    normal = np.random.default_rng(seed).normal(size=3)
    normal /= np.linalg.norm(normal)
    labels, area = half_spaces(normal)
    table = contacts(labels)
    rim = 0.025  # where the plane leaves the ball the last voxel has half of its neighbours
    assert 0.926 - rim < table["area"][0] / area < 1.023
    assert table["face_area"][0] / area == pytest.approx(np.abs(normal).sum(), rel=rim)


def test_area_of_planes_along_the_axes_is_7_percent_too_small():
    labels = np.ones((40, 40, 40), np.uint8)
    labels[:20] = 2
    table = contacts(labels)
    assert table["face_area"][0] == 1600
    assert table["area"][0] == pytest.approx(0.9265 * 1600, rel=0.03)  # less at the rim


def test_weights_are_those_that_were_published():
    from crevasse._surface import crofton_weights

    published = [0.04577789120476] * 3 + [0.03698062787608] * 3 + [0.03519563978232]
    steps = np.sqrt([1, 1, 1, 2, 2, 2, 3])
    np.testing.assert_allclose(
        crofton_weights((1.0, 1.0, 1.0)), 4 * np.array(published) / steps, rtol=1e-9
    )


@given(label_volumes())
def test_turning_the_volume_turns_nothing_but_the_borders(labels):
    table = region_table(labels, surface=True)
    turned = region_table(labels.T, surface=True)
    for name in table.columns:
        if name.startswith(("face", "surface", "perimeter", "euler")):
            np.testing.assert_allclose(table[name], turned[name], rtol=1e-12, atol=1e-9)


def test_units_and_names_follow_the_dimension():
    solid = region_table(np.ones((2, 2, 2), bool), spacing=2, unit="mm", surface=True)
    assert solid.units["surface_area"] == solid.units["border_z_low"] == "mm^2"
    assert solid["face_area"][0] == 24 * 4
    flat = region_table(np.ones((2, 3), bool), spacing=2, surface=True)
    assert flat.units["perimeter"] == flat.units["border_x_high"] == "um"
    assert flat["face_perimeter"][0] == 20
    assert "border_z_low" not in flat
    assert "euler_4" in flat
    assert crevasse.RunVolume.from_mask(np.ones((2, 3))[..., None] > 0).label().regions(
        surface=True
    )["face_area"].tolist() == [22]
