"""Scans that arrive, one by one: what is whole, what is left out, what is told and written."""

import errno
import http.server
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tifffile

from crevasse import cli
from crevasse._table import Table
from crevasse.live import (
    Alarm,
    Arrivals,
    FolderLock,
    Reading,
    Webhook,
    alarms,
)
from crevasse.live import arrivals as live_arrivals
from crevasse.live.clock import ScanClock
from crevasse.live.outputs import Outputs
from crevasse.live.readings import readings
from crevasse.live.words import alarm_line
from crevasse.operando import AlarmRule, Experiment, ExperimentError, analyze_series
from crevasse.operando.experiment import Scans
from crevasse.operando.experiment.planning import plan_toml
from crevasse.operando.forecast import FORECAST_SCANS
from crevasse.tracking import TimeToShort

import filament
from watching import Clock, Run, when_analysed

# --- arrivals --------------------------------------------------------------------------------


@pytest.fixture
def looking(tmp_path):
    clock = Clock()
    (tmp_path / "in").mkdir()
    return tmp_path / "in", Arrivals(tmp_path / "in", settle=10, clock=clock), clock


def settled(arrivals):
    return {seen.name: seen.settled for seen in arrivals.look()}


def test_a_file_is_whole_when_it_has_not_grown_for_a_while(looking):
    folder, arrivals, clock = looking
    file = folder / "scan_1.tif"
    for clock.now, n_bytes in ((0, 10), (6, 20), (12, 30)):
        file.write_bytes(b"x" * n_bytes)
        assert settled(arrivals) == {"scan_1.tif": False}
    clock.now = 21.9
    assert settled(arrivals) == {"scan_1.tif": False}
    clock.now = 22.0
    assert settled(arrivals) == {"scan_1.tif": True}


def test_a_file_that_is_written_over_in_place_is_not(looking):
    folder, arrivals, clock = looking
    file = folder / "scan_1.tif"
    for clock.now in (0, 9, 18):
        file.write_bytes(b"x" * 10)
        os.utime(file, ns=(0, int(clock.now * 1e9)))
        assert settled(arrivals) == {"scan_1.tif": False}


def test_a_folder_grows_with_its_slices_and_with_what_is_being_written_in_it(looking):
    folder, arrivals, clock = looking
    scan = folder / "scan_1"
    scan.mkdir()
    for clock.now in (0, 9, 18):
        (scan / f"slice_{clock.now}.tif").write_bytes(b"x")
        [seen] = arrivals.look()
        assert not seen.settled
    assert seen.n_slices == 3
    (scan / ".slice_4.tif.part").write_bytes(b"x")
    clock.now = 28
    [seen] = arrivals.look()
    assert (seen.settled, seen.n_slices) == (False, 3)
    clock.now = 38
    assert settled(arrivals) == {"scan_1": True}


def test_of_old_folders_one_is_looked_into_at_a_time(looking, monkeypatch):
    folder, arrivals, clock = looking
    names = [f"scan_{n}" for n in range(4)]
    for name in names:
        (folder / name).mkdir()
        (folder / name / "slice_0.tif").write_bytes(b"x")
    arrivals.look()
    clock.now = 10
    assert all(settled(arrivals).values())
    looked_into = []
    measure = live_arrivals._measure
    monkeypatch.setattr(
        live_arrivals, "_measure", lambda path: looked_into.append(path.name) or measure(path)
    )
    for _ in range(3):
        assert [seen.name for seen in arrivals.look(decided=names[:3])] == names
    assert sorted(looked_into) == ["scan_0", "scan_1", "scan_2", *["scan_3"] * 3]
    (folder / "scan_1" / "slice_0.tif").write_bytes(b"xx")
    looks = [arrivals.look(decided=names[:3])[1] for _ in range(3)]
    assert [seen.n_bytes for seen in looks].count(2) >= 1
    assert not looks[-1].settled
    arrivals.look(decided=names[:3])
    assert looked_into.count("scan_1") >= 3  # as long as it has not settled, each time


