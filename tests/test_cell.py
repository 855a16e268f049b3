"""An experiment with electrodes, a cycler and lithium layers, from files to the report."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from crevasse import cli
from crevasse.operando import analyze_series
from crevasse.operando.electrochemistry import CyclerData
from crevasse.operando.experiment.planning import plan_toml
from crevasse.operando.forecast import forecast
from crevasse.report.cell_figures import layers_figure
from crevasse.report.numbers import numbers
from crevasse.tracking import time_to_short

ELECTROLYTE, LITHIUM, VOID = 160, 100, 20
EXPERIMENT = """
[scans]
source = "scans"
voxel_size = 2
interval = 0.5
scan_duration = "5 min"
[region]
disc = { diameter = 30 }
[electrodes]
working = "zmin"
counter = "zmax"
[phases.void]
high = 60
[phases.lithium]
low = 80
high = 120
[cycler]
file = "cell.csv"
positive = "plating"
area_cm2 = 0.5
[tracking]
confirm_after = 1
[measure]
interfaces = true
fronts = true
"""


@pytest.fixture
def folder(tmp_path, rng, monkeypatch):
    """Lithium grows at zmin, and a void grows from it until it reaches zmax."""
    for k, (lithium, void) in enumerate([(3, 8), (5, 14), (7, 20), (9, 30)]):
        volume = np.full((30, 20, 20), ELECTROLYTE, dtype=float)
        volume[:lithium] = LITHIUM
        volume[28:] = LITHIUM
        volume[:void, 9:11, 9:11] = VOID
        volume += rng.normal(0, 3, volume.shape)
        (tmp_path / "scans" / f"t{k}").mkdir(parents=True)
        for z, image in enumerate(volume):
            tifffile.imwrite(tmp_path / "scans" / f"t{k}" / f"{z:03d}.tif", image.astype(np.uint8))
    rows = [f"{t},{0.1 - t / 1e5},0.001" for t in range(0, 3601, 60)]
    rows += [f"{t},{0.4 + t / 1e5},-0.001" for t in range(3660, 7201, 60)]
    text = "\n".join(["test_time_second,voltage_volt,current_ampere", *rows])
    (tmp_path / "cell.csv").write_text(text + "\n")
    (tmp_path / "cell.toml").write_text(EXPERIMENT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def analyzed(folder):
    assert cli.main(["analyze", "cell.toml", "-o", "out", "--json"]) == 0
    return json.loads((folder / "out" / "summary.json").read_text())


def test_layers_fronts_short_and_charge_come_out(folder, capsys):
    summary = analyzed(folder)
    assert summary["direction"] == ["plating", "plating", "plating", "stripping"]
    np.testing.assert_allclose(summary["capacity"], [0, 1, 2, 1], atol=0.05)
    layer = summary["layer_working"]
    columns = np.hypot(*np.meshgrid(*[2 * np.arange(20) - 19] * 2)) <= 15
    void = np.zeros((20, 20), bool)
    void[9:11, 9:11] = True
    full = 1 - (columns & void).sum() / columns.sum()
    np.testing.assert_allclose(layer["mean"], [2 * n * full for n in (3, 5, 7, 9)], rtol=0.02)
    np.testing.assert_allclose(summary["depth_max"], [14, 26, 38, 58])
    np.testing.assert_allclose(summary["ligament"], [44, 32, 20, 0])
    assert summary["short"]["frame"] == 3
    assert summary["short"]["type"] == "growth"


def test_the_report_shows_the_cell_and_every_table_is_beside_it(folder, capsys):
    analyzed(folder)
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "<h2>The cell</h2>" in page
    assert "The electrodes are bridged in frame 3 (1.5 h): first by crack 1" in page
    names = {p.name for p in (folder / "out" / "figures").iterdir()}
    assert {"voltage.svg", "layers.svg", "layer_maps.svg", "fronts.svg"} <= names
    tables = {p.name for p in (folder / "out" / "tables").iterdir()}
    for name in ("cycling", "half_cycles", "front_cracks", "front_tips", "layer_counter"):
        assert {f"{name}.csv", f"{name}.parquet"} <= tables


def test_the_short_comes_first_and_layers_are_in_the_table_of_frames(folder):
    numbers = {row["quantity"]: row for row in analyzed(folder)["numbers"]}
    assert numbers["charge at the short"]["value"] == pytest.approx(2 - 0.9667, rel=1e-3)
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    first = page[page.index('<div class="key">') :]
    assert first.index("bridged for the first time") < first.index("open volume in the last frame")
    assert "working<br>layer, µm" in page
    assert "cracks<" in page


def test_where_nothing_is_followed_the_page_says_nothing_of_cracks(folder, capsys):
    text = EXPERIMENT.replace("fronts = true", "fronts = false\ncracks = false")
    (folder / "cell.toml").write_text(text)
    assert cli.main(["analyze", "cell.toml", "-o", "out"]) == 0
    header, first, *_ = capsys.readouterr().out.splitlines()
    assert header.split("  ") == ["frame", "working layer (µm)", "counter layer (µm)"]
    assert first.split() == ["t0", "5.860", "4.000"]
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "working layer in the last frame, 5.86 in the first, µm" in page
    for word in ("outlined by provenance", "births", ">cracks<", "Lineage"):
        assert word not in page


def test_a_short_that_has_healed_is_told_as_one(folder, capsys):
    for number, like in ((4, 3), (5, 2)):
        shutil.copytree(folder / "scans" / f"t{like}", folder / "scans" / f"t{number}")
    text = EXPERIMENT.replace("interval = 0.5", "interval = 0.35")
    (folder / "cell.toml").write_text(text)
    summary = analyzed(folder)
    assert (summary["short"]["frame"], summary["short"]["healed"]) == (3, 5)
    how = {row["quantity"]: row["how"] for row in summary["numbers"]}["short"]
    said = "bridged from frame 3 (1.05 h) to frame 4 (1.4 h), first by crack 1"
    assert how == f"{said}; band: that of the thresholds"
    page = " ".join((folder / "out" / "report.html").read_text(encoding="utf-8").split())
    assert "are bridged from frame 3 (1.05 h) to frame 4 (1.4 h): first by crack 1, which" in page
    assert "what shorts the cell" not in page


def test_the_forecast_rests_on_the_scans_of_the_half_cycle(folder, capsys):
    plan = plan_toml("cell.toml")
    analysis = analyze_series(plan.series, plan.settings)
    at = analysis.history.frames["time"].tolist()
    left = analysis.fronts.frames["ligament"].tolist()
    assert forecast(analysis, 2) == time_to_short(at[:3], left[:3])
    assert forecast(analysis, 0) is None  # one scan
    assert forecast(analysis, 3) is None  # bridged


def test_a_layer_that_is_nowhere_is_told(folder, capsys):
    text = EXPERIMENT.replace("low = 80\nhigh = 120", "low = 200\nhigh = 220")
    (folder / "cell.toml").write_text(text)
    assert cli.main(["analyze", "cell.toml", "-o", "out"]) == 0
    said = capsys.readouterr().err
    assert (
        "crevasse: no layer in any scan: working electrode; counter electrode; check its phase"
        in said
    )
    page = " ".join((folder / "out" / "report.html").read_text(encoding="utf-8").split())
    assert "No layer in any scan:</b> working electrode; counter electrode. Check its" in page


def test_a_hole_in_the_record_is_told(folder, capsys):
    lines = (folder / "cell.csv").read_text().splitlines()
    kept = [lines[0], *(x for x in lines[1:] if not 2400 < float(x.split(",")[0]) < 4500)]
    (folder / "cell.csv").write_text("\n".join(kept) + "\n")
    assert cli.main(["analyze", "cell.toml", "-o", "out"]) == 0
    said = capsys.readouterr().err
    assert "crevasse: hole in the cycler's record: 0.6667 to 1.25 h; charge, capacity" in said
    summary = json.loads((folder / "out" / "summary.json").read_text())
    (doubt,) = summary["doubts"]
    assert doubt["about"] == [["0.6667 to 1.25 h", ""]]
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert "0.6667 to 1.25 h" in page


@pytest.mark.parametrize(
    ("changed", "contradicted"),
    [
        (("", ""), []),
        (
            ('positive = "plating"', 'positive = "stripping"'),
            ["changed by 7.814 um, by its charge"],
        ),
        (
            ("area_cm2 = 0.5", "area_cm2 = 50"),
            ["cracks grew by 384 um^3, by", "changed by 7.814 um, by its charge 0.09698 um"],
        ),
        (("area_cm2 = 0.5", "area_cm2 = 0.005"), ["a layer of 969.8 um in scans of 60 um"]),
    ],
)
def test_charge_that_cannot_have_made_the_layer_is_told(folder, changed, contradicted):
    assert changed[0] in EXPERIMENT
    (folder / "cell.toml").write_text(EXPERIMENT.replace(*changed))
    said = [what for doubt in analyzed(folder)["doubts"] for _, what in doubt["about"]]
    assert len(said) == len(contradicted)
    for what, expected in zip(said, contradicted, strict=True):
        assert expected in what


@pytest.mark.parametrize("time", [[0, 3600, 7200], [0, 0, 3600, 3600, 7200, 9000]])
def test_a_coarse_record_has_no_holes(time):
    n = len(time)
    assert CyclerData(time, [0] * n, [1e-3] * n, positive="plating").holes() == []
    rest = CyclerData([0, 1, 2, 3, 3600, 3601], [0] * 6, [0, 1, 0, 0, 0, 1], positive="plating")
    assert rest.holes() == []  # no current at either end


def test_layers_are_drawn_with_their_bands_and_contact_below(folder):
    plan = plan_toml("cell.toml")
    analysis = analyze_series(plan.series, plan.settings)
    top, bottom = layers_figure(analysis).axes
    bands = [band.get_paths()[0].vertices for band in top.collections if band.get_paths()]
    for k, record in enumerate(analysis.layers.values()):
        table = record.table()
        lost, unresolved = (line.get_ydata() for line in bottom.get_lines()[2 * k : 2 * k + 2])
        np.testing.assert_allclose(lost, 100 * table["contact_loss"])
        np.testing.assert_allclose(unresolved, 100 * table["unresolved"])
        for kind in ("mean", "threshold"):
            low, high = table[f"{kind}_low"].min(), table[f"{kind}_high"].max()
            spans = [(band[:, 1].min(), band[:, 1].max()) for band in bands]
            assert any(np.allclose(span, (low, high)) for span in spans)
    assert bottom.get_ylim()[1] >= 100 * table["unresolved"].max()


def test_every_key_figure_is_listed_with_its_band_and_how_it_came_about(folder, capsys):
    summary = analyzed(folder)
    found = {row["quantity"]: row for row in summary["numbers"]}
    assert (folder / "out" / "tables" / "numbers.csv").is_file()
    charge = (folder / "out" / "tables" / "cycling.csv").read_text().splitlines()
    column = [name.split(" [")[0] for name in charge[0].split(",")].index("inventory")
    inventory = [float(row.split(",")[column]) for row in charge[1:]]
    assert max(inventory) == inventory[2]  # stripped from then on, though the void grows further
    expected = (inventory[2] - inventory[0]) * 4.849 * 1600  # of 40 µm by 40 µm
    gain = summary["volume"][2] - summary["volume"][0]
    share = found["lithium accommodated by cracks"]
    assert share["value"] == pytest.approx(100 * gain / expected, rel=1e-3)
    assert share["low"] <= share["value"] < share["high"]  # charge that flows during a scan
    assert (found["short"]["value"], found["short"]["unit"]) == (1.5, "h")
    assert found["deepest crack, all frames"]["value"] == 58
    assert found["solid left between the electrodes"]["value"] == 0
    layer, change = summary["layer_working"], found["working layer, change"]
    assert change["value"] == pytest.approx(layer["mean"][3] - layer["mean"][0])
    assert change["low"] <= change["value"] <= change["high"]
    for name in ("deviation, last frame", "without lithium"):
        row = found[f"working layer, {name}"]
        assert row["low"] <= row["value"] <= row["high"], name
    assert all(row["how"] and row["unit"] for row in found.values())
    page = (folder / "out" / "report.html").read_text(encoding="utf-8")
    assert page.index("<h2>Numbers</h2>") < page.index("<h2>The cell</h2>")


def test_a_plane_is_an_electrode_and_what_is_beyond_the_record_is_told_before(folder, capsys):
    text = EXPERIMENT.replace('working = "zmin"', 'working = { face = "zmin", plane = 6 }')
    (folder / "cell.toml").write_text(text)
    assert analyzed(folder)["ligament"][0] == 44
    (folder / "cell.toml").write_text(text.replace("interval = 0.5", "interval = 5"))
    assert cli.main(["analyze", "cell.toml"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "cycler.offset must place the record, 0 to 2 h, over all scans" in line
    for wrong in ('"15 um"', "0"):
        (folder / "cell.toml").write_text(text.replace("interval = 0.5", f"interval = {wrong}"))
        assert cli.main(["analyze", "cell.toml"]) == 2
        (line,) = capsys.readouterr().err.strip().splitlines()
        assert "scans.interval must be a positive time in h" in line
    gone = text.replace("interval = 0.5", "interval = 0").replace("cell.csv", "gone.csv")
    (folder / "cell.toml").write_text(gone)
    assert cli.main(["analyze", "cell.toml"]) == 2
    told = capsys.readouterr().err
    assert "scans.interval must be a positive time in h" in told
    assert "gone.csv does not exist" in told
    assert "cycler needs" not in told


def test_drift_is_looked_for_where_nothing_grows(folder, capsys):
    rng = np.random.default_rng(4)
    texture = rng.normal(0, 12, (30, 20, 20))
    for k, lithium in enumerate((3, 6, 9, 12)):
        volume = np.full((30, 20, 20), float(ELECTROLYTE))
        volume[:lithium] = LITHIUM
        volume[:, 9:11, 9:11] = VOID
        volume[16:] += texture[16:]
        for z, image in enumerate(volume):
            tifffile.imwrite(folder / "scans" / f"t{k}" / f"{z:03d}.tif", image.astype(np.uint8))
    aligned = EXPERIMENT + "[alignment]\nmethod = 'translation'\nregion = { z = [32, 60] }\n"
    (folder / "cell.toml").write_text(aligned)
    analyzed(folder)
    measures = (folder / "out" / "tables" / "measures.csv").read_text().splitlines()
    column = measures[0].split(",").index("drift_z [voxel]")
    assert [float(row.split(",")[column]) for row in measures[1:]] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('working = "zmin"', "", "measure.fronts needs electrodes.working"),
        ("[phases.lithium]\nlow = 80\nhigh = 120", "", "measure.interfaces needs phases.lithium"),
        ("interfaces = true", "", "region.disc is where layers are measured"),
        ("plane = 6", "plane = 99", "electrodes.working.plane"),
        ("cell.csv", "scans/t0/000.tif", "cycler.file: "),
        ("interval = 0.5", "", "cycler needs the times of the scans in h; add scans.times"),
        ("[phases.void]", "[segmentation]\nconnectivity = 6\n[phases.void]", "must be 26 where"),
        ("{ diameter = 30 }", "{ diameter = 30, centre = [9] }", "centre must hold 2 numbers, one"),
        (
            "{ diameter = 30 }",
            "{ diameter = 3, centre = [90, 90] }",
            "must hold a column of region",
        ),
        (
            "disc = { diameter = 30 }",
            "disc = { diameter = 30 }\ncylinder = { diameter = 2, centre = [90, 90] }",
            "region.cylinder must hold a voxel",
        ),
        (
            "plane = 6",
            "plane = 6 }\n[region]\ncrop = { z = [10, 60]",
            "plane must lie in region.crop",
        ),
        (
            "high = 60",
            'rule = "otsu"\n[segmentation]\nsensitivity = 0.7',
            "at most 0.5 where a phase",
        ),
        ("high = 120", "high = 120\nseed = 90", "without side"),
    ],
)
def test_what_an_experiment_lacks_is_told_before_a_scan_is_read(folder, capsys, old, new, problem):
    text = EXPERIMENT
    if old == "plane = 6":
        text = text.replace('working = "zmin"', 'working = { face = "zmin", plane = 6 }')
        if "[region]" in new:
            text = text.replace("[region]\ndisc = { diameter = 30 }\n", "")
    (folder / "cell.toml").write_text(text.replace(old, new))
    assert cli.main(["analyze", "cell.toml"]) == 2
    assert problem in capsys.readouterr().err


def test_layers_are_those_of_the_columns_in_the_region(folder):
    """Phases are empty outside of it: columns there are not columns without lithium."""
    for region in (
        "disc = { diameter = 30 }\nbox = { y = [0, 20] }",
        "cylinder = { diameter = 30 }",
        "disc = { diameter = 40 }\ncylinder = { diameter = 24 }",
    ):
        text = EXPERIMENT.replace("disc = { diameter = 30 }", region)
        (folder / "cell.toml").write_text(text)
        plan = plan_toml(folder / "cell.toml")
        table = analyze_series(plan.series, plan.settings).layers["working"].table()
        void = 4 / table["n_columns"][0]  # columns that a void begins in, from the first frame on
        if "box" in region:
            void /= 2
        np.testing.assert_allclose(table["contact_loss"], void, rtol=0.5)
        np.testing.assert_allclose(table["mean"], np.array([6, 10, 14, 18]) * (1 - void), rtol=0.02)


def test_lithium_is_set_against_the_charge_of_its_own_scan(folder):
    """Also where scans before it were left out."""
    text = EXPERIMENT.replace("interval = 0.5", "interval = 0.3")
    (folder / "cell.toml").write_text(text)
    name = "lithium accommodated by cracks"

    def accommodated():
        plan = plan_toml(folder / "cell.toml")
        analysis = analyze_series(plan.series, replace(plan.settings, skip_broken=True))
        return {row["quantity"]: row["value"] for row in numbers(analysis).rows()}[name]

    whole = accommodated()
    bad = folder / "scans" / "t1" / "010.tif"
    bad.write_bytes(bad.read_bytes()[:-50])
    assert accommodated() == whole


def test_a_layer_that_is_not_resolved_is_given_with_what_it_may_be(folder):
    """Of one voxel of 2 µm, where two can be told from none."""
    (folder / "cell.toml").write_text(EXPERIMENT.replace("low = 80", "low = 98"))
    plan = plan_toml(folder / "cell.toml")
    analysis = analyze_series(plan.series, plan.settings)
    table = analysis.layers["counter"].table()
    row = next(
        r for r in numbers(analysis).rows() if r["quantity"] == "counter layer, mean, last frame"
    )
    assert not table["resolved"][-1]
    assert row["low"] == min(table["mean_low"][-1], table["threshold_low"][-1]) < row["value"]
    assert row["high"] == max(table["mean_high"][-1], table["threshold_high"][-1]) >= 4 * 0.9
