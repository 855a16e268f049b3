"""The analysis of experiments on real scans, beside the same done with scikit-image."""

from pathlib import Path

import numpy as np
import pytest
from skimage.filters import threshold_otsu
from skimage.measure import label, regionprops_table

from crevasse import region_table
from crevasse.io import read_tiff
from crevasse.operando import Experiment, analyze

DATA = Path(__file__).parent.parent / "examples" / "data"


def analysed(folder, text):
    file = folder / "cell.toml"
    file.write_text(text)
    return analyze(Experiment.from_toml(file))


@pytest.fixture(scope="module")
def cement():
    return read_tiff(DATA / "cement" / "cement.tif")


def test_voids_in_cement_are_those_of_scikit_image(cement, tmp_path):
    analysis = analysed(
        tmp_path,
        f"""
        [scans]
        source = "{DATA / "cement" / "cement.tif"}"
        [phases.void]
        rule = "otsu"
        [segmentation]
        min_voxels = 8
        [measure]
        thickness = true
        """,
    )
    otsu = threshold_otsu(cement)
    threshold = analysis.settings.rules[0].high.value
    assert otsu <= threshold < otsu + 1  # in the gap above the last dark value
    labels = label(cement <= otsu, connectivity=3)
    voids = regionprops_table(labels, properties=("area", "centroid", "bbox"))
    large = voids["area"] >= 8
    assert large.sum() > 100
    nodes = analysis.history.tables["nodes"]
    np.testing.assert_array_equal(nodes["n_voxels"], voids["area"][large])
    assert analysis.history.frames["n_voxels"][0] == voids["area"][large].sum()
    for i, axis in enumerate("zyx"):
        np.testing.assert_allclose(nodes[f"centroid_{axis}"], voids[f"centroid-{i}"][large])
    (row,) = analysis.phases.rows()
    assert row["n_voxels_low"] < row["n_voxels"] < row["n_voxels_high"]
    low, high = (analysis.settings.rules[0].windows(end)[0][1] for end in ("low", "high"))
    for end, n_voxels in ((low, row["n_voxels_low"]), (high, row["n_voxels_high"])):
        counts = np.bincount(label(cement <= end, connectivity=3).ravel())[1:]
        assert n_voxels == counts[counts >= 8].sum()
    assert 5 < analysis.measures["thickness_mean"][0] < 30


@pytest.mark.parametrize("rule", ["edges", "cores"])
def test_some_rules_are_half_way_between_the_peaks_of_void_and_cement(cement, tmp_path, rule):
    text = f"[scans]\nsource = '{DATA / 'cement' / 'cement.tif'}'\n[phases.void]\nrule = '{rule}'\n"
    analysis = analysed(tmp_path, text)
    counts = np.convolve(np.bincount(cement.ravel()), np.ones(5), "same")
    void, matrix = np.argmax(counts[:45]), np.argmax(counts)
    threshold = analysis.settings.rules[0].high.value
    assert threshold == pytest.approx((void + matrix) / 2, abs=4)
    assert threshold < threshold_otsu(cement)  # which the common phase draws to itself


def test_phases_of_an_electrode_are_those_of_scikit_image(tmp_path):
    electrode = read_tiff(DATA / "nmc_electrode" / "nmc.tif")
    analysis = analysed(
        tmp_path,
        f"""
        [scans]
        source = "{DATA / "nmc_electrode" / "nmc.tif"}"
        voxel_size = "398 nm"
        [phases.pore]
        high = 0
        [phases.active]
        low = 1
        high = 1
        [phases.binder]
        low = 2
        [tracking]
        follow = ["pore"]
        """,
    )
    counts = np.bincount(electrode.ravel())
    assert analysis.phases["phase"].tolist() == ["pore", "active", "binder"]
    np.testing.assert_array_equal(analysis.phases["n_voxels"], counts)
    np.testing.assert_allclose(analysis.phases["fraction"], counts / electrode.size)
    np.testing.assert_allclose(analysis.phases["volume"], counts * 0.398**3)
    labels = label(electrode == 0, connectivity=3)
    assert analysis.history.frames["n_cracks"][0] == labels.max()
    own = region_table(labels, spacing=0.398)
    np.testing.assert_array_equal(analysis.history.tables["nodes"]["n_voxels"], own["n_voxels"])
