"""Layers at an electrode, on slabs whose thickness is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import RunVolume, surface_roughness
from crevasse.operando import InterfaceRecord
from crevasse.operando.layers.reference_plane import fit_plane

from sheets import contrast, plane

VOXEL = 1.7


def between(lower, upper, n):
    """Voxels whose centre lies between two height maps, in voxels; z first."""
    z = np.arange(n)[:, None, None] + 0.5
    return (lower <= z) & (z < upper)


def tilted(shape, degrees, start=6.3):
    y, x = np.indices(shape)
    slope = math.tan(math.radians(degrees))
    return start + slope * (0.6 * y + 0.8 * x)


def rough(shape, rng, sigma=1.0, width=3):
    noise = rng.normal(size=shape)
    for axis in (0, 1):
        noise = sum(np.roll(noise, k, axis) for k in range(-width, width + 1))
    return sigma * noise / noise.std()


def toward(mask, face):
    """The same scene, seen from a face: z, counted from zmin, becomes the distance from it."""
    axis = "zyx".index(face[0])
    turned = np.moveaxis(mask, 0, axis)
    return turned if face.endswith("min") else np.flip(turned, axis)


@pytest.mark.parametrize("face", ["zmin", "zmax", "ymin", "xmax"])
@pytest.mark.parametrize("degrees", [0.0, 2.0, 6.0, 12.0])
def test_a_tilted_layer_has_its_thickness_along_the_normal(face, degrees):
    shape, normal = (90, 70), 8.3
    lower = tilted(shape, degrees)
    mask = between(lower, lower + normal / math.cos(math.radians(degrees)), 50)
    record = InterfaceRecord(face=face, spacing=VOXEL)
    frame = record.update(toward(mask, face))
    if degrees == 0:
        assert frame.mean == pytest.approx(9 * VOXEL)  # rounded to voxels, all alike
    else:
        assert frame.mean_normal == pytest.approx(normal * VOXEL, abs=0.03 * VOXEL)
    assert frame.tilt == pytest.approx(degrees, abs=0.05)
    assert frame.std_corrected < 0.3 * VOXEL
    assert frame.electrolyte_sq < 0.5 * VOXEL  # the tilt is no roughness: rounding is all there is
    assert frame.contact_loss == 0
    assert frame.resolved


@pytest.mark.parametrize("roughness", [1.0, 2.0])
def test_deviation_on_a_rough_tilted_collector_is_that_of_the_thickness_alone(rng, roughness):
    shape = (120, 120)
    lower = tilted(shape, 3.0, start=9.0) + rough(shape, rng, 1.5)
    thickness = 12 + rough(shape, rng, roughness)
    record = InterfaceRecord(face="zmin", spacing=VOXEL)
    frame = record.update(between(lower, lower + thickness, 60))
    assert frame.mean == pytest.approx(12 * VOXEL, abs=0.05 * VOXEL)
    assert frame.std_corrected == pytest.approx(roughness * VOXEL, rel=0.03)
    assert frame.std > frame.std_corrected
    assert frame.collector_sq == pytest.approx(1.5 * VOXEL, rel=0.05)
    assert frame.electrolyte_sq == pytest.approx(math.hypot(1.5, roughness) * VOXEL, rel=0.1)


@pytest.mark.parametrize("spacing", [(1.7, 1.7, 1.7), (1.0, 2.0, 1.5)])
@pytest.mark.parametrize("width", [14.2, 21.3])
def test_a_blurred_noisy_sheet_is_measured_to_a_third_of_a_voxel(rng, width, spacing):
    grey = contrast((40, 36, 44), plane((1.0, 0.05, -0.08)), width, sigma=1.2, spacing=spacing)
    grey += rng.normal(0, 0.1, grey.shape)
    record = InterfaceRecord(face="zmin", spacing=spacing, roi=45.0)
    frame = record.update(RunVolume.from_threshold(grey, low=0.5))
    assert frame.mean_normal == pytest.approx(width, abs=0.3 * spacing[0])
    assert frame.tilt == pytest.approx(math.degrees(math.atan(math.hypot(0.05, 0.08))), abs=0.2)


def test_means_follow_growth_and_change_is_against_the_first_frame(rng):
    shape = (100, 100)
    lower = tilted(shape, 2.0) + rough(shape, rng)
    record = InterfaceRecord(face="zmin", spacing=VOXEL, time_unit="h", keep=(1,))
    truth = np.array([20.0, 17.2, 13.9, 14.4])
    for hour, thickness in enumerate(truth):
        record.update(between(lower, lower + thickness, 40), time=0.25 * hour)
    table = record.table()
    assert table["mean"] == pytest.approx(truth * VOXEL, abs=0.03 * VOXEL)
    assert table["change"] == pytest.approx((truth - 20) * VOXEL, abs=0.05 * VOXEL)
    assert np.all(table["change_low"] <= table["change"])
    assert np.all(table["change"] <= table["change_high"])
    assert table["time"].tolist() == [0, 0.25, 0.5, 0.75]
    assert table.units["mean"] == table.units["change_std"] == "um"
    assert (table.units["time"], table.units["tilt"]) == ("h", "degree")
    assert "resolved" not in table.units
    assert list(record.maps) == [1]
    assert record.maps[1].mean() == table["mean"][1]


def test_the_band_of_a_change_is_that_of_both_frames():
    mask = np.zeros((9, 4, 5), bool)
    record = InterfaceRecord(face="zmin", resolution=2)
    mask[0] = True
    record.update(mask)  # in [0, 2]
    mask[:5, 1:] = True
    frame = record.update(mask)  # a quarter in [0, 2], the rest 5
    assert (frame.mean_low, frame.mean_high) == (3.75, 4.25)
    assert (frame.change, frame.change_low, frame.change_high) == (3.0, 1.75, 4.25)


def test_change_std_tells_even_stripping_from_uneven(rng):
    shape, lower = (80, 80), tilted((80, 80), 3.0)
    divots = 3 * (
        np.indices(shape)[1] % 20 < 4
    )  # there from the start, and no matter to the change
    even, uneven = InterfaceRecord(face="zmin"), InterfaceRecord(face="zmin")
    for record, spread in ((even, 0.0), (uneven, 2.0)):
        record.update(between(lower, lower + 15 - divots, 40))
        record.update(between(lower, lower + 10 - divots + rough(shape, rng, spread), 40))
    assert even.table()["change_std"][1] < 0.5
    assert uneven.table()["change_std"][1] == pytest.approx(2, rel=0.1)
    assert even.table()["std"][1] > 1


def test_contact_loss_is_the_area_without_lithium(rng):
    shape = (60, 80)
    lower = tilted(shape, 2.0)
    hole = np.zeros(shape, bool)
    hole[10:30, 20:60] = True
    thickness = np.where(hole, 0.0, 9.0)
    record = InterfaceRecord(face="zmin", spacing=2.0)
    frame = record.update(between(lower, lower + thickness, 30))
    assert frame.contact_loss == pytest.approx(hole.mean())
    assert frame.unresolved == pytest.approx(hole.mean())
    assert frame.mean == pytest.approx(18 * (1 - hole.mean()), abs=0.1)
    assert frame.tilt == pytest.approx(2.0, abs=0.1)
    assert (frame.mean_low, frame.mean_high) == pytest.approx(
        (frame.mean, frame.mean + 4 * hole.mean())
    )


def test_what_is_too_thin_is_said_to_be_and_the_band_holds_the_truth(rng):
    shape = (80, 80)
    lower = tilted(shape, 3.0)
    record = InterfaceRecord(face="zmin", spacing=VOXEL, resolution=2)
    seen = np.indices(shape)[1] % 3 == 0  # of a layer 1.2 voxels thick, a third
    thin = record.update(between(lower, lower + np.where(seen, 1.2, 0.0), 30))
    assert not thin.resolved
    assert thin.mean_low < thin.mean < 1.2 * VOXEL < thin.mean_high
    assert record.describe(thin) == "not resolvable below 3.4 um (at most 3.4 um)"
    thick = record.update(between(lower, lower + 8.0, 30))
    assert thick.resolved
    assert thick.mean_low == thick.mean == thick.mean_high
    assert record.describe(thick).startswith("13.6 ± ")


def test_layers_of_exactly_the_limit_are_resolved():
    record = InterfaceRecord(face="zmin", spacing=0.1, resolution=3)  # 3 * 0.1 > 0.3 in floats
    mask = np.zeros((6, 37, 41), bool)
    mask[:3] = True
    frame = record.update(mask)
    assert frame.resolved
    assert frame.unresolved == 0


def test_no_lithium_at_all_is_a_valid_frame():
    record = InterfaceRecord(face="zmax", spacing=VOXEL)
    frame = record.update(np.zeros((9, 5, 6), bool))
    assert (frame.mean, frame.contact_loss, frame.unresolved) == (0, 1, 1)
    assert frame.mean_high == pytest.approx(2 * VOXEL)
    assert not frame.resolved
    assert all(math.isnan(v) for v in (frame.tilt, frame.mean_normal, frame.electrolyte_sq))


@given(
    diameter=st.floats(2.0, 60.0),
    centre=st.tuples(st.floats(-5, 45), st.floats(-5, 45)),
)
def test_only_columns_whose_centre_lies_in_the_disc_count(diameter, centre):
    spacing = (1.0, 1.5, 2.0)
    y, x = np.indices((24, 20))
    inside = (y * 1.5 - centre[0]) ** 2 + (x * 2.0 - centre[1]) ** 2 <= diameter**2 / 4
    thickness = 1 + (3 * y + 5 * x) % 7
    record = InterfaceRecord(face="zmin", spacing=spacing, roi=diameter, centre=centre)
    mask = between(0 * y, thickness, 9)
    if not inside.any():
        with pytest.raises(ValueError, match="roi must hold a column"):
            record.update(mask)
        return
    frame = record.update(mask)
    assert frame.n_columns == inside.sum()
    assert frame.mean == pytest.approx(thickness[inside].mean())
    assert frame.std == pytest.approx(thickness[inside].std())
    assert frame.unresolved == pytest.approx((thickness[inside] < 2).mean())


def test_a_known_collector_gives_the_plane_where_lithium_is_not(rng):
    shape = (70, 70)
    lower = tilted(shape, 4.0) + rough(shape, rng, 0.7)
    collector = RunVolume.from_mask(between(0 * lower, lower, 40))
    record = InterfaceRecord(face="zmin", collector=collector)
    nothing = record.update(np.zeros((40, *shape), bool))
    assert nothing.tilt == pytest.approx(surface_roughness(lower).tilt, abs=0.2)
    grown = record.update(between(lower, lower + 10, 40))
    assert grown.tilt == nothing.tilt
    assert grown.electrolyte_sq == pytest.approx(math.hypot(0.7, math.sqrt(1 / 12)), rel=0.15)


def test_what_lies_deeper_than_depth_belongs_to_something_else():
    mask = np.zeros((30, 6, 6), bool)
    mask[1:9] = mask[24:] = True
    for face, mean in (("zmin", 8), ("zmax", 6)):
        record = InterfaceRecord(face=face, spacing=0.5, depth=5.0)
        assert record.update(mask).mean == pytest.approx(mean * 0.5)
    assert InterfaceRecord(face="zmin", depth=7.4).update(mask).mean == 6  # centres at 1.5 … 6.5
    assert InterfaceRecord(face="zmin", depth=7.5).update(mask).mean == 7


def test_sections_are_measured_too():
    mask = np.zeros((9, 12), bool)
    mask[2:6, 3:9] = True
    frame = InterfaceRecord(face="ymin", roi=5.0).update(mask)
    assert (frame.mean, frame.n_columns, frame.contact_loss) == (4, 6, 0)


@given(
    slopes=st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)),
    bad=st.sets(st.integers(0, 399), max_size=80),
    height=st.floats(-1e4, 1e4),
)
def test_a_fifth_of_arbitrary_heights_does_not_move_the_plane(slopes, bad, height):
    y, x = np.indices((20, 20))
    heights = 5 + slopes[0] * 1.5 * y + slopes[1] * 2.0 * x
    truth = heights.copy()
    heights.reshape(-1)[list(bad)] = height
    fitted = fit_plane(heights, spacing=(1.5, 2.0), voxel=0.1)
    assert fitted.heights((20, 20), (1.5, 2.0)) == pytest.approx(truth, abs=0.1)
    heights[0, :5] = np.nan
    assert fit_plane(heights, spacing=(1.5, 2.0), voxel=0.1) is not None


def test_large_maps_are_fitted_as_well_as_small_ones(rng):
    y, x = np.indices((700, 400))
    heights = np.floor(20 + 0.03 * y - 0.02 * x + rng.normal(0, 1, y.shape)) * VOXEL
    fitted = fit_plane(heights, spacing=(VOXEL, 2 * VOXEL), voxel=VOXEL)
    assert fitted.slopes == pytest.approx((0.03, -0.01), abs=1e-4)
    assert fitted.offset == pytest.approx(19.5 * VOXEL, abs=0.05 * VOXEL)


def test_columns_on_a_line_determine_no_plane():
    heights = np.full((8, 8), np.nan)
    heights[3] = 1.0
    assert fit_plane(heights, spacing=(1.0, 1.0), voxel=1.0) is None


def test_refusals_name_the_rule_the_value_and_the_mend():
    for options, message in (
        ({"face": "top"}, "face must be zmin, .* got 'top'"),
        ({"face": "zmin", "resolution": -1}, "resolution must not be negative"),
        ({"face": "zmin", "depth": 0}, "depth must be positive"),
        ({"face": "zmin", "centre": (0, 0)}, "centre must go with a disc"),
    ):
        with pytest.raises(ValueError, match=message):
            InterfaceRecord(**options)
    record = InterfaceRecord(face="zmin")
    with pytest.raises(ValueError, match="call update first"):
        _ = record.limit
    record.update(np.zeros((4, 4, 4), bool), time=1.0)
    for mask, time, message in (
        (np.zeros((4, 4, 4), bool), 1.0, "time must be finite and rise"),
        (np.zeros((4, 4, 5), bool), 2.0, "must have the same shape"),
    ):
        with pytest.raises(ValueError, match=message):
            record.update(mask, time=time)
    assert len(record.table()) == 1
    with pytest.raises(ValueError, match=r"face must be one of a \(y, x\) image, got 'zmin'"):
        InterfaceRecord(face="zmin").update(np.zeros((4, 4), bool))


def test_thresholds_band_mean_deviation_and_bare_area():
    layer, thin, thick = (np.zeros((12, 6, 8), dtype=bool) for _ in range(3))
    layer[:4, :, :6] = layer[:6, :2, :6] = True
    thin[:3, :, :5] = thin[:6, :2, :5] = True
    thick[:5] = True
    frame = InterfaceRecord(face="zmin", spacing=2.0).update(layer, banded=(thin, thick))
    alone = [InterfaceRecord(face="zmin", spacing=2.0).update(x) for x in (layer, thin, thick)]
    for column, band, finest in (
        ("mean", "threshold", 0.0),
        ("std_corrected", "std_corrected", 0.1),  # a twentieth of a voxel
        ("contact_loss", "contact_loss", 0.0),
    ):
        values = [getattr(one, column) for one in alone]
        ends = [getattr(frame, f"{band}_{end}") for end in ("low", "high")]
        assert ends == pytest.approx([max(0, min(values) - finest), max(values) + finest])
        assert ends[0] <= getattr(frame, column) == values[0] <= ends[1] > ends[0]
        own = [getattr(alone[0], f"{band}_{end}") for end in ("low", "high")]
        assert own == pytest.approx([max(0, values[0] - finest), values[0] + finest])


def test_where_what_bounds_the_layer_is_out_of_view_is_told():
    lithium, collector = (np.zeros((12, 6, 8), dtype=bool) for _ in range(2))
    collector[:2], lithium[2:7] = True, True
    collector[:, :3, :4] = lithium[:, :3, :4] = False  # as if the scan ended below the collector
    collector[9, 0, 0] = True  # a speck is no collector
    record = InterfaceRecord(face="zmin", roi=np.ones((6, 8), dtype=bool))
    assert record.update(lithium, bounds=[collector]).out_of_view == pytest.approx(12 / 48)
    assert record.update(lithium).out_of_view == 0
    right = InterfaceRecord(face="zmin", roi=np.arange(8) * np.ones((6, 1), dtype=int) > 3)
    assert right.update(lithium, bounds=[collector]).out_of_view == 0
    with pytest.raises(ValueError, match="bounds and lithium must have the same shape"):
        record.update(lithium, bounds=[collector[:3]])
