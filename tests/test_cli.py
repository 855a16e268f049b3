import errno
import functools
import json
import os
import re
import signal
import subprocess
import sys
import warnings

import h5py
import numpy as np
import pytest
import tifffile

import crevasse
from crevasse import cli, operando
from crevasse.io import open_scan, open_series, read_tiff, write_tiff
from crevasse.operando.experiment.planning import plan_toml
from crevasse.tracking.history import TABLES

import scan_files

REPORT_FILES = {
    "report.html",
    "summary.json",
    "figures/first_open.png",
    "figures/slices.png",
    *(f"figures/{n}.{s}" for n in ("volume", "events", "lineage") for s in ("png", "svg")),
    *(f"maps/{n}.tif" for n in ("first_open", "last_open", "first_crack")),
    *(
        f"tables/{n}.{s}"
        for n in (*TABLES, "measures", "phases", "numbers")
        for s in ("csv", "parquet")
    ),
}


def files_under(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def scans(tmp_path, rng):
    """Four frames in which a dark crack grows through grainy material."""
    folder = tmp_path / "scans"
    folder.mkdir()
    grain = rng.normal(180, 10, (60, 80))
    for t in range(4):
        image = grain + rng.normal(0, 2, grain.shape)
        image[30:33, 10 : 20 + 12 * t] = 60
        tifffile.imwrite(folder / f"scan_{t}.tif", image.astype(np.uint8))
    return folder


def run(*arguments):
    return cli.main([str(a) for a in arguments])


def test_the_package_is_a_command(tmp_path):
    command = [sys.executable, "-m", "crevasse", "track", tmp_path / "none.npy"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stderr.startswith("crevasse: error: ")


def test_track_measures_the_crack_and_writes_everything(scans, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("track", scans, "-o", out, "--spacing", 2, "--threshold", 100, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["volume"] == [3 * (10 + 12 * t) * 4.0 for t in range(4)]
    assert printed["volume_unit"] == "um^2"
    assert printed["events"]["growth"] == 3
    assert files_under(out) == REPORT_FILES
    assert json.loads((out / "summary.json").read_text())["volume"] == printed["volume"]
    first_open = read_tiff(out / "maps" / "first_open.tif")
    assert first_open[31, 10] == 0
    assert first_open[31, 30] == 1
    assert first_open[0, 0] == -1
    stored = open_series(out / "maps" / "first_open.tif")
    assert (stored.spacing, stored.unit) == ((2.0, 2.0), "um")


def test_faces_tell_births_at_an_electrode_and_a_short(scans, tmp_path, capsys):
    """The crack begins at one side of the images."""
    faces = ["--working", "xmin", "--counter", "xmax", "--confirm-after", 1]
    assert run("track", scans, "-o", tmp_path, "--threshold", 100, "--json", *faces) == 0
    assert json.loads(capsys.readouterr().out)["events"]["bridge"] == 0
    nodes = (tmp_path / "tables" / "nodes.csv").read_text().splitlines()
    columns = [name.split(" [")[0] for name in nodes[0].split(",")]
    rows = [dict(zip(columns, row.split(","), strict=True)) for row in nodes[1:]]
    assert {row["at_working"] == "True" for row in rows} == {int(rows[0]["x_begin"]) == 0}
    with pytest.raises(SystemExit):
        run("track", scans, "--working", "left")
    assert "invalid choice: 'left'" in capsys.readouterr().err


def test_the_found_threshold_finds_the_crack(scans, tmp_path, capsys):
    assert run("track", scans, "-o", tmp_path / "out", "--align", "--match-light", "--json") == 0
    volumes = json.loads(capsys.readouterr().out)["volume"]
    assert volumes == pytest.approx([3 * (10 + 12 * t) for t in range(4)], rel=0.1)


def test_the_report_is_one_page_that_needs_nothing_else(scans, tmp_path):
    run("track", scans, "-o", tmp_path / "out", "--threshold", 100, "--title", "A <new> crack")
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "A &lt;new&gt; crack" in page
    shown = re.sub(r'xmlns(:\w+)?="[^"]*"|<metadata>.*?</metadata>', "", page, flags=re.DOTALL)
    for outside in ("http://", "https://", 'src="/', "<link", "<script", "@import"):
        assert outside not in shown


def test_volumes_give_a_report_too(tmp_path, rng, capsys):
    for t in range(2):
        (tmp_path / "scans" / f"t{t}").mkdir(parents=True)
        for z in range(6):
            image = rng.normal(180, 4, (20, 30))
            image[10, 5 : 12 + 6 * t] = 60
            tifffile.imwrite(tmp_path / "scans" / f"t{t}" / f"{z}.tif", image.astype(np.uint8))
    roi = "1:5,:,3:"
    out = tmp_path / "out"
    assert run("track", tmp_path / "scans", "-o", out, "--threshold", 100, "--roi", roi) == 0
    assert "volume (voxels)" in capsys.readouterr().out
    assert read_tiff(out / "maps" / "first_open.tif").shape == (6, 20, 30)


def test_no_foreground_at_all_is_a_valid_result(scans, tmp_path, capsys):
    assert run("track", scans, "-o", tmp_path / "out", "--threshold", -1, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["volume"] == [0, 0, 0, 0]
    assert (tmp_path / "out" / "report.html").exists()


def test_a_single_frame_is_a_valid_series(scans, tmp_path):
    assert run("track", scans / "scan_3.tif", "-o", tmp_path / "out", "--threshold", 100) == 0
    assert files_under(tmp_path / "out") == {f for f in REPORT_FILES if "figures/events" not in f}


def test_a_scan_that_breaks_midway_is_named_and_what_was_done_is_kept(
    scans, tmp_path, capsys, monkeypatch
):
    from crevasse.io import tiff

    real = tiff.read_tiff

    def breaking(path):
        if "scan_2" in str(path):
            raise ValueError(f"{path} is truncated: it has 9 bytes and refers to 99")
        return real(path)

    monkeypatch.setattr("crevasse.io.tiff_scan.read_tiff", breaking)
    assert run("track", scans, "-o", tmp_path / "out", "--threshold", 100) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "scan_2.tif" in error
    assert "the 2 frames before it are in" in error
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["n_frames"] == 2
    assert summary["volume"] == [30, 66]
    assert "was not analysed to its end" in (tmp_path / "out" / "report.html").read_text()


def test_label_writes_labels_and_a_table(tmp_path, capsys):
    image = np.zeros((3, 4, 5), np.uint8)
    image[0, 0, 0] = image[2, 3, 4] = 9
    tifffile.imwrite(tmp_path / "in.tif", image, photometric="minisblack")
    assert run(
        "label", tmp_path / "in.tif", "-o", tmp_path / "l.tif", "--table", tmp_path / "t.csv",
        "--spacing", "3,1,1", "--low", 5, "--json",
    ) == 0  # fmt: skip
    assert json.loads(capsys.readouterr().out)["count"] == 2
    labels = read_tiff(tmp_path / "l.tif")
    assert (labels[0, 0, 0], labels[2, 3, 4], labels.dtype) == (1, 2, np.uint16)
    header, first, _ = (tmp_path / "t.csv").read_text().splitlines()
    assert header.startswith("label,n_voxels,volume [um^3],")
    assert first.startswith("1,1,3.0,")
    assert run("label", tmp_path / "in.tif") == 0
    assert capsys.readouterr().out == "components: 2\n"


def test_info_tells_what_is_there(scans, capsys):
    assert run("info", scans) == 0
    text = capsys.readouterr().out
    assert "4 frames of 60 × 80 uint8" in text
    assert "1 × 1 voxel (not given: voxel units)" in text
    assert run("info", scans, "--spacing", "1.8", "--json") == 0
    assert json.loads(capsys.readouterr().out)["spacing"] == [1.8, 1.8]


def test_info_tells_on_whose_word_and_with_which_doubts(tmp_path, capsys):
    ends = ("2026-08-20T12:00:00-0500", "2026-08-20T12:30:00-0500")
    for name, end in zip("ab", ends, strict=True):
        scan_files.tomocupy(
            tmp_path / f"{name}.h5", scan_files.volume(), pixel=0.69, binning=1, end=end
        )
    assert run("info", tmp_path) == 0
    text, error = capsys.readouterr()
    assert error == ""
    for line in (
        "2 frames of 3 × 4 × 5 float32",
        "times: end of each scan, as in a.h5:/process/acquisition/end_date",
        "       0.5 h      b.h5  HDF5 3 × 4 × 5 float32",
        "each scan: axes: z:y:x (/exchange/data@axes)",
        "each scan: voxel size: 0.69 × 0.69 × 0.69 um (/measurement/instrument/detection_system/"
        "objective/resolution); doubtful: it is the detector's, before --binning 1",
        "    ended: 2026-08-20T12:30:00-05:00 (/process/acquisition/end_date)",
    ):
        assert text.count(line) == 1  # what all say is said once
    assert run("info", tmp_path, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert "before --binning 1" in told["doubt"]
    frame = told["frames"][1]
    assert (frame["format"], frame["time"], frame["axes"]["value"]) == ("HDF5", 0.5, "z:y:x")
    assert frame["end"]["value"] == "2026-08-20T12:30:00-05:00"
    assert frame["voxel_size"]["doubt"] == "it is the detector's, before --binning 1"


def test_a_dataset_can_be_named_and_labels_go_where_the_ending_says(tmp_path, capsys):
    with h5py.File(tmp_path / "in.h5", "w") as file:
        file["raw"] = np.zeros((2, 3, 4), np.uint8)
        file.create_dataset("mask", data=np.eye(4, dtype=np.uint8)[None] * np.ones((2, 1, 1), "u1"))
        file["mask"].attrs["element_size_um"] = [3.0, 2.0, 2.0]
    assert run("label", tmp_path / "in.h5", "-o", tmp_path / "l.zarr") == 1
    assert "which has several: /mask, /raw" in capsys.readouterr().err
    for ending in ("zarr", "h5", "tif", "npy"):
        output = tmp_path / f"l.{ending}"
        assert run("label", tmp_path / "in.h5", "--dataset", "mask", "-o", output) == 0
        scan = open_scan(output)
        assert (scan.shape, scan.read().max()) == ((2, 4, 4), 1)
        size = scan.provenance.voxel_size
        assert size is None if ending == "npy" else size.value == (3, 2, 2)
    assert run("label", tmp_path / "in.h5", "-o", tmp_path / "l.png") == 1
    assert "output must end in .tif" in capsys.readouterr().err


def test_a_doubtful_voxel_size_is_one_line_on_the_terminal(tmp_path, capsys):
    scan_files.tomocupy(tmp_path / "a.h5", scan_files.volume() > 3, pixel=0.69, binning=1)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert run("label", tmp_path / "a.h5") == 0
    error = capsys.readouterr().err
    assert error.startswith("crevasse: warning: a.h5:/measurement")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["track", "nowhere"], "nowhere does not exist"),
        (["track", "{scans}", "--times", "none.csv"], "none.csv does not exist"),
        (["track", "{scans}", "--spacing", "1,1,1"], r"spacing must be a number or (y, x)"),
        (["track", "{scans}", "--roi", "0:9"], "box must hold a slice without step for each of 2"),
        (
            ["track", "{scans}", "--roi", "0:500,0:1"],
            "roi must end within the frames (y, x) = (60, 80",
        ),
        (
            ["track", "{scans}", "--roi", "70:,:"],
            "roi must hold a voxel of the frames (y, x) = (60, 80)",
        ),
        (["track", "{scans}", "-o", "{scans}/scan_0.tif"], "cannot be written to"),
        (["track", "{scans}", "--threshold", "9", "--seed-threshold", "10"], "must be stricter"),
        (["label", "nowhere.tif"], "nowhere.tif does not exist"),
        (
            ["label", "{scans}/scan_0.tif", "--table", "t.xls"],
            "--table must end in .csv or .parquet",
        ),
        (
            ["label", "{scans}/scan_0.tif", "--low", "9", "--high", "1"],
            "low must not be above high",
        ),
        (["info", "{scans}/../empty"], "empty holds no scan"),
    ],
)
def test_failures_are_one_line_with_exit_code_1(
    scans, tmp_path, arguments, message, capsys, monkeypatch
):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    assert run(*(a.format(scans=scans) for a in arguments)) == 1
    error = capsys.readouterr().err
    assert error.startswith("crevasse: error: ")
    assert message in error
    assert error.count("\n") == 1
    assert "report.html" not in files_under(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["track", "x", "--spacing", "0"], "argument --spacing: must be positive, got 0"),
        (["track", "x", "--spacing", "-1"], "must be positive, got -1"),
        (["track", "x", "--spacing", "nan"], "must be finite, got nan"),
        (["track", "x", "--connectivity", "7"], "argument --connectivity: invalid choice"),
        (["track", "x", "--roi", "1-2"], "must look like y0:y1,x0:x1, got '1-2'"),
        (["track", "x", "--flatten", "2"], "must be at least 3, got 2"),
        (["track", "x", "--repeatability", "1"], "must lie in [0, 1), got 1"),
        (["track", "x", "--repeatability", "base"], "must be a number, got 'base'"),
        (["track"], "the following arguments are required: source"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "the following arguments are required: command"),
    ],
)
def test_bad_use_is_one_line_with_exit_code_2(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_missing_extra_says_what_to_install(scans, capsys, monkeypatch):
    for module in [m for m in sys.modules if m.startswith("crevasse.io")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "tifffile", None)  # as if it were not installed
    assert run("info", scans) == 1
    hint = "tifffile is not installed; run: pip install 'crevasse[operando]'"
    assert hint in capsys.readouterr().err


def test_a_series_that_fails_at_once_leaves_no_folder(scans, tmp_path, monkeypatch):
    monkeypatch.setattr("crevasse.io.tiff_scan.read_tiff", _refuse_to_read)
    assert run("track", scans, "-o", tmp_path / "a" / "b", "--threshold", 100) == 1
    assert not (tmp_path / "a").exists()


def test_what_was_analysed_outlives_a_report_that_cannot_be_written(
    scans, tmp_path, monkeypatch, capsys
):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    out = tmp_path / "out"
    save_after_each = functools.partial(operando.Checkpoint, every=0)
    with monkeypatch.context() as patch:
        patch.setattr("crevasse.operando.Checkpoint", save_after_each)
        patch.setattr("crevasse.report.write_report", full)
        assert run("track", scans, "-o", out, "--threshold", 100) == 1
    assert "No space left on device" in capsys.readouterr().err
    assert (out / ".unfinished").is_file()
    monkeypatch.setattr("crevasse.io.tiff_scan.read_tiff", _refuse_to_read)  # nothing is read again
    assert run("track", scans, "-o", out, "--threshold", 100) == 0
    assert not (out / ".unfinished").exists()


def test_warnings_are_one_line(scans, tmp_path, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    save_after_each = functools.partial(operando.Checkpoint, every=0)
    monkeypatch.setattr("crevasse.operando.Checkpoint", save_after_each)
    monkeypatch.setattr("crevasse.operando.checkpoint.Checkpoint.save", full)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        assert run("track", scans, "-o", tmp_path / "out", "--threshold", 100) == 0
    said = capsys.readouterr().err.splitlines()
    assert said
    assert all(line.startswith("crevasse: warning: ") for line in said)


def _refuse_to_read(path):
    raise ValueError(f"{path} is truncated")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_an_unwritable_folder_is_found_before_the_work(scans, tmp_path, capsys):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert run("track", scans, "-o", locked) == 1
    assert "cannot be written to" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["demo", "track", "label", "info"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as caught:
        run(command, "--help")
    assert caught.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_a_threshold_inside_one_peak_is_told(tmp_path, rng, capsys):
    """Otsu's method parts the noise of the solid where pores are few."""
    scans = []
    for t in range(2):
        image = rng.normal(180, 20, (80, 90))
        image[30:32, 20 : 30 + 5 * t] = 60
        scans.append(image.clip(0, 255).astype(np.uint8))
        tifffile.imwrite(tmp_path / f"scan_{t}.tif", scans[-1])
    out = tmp_path / "out"
    assert run("track", tmp_path / "scan_*.tif", "-o", out) == 0
    assert "crevasse: threshold in doubt: open (1" in capsys.readouterr().err
    assert "Threshold in doubt" in (out / "report.html").read_text(encoding="utf-8")
    assert run("track", tmp_path / "scan_*.tif", "-o", out, "--threshold", 120) == 0
    assert "in doubt" not in capsys.readouterr().err


def test_what_an_earlier_analysis_wrote_does_not_stay(scans, tmp_path):
    out = tmp_path / "out"
    run("track", scans, "-o", out, "--threshold", 100)
    (out / "tables" / "mine.csv").write_text("kept")
    summary = json.loads((out / "summary.json").read_text())
    for stale in ("tables/cycling.csv", "figures/voltage.svg"):
        (out / stale).write_text("of an earlier analysis")
        summary["files"].append(stale)
    summary["files"] += ["tables/../../precious.csv", "/etc/passwd", 7]
    (tmp_path / "precious.csv").write_text("kept")
    (out / "summary.json").write_text(json.dumps(summary | {"files": summary["files"][:-1]}))
    run("track", scans, "-o", out, "--threshold", 100)
    assert files_under(out) == REPORT_FILES | {"tables/mine.csv"}
    assert (tmp_path / "precious.csv").exists()


def test_a_report_that_is_broken_off_while_it_is_drawn_leaves_the_earlier_one(
    scans, tmp_path, monkeypatch
):
    out = tmp_path / "out"
    run("track", scans, "-o", out, "--threshold", 100)
    before = {path: (out / path).read_bytes() for path in files_under(out)}

    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("crevasse.report.html.plots", stopped)
    assert run("track", scans, "-o", out, "--threshold", 90) == 130
    after = {path: (out / path).read_bytes() for path in files_under(out) - {".unfinished"}}
    assert after == before


def test_distance_and_thickness_go_from_file_to_file(tmp_path, capsys, rng):
    grey = rng.integers(0, 200, (9, 20, 30)).astype(np.uint16)
    write_tiff(tmp_path / "in.tif", grey, spacing=2.0)
    mask = grey >= 20
    assert run("distance", tmp_path / "in.tif", "--low", 20, "-o", tmp_path / "d.tif") == 0
    assert "farthest from background: " in capsys.readouterr().out
    expected = crevasse.distance(mask, spacing=2.0)
    np.testing.assert_array_equal(read_tiff(tmp_path / "d.tif"), expected)
    options = ("--low", 20, "--signed", "--border", "--limit", 3, "--spacing", "3,1,1", "--json")
    assert run("distance", tmp_path / "in.tif", *options, "-o", tmp_path / "d.npy") == 0
    found = json.loads(capsys.readouterr().out)
    expected = crevasse.distance(mask, spacing=(3, 1, 1), signed=True, border=True, limit=3)
    np.testing.assert_array_equal(np.load(tmp_path / "d.npy"), expected)
    assert found["farthest"] == expected.max()
    assert (found["unit"], found["distances"]) == ("um", str(tmp_path / "d.npy"))

    assert run("thickness", tmp_path / "in.tif", "--low", 20, "-o", tmp_path / "t.tif") == 0
    expected = crevasse.local_thickness(mask, spacing=2.0)
    np.testing.assert_array_equal(read_tiff(tmp_path / "t.tif"), expected)
    words = f"thickness: mean {expected[mask].mean(dtype=float):g}, largest {expected.max():g} um"
    assert capsys.readouterr().out.startswith(words)
    assert open_series([tmp_path / "t.tif"]).spacing == (2, 2, 2)


@pytest.mark.parametrize("command", ["label", "distance", "thickness"])
def test_grey_values_need_bounds(command, tmp_path, capsys):
    write_tiff(tmp_path / "in.tif", np.ones((3, 4), np.float32))
    assert run(command, tmp_path / "in.tif") == 1
    assert "holds float32 grey values; give --low or --high" in capsys.readouterr().err


def test_a_phantom_is_written_with_its_truth_and_can_be_analysed(tmp_path, capsys):
    folder = tmp_path / "cell"
    assert run("phantom", "b", "-o", folder, "--scale", 0.5, "--frames", 6, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n_frames"], found["experiment"]) == (6, str(folder / "cell.toml"))
    assert (folder / "truth.csv").read_text().startswith("frame,time [h],")
    assert len(list((folder / "scans").glob("*.tif"))) == 6
    plan = plan_toml(folder / "cell.toml")
    assert list(plan.series.shape) == found["shape"]


def test_bench_times_every_kernel(capsys):
    assert run("bench", "--edge", 32, "--repeat", 1, "--threads", 1, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    names = {row["kernel"] for row in found["kernels"] if row["seconds"] > 0}
    assert {"label", "distance", "local_thickness", "Tracker.update"} <= names
    assert 0.01 < found["foreground"] < 0.06
    assert run("bench", "--edge", 16, "--repeat", 1) == 0
    assert "Gvoxel/s" in capsys.readouterr().out


@pytest.mark.parametrize("kernel", ["distance", "thickness"])
def test_what_is_infinite_is_null_in_json(tmp_path, capsys, kernel):
    np.save(tmp_path / "ones.npy", np.ones((3, 3, 3), np.uint8))
    assert run(kernel, tmp_path / "ones.npy", "--json") == 0
    found = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert found["farthest" if kernel == "distance" else "largest"] is None


def test_a_table_of_labels_is_in_micrometres_even_where_a_voxel_is_one(tmp_path):
    write_tiff(tmp_path / "m.tif", np.ones((2, 3, 4), np.uint8))
    table = tmp_path / "regions.csv"
    assert run("label", tmp_path / "m.tif", "--spacing", 1, "--table", table) == 0
    assert "volume [um^3]" in table.read_text().splitlines()[0]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_command_in_a_line(tmp_path, capsys, monkeypatch, number):
    np.save(tmp_path / "m.npy", np.ones((3, 4), np.uint8))

    def interrupted(*arguments, **options):
        os.kill(os.getpid(), number)
        raise AssertionError("the signal came to nothing")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("tifffile.imwrite", interrupted)
    assert run("label", tmp_path / "m.npy", "-o", tmp_path / "l.tif") == 130
    assert capsys.readouterr().err == "crevasse: error: interrupted\n"
    assert [p.name for p in tmp_path.iterdir()] == ["m.npy"]
    assert signal.getsignal(signal.SIGTERM) is before
