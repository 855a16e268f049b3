"""Series analysed on a cluster: what one process gives, and no grey volume here."""

import os
import signal
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from test_checkpoint import BrokenOffError, same
from test_cli_analyze import folder, run

import crevasse
import crevasse.dask
from crevasse import phantom
from crevasse.io import Frame, open_series, write_tiff
from crevasse.operando import (
    BrokenFrameError,
    Checkpoint,
    ClusterError,
    Settings,
    analyze_series,
)
from crevasse.operando.experiment.planning import plan_toml
from crevasse.tracking import Tracker

__all__ = ["folder"]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Scans with drift, thresholds and electrodes to find, layers, a filament and its fronts."""
    path = phantom.write_case(phantom.case_c(scale=0.75, frames=6), tmp_path_factory.mktemp("case"))
    text = path.read_text(encoding="utf-8")
    text = text.replace(', until = "electrolyte", layer = "lithium"', ', layer = "lithium"')
    text = text.replace("[region]\n", "[region]\ncrop = { y = [15, 85], x = [15, 85] }\n")
    path.write_text(text + "\n[tracking]\nbaseline_frames = 2\n")
    plan = plan_toml(path)
    return plan.series, plan.settings


@pytest.fixture(scope="module")
def whole(case):
    analysis = analyze_series(*case)
    assert analysis.history.frames["volume"][-1] > 0
    assert len(analysis.layers) == 2
    assert len(analysis.fronts.frames) == 6
    assert np.abs(analysis.measures["drift_z"]).max() > 0.5
    assert analysis.sample.frames == tuple(range(6))
    return analysis


@pytest.fixture
def never_read_here(monkeypatch):
    """Workers are other processes, begun before."""

    def read(frame):
        raise AssertionError(f"{frame.name} was read here")

    monkeypatch.setattr(Frame, "read", read)


def workers(cluster, client, n):
    """So many, and none of earlier tests that are still ending."""
    cluster.scale(n)
    while len(client.nthreads()) != n:
        time.sleep(0.01)


@pytest.mark.usefixtures("never_read_here")
def test_one_worker_gives_what_one_process_gives_even_broken_off(
    cluster, client, case, whole, tmp_path
):
    workers(cluster, client, 1)
    checkpoint = Checkpoint(tmp_path / "unfinished", every=0)
    seen = []

    def progress(result, n_frames):
        seen.append((result.frame, n_frames))
        if result.frame == 3 and len(seen) == 4:
            raise BrokenOffError

    options = {"client": client, "checkpoint": checkpoint, "progress": progress}
    with pytest.raises(BrokenOffError):
        analyze_series(*case, **options)
    same(analyze_series(*case, **options), whole)
    assert seen == [(frame, 6) for frame in range(6)]


@pytest.mark.usefixtures("never_read_here")
def test_a_worker_that_is_killed_leaves_the_analysis_as_it_is(cluster, client, case, whole):
    """The one that has seen the baseline, while both look at what comes after."""
    workers(cluster, client, 2)
    before = client.run(os.getpid)

    def kill(result, n_frames):
        if result.frame == 2:
            os.kill(min(before.values()), signal.SIGKILL)

    same(analyze_series(*case, client=client, progress=kill), whole)
    assert client.run(os.getpid) != before


@pytest.fixture
def scans(tmp_path):
    """Seven scans of a growing crack."""
    (tmp_path / "scans").mkdir()
    rng = np.random.default_rng(3)
    for t in range(7):
        image = rng.normal(200, 3, (10, 30, 30))
        image[3:8, 8 : 16 + 2 * t, 10:20] = 20
        write_tiff(tmp_path / "scans" / f"{t}.tif", image.astype(np.uint8))
    return tmp_path / "scans"


@pytest.mark.parametrize("broken", [0, 3])
def test_a_broken_scan_is_told_as_by_one_process(cluster, client, scans, broken):
    workers(cluster, client, 2)
    series = open_series(scans)
    (scans / f"{broken}.tif").write_bytes(b"II*")
    settings = Settings.for_cracks(align="translation", baseline_frames=2, grey=True)
    failed = []
    for place in (None, client):
        with pytest.raises(BrokenFrameError) as caught:
            analyze_series(series, settings, client=place)
        failed.append(caught.value)
        whole = replace(settings, skip_broken=True)
        failed[-1].rest = analyze_series(series, whole, client=place)
    here, there = failed
    assert str(there) == str(here)
    assert str(there).startswith(f"{broken}.tif: ")
    same(there.rest, here.rest)
    assert there.rest.grey.n_voxels[1] > 0
    assert there.rest.skipped == here.rest.skipped == ((f"{broken}.tif", here.rest.skipped[0][1]),)
    if here.analysis is None:
        assert there.analysis is None
    else:
        same(there.analysis, here.analysis)


def test_a_frame_that_cannot_be_followed_leaves_nothing_behind(cluster, client, scans, monkeypatch):
    """Frames behind it were begun as if it could."""
    workers(cluster, client, 2)
    update = Tracker.update

    def failing(tracker, runs, *, time, **more):
        if time == 3:
            raise ValueError("three cannot be followed")
        return update(tracker, runs, time=time, **more)

    monkeypatch.setattr(Tracker, "update", failing)
    settings = Settings.for_cracks(threshold=100, align="translation", skip_broken=True)
    here, there = (
        analyze_series(open_series(scans), settings, client=place) for place in (None, client)
    )
    assert there.skipped == (("3.tif", "three cannot be followed"),)
    same(there, here)


def test_scans_that_a_worker_does_not_see_are_told_at_once(
    cluster, client, scans, monkeypatch, never_read_here
):
    workers(cluster, client, 1)
    before = os.getcwd()
    monkeypatch.chdir(scans.parent)
    client.run(os.chdir, "/")
    with pytest.raises(ClusterError, match=r"^tcp://.* does not see scans; scans must have the"):
        analyze_series(open_series("scans"), Settings.for_cracks(threshold=100), client=client)
    client.run(os.chdir, before)


def test_a_worker_of_another_version_is_told(cluster, client, scans, monkeypatch):
    workers(cluster, client, 1)
    monkeypatch.setattr(crevasse, "__version__", "9.9")
    with pytest.raises(ClusterError, match=r"^tcp://.* has crevasse .*, here it is 9\.9; install"):
        analyze_series(open_series(scans), Settings.for_cracks(threshold=100), client=client)


@pytest.mark.slow  # half a minute, till workers are given up
def test_a_scan_that_workers_do_not_survive_is_no_broken_one(
    cluster, client, scans, tmp_path, monkeypatch
):
    workers(cluster, client, 2)
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    series = open_series(scans)
    deadly = replace(series[3], _read=os.abort)
    spoilt = replace(series, frames=(*series.frames[:3], deadly, *series.frames[4:]))
    settings = Settings.for_cracks(threshold=100, skip_broken=True)
    checkpoint = Checkpoint(tmp_path / "unfinished")
    with pytest.raises(ClusterError, match="workers that were lost with a scan"):
        analyze_series(spoilt, settings, client=client, checkpoint=checkpoint)
    assert 1 <= len(checkpoint.resume(series, settings).seen) <= 3  # others died with it
    same(analyze_series(series, settings, checkpoint=checkpoint), analyze_series(series, settings))


@pytest.mark.parametrize("own", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_command_gives_the_same_files_from_a_cluster(cluster, folder, capsys, own):
    cluster.scale(1)
    assert run("init", "scans") == 0
    assert run("analyze", "cell.toml", "-o", "one") == 0
    capsys.readouterr()
    where = [] if own else [cluster.scheduler_address]
    assert run("analyze", "cell.toml", "-o", "two", "--dask", *where) == 0
    output = capsys.readouterr()
    assert output.err == ""
    assert output.out.rstrip().endswith("two/report.html")
    files = [f.relative_to(folder / "one") for f in sorted((folder / "one").rglob("*.*"))]
    assert {"summary.json", "measures.csv", "first_open.tif"} <= {file.name for file in files}
    for file in files:
        if file.name != "report.html":  # which says when it was made
            assert (folder / "two" / file).read_bytes() == (folder / "one" / file).read_bytes()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("nowhere", "no Dask scheduler answers at nowhere (missing port number"),
        ("foo://host:8786", "no Dask scheduler answers at foo://host:8786 (unknown address"),
        ("cell.toml.json", "cell.toml.json is no scheduler's file; give its address instead"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_line(folder, capsys, address, message):
    run("init", "scans")
    (folder / "cell.toml.json").write_text("[]")
    capsys.readouterr()
    assert run("analyze", "cell.toml", "--dask", address) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith(f"crevasse: error: {message}")
    assert not (folder / "crevasse-report").exists()


def test_without_dask_the_mend_is_told(folder, capsys, monkeypatch):
    run("init", "scans")
    monkeypatch.delitem(sys.modules, "crevasse.dask")
    monkeypatch.setitem(sys.modules, "crevasse.dask._connect", None)
    assert run("analyze", "cell.toml", "--dask") == 1
    assert "; run: pip install 'crevasse[dask]'" in capsys.readouterr().err


def test_a_scheduler_is_not_waited_for_without_end(cluster, tmp_path):
    nobody = crevasse.dask.connect("tcp://127.0.0.1:9", timeout=0.2)
    with pytest.raises(ConnectionError, match=r"at tcp://127\.0\.0\.1:9 \(Timed out"), nobody:
        pass
    nobody = crevasse.dask.connect(str(tmp_path / "cluster.json"), timeout=0.2)
    with pytest.raises(FileNotFoundError, match="does not exist; start: dask scheduler"), nobody:
        pass
    cluster.scale(1)
    (tmp_path / "cluster.json").write_text(f'{{"address": "{cluster.scheduler_address}"}}')
    for address in (cluster.scheduler_address, str(tmp_path / "cluster.json")):
        with crevasse.dask.connect(address) as client:
            assert client.submit(sum, [1, 2]).result() == 3
