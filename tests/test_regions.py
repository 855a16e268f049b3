import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.measure import regionprops_table

import crevasse
from crevasse import RunVolume, region_table

from strategies import masks, shapes

AXES = ("z", "y", "x")


def brute_table(labels: np.ndarray, spacing: tuple[float, ...]) -> dict[str, list]:
    """Every column, voxel by voxel."""
    names = AXES[-labels.ndim :]
    rows = []
    for value in np.unique(labels[labels != 0]).tolist():
        voxels = np.argwhere(labels == value)
        centred = (voxels - voxels.mean(axis=0)) * spacing
        covariance = centred.T @ centred / len(voxels)
        last = np.array(labels.shape) - 1
        row = {"label": value, "n_voxels": len(voxels), "volume": len(voxels) * np.prod(spacing)}
        for i, name in enumerate(names):
            row[f"{name}_begin"] = voxels[:, i].min()
            row[f"{name}_end"] = voxels[:, i].max() + 1
            row[f"centroid_{name}"] = voxels[:, i].mean() * spacing[i]
            for j in range(i, len(names)):
                row[f"covariance_{name}{names[j]}"] = covariance[i, j]
        volume, ndim = row["volume"], labels.ndim
        row["extent"] = len(voxels) / np.prod(np.ptp(voxels, axis=0) + 1)
        row["equivalent_diameter"] = (
            2 * np.sqrt(volume / np.pi) if ndim == 2 else 2 * np.cbrt(3 * volume / (4 * np.pi))
        )
        row["first_voxel"] = np.flatnonzero(labels == value)[0]
        row["touches_border"] = bool(((voxels == 0) | (voxels == last)).any())
        rows.append(row)
    return {key: [row[key] for row in rows] for key in rows[0]} if rows else {}


@st.composite
def labelled(draw):
    dims = draw(shapes)
    dtype = np.dtype(draw(st.sampled_from(["?", "u1", "u2", "u4", "u8", "i4", "i8"])))
    top = 1 if dtype.kind == "b" else np.iinfo(dtype).max
    palette = np.unique(np.array([0, 1, min(top, 5), top], dtype=dtype))
    seed = draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).choice(palette, size=dims)


@given(labelled(), st.sampled_from([(1.0, 1.0, 1.0), (3.0, 0.5, 1.7)]))
def test_every_column_is_that_of_the_voxels(labels, spacing):
    lengths = spacing[-labels.ndim :]
    table = region_table(labels, spacing=lengths)
    expected = brute_table(labels, lengths)
    assert not expected or set(expected) == set(table.columns)
    assert len(table) == len(expected.get("label", []))
    for name, values in expected.items():
        np.testing.assert_allclose(
            table[name].astype(float), np.array(values, float), rtol=1e-9, atol=1e-9, err_msg=name
        )


@pytest.mark.parametrize("shape", [(40, 50, 60), (120, 130)])
def test_table_agrees_with_scikit_image(shape, rng):
    labels = crevasse.label(rng.random(shape) < 0.15, connectivity=26).labels
    table = region_table(labels)
    theirs = regionprops_table(
        labels.astype(np.int32), properties=("label", "area", "bbox", "centroid")
    )
    np.testing.assert_array_equal(table["label"], theirs["label"])
    np.testing.assert_array_equal(table["n_voxels"], theirs["area"])
    for i, name in enumerate(AXES[-len(shape) :]):
        np.testing.assert_array_equal(table[f"{name}_begin"], theirs[f"bbox-{i}"])
        np.testing.assert_array_equal(table[f"{name}_end"], theirs[f"bbox-{i + len(shape)}"])
        np.testing.assert_allclose(table[f"centroid_{name}"], theirs[f"centroid-{i}"])


@given(masks(), st.sampled_from([6, 26]))
def test_dense_labels_and_runs_give_the_same_table(mask, connectivity):
    dense = crevasse.label(mask, connectivity=connectivity)
    runs = RunVolume.from_mask(mask).label(connectivity)
    assert region_table(dense) == region_table(dense.labels) == region_table(runs)
    assert region_table(dense) == runs.regions()


def test_table_is_the_same_for_every_number_of_threads(rng):
    labels = rng.integers(0, 4, (60, 70, 300), dtype=np.uint8)
    tables = [region_table(labels, n_threads=n) for n in (1, 2, 3, 7)]
    assert all(table == tables[0] for table in tables)


