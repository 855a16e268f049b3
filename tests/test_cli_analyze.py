"""The commands on experiments: init and analyze."""

import json

import numpy as np
import pytest
import tifffile

from crevasse import cli


@pytest.fixture
def folder(tmp_path, rng, monkeypatch):
    """Four scans in which a dark crack grows through grainy material."""
    (tmp_path / "scans").mkdir()
    grain = rng.normal(180, 10, (60, 80))
    for t in range(4):
        image = grain + rng.normal(0, 2, grain.shape)
        image[30:33, 10 : 20 + 12 * t] = 60
        tifffile.imwrite(tmp_path / "scans" / f"scan_{t}.tif", image.astype(np.uint8))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return cli.main([str(a) for a in arguments])


def edited(folder, *changes):
    file = folder / "cell.toml"
    text = file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


def test_from_a_folder_of_scans_to_a_report_in_two_commands(folder, capsys):
    assert run("init", "scans") == 0
    assert "4 scans of 60 × 80 uint8" in capsys.readouterr().out
    assert run("analyze", "cell.toml") == 0
    printed = capsys.readouterr().out
    assert "cracks" in printed
    assert printed.rstrip().endswith("crevasse-report/report.html")
    summary = json.loads((folder / "crevasse-report" / "summary.json").read_text())
    assert summary["volume"] == pytest.approx([3 * (10 + 12 * t) for t in range(4)], rel=0.1)


def test_what_is_edited_is_done(folder, capsys):
    assert run("init", "scans", "--json") == 0
    assert json.loads(capsys.readouterr().out)["n_frames"] == 4
    edited(
        folder,
        ("# voxel_size = 1.8", "voxel_size = 2"),
        ('# interval = "15 min"', 'interval = "15 min"'),
        ('rule = "edges"', "high = 100"),
        ("match_light = false", "match_light = true"),
        ('method = "translation"', 'method = "none"'),  # cracks fill most of so small a box
        ('# title = "My cell"', 'title = "Cell <A>"'),
        ("# box = { y = [15, 45]", "box = { y = [40, 80]"),
        ("x = [20, 60] }", "x = [0, 80] }"),
    )
    assert run("analyze", "cell.toml", "-o", "elsewhere", "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    cut = [3 * (min(40, 20 + 12 * t) - 10) * 4.0 for t in range(4)]
    assert printed["volume"] == cut
    assert printed["volume_unit"] == "um^2"
    assert printed["time"] == [0, 0.25, 0.5, 0.75]
    assert "Cell &lt;A&gt;" in (folder / "elsewhere" / "report.html").read_text()
    assert not (folder / "crevasse-report").exists()


def test_every_problem_is_a_line_and_nothing_is_read_or_written(folder, capsys, monkeypatch):
    run("init", "scans")
    edited(folder, ("smooth = 0.0", "smooth = -1"), ("cracks = true", "crack = 1\nfronts = true"))
    before = sorted(folder.iterdir())
    capsys.readouterr()
    monkeypatch.setattr("crevasse.io.tiff_scan.read_tiff", _never)
    assert run("analyze", "cell.toml") == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.removeprefix("crevasse: error: cell.toml: ").split(" ")[0] for line in lines] == [
        "segmentation.smooth",
        "measure.crack",
        "measure.fronts",
    ]
    assert sorted(folder.iterdir()) == before


def _never(path):
    raise AssertionError(f"{path} was read")


def test_a_scan_that_breaks_midway_is_named_and_what_was_done_is_kept(folder, capsys, monkeypatch):
    from crevasse.io import tiff

    real = tiff.read_tiff

    def breaking(path):
        if "scan_2" in str(path):
            raise ValueError(f"{path} is truncated")
        return real(path)

    run("init", "scans")
    edited(folder, ('rule = "edges"', "high = 100"))
    monkeypatch.setattr("crevasse.io.tiff_scan.read_tiff", breaking)
    capsys.readouterr()
    assert run("analyze", "cell.toml") == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "scan_2.tif" in error
    assert json.loads((folder / "crevasse-report" / "summary.json").read_text())["n_frames"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["init", "nowhere"], 1, "nowhere does not exist"),
        (["init", "empty"], 1, "empty holds no scan"),
        (["init", "scans", "-o", "there.toml"], 1, "there.toml exists already; give another"),
        (["analyze", "none.toml"], 1, "error: none.toml: no such file or directory"),
        (["init", "scans", "-o", "no/there.toml"], 1, "error: no/there.toml: no such file"),
        (["analyze", "there.toml"], 2, "scans.source is missing; add a folder"),
    ],
)
def test_failures_are_one_line(folder, arguments, code, message, capsys):
    (folder / "empty").mkdir()
    (folder / "there.toml").write_text("[phases.void]\nhigh = 9\n")
    assert run(*arguments) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert error.startswith("crevasse: error: ")


def test_init_writes_over_a_file_only_when_told(folder):
    (folder / "cell.toml").write_text("precious")
    assert run("init", "scans") == 1
    assert (folder / "cell.toml").read_text() == "precious"
    assert run("init", "scans", "--force") == 0
    assert "[scans]" in (folder / "cell.toml").read_text()


@pytest.mark.parametrize("command", ["init", "analyze"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as caught:
        run(command, "--help")
    assert caught.value.code == 0
    assert "--json" in capsys.readouterr().out