def test_what_is_hidden_or_named_otherwise_is_no_scan_until_it_is_renamed(looking):
    folder, arrivals, clock = looking
    for name in (".scan_1.tif", "scan_1.tif.part", "scan_1.tmp", "notes.txt"):
        (folder / name).write_bytes(b"x")
    assert arrivals.look() == []
    (folder / "scan_1.tif.part").rename(folder / "scan_1.tif")
    assert settled(arrivals) == {"scan_1.tif": False}
    clock.now = 10
    assert settled(arrivals) == {"scan_1.tif": True}


def test_what_goes_and_comes_again_settles_again(looking):
    folder, arrivals, clock = looking
    file = folder / "scan_1.tif"
    file.write_bytes(b"x")
    os.utime(file, (1, 1))
    arrivals.look()
    file.unlink()
    assert arrivals.look() == []
    file.write_bytes(b"x")
    os.utime(file, (1, 1))
    clock.now = 11
    assert settled(arrivals) == {"scan_1.tif": False}


def test_a_folder_may_be_there_later(tmp_path):
    arrivals = Arrivals(tmp_path / "later", settle=0, clock=Clock())
    assert arrivals.look() == []
    filament.write(tmp_path / "later", 0)
    assert settled(arrivals) == {"scan_1.tif": True}


def test_scans_of_a_pattern_go_by_their_names_which_must_differ(tmp_path):
    for folder, name in (("b", "scan_2.tif"), ("a", "scan_10.tif")):
        filament.write(tmp_path / folder, 0, as_name=name)
    arrivals = Arrivals(tmp_path / "*" / "*.tif", settle=0, clock=Clock())
    assert list(settled(arrivals)) == ["scan_2.tif", "scan_10.tif"]
    filament.write(tmp_path / "a", 1, as_name="scan_2.tif")
    with pytest.raises(ValueError, match=r"names differ, but scan_2\.tif is there more than once"):
        arrivals.look()


# --- times -----------------------------------------------------------------------------------


def times(text, path, **scans):
    if text is not None:
        path.write_text(text)
    given = {"times": str(path)} if text is not None else {}
    return ScanClock(Scans("in", **given, **scans), settle=10, clock=Clock())


def time_of(clock, name, position=0, first=None):
    """Also what there is to say where it is not known."""
    try:
        return clock.time(SimpleNamespace(name=name), position, first)
    except ValueError as error:
        return str(error)


def test_times_come_from_the_schedule_or_are_numbers(tmp_path):
    clock = times(None, tmp_path / "t.csv", start=1.0, interval=0.5)
    assert (time_of(clock, "a", 3), clock.unit(None)) == (2.5, "h")
    clock = times(None, tmp_path / "t.csv")
    assert (time_of(clock, "a", 3), clock.unit(None)) == (3.0, "frame")


def test_times_of_a_csv_that_grows_are_known_when_their_line_is_whole(tmp_path):
    path = tmp_path / "t.csv"
    not_yet = f"its time is not in {path} yet"
    clock = times("file,time_min,spacing\ns_1.tif,30,1.8\ns_2.tif,9", path)
    assert (time_of(clock, "s_1.tif", 7), time_of(clock, "s_2.tif", 1)) == (0.5, not_yet)
    assert clock.spacing("s_1.tif") == 1.8
    path.write_text("file,time_min,spacing\ns_1.tif,30,1.8\ns_2.tif,90,1.8\n")
    assert time_of(clock, "s_2.tif", 1) == 1.5
    assert time_of(clock, "s_3.tif", 2) == not_yet


def test_the_last_line_without_an_end_counts_when_the_csv_has_settled(tmp_path):
    not_yet = f"its time is not in {tmp_path / 't.csv'} yet"
    clock = times("time_h\n0.5\n1.5", tmp_path / "t.csv")
    assert (time_of(clock, "a", 0), time_of(clock, "b", 1)) == (0.5, not_yet)
    clock._clock.now = 10
    assert (time_of(clock, "b", 1), time_of(clock, "c", 2)) == (1.5, not_yet)