def test_units_follow_the_spacing():
    labels = np.ones((2, 2), np.uint8)
    assert region_table(labels).units["volume"] == "voxel^2"
    assert region_table(labels, spacing=2.0).units["volume"] == "um^2"
    assert region_table(labels[None], spacing=2, unit="mm").units["covariance_zx"] == "mm^2"


def test_an_image_without_regions_has_an_empty_table():
    table = region_table(np.zeros((3, 4, 5), np.uint16))
    assert len(table) == 0
    assert table["centroid_x"].shape == (0,)
    assert len(region_table(np.zeros((0, 4), np.uint16))) == 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"labels": np.zeros((2, 2))}, TypeError, "labels must be bool or integer, got float64"),
        ({"labels": np.full((2, 2), -3)}, ValueError, "labels must not be negative, got -3"),
        ({"spacing": 0}, ValueError, "spacing must be positive and finite, got 0"),
        ({"spacing": -1.5}, ValueError, "got -1.5"),
        ({"spacing": float("nan")}, ValueError, "got nan"),
        ({"spacing": (1, np.inf)}, ValueError, "spacing must be positive and finite"),
        ({"spacing": (1, 1, 1)}, ValueError, r"spacing must be a number or \(y, x\)"),
        ({"spacing": "wide"}, ValueError, "got 'wide'"),
    ],
)
def test_bad_arguments_are_refused_in_one_line(arguments, error, message):
    with pytest.raises(error, match=message) as caught:
        region_table(**{"labels": np.zeros((2, 2), np.uint8), **arguments})
    assert "\n" not in str(caught.value)


@given(labelled(), st.sampled_from([(1.0, 1.0, 1.0), (3.0, 0.5, 1.7)]))
def test_principal_axes_diagonalise_the_covariance(labels, spacing):
    table = region_table(labels, spacing=spacing[-labels.ndim :])
    principal = table.principal_axes()
    names = AXES[-labels.ndim :]
    for i in range(len(table)):
        covariance = np.array(
            [[table[f"covariance_{min(a, b, key=AXES.index)}{max(a, b, key=AXES.index)}"][i]
              for b in names] for a in names]
        )  # fmt: skip
        spread = [principal[f"std_{k + 1}"][i] for k in range(len(names))]
        assert spread == sorted(spread, reverse=True)
        for name, k in (("major", 0), ("normal", -1)):
            vector = np.array([principal[f"{name}_{a}"][i] for a in names])
            assert np.linalg.norm(vector) == pytest.approx(1)
            assert vector[np.flatnonzero(np.abs(vector) > 1e-9)[0]] > 0
            scale = max(spread[0] ** 2, 1e-12)
            np.testing.assert_allclose(
                covariance @ vector / scale, spread[k] ** 2 * vector / scale, atol=1e-6
            )


@pytest.mark.parametrize("normal", [(1, 0, 0), (0, 1, 0), (1, 1, 0), (3, 2, 1), (1, -2, 2)])
def test_a_tilted_disc_has_its_normal_and_is_planar(normal):
    unit = np.array(normal) / np.linalg.norm(normal)
    offset = np.indices((61, 61, 61)).reshape(3, -1) - 30.0
    height = unit @ offset
    disc = (np.abs(height) <= 1.5) & ((offset**2).sum(axis=0) <= 28**2)
    principal = region_table(disc.reshape(61, 61, 61)).principal_axes()
    found = np.array([principal[f"normal_{a}"][0] for a in AXES])
    assert abs(found @ unit) > np.cos(np.radians(0.5))
    assert principal["planarity"][0] > 0.95
    assert principal["linearity"][0] < 0.05
    assert principal["std_1"][0] == pytest.approx(28 / 2, rel=0.02)  # of a disc: radius / 2


def test_a_region_without_extent_has_zeros_and_the_axes_of_the_volume():
    principal = region_table(np.ones((1, 1, 1), np.uint8)).principal_axes()
    values = {name: float(principal[name][0]) for name in principal.columns}
    assert values["std_1"] == values["std_3"] == values["planarity"] == values["linearity"] == 0
    assert principal.units == {"std_1": "voxel", "std_2": "voxel", "std_3": "voxel"}


@given(
    labelled(),
    st.sampled_from(["?", "u1", "u2", "i2", "u4", "i4", "f4", "f8"]),
    st.integers(0, 2**32 - 1),
)
def test_intensities_are_those_of_the_voxels(labels, dtype, seed):
    grey = (np.random.default_rng(seed).random(labels.shape) * 200).astype(dtype)
    table = region_table(labels, intensity=grey)
    for i, value in enumerate(np.unique(labels[labels != 0])):
        voxels = grey[labels == value].astype(float)
        found = [table[f"intensity_{name}"][i] for name in ("mean", "std", "min", "max")]
        expected = [voxels.mean(), voxels.std(), voxels.min(), voxels.max()]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-9)


