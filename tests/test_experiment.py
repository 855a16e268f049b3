"""Experiments: from TOML and back, and everything that is wrong with one in one list."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st

from crevasse.io import open_series
from crevasse.operando import (
    Experiment,
    ExperimentError,
    GreyRule,
    SeenElectrode,
    Settings,
    Threshold,
    analyze,
    analyze_series,
    plan,
)
from crevasse.operando.experiment import (
    Alignment,
    Cycler,
    Disc,
    Electrode,
    Electrodes,
    Extent,
    Measure,
    Output,
    Phase,
    Region,
    Scans,
    Segmenting,
    Tracking,
)
from crevasse.operando.experiment.lacking import lacking
from crevasse.operando.experiment.planning import plan_toml
from crevasse.operando.experiment.template import folder_template

FULL = """
[scans]
source = "scans"
voxel_size = "1.8 um"
unit = "um"
time_unit = "h"
start = "30 min"
interval = "15 min"
scan_duration = "300 s"
skip_broken = true

[region]
crop = { z = [0, 10.8], y = [3.6, "0.05 mm"] }
box = { x = [9, 45] }
cylinder = { diameter = 1900 }
disc = { diameter = "1.5 mm", centre = [900, 850.5] }

[electrodes]
working = "zmin"
counter = { face = "zmax", until = "electrolyte", layer = "lithium" }

[phases.electrolyte]
rule = "levels:3"
side = "middle"
bulk = 1

[phases.lithium]
rule = "levels:3"
against = "bright"
where = "below:electrolyte"
grow = 1

[phases.dark]
rule = "edges"
reach = 0.5

[phases.crack]
rule = "edges"
filled = true

[phases.void]
high = 90
later = 110
seed = 60
where = ["initially-inside:electrolyte", "touching:lithium"]
min_voxels = 5

[segmentation]
smooth = 0.5
denoise = "median:2"
min_voxels = 20
connectivity = 18
match_light = true
level_region = { y = [0, 9] }
sensitivity = 0.2

[alignment]
method = "rigid"
region = { z = [0, 9] }

[cycler]
file = "cell.csv"
positive = "stripping"
area_cm2 = 0.0314
timezone = "-05:00"
offset = "-90 s"
uncertainty = "1 min"

[tracking]
baseline_frames = 2
repeatability = 0.1
confirm_after = 3
follow = ["void"]

[measure]
cracks = true
interfaces = true