# --- intake ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_page")
def test_a_watch_ends_with_the_tables_of_an_analysis(tmp_path):
    for number in range(filament.N_SCANS):
        filament.write(tmp_path / "in", number)
    run = Run(tmp_path, until=filament.N_SCANS)
    assert run() == filament.N_SCANS
    plan = plan_toml(tmp_path / "cell.toml")
    wanted = analyze_series(plan.series, plan.settings).tables()
    found = run.watcher._session.analysis().tables()
    assert found.keys() == wanted.keys()
    for name, table in wanted.items():
        assert found[name] == table, name
    assert [r.volume for r in run.readings] == [12.0 * n for n in filament.LENGTHS]
    assert [r.ligament for r in run.readings] == [2.0 * (40 - n) for n in filament.LENGTHS]
    assert [r.depth for r in run.readings] == pytest.approx(
        [2.0 * n - 1 for n in filament.LENGTHS], abs=2
    )
    assert [r.shorted for r in run.readings] == [False] * 8 + [True]


@pytest.mark.usefixtures("no_page")
@pytest.mark.parametrize("rule", ['"otsu"', '"edges"\nfilled = true'])
def test_thresholds_hang_on_the_first_scan_alone(tmp_path, rule):
    thresholds = []
    for n_scans in (1, 5):
        folder = tmp_path / str(n_scans)
        for number in range(n_scans):
            filament.write(folder / "in", number)
        run = Run(folder, phase=f'rule = {rule}\nside = "dark"', until=n_scans)
        run()
        analysis = run.watcher._session.analysis()
        assert analysis.sample.frames == (0,)
        thresholds.append(analysis.settings.rules)
    assert thresholds[0] == thresholds[1]


@pytest.mark.usefixtures("no_page")
def test_late_duplicate_changed_and_broken_scans_are_listed_and_not_mixed_in(tmp_path):
    folder = tmp_path / "in"
    for number in (0, 1, 3):
        filament.write(folder, number)
    (folder / "scan_5.tif").write_bytes((folder / "scan_4.tif").read_bytes()[:700])
    filament.write(folder, 3, as_name="scan_6.tif")
    filament.write(folder, 6)

    def later():
        filament.write(folder, 2)
        filament.write(folder, 0, as_name="scan_0.tif")
        tifffile.imwrite(folder / "scan_2.tif", filament.image(1) + np.uint8(1))
        os.utime(folder / "scan_1.tif", (1, 1))  # copied again
        filament.write(folder, 8)

    run = Run(tmp_path, until=5)
    stop = when_analysed(4, later)
    assert run(lambda: stop(run)) == 5
    assert [r.name for r in run.readings] == [f"scan_{n}.tif" for n in (1, 2, 4, 7, 9)]
    assert run.states() == {
        "scan_0.tif": "duplicate",
        "scan_1.tif": "analysed",
        "scan_2.tif": "changed",
        "scan_3.tif": "late",
        "scan_4.tif": "analysed",
        "scan_5.tif": "broken",
        "scan_6.tif": "duplicate",
        "scan_7.tif": "analysed",
        "scan_9.tif": "analysed",
    }
    assert run.why("scan_6.tif") == "it has the grey values of scan_4.tif"
    assert "scan_5.tif" in run.why("scan_5.tif")
    assert "run crevasse analyze at the end" in run.why("scan_3.tif")
    # Times are by place: scan_5 holds one, scan_6 is a copy and holds none, scan_3 has come since.
    assert [r.time for r in run.readings] == [0.0, 0.5, 1.0, 2.0, 3.0]
    told = [line for line in run.lines if line.startswith("scan_")]
    assert sorted(line.split(":")[0] for line in told) == [
        "scan_0.tif is duplicate",
        "scan_2.tif is changed",
        "scan_3.tif is late",
        "scan_5.tif is broken",
        "scan_6.tif is duplicate",
    ]
    again = Run(tmp_path, idle=20.0)
    again()
    assert not any(line.startswith("scan_") for line in again.lines)


@pytest.mark.usefixtures("no_page")
def test_that_a_scan_may_be_missing_is_told_where_times_are_by_place(tmp_path):
    for number in (0, 1, 2, 3, 5, 6):
        filament.write(tmp_path / "in", number)
    run = Run(tmp_path, until=6)
    run()
    [line] = [line for line in run.lines if "missing" in line]
    assert line.startswith("warning: scan_6.tif follows scan_4.tif: if a scan is missing there, ")