def test_the_spread_of_a_large_offset_is_not_lost(rng):
    grey = 1e9 + rng.standard_normal((40, 50, 60))
    table = region_table(np.ones(grey.shape, np.uint8), intensity=grey)
    assert table["intensity_std"][0] == pytest.approx(grey.std(), rel=1e-6)


def test_nan_touches_its_own_region_only():
    labels = np.array([[1, 1, 2, 2]])
    table = region_table(labels, intensity=np.array([[1.0, np.nan, 3.0, 5.0]]))
    assert np.isnan(table["intensity_mean"][0])
    assert table["intensity_min"].tolist() == [1.0, 3.0]
    assert table["intensity_mean"][1] == 4.0


@given(labelled(), st.lists(st.sampled_from([0.0, 0.05, 1 / 3, 0.5, 0.9, 1.0]), max_size=4))
def test_quantiles_are_those_of_the_voxels(labels, fractions):
    dtype = ["u1", "i2", "f4", "f8"][labels.size % 4]
    grey = (np.random.default_rng(labels.size).standard_normal(labels.shape) * 50).astype(dtype)
    for n_threads in (1, 3):
        table = region_table(labels, intensity=grey, quantiles=fractions, n_threads=n_threads)
        for i, value in enumerate(table["label"].tolist()):
            voxels = grey[labels == value].astype(float)
            for fraction in fractions:
                found = table[f"intensity_q{100 * fraction:.10g}"][i]
                assert found == pytest.approx(np.quantile(voxels, fraction), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([np.inf, 0, 1.0], np.inf),
        ([1.0, 0, np.inf], np.inf),
        ([-np.inf, 0, 1.0], -np.inf),
        ([np.inf, 0, -np.inf], np.nan),
        ([np.nan, 0, np.inf], np.nan),
        ([-1.5e308, 0, 1.5e308], 0.0),
    ],
)
def test_infinite_grey_values_do_not_hang_on_their_order(values, mean):
    table = region_table(np.array([[1, 0, 1]]), intensity=np.array([values]))
    np.testing.assert_equal(table["intensity_mean"].tolist(), [mean])


def test_quantiles_of_a_region_with_nan_are_nan_and_the_others_are_not():
    table = region_table(
        np.array([[1, 1, 2, 2]]), intensity=np.array([[1.0, np.nan, 3.0, 5.0]]), quantiles=(0.5,)
    )
    assert np.isnan(table["intensity_q50"][0])
    assert table["intensity_q50"][1] == 4.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"quantiles": (0.5,)}, "quantiles are those of grey values; give intensity too"),
        ({"quantiles": (50,), "intensity": np.ones((2, 3))}, r"quantiles must lie in 0..1, got"),
    ],
)
def test_quantiles_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        region_table(np.ones((2, 3), np.uint8), **arguments)


def test_intensity_of_another_kind_is_refused():
    labels = np.ones((2, 3), np.uint8)
    with pytest.raises(ValueError, match="labels and intensity must have the same shape"):
        region_table(labels, intensity=np.ones((3, 2)))
    with pytest.raises(TypeError, match=r"intensity must be uint8, .*, got complex128"):
        region_table(labels, intensity=np.ones((2, 3), complex))


@pytest.mark.parametrize("begin", [0, 5000, 10**6, 10**7])
def test_moments_do_not_depend_on_where_a_region_lies(begin):
    mask = np.zeros((1, begin + 3), bool)
    mask[0, begin:] = True
    table = RunVolume.from_mask(mask).label().regions()
    assert table["covariance_xx"][0] == pytest.approx(2 / 3, rel=1e-14)
    assert table["covariance_yx"][0] == 0


def test_regions_that_are_chosen_have_axes_still():
    labels = np.zeros((4, 9, 9), np.uint8)
    labels[1, 2, 1:8] = 1
    labels[2, 1:8, 5] = 2
    table = region_table(labels)
    chosen = table.where(table["label"] == 2).principal_axes()
    assert chosen["major_y"].tolist() == [1.0]
    with pytest.raises(TypeError, match="surface must be True or False, got 'no'"):
        region_table(labels, surface="no")