[output]
folder = "report"
title = "Cell A: “0.5 mA cm⁻²” \\\\ \\"first\\""
"""

GOOD = """
[scans]
source = "scans"
voxel_size = 2
interval = 0.25
[phases.void]
high = 100
"""


@pytest.fixture
def folder(tmp_path):
    """Three scans of 6 × 20 × 30 in which a dark sheet grows."""
    (tmp_path / "scans").mkdir()
    for t in range(3):
        volume = np.full((6, 20, 30), 180, np.uint8)
        volume[1:5, 10, 5 : 12 + 6 * t] = 60
        volume[0, 0, 0] = 60  # outside of every region used below
        tifffile.imwrite(tmp_path / "scans" / f"{t}.tif", volume, photometric="minisblack")
    return tmp_path


def written(folder, text):
    file = folder / "cell.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problems_of(folder, text, **options):
    with pytest.raises(ExperimentError) as caught:
        Experiment.from_toml(written(folder, text), **options)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_scans_at_intervals_tell_where_a_number_is_missing(folder):
    planned = plan_toml(written(folder, GOOD))
    assert planned.series.times_source == "given: every 0.25 h from 0 h"
    for t in (3, 5):
        shutil.copy(folder / "scans" / "2.tif", folder / "scans" / f"{t}.tif")
    source = plan_toml(written(folder, GOOD)).series.times_source
    assert "5.tif follows 3.tif: if a scan is missing there, give times" in source


def test_every_field_is_read_in_um_and_h(tmp_path):
    experiment = Experiment.from_toml(written(tmp_path, FULL), check=False)
    assert experiment == Experiment(
        scans=Scans(
            source=str(tmp_path / "scans"),
            voxel_size=1.8,
            start=0.5,
            interval=0.25,
            scan_duration=5 / 60,
            skip_broken=True,
        ),
        region=Region(
            crop=Extent(z=(0, 10.8), y=(3.6, 50)),
            box=Extent(x=(9, 45)),
            cylinder=Disc(1900),
            disc=Disc(1500, (900, 850.5)),
        ),
        electrodes=Electrodes(
            Electrode(face="zmin"), Electrode(face="zmax", until="electrolyte", layer="lithium")
        ),
        phases=(
            Phase("electrolyte", rule="levels:3", side="middle", bulk=1),
            Phase(
                "lithium", rule="levels:3", against="bright", where=("below:electrolyte",), grow=1
            ),
            Phase("dark", rule="edges", reach=0.5),
            Phase("crack", rule="edges", filled=True),
            Phase(
                "void",
                high=90,
                seed=60,
                later=110,
                where=("initially-inside:electrolyte", "touching:lithium"),
                min_voxels=5,
            ),
        ),
        segmentation=Segmenting(None, 0.5, "median:2", 20, 18, True, Extent(y=(0, 9)), 0.2),
        alignment=Alignment("rigid", Extent(z=(0, 9))),
        cycler=Cycler(
            str(tmp_path / "cell.csv"), "stripping", 0.0314, "-05:00", -90 / 3600, 1 / 60
        ),
        tracking=Tracking(2, 0.1, 3, ("void",)),
        measure=Measure(interfaces=True),
        output=Output(str(tmp_path / "report"), 'Cell A: “0.5 mA cm⁻²” \\ "first"'),
    )


@pytest.mark.parametrize("text", [FULL, GOOD])
def test_what_is_written_is_read_back_equal_from_anywhere(tmp_path, text):
    experiment = Experiment.from_toml(written(tmp_path, text), check=False)
    (tmp_path / "elsewhere").mkdir()
    again = Experiment.from_toml(written(tmp_path / "elsewhere", experiment.to_toml()), check=False)
    assert again == experiment
    assert again.to_toml() == experiment.to_toml()


names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters=":"), min_size=1, max_size=12
)
text_ = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
lengths = st.floats(0, 1e6, allow_subnormal=False)
extents = st.builds(
    Extent,
    *[st.none() | st.tuples(lengths, lengths).filter(lambda e: e[0] < e[1])] * 3,
)


@given(
    scans=st.builds(
        Scans,
        source=st.just("/scans") | st.lists(text_.map("/".__add__), min_size=1).map(tuple),
        voxel_size=st.none() | st.floats(1e-3, 1e3) | st.tuples(*[st.floats(1e-3, 1e3)] * 3),
        interval=st.floats(1e-3, 1e3),
    ),
    region=st.builds(
        Region, extents, extents, *[st.none() | st.builds(Disc, st.floats(1, 1e5))] * 2
    ),
    phases=st.lists(
        st.builds(Phase, names, low=st.floats(-1e9, 1e9)), min_size=1, unique_by=lambda p: p.name
    ).map(tuple),
    tracking=st.builds(Tracking, st.integers(1, 9), st.floats(0, 0.99), st.integers(1, 9)),
    measure=st.builds(Measure, *[st.booleans()] * 5),
    title=st.none() | text_,
)
def test_any_experiment_is_read_back_equal(
    tmp_path_factory, scans, region, phases, tracking, measure, title
):
    experiment = Experiment(
        scans, phases, region, tracking=tracking, measure=measure, output=Output("/out", title)
    )
    file = written(tmp_path_factory.getbasetemp(), experiment.to_toml())
    assert Experiment.from_toml(file, check=False) == experiment


def test_all_problems_come_in_one_list_that_names_field_value_and_mend(folder):
    problems = problems_of(
        folder,
        """
        colour = "red"
        [scans]
        source = "scans"
        voxel_sise = 1.8
        interval = "15 minutes"
        unit = "mm"
        [region]
        crop = { z = [10, 2] }
        [phases.void]
        low = 120
        high = 90
        seed = "60"
        [segmentation]
        connectivity = 7
        min_voxels = 0
        [alignment]
        method = "translate"
        [measure]
        fronts = true
        [tracking]
        repeatability = 1
        """,
    )
    assert problems == (
        'scans.interval must be a positive time in h, got "15 minutes"; '
        'give a number such as 0.25, or text such as "15 min"',
        'scans.unit must be "um", got "mm"; give lengths in µm, or as text such as "1.4 mm"',
        "scans.voxel_sise = 1.8 is not known; did you mean scans.voxel_size?",
        "segmentation.min_voxels must be a whole number of at least 1, got 0; correct it",
        "segmentation.connectivity must be 4 or 6 or 8 or 18 or 26, got 7; choose one of them",
        "region.crop.z must be [begin, end] in µm with begin below end, got [10, 2]; correct it",
        'phases.void.seed must be a number, got "60"; give a number such as 0.5',
        "phases.void.low must be at most high, 90, got 120; swap them",
        'alignment.method must be "none" or "translation" or "rigid", got "translate"; '
        'did you mean "translation"?',
        "tracking.repeatability must be a number of at least 0 and below 1, got 1; "
        'give a number such as 0.05, or "baseline"',
        'colour = "red" is not known; remove it; there are scans, segmentation, region, '
        "electrodes, phases, alignment, cycler, tracking, measure, output, alarms",
        'measure.fronts needs electrodes.working; add working = "zmin", or another face',
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("[phases.void]\nhigh = 100", "", "phases is missing; add a table such as [phases.void]"),
        ("high = 100", "", "phases.void needs grey values, a rule or a place; add"),
        (
            "high = 100",
            'high = 9\n[tracking]\nrepeatability = "baseline"',
            'tracking.repeatability must be a number where baseline_frames is 1, got "baseline"',
        ),
        ("high = 100", "high = nan", "phases.void.high must be a number, got nan"),
        ("high = 100", "high = true", "phases.void.high must be a number, got true"),
        ("high = 100", 'high = 9\nrule = "otsu"', "phases.void.rule must be left out where high"),
        (
            "high = 100",
            'rule = "ootsu"',
            'SHARE from 0.1 to 0.9), got "ootsu"; did you mean "otsu"?',
        ),
        ("high = 100", "high = 9\nseed = 10", "seed must be stricter than high, 9, got 10; lower"),
        ("high = 100", 'high = 9\nside = "bright"', 'side must be "dark" where only high is'),
        ("[phases.void]\nhigh = 100", "[phases]\nvoid = 3", "phases.void must be a table, got"),
        ('source = "scans"', "", "scans.source is missing; add a folder"),
        ('source = "scans"', "source = 3", 'scans.source must be a folder ("scans"), a pattern'),
        ('source = "scans"', 'source = "scan"', "scan does not exist"),
        ('source = "scans"', 'source = "scans/*.tiff"', "no file matches"),
        ("voxel_size = 2", "voxel_size = -2", "scans.voxel_size must be a positive length in µm"),
        ("voxel_size = 2", "voxel_size = [1, 2]", "must be a number or (z, y, x) for frames of"),
        ("voxel_size = 2", "voxel_size = [1]", "scans.voxel_size must be a list of 2 or 3"),
        ("interval = 0.25", "start = 1", "scans.start must be given together with interval, got"),
        ("interval = 0.25", 'times = "t.csv"', "scans.times: "),
        ("interval = 0.25", 'interval = 1\ntimes = "t.csv"', "scans.interval must be left out"),
        ("= 0.25", '= 0.25\nscan_duration = "20 min"', "must be at most interval, 0.25 h, got"),
    ],
)
def test_a_problem_says_where_it_is_and_what_to_do(folder, old, new, problem):
    assert old in GOOD
    lines = problems_of(folder, GOOD.replace(old, new))
    assert sum(problem in line for line in lines) == 1, lines


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ("[region]\ncrop = { z = [0, 13] }", "crop.z must end within the scans, at 12 µm at most"),
        ("[region]\nbox = { x = [0.1, 0.2] }", "region.box.x must hold a voxel, got [0.1, 0.2]"),
        ("[region]\nbox = { w = [0, 1] }", "region.box.w = [0, 1] is not known; remove it"),
        ("[region]\ndisc = { centre = [1, 2] }", "region.disc.diameter is missing; add"),
        (
            "[region]\ncrop = { x = [0, 8] }\nbox = { x = [8, 20] }",
            "region.box must hold a voxel of region.crop",
        ),
        (
            "[region]\ncylinder = { diameter = 73 }",  # hypot(40, 60) = 72.1
            "region.cylinder.diameter must be less than the scans across, 72.11 µm, got 73;",
        ),
        (
            "[electrodes]\nworking = 'xmin'\n[region]\ndisc = { diameter = 42 }",
            "region.disc.diameter must be less than the scans across, 41.76 µm, got 42;",
        ),
        (
            "[electrodes]\nworking = 'zmin'\n[region]\nbox = { z = [2, 12] }",
            "electrodes.working must be where region.box ends, got zmin, 2 µm outside of it; give "
            "plane = 2, or widen the box",
        ),
        (
            "[electrodes]\nworking = 'xmin'\ncounter = 'xmax'\n[region]\nbox = { x = [0, 56] }",
            "electrodes.counter must be where region.box ends, got xmax, 4 µm outside of it; give",
        ),
        ("[segmentation]\nsmooth = 500", "smooth must be a number of voxels up to 20, got 500"),
        (
            "[tracking]\nbaseline_frames = 3",
            "baseline_frames must be at most 2 of 3 scan(s), got 3",
        ),
        ("[segmentation]\nconnectivity = 8", "connectivity must be 6, 18 or 26 for a 3-D image"),
        ("[segmentation]\nflatten = 9", "phases.void.high must be left out with segmentation.fla"),
        ("[electrodes]\nworking = 'zmim'", 'got "zmim"; did you mean "zmin"?'),
        ("[electrodes]\nworking = {}", "electrodes.working.face is missing; add"),
        (
            "[electrodes]\nworking = { face = 'zmin', plane = 1, brightest = true }",
            "electrodes.working must have one of plane, mask, brightest and until, got plane, bri",
        ),
        (
            "[electrodes]\nworking = 'zmin'\ncounter = 'zmin'",
            "counter must be at another face than",
        ),
        (
            "[electrodes]\nworking = { face = 'zmin', until = 'void' }\n"
            "counter = { face = 'zmin', plane = 5 }",
            "counter must be at another face than working, got zmin for both; correct one",
        ),
        ("[electrodes]\nworking = { face = 'top', until = 'void' }", 'face must be "zmin" or'),
        ("[electrodes]\nworking = { mask = 'm.tif' }", "m.tif does not exist; correct the path"),
        ("[cycler]\nfile = 'a.csv'", "cycler.positive is missing; add what a positive current"),
        ("[cycler]\nfile = 'a.csv'\ntimezone = 'Mars'", "cycler.timezone must be a time zone"),
        ("[cycler]\nfile = 'a.csv'\npositive = 'plating'", "a.csv does not exist; correct"),
        ("[measure]\ncracks = false", "measure must ask for cracks or interfaces; set one"),
        ("[measure]\ncracks = false\nthickness = true", "measure.thickness is of what is followed"),
        ("[measure]\ninterfaces = true", "measure.interfaces needs an electrode with a face; add"),
        (
            "[electrodes]\nworking = 'zmin'\n[measure]\ninterfaces = true",
            "measure.interfaces needs phases.lithium, or electrodes.working.layer; add one",
        ),
        (
            "[electrodes]\nworking = { face = 'zmin', until = 'lpsc' }",
            "electrodes.working.until must name phases (void), got 'lpsc'; correct it",
        ),
        ("[tracking]\nfollow = ['voids']", "tracking.follow must name phases (void), got 'voids'"),
        ("[tracking]\nfollow = 'void'", 'tracking.follow must be a list of names such as ["void"]'),
        ("where = 'beside:x'", "phases.void.where does not fit: place must be below, above"),
        (
            "where = 'below:x'",
            "phases.void.where must name a phase whose table comes earlier (none)",
        ),
        ("where = 3", "phases.void.where must be a place such as"),
        ("against = 'bright'", "phases.void.against must be left out where there is no rule"),
        ("reach = 0.5", "phases.void.reach must be left out where there is no rule"),
        (
            "[phases.a]\nrule = 'otsu'\nlater = 120",
            "phases.a.later must be left out where not one of low and high is given, got 120; give",
        ),
        (
            "[phases.a]\nlow = 1\nhigh = 2\nlater = 120",
            "phases.a.later must be left out where not one of low and high is given",
        ),
        ("filled = true", "phases.void.filled must be left out where there is no rule"),
        ("filled = 1", "phases.void.filled must be true or false"),
        (
            "[phases.a]\nrule = 'levels:3'\nside = 'middle'\nfilled = true",
            'phases.a.filled must be left out with reach and side = "middle"',
        ),
        (
            "[phases.a]\nrule = 'otsu'\nreach = 0.5\nfilled = true",
            'phases.a.filled must be left out with reach and side = "middle"',
        ),
        ("[phases.a]\nrule = 'otsu'\nreach = 2", "phases.a.reach must be a number from 0 to 1"),
        (
            "[phases.a]\nrule = 'levels:3'\nside = 'middle'\nreach = 0.5",
            'phases.a.reach must be left out with seed and side = "middle"',
        ),
        ("[phases.a]\nrule = 'otsu'\nside = 'middle'", 'phases.a.side must be "dark" or "bright"'),
        (
            "[phases.a]\nrule = 'levels:3'\nagainst = 'dark'",
            "phases.a.against does not fit: against",
        ),
        ("[phases.a]\nseed = 3", "phases.a needs grey values, a rule or a place; add high = 90"),
        (
            "[segmentation]\nflatten = 9\n[phases.a]\nlow = 1",
            "segmentation.flatten goes with one phase; remove it or the other phases",
        ),
        ("[output]\ntitle = ''", 'output.title must be text, got ""'),
    ],
)
def test_what_does_not_fit_is_told_before_a_scan_is_read(folder, more, problem, monkeypatch):
    monkeypatch.setattr("crevasse.io.tiff_scan.read_tiff", _never)
    lines = problems_of(folder, GOOD + more)
    assert sum(problem in line for line in lines) == 1, lines


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (("high = 100", 'rule = "level:3"\nagainst = "dark"'), "phases.void.rule must be otsu,"),
        (("interval = 0.25", 'times = "t.csv"\nscan_duration = "20 min"'), "at most the least"),
        (("interval = 0.25", 'times = "bad.csv"\nscan_duration = 9'), "got 0.1 of 2.tif after 1.0"),
        (("interval = 0.25", "interval = 'soon'\nscan_duration = 9"), "scans.interval must be a"),
    ],
)
def test_what_follows_from_a_problem_is_none_of_its_own(folder, changed, problem):
    (folder / "t.csv").write_text("time_h\n0\n0.3\n0.7\n")
    (folder / "bad.csv").write_text("time_h\n0\n1\n0.1\n")
    record = "Test Time / s,Current / A,Voltage / V\n0,1,1\n5000,1,1\n"
    (folder / "cell.csv").write_text(record)
    text = GOOD.replace(*changed) + '[cycler]\nfile = "cell.csv"\npositive = "plating"\n'
    (line,) = problems_of(folder, text)
    assert problem in line


def test_faces_are_those_of_what_is_kept(folder):
    region = "[region]\ncrop = { z = [2, 10] }\nbox = { z = [2, 10] }\n"
    electrodes = '[electrodes]\nworking = "zmin"\ncounter = "zmax"\n'
    Experiment.from_toml(written(folder, GOOD + region + electrodes))
    smaller = region.replace("box = { z = [2", "box = { z = [4")
    (line,) = problems_of(folder, GOOD + smaller + electrodes)
    assert line.startswith("electrodes.working must be where region.box ends, got zmin, 2 µm out")


def test_a_scan_may_take_all_the_time_until_the_next(folder):
    (folder / "t.csv").write_text("time_h\n0\n0.3\n0.7\n")
    text = GOOD.replace("interval = 0.25", "times = 't.csv'\nscan_duration = 0.3")
    Experiment.from_toml(written(folder, text))


def _never(path):
    raise AssertionError(f"{path} was read")


def test_the_scans_own_folder_is_no_place_for_a_report(folder):
    text = GOOD + f'[output]\nfolder = "{folder / "scans"}"'
    (line,) = problems_of(folder, text)
    assert line.startswith("output.folder must be another folder than that of the scans, got")


def test_text_that_is_no_toml_is_told(tmp_path):
    (line,) = problems_of(tmp_path, "[scans\n")
    assert "the text is not TOML: " in line
    assert "line 1" in line
    (tmp_path / "latin.toml").write_bytes("# µm".encode("latin-1"))
    with pytest.raises(ExperimentError, match="the text must be UTF-8"):
        Experiment.from_toml(tmp_path / "latin.toml")
    with pytest.raises(FileNotFoundError):
        Experiment.from_toml(tmp_path / "none.toml")


def test_lengths_in_um_need_a_voxel_size(folder):
    text = GOOD.replace("voxel_size = 2", "") + "[region]\nbox = { x = [0, 9] }"
    assert problems_of(folder, text) == (
        "region.box is in µm, which needs scans.voxel_size; add it",
    )


def test_a_plan_is_what_the_experiment_says(folder):
    text = GOOD.replace("interval", "start = 1\ninterval") + (
        "seed = 80\n[region]\ncrop = { z = [2, 10], y = [0.9, 31.0] }\nbox = { y = [10, 30] }\n"
        "[segmentation]\nmin_voxels = 3\nsensitivity = 0.2\n[alignment]\nmethod = 'translation'\n"
    )
    planned = plan(Experiment.from_toml(written(folder, text)))
    assert planned.series.shape == (4, 15, 30)
    assert planned.series.spacing == (2.0, 2.0, 2.0)
    assert planned.series.unit == "um"
    assert planned.series.times.tolist() == [1, 1.25, 1.5]
    assert planned.series.origin == (2, 0, 0)
    assert planned.settings.roi == (slice(0, 4), slice(5, 15), slice(0, 30))
    assert planned.settings.align == "translation"
    assert planned.settings.sensitivity == 0.2
    (rule,) = planned.settings.rules
    assert planned.settings.follow == ("void",)
    assert (rule.low, rule.high) == (None, Threshold(100, 80, 120))
    assert (rule.seed_high, rule.min_voxels) == (Threshold(80, 64, 96), 3)
    whole = tifffile.imread(folder / "scans" / "2.tif")
    assert np.array_equal(planned.series[2].read(), whole[1:5, :15])


@pytest.mark.parametrize(
    ("keys", "window", "side", "find"),
    [
        ("low = 90", (90, None), "dark", {}),
        ("high = 90", (None, 90), "dark", {}),
        ("low = 30\nhigh = 90", (30, 90), "dark", {}),
        ("rule = 'otsu'", (None, None), "dark", {"void": GreyRule("otsu", "dark")}),
        (
            "rule = 'otsu'\nreach = 0.5",
            (None, None),
            "dark",
            {"void": GreyRule("otsu", "dark", reach=0.5)},
        ),
        (
            "rule = 'edges'\nside = 'bright'\nfilled = true",
            (None, None),
            "bright",
            {"void": GreyRule("edges", "bright", filled=True)},
        ),
        (
            "rule = 'otsu'\nside = 'bright'",
            (None, None),
            "bright",
            {"void": GreyRule("otsu", "bright")},
        ),
        ("low = 0.2\n[segmentation]\nflatten = 9", (0.2, None), "dark", {}),
        ("low = 0.2\nside = 'bright'\n[segmentation]\nflatten = 9", (0.2, None), "bright", {}),
        (
            "rule = 'otsu'\n[segmentation]\nflatten = 9",
            (None, None),
            "dark",
            {"void": GreyRule("otsu", "bright")},  # of the contrast
        ),
    ],
)
def test_grey_values_tell_dark_from_bright(folder, keys, window, side, find):
    planned = plan(Experiment.from_toml(written(folder, GOOD.replace("high = 100", keys))))
    settings = planned.settings
    assert settings.rules[0].windows()[0] == window
    assert settings.signal.side == side
    assert settings.find == find


@pytest.mark.parametrize("reach", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("side", ["dark", "bright"])
def test_components_must_reach_towards_the_mean_of_their_class(reach, side):
    image = np.full((1, 40, 60), 100.0)
    image[0, 5:15, 5:25] = 20
    image[0, 30, 5:15] = 50  # half way from the threshold, 60, to the mean, 21.4, is 40.7
    settings = Settings.for_cracks(phase=side, rule="given:60", sensitivity=0)
    find = {name: replace(rule, reach=reach) for name, rule in settings.find.items()}
    grey = np.stack([image if side == "dark" else 120 - image] * 2)
    series = open_series(grey, spacing=1.0, times=[0, 1])
    settings = replace(settings, find=find)
    n_open = analyze_series(series, settings).history.frames["n_voxels"].tolist()
    assert n_open == [210 if reach == 0 else 200] * 2


def test_what_is_left_is_followed(folder):
    text = GOOD + (
        "[phases.electrolyte]\nlow = 150\n[phases.lithium]\nlow = 110\nhigh = 140\n"
        "[phases.crack]\nhigh = 90\nwhere = 'initially-inside:electrolyte'\n"
        "[electrodes]\nworking = { face = 'zmin', until = 'electrolyte' }\n"
        "[measure]\ninterfaces = true\n"
    )
    settings = plan(Experiment.from_toml(written(folder, text))).settings
    assert settings.follow == ("void", "crack")
    assert settings.working == SeenElectrode("zmin", "electrolyte")
    assert settings.layers["working"].phase == "lithium"
    own = text + "[tracking]\nfollow = ['void']\n"
    assert plan(Experiment.from_toml(written(folder, own))).settings.follow == ("void",)


@given(begin=st.integers(0, 9), n=st.integers(1, 9), voxel=st.sampled_from([1.8, 1.7, 0.1, 0.65]))
def test_an_extent_of_whole_voxels_holds_just_those(begin, n, voxel):
    from crevasse.io import open_series
    from crevasse.operando.experiment.extents import box_of

    series = open_series(np.zeros((1, 4, 20), np.uint8), spacing=voxel)
    for first in (begin, begin + 0.5):  # a centre on the end belongs to what begins there
        extent = Extent(x=(first * voxel, (first + n) * voxel))
        assert box_of(extent, series) == (slice(0, 4), slice(begin, begin + n))


def test_analyze_measures_what_is_there(folder):
    experiment = Experiment.from_toml(written(folder, GOOD + "[region]\nbox = { y = [2, 40] }"))
    seen = []
    analysis = analyze(experiment, progress=lambda result, n_frames: seen.append(n_frames))
    assert analysis.history.frames["n_voxels"].tolist() == [4 * (7 + 6 * t) for t in range(3)]
    assert analysis.history.frames["volume"].tolist() == [32 * (7 + 6 * t) for t in range(3)]
    assert analysis.history.frames["time"].tolist() == [0, 0.25, 0.5]
    assert seen == [3, 3, 3]
    assert analyze(plan(experiment)).history.frames == analysis.history.frames


def test_an_experiment_made_in_python_is_checked_as_well(folder):
    experiment = Experiment.from_toml(written(folder, GOOD))
    bad = replace(experiment, scans=replace(experiment.scans, source=str(folder / "none")))
    phase = Phase("void", high=float("nan"))
    with pytest.raises(ExperimentError) as caught:
        plan(replace(bad, measure=Measure(fronts=True), phases=(phase,)))
    fields = [line.split(" ")[0].rstrip(":") for line in caught.value.problems]
    assert fields == ["phases.void.high", "measure.fronts", "scans.source"]
    numpy_ = replace(experiment.scans, voxel_size=np.float32(1.5), source=folder / "scans")
    assert plan(replace(experiment, scans=numpy_)).series.spacing == (1.5, 1.5, 1.5)


def test_files_and_patterns_are_relative_to_the_experiment(folder):
    odd = folder / "cell [1]"
    (folder / "scans").rename(odd)
    for source, n_frames in (('"cell [1]/../cell [1]"', 3), ('["cell [1]/1.tif"]', 1)):
        text = GOOD.replace('"scans"', source)
        assert len(plan(Experiment.from_toml(written(folder, text))).series) == n_frames
    text = GOOD.replace('"scans"', '"*.tif"')
    assert len(plan(Experiment.from_toml(written(odd, text))).series) == 3


def test_a_template_is_read_back_and_says_what_was_found(folder):
    text, series = folder_template(folder / "scans", folder / "cell.toml")
    assert len(series) == 3
    assert "# 3 scans of 6 × 20 × 30 (z, y, x) uint8: 0.tif … 2.tif" in text
    assert "Voxel size: not known" in text
    assert "Times: not known" in text
    experiment = Experiment.from_toml(written(folder, text))
    assert experiment.scans == Scans(str(folder / "scans"))
    planned = plan(experiment)
    assert (planned.series.unit, planned.series.time_unit) == ("voxel", "frame")


def test_a_template_finds_times_and_voxel_size_beside_the_scans(folder):
    (folder / "cycler.csv").write_text("time,voltage\n" + "0,1\n" * 50)
    (folder / "times.csv").write_text("file,time_min,spacing\n0,0,1.8\n1,15,1.8\n2,30,1.8\n")
    (folder / "in").mkdir()
    text, series = folder_template(folder / "scans", folder / "in" / "cell.toml")
    assert series.times.tolist() == [0, 0.25, 0.5]
    assert "Voxel size: 1.8 × 1.8 × 1.8 µm, from times" in text
    experiment = Experiment.from_toml(written(folder / "in", text))
    assert plan(experiment).series.spacing == (1.8, 1.8, 1.8)
    assert plan(experiment).series.times.tolist() == [0, 0.25, 0.5]


def test_a_template_gives_voxels_that_are_no_cubes_axis_by_axis(folder):
    with h5py.File(folder / "cell.h5", "w") as file:
        data = file.create_dataset("scan", data=np.zeros((4, 5, 6), np.uint8))
        data.attrs["element_size_um"] = (4.0, 2.0, 1.0)
    text, series = folder_template(folder / "cell.h5", folder / "cell.toml")
    assert series.spacing == (4, 2, 1)
    assert "\n# voxel_size = [4, 2, 1]\n" in text
    changed = text.replace("# voxel_size", "voxel_size")
    assert plan(Experiment.from_toml(written(folder, changed))).series.spacing == (4, 2, 1)


def test_every_line_of_a_template_that_is_off_can_be_turned_on(folder):
    text, _ = folder_template(folder / "scans", folder / "cell.toml")
    options = [line[2:] for line in text.splitlines() if _is_option(line)]
    assert len(options) > 8
    for option in options:
        changed = text.replace(f"# {option}", option)
        if option.startswith(("crop", "box", "cylinder")):  # in voxels, which are 1 µm then
            changed = changed.replace("[scans]", "[scans]\nvoxel_size = 1")
        if option.startswith(("high", "seed")):
            changed = changed.replace('rule = "edges"', "high = 90" if "seed" in option else "")
        if option.startswith(("working", "counter", "fronts")):
            changed = changed.replace("# [electrodes]", "[electrodes]")
            changed = changed.replace('# working = "zmin"', 'working = "zmin"')
        if option.startswith(("file", "positive", "area_cm2", "offset", "uncertainty")):
            for line in ("[cycler]", "file =", "positive =", "interval ="):
                changed = changed.replace(f"# {line}", line)
            rows = "".join(f"{60 * t},1,0.001\n" for t in range(181))
            (folder / "cycler.csv").write_text(
                "test_time_second,voltage_volt,current_ampere\n" + rows
            )
        if option.startswith("rules"):
            changed = changed.replace("# [alarms]", "[alarms]")
        if option.startswith("times"):
            (folder / "times.csv").write_text("time\n0\n1\n2\n")
        Experiment.from_toml(written(folder, changed))


def _is_option(line):
    return (
        line.startswith("# ")
        and line[2:].split(" = ")[0].replace("_", "").isalpha()
        and (" = " in line)
    )


def test_the_documented_example_is_an_experiment(tmp_path):
    page = (Path(__file__).parent.parent / "docs" / "experiment.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    experiment, cell = (
        Experiment.from_toml(written(tmp_path, text), check=False) for text in examples
    )
    assert list(lacking(experiment)) == list(lacking(cell)) == []
    assert cell.followed() == ("crack",)
    assert experiment.region.crop == Extent(z=(100, 800))


@pytest.mark.parametrize("resolution", [(0.5, 0.5), (0.5, 0.25)])
def test_a_template_says_what_scans_say_of_their_voxel_size(tmp_path, resolution):
    image = np.zeros((4, 5), np.uint16)
    (tmp_path / "scans").mkdir()
    tifffile.imwrite(
        tmp_path / "scans" / "a.tif", image, imagej=True, resolution=resolution,
        metadata={"unit": "um"},
    )  # fmt: skip
    text, series = folder_template(tmp_path / "scans", tmp_path / "cell.toml")
    experiment = Experiment.from_toml(written(tmp_path, text), check=False)
    assert experiment.scans.voxel_size is None
    if resolution[0] == resolution[1]:
        assert "# Voxel size: 2 × 2 µm, from a.tif:ImageJ" in text
        assert (series.spacing, series.unit) == ((2.0, 2.0), "um")
    else:
        assert (
            "a.tif:ImageJ unit, resolution says 4 × 2 um, but pixels are not square; check it."
            in text
        )
        assert series.unit == "voxel"


def test_an_array_of_the_files_can_be_named(tmp_path):
    (tmp_path / "scans").mkdir()
    with h5py.File(tmp_path / "scans" / "a.h5", "w") as file:
        file["one"], file["two"] = np.zeros((2, 3, 4)), np.ones((2, 3, 4))
    with pytest.raises(ValueError, match=r"a\.h5, which has several: /one, /two"):
        folder_template(tmp_path / "scans", tmp_path / "cell.toml")
    text, series = folder_template(tmp_path / "scans", tmp_path / "cell.toml", "/two")
    assert series[0].read().min() == 1
    experiment = Experiment.from_toml(written(tmp_path, text))
    assert experiment.scans.dataset == "/two"
    assert plan(experiment).series[0].read().min() == 1