@pytest.mark.usefixtures("no_page")
def test_a_broken_scan_that_is_brought_again_in_time_is_analysed(tmp_path):
    folder = tmp_path / "in"
    filament.write(folder, 0)
    (folder / "scan_2.tif").write_bytes(b"II")
    run = Run(tmp_path, idle=100.0)
    assert run() == 1
    assert run.states()["scan_2.tif"] == "broken"
    (folder / "scan_2.tif").unlink()
    filament.write(folder, 1)
    run = Run(tmp_path, until=2)
    assert run() == 2
    assert run.states() == {"scan_1.tif": "analysed", "scan_2.tif": "analysed"}


@pytest.mark.usefixtures("no_page")
def test_a_scan_that_is_empty_or_of_another_shape_is_broken(tmp_path):
    folder = tmp_path / "in"
    filament.write(folder, 0)
    (folder / "scan_2.tif").touch()
    tifffile.imwrite(folder / "scan_3.tif", filament.image(1)[:30])
    filament.write(folder, 3)
    run = Run(tmp_path, until=2)
    assert run() == 2
    assert run.why("scan_2.tif") == "it is empty"
    assert run.why("scan_3.tif") == "it is (30, 24) uint8, and the first is (40, 24) uint8"


@pytest.mark.usefixtures("no_page")
def test_scans_wait_for_one_before_them_that_is_not_whole(tmp_path):
    folder = tmp_path / "in"
    for number in (0, 2):
        filament.write(folder, number)
    slow = folder / "scan_2.tif"
    slow.write_bytes(b"II")
    rounds = iter(range(10**6))

    def stop():
        n = next(rounds)
        if n < 60:  # it grows for longer than a broken one would be tried
            slow.write_bytes(b"II" * (n + 1))
        elif n == 60:
            filament.write(folder, 1)
        return False

    run = Run(tmp_path, until=3, settle=2.0, retries=1)
    assert run(stop) == 3
    assert [r.name for r in run.readings] == ["scan_1.tif", "scan_2.tif", "scan_3.tif"]


def write_slices(folder, number, n_slices):
    folder.mkdir(parents=True, exist_ok=True)
    for z in range(n_slices):
        grey = filament.image(number) + np.uint8(z % 3)
        tifffile.imwrite(folder / f"slice_{z}.tif", grey)


def in_3d(experiment):
    return replace(experiment, measure=replace(experiment.measure, fronts=False))


@pytest.mark.usefixtures("no_page")
def test_folders_wait_for_as_many_slices_as_the_first_has(tmp_path):
    write_slices(tmp_path / "in" / "scan_1", 0, 4)
    write_slices(tmp_path / "in" / "scan_2", 1, 3)
    run = Run(tmp_path, change=in_3d)
    assert run() == 1
    assert run.states()["scan_2"] == "waiting"
    assert run.why("scan_2") == "it has 3 of 4 slices"
    write_slices(tmp_path / "in" / "scan_3", 2, 4)  # the second is given up for this one
    run = Run(tmp_path, change=in_3d, until=2)
    assert run() == 2
    assert run.states()["scan_2"] == "broken"
    assert run.why("scan_2") == "it has 3 of 4 slices"


@pytest.mark.usefixtures("no_page")
def test_where_slices_are_given_the_first_waits_as_well(tmp_path):
    write_slices(tmp_path / "in" / "scan_1", 0, 3)
    assert Run(tmp_path, change=in_3d, slices=4)() == 0
    write_slices(tmp_path / "in" / "scan_1", 0, 4)
    assert Run(tmp_path, change=in_3d, slices=4)() == 1
    run = Run(tmp_path / "b", change=in_3d, slices=3, source=str(tmp_path / "in"))
    assert run() == 0
    assert run.why("scan_1") == "it has 4 slices, expected are 3"


@pytest.mark.usefixtures("no_page")
def test_scans_wait_for_their_time(tmp_path):
    for number in range(3):
        filament.write(tmp_path / "in", number)
    csv_file = tmp_path / "times.csv"

    def timed(experiment):
        scans = replace(experiment.scans, interval=None, times=str(csv_file))
        return replace(experiment, scans=scans)

    csv_file.write_text("file,time_h\nscan_1.tif,0.25\n")
    run = Run(tmp_path, change=timed)
    assert run() == 1
    assert run.why("scan_2.tif") == f"its time is not in {csv_file} yet"
    csv_file.write_text("file,time_h\nscan_1.tif,0.25\nscan_2.tif,0.5\nscan_3.tif,1.25\n")
    run = Run(tmp_path, change=timed)
    assert run() == 3
    assert [r.time for r in run.readings] == [0.5, 1.25]


# --- alarms ----------------------------------------------------------------------------------


def reading(frame, ligament=np.nan, shorted=False, left=None):
    forecast = None if left is None else TimeToShort(frame + left, frame, np.inf, -1.0, 4, 0.9)
    numbers = {"volume": 10.0 * frame, "volume_change": 10.0, "depth": np.nan}
    return Reading(frame, f"s_{frame}", float(frame), ligament=ligament, shorted=shorted,
                   forecast=forecast, **numbers)  # fmt: skip


def fired(text, rows):
    return [a.frame for a in alarms(rows, [AlarmRule.parse(text)])]


def measured(ligaments, half_cycles):
    """What readings are made of, at 0, 1, 2, … h."""
    n = len(ligaments)
    zeros = np.zeros(n)
    columns = {"time": np.arange(n) * 1.0, "volume": zeros, "bridged": zeros > 0}
    frames = Table({**columns, "half_cycle": np.array(half_cycles)})
    fronts = Table({"depth_max": zeros, "ligament": np.array(ligaments, float)})
    return SimpleNamespace(
        history=SimpleNamespace(frames=frames),
        fronts=SimpleNamespace(frames=fronts),
        settings=SimpleNamespace(follow=("crack",)),
        layers={},
        measures=Table({"name": np.array([f"s_{i}" for i in range(n)])}),
    )


def test_a_forecast_rests_on_the_last_scans_of_the_half_cycle():
    fast_now = [100.0] * 20 + [100.0 - 2 * i for i in range(1, FORECAST_SCANS)]
    rows = readings(measured(fast_now, [0] * len(fast_now)), [])
    assert rows[-1].forecast.n_frames == FORECAST_SCANS
    assert rows[-1].time_to_short[0] == pytest.approx(fast_now[-1] / 2)
    assert rows[19].time_to_short[0] == np.inf
    rows = readings(measured(fast_now, [0] * 24 + [1] * (len(fast_now) - 24)), rows[:5])
    assert rows[-1].forecast.n_frames == len(fast_now) - 24
    assert rows[24].forecast is None  # alone in its half-cycle
    rows = readings(measured(fast_now, [-1, 0] * (len(fast_now) // 2) + [-1]), [])
    assert rows[-1].forecast.n_frames == FORECAST_SCANS  # those that are not known are no others
    assert len(rows) == len(fast_now)


def test_a_rule_fires_once_a_crossing():
    rows = [reading(i, left) for i, left in enumerate((60, 50, 49, np.nan, 48, 50, 51, 40, 30))]
    assert fired("ligament < 50 um", rows) == [2, 7]
    assert fired("ligament <= 50 um", rows) == [1, 7]
    assert fired("ligament >= 0.05 mm", rows) == [0, 5]
    assert fired("volume > 45 um^3", rows) == [5]
    assert fired("depth > 1 um", rows) == []


def test_time_to_short_counts_from_the_scan_and_a_short_is_no_time():
    rows = [reading(0), reading(1, left=np.inf), reading(2, left=0.4), reading(3, left=2.0)]
    rows += [reading(4, left=0.1), reading(5, shorted=True), reading(6)]
    assert fired("time_to_short < 30 min", rows) == [2, 4]
    assert fired("shorted", rows) == [5]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("ligament", "ligament must be compared with a number"),
        ("ligament < 50", "ligament must have a unit"),
        ("ligament < 50 h", "ligament must have a unit"),
        ("ligament = 50 um", "alarm must be a name"),
        ("ligament < much um", "alarm must be a name"),
        ("length < 5 um", "alarm must be on one of volume, depth"),
        ("shorted > 1", "shorted must stand alone"),
        ("time_to_short < 5 um", "time_to_short must have a unit"),
        ("volume > 5 um", "volume must have a unit"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(text, wrong):
    with pytest.raises(ValueError, match=wrong):
        AlarmRule.parse(text)


def test_an_alarm_is_told_with_its_unit_however_it_is_written():
    units = {"volume": "um^3", "length": "um", "time": "h"}
    for rule, unit in (
        ("time_to_short<30min", "h"),
        ("volume>=1e1um3", "µm³"),
        ("depth>1um", "µm"),
    ):
        told = alarm_line(Alarm(2, "s_2", 1.5, rule, 12.0), units)
        assert told == f"{rule}: 12 {unit} (s_2, 1.5 h)"


def test_units_must_be_those_of_the_scans():
    rule = AlarmRule.parse("volume > 1e3 µm³")
    assert rule.bound == 1000.0
    assert rule.fits("um", "h", 3) == ""
    assert "must be in nm2 or um2 or mm2" in rule.fits("um", "h", 2)
    assert "must be in voxel3" in rule.fits("voxel", "frame", 3)
    assert AlarmRule.parse("time_to_short < 3 frame").fits("voxel", "frame", 3) == ""


@pytest.mark.usefixtures("no_page")
def test_alarms_of_other_units_than_the_scans_end_the_watch(tmp_path):
    filament.write(tmp_path / "in", 0)
    with pytest.raises(ValueError, match="'ligament < 5 voxel' must be in nm or um or mm"):
        Run(tmp_path, rules=["ligament < 5 voxel"])()


class Receiver(http.server.BaseHTTPRequestHandler):
    received: list

    def do_POST(self):
        self.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        if self.server.answer == "nonsense":
            self.wfile.write(b"nonsense\n")
            return
        self.send_response(self.server.answer)
        self.send_header("Location", "http://localhost:1/")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    handler = type("_Receiver", (Receiver,), {"received": []})
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        server.answer, server.received = 200, handler.received
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


RULES = ["ligament < 40 um", "shorted"]


@pytest.mark.usefixtures("no_page")
def test_alarms_are_told_once_across_restarts(tmp_path, receiver):
    hook = Webhook(f"http://localhost:{receiver.server_port}/alarm")
    lines = []
    for number in range(filament.N_SCANS):
        filament.write(tmp_path / "in", number)
        run = Run(tmp_path, rules=RULES, webhook=hook, until=number + 1)
        run()
        lines += run.lines
    assert [line for line in lines if line.startswith("ALARM")] == [
        "ALARM ligament < 40 um: 34 µm (scan_6.tif, 2.5 h)",
        "ALARM shorted (scan_9.tif, 4 h)",
    ]
    assert [(a["name"], a["rule"]) for a in receiver.received] == [
        ("scan_6.tif", "ligament < 40 um"),
        ("scan_9.tif", "shorted"),
    ]
    assert receiver.received[0]["reading"]["ligament"] == 34.0
    rows = run.rows("alarms.csv")
    assert [(row["frame"], row["rule"], row["value"]) for row in rows] == [
        ("5", "ligament < 40 um", "34.0"),
        ("8", "shorted", "1.0"),
    ]


@pytest.mark.usefixtures("no_page")
@pytest.mark.parametrize("answer", [500, 302, "nonsense", None])
def test_a_webhook_that_fails_does_not_stop_the_watch(tmp_path, receiver, answer):
    port = 1 if answer is None else receiver.server_port
    receiver.answer = answer
    for number in (5, 6):
        filament.write(tmp_path / "in", number)
    run = Run(tmp_path, rules=RULES, webhook=Webhook(f"http://127.0.0.1:{port}/"), until=2)
    assert run() == 2
    assert len(run.rows("alarms.csv")) == 1
    assert [line for line in run.lines if line.startswith("webhook http://127.0.0.1")] != []


def test_webhooks_are_on_this_machine_unless_allowed():
    with pytest.raises(ValueError, match=r"must be on localhost or 127\.0\.0\.1, got example"):
        Webhook("http://example.org/x")
    with pytest.raises(ValueError, match="must be on localhost"):
        Webhook("http://localhost@example.org/")
    with pytest.raises(ValueError, match="must be an http"):
        Webhook("file:///etc/passwd")
    Webhook("http://example.org/x", anywhere=True)


# --- state, lock, disk ------------------------------------------------------------------------


def test_a_second_watch_into_a_folder_is_refused_and_a_dead_ones_lock_taken_over(tmp_path):
    code = (
        "import sys, pathlib; from crevasse.live import FolderLock\n"
        "lock = FolderLock(pathlib.Path(sys.argv[1])); print('locked', flush=True); input()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(BlockingIOError, match=f"by process {other.pid} already"):
            FolderLock(tmp_path)
        other.kill()
    assert (tmp_path / ".watch.lock").read_text() == str(other.pid)
    with FolderLock(tmp_path) as lock:
        assert lock.path.read_text() == str(os.getpid())
    with FolderLock(tmp_path):
        pass


def test_where_there_are_no_locks_the_process_number_decides(tmp_path, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOSYS, "no locks")

    monkeypatch.setattr("fcntl.flock", no_locks)
    (tmp_path / ".watch.lock").write_text(str(os.getppid()))
    with pytest.raises(BlockingIOError):
        FolderLock(tmp_path)
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / ".watch.lock").write_text(str(dead.pid))
    with FolderLock(tmp_path):
        pass


def full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_and_tried_again(tmp_path, monkeypatch):
    for number in range(2):
        filament.write(tmp_path / "in", number)
    run = Run(tmp_path, until=3, rules=["volume > 50 um^2"])

    def short_page(analysis, folder, *, title, live):
        (folder / "report.html").write_text(live.top)

    def freed():
        monkeypatch.undo()
        monkeypatch.setattr("crevasse.live.outputs.write_report", short_page)
        filament.write(tmp_path / "in", 2)

    monkeypatch.setattr("crevasse.operando.checkpoint.save_archive", full)
    monkeypatch.setattr("crevasse.live.outputs.write_report", full)
    monkeypatch.setattr("crevasse._table.Table.to_csv", full)
    stop = when_analysed(2, freed)
    assert run(lambda: stop(run)) == 3
    assert len(run.readings) == 3
    for what in ("checkpoint", "report", "scans.csv", "alarms.csv"):
        line = f"warning: {what} cannot be written: No space left on device"
        assert sum(told.startswith(line) for told in run.lines) == 1
        assert f"{what}: well again" in run.lines
    assert len(run.rows()) == 3
    assert len(run.rows("alarms.csv")) == 1
    assert "scan_3.tif" in (tmp_path / "out" / "report.html").read_text()
    again = Run(tmp_path, until=3)
    assert (again(), again.readings) == (3, [])
    assert json.loads((tmp_path / "out" / "status.json").read_text())["trouble"] == []


def test_what_a_killed_watch_left_half_written_is_removed(tmp_path):
    left = tmp_path / "out" / "tables" / ".events.csv.123.part"
    left.parent.mkdir(parents=True)
    left.touch()
    Run(tmp_path)
    assert list(left.parent.iterdir()) == []


def test_before_the_first_scan_the_page_says_what_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("crevasse.live.outputs._write", full)
    run = Run(tmp_path)
    assert run() == 0
    assert [line.split(" cannot")[0] for line in run.watcher.trouble] == ["report", "status.json"]
    monkeypatch.undo()
    assert Run(tmp_path)() == 0
    page = (tmp_path / "out" / "report.html").read_text()
    assert f"Waiting for the first whole scan in {tmp_path / 'in'}" in page


@pytest.mark.usefixtures("no_page")
def test_scans_that_have_gone_stay_part_of_the_analysis(tmp_path):
    for number in range(3):
        filament.write(tmp_path / "in", number)
    Run(tmp_path, until=3)()
    for number in range(3):
        (tmp_path / "in" / filament.name(number)).unlink()
    filament.write(tmp_path / "in", 3)
    run = Run(tmp_path, until=4)
    assert run() == 4
    assert [r.time for r in run.readings] == [1.5]
    assert len(run.rows()) == 4


@pytest.mark.usefixtures("no_page")
def test_another_experiment_is_refused(tmp_path):
    filament.write(tmp_path / "in", 0)
    Run(tmp_path, until=1)()
    with pytest.raises(ValueError, match="was begun with another experiment; give another folder"):
        Run(tmp_path, phase="high = 110")
    damaged = tmp_path / "out" / ".watch"
    damaged.write_bytes(damaged.read_bytes()[:-50])
    with pytest.raises(ValueError, match="damaged"):
        Run(tmp_path)


def test_an_experiment_that_does_not_fit_the_first_scan_is_refused(tmp_path):
    filament.write(tmp_path / "in", 0)

    def far(experiment):
        electrode = replace(experiment.electrodes.working, face="zmin", plane=10.0)
        return replace(experiment, electrodes=replace(experiment.electrodes, working=electrode))

    with pytest.raises(ExperimentError, match=r"electrodes\.working\.face"):
        Run(tmp_path, change=far, until=1)()


@pytest.mark.usefixtures("no_page")
def test_baseline_frames_may_still_have_to_come(tmp_path):
    def three(experiment):
        return replace(experiment, tracking=replace(experiment.tracking, baseline_frames=3))

    for number in range(4):
        filament.write(tmp_path / "in", number)
    run = Run(tmp_path, change=three, until=4)
    run()
    frames = run.watcher._session.analysis().history.frames
    assert frames["n_new"].tolist() == [0, 0, 0, 3 * (14 - 11)]


# --- the command ------------------------------------------------------------------------------


def watch(folder, *more):
    arguments = ["watch", folder / "in", "--experiment", folder / "cell.toml", "-o", folder / "out"]
    arguments += ["--settle", "0", "--every", "0", *more]
    return cli.main([str(a) for a in arguments])


def test_the_command_prints_a_line_a_scan_and_writes_a_page(tmp_path, capsys, monkeypatch):
    filament.write_experiment(tmp_path, phase='rule = "otsu"\nside = "dark"')
    for number in range(6):
        filament.write(tmp_path / "in", number)
    assert watch(tmp_path, "--until", "6", "--page-every", "100") == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert lines[1] == (
        "scan_2.tif: 0.5 h, crack area 96 µm² (+24), deepest crack 14 µm, ligament left 64 µm, "
        "short in 8 h (too few scans for an interval)"
    )
    assert lines[-1] == f"6 scans analysed; report: {tmp_path / 'out' / 'report.html'}"
    assert "crevasse: ALARM ligament < 40 um: 34 µm (scan_6.tif, 2.5 h)" in printed.err
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Ended: 6 scans have been analysed" in page
    assert "Thresholds were found from the first scan alone" in page
    assert "34 µm" in page
    status = json.loads((tmp_path / "out" / "status.json").read_text())
    assert status["latest"]["ligament"] == 34.0
    assert status["state"] == "ended"
    # As JSON, from where it was.
    monkeypatch.setattr(Outputs, "report", lambda self, analysis, status: None)
    filament.write(tmp_path / "in", 6)
    assert watch(tmp_path, "--until", "7", "--json") == 0
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["name"] == "scan_7.tif"


def test_what_alarms_need_is_asked_for_at_once(tmp_path, capsys):
    path = filament.write_experiment(tmp_path)
    path.write_text(path.read_text().replace("fronts = true", "fronts = false"))
    assert watch(tmp_path) == 1
    assert "alarm 'ligament < 40 um' needs measure.fronts" in capsys.readouterr().err
    path.write_text(path.read_text().replace('"shorted"', '"short"'))
    assert watch(tmp_path) == 2
    assert "alarms.rules holds 'short': alarm must be on one of" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_experiment_with_alarms_is_written_and_read_back(tmp_path):
    path = filament.write_experiment(tmp_path)
    text = path.read_text().replace("[alarms]", '[alarms]\nwebhook = "http://localhost:9/a"')
    path.write_text(text.replace("voxel_size", "slices = 40\nvoxel_size"))
    experiment = Experiment.from_toml(path, check=False)
    assert experiment.alarms.rules == ("ligament < 40 um", "shorted")
    assert experiment.scans.slices == 40
    path.write_text(experiment.to_toml())
    assert Experiment.from_toml(path, check=False) == experiment
    path.write_text(text.replace("http:", "ftp:"))
    with pytest.raises(ExperimentError, match=r"alarms\.webhook must be an http:// URL"):
        Experiment.from_toml(path, check=False)
