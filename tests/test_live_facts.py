"""What scans' own files say of times and voxels holds in a watch as in an analysis."""

from dataclasses import replace

import h5py
import pytest

from crevasse.operando import ExperimentError, analyze_series
from crevasse.operando.experiment.planning import plan_toml

import filament
from watching import Run

pytestmark = pytest.mark.usefixtures("no_page")


def aps(path, number, end=None, pixel=2.0):
    """As TomoPy and tomocupy leave it, with the raw file's metadata."""
    path.parent.mkdir(exist_ok=True)
    with h5py.File(path, "w") as file:
        file["/exchange/data"] = filament.image(number)
        if end is not None:
            file["/process/acquisition/end_date"] = [end.encode()]
        place = "/measurement/instrument/detection_system/objective/resolution"
        file[place] = [pixel]


def nxtomo(path, number, end=None, pixel=2.0):
    path.parent.mkdir(exist_ok=True)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("/entry0000/results/data", data=filament.image(number))
        data.attrs["element_size_um"] = [pixel, pixel]
        if end is not None:
            file["/entry0000/end_time"] = end


def said(experiment):
    """Nothing is given: all is as the files say."""
    return replace(experiment, scans=replace(experiment.scans, interval=None, voxel_size=None))


def watched(folder, n_scans, **options):
    run = Run(folder, change=said, until=n_scans, **options)
    assert run() == n_scans
    return run


def ends(*times):
    return [f"2026-08-20T{time}" for time in times]


# --- agreement --------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [aps, nxtomo])
@pytest.mark.parametrize(
    "when",
    [
        ends("12:00:00-0500", "12:31:07.25-0500", "18:12:00+0000", "20:00:00+0100"),
        ends("12:00", "12:20", "12:40", "13:10"),
        [None] * 4,
        [None, *ends("12:00", "13:00", "14:00")],
    ],
    ids=["time zones", "none", "not said", "not by the first"],
)
def test_a_watch_and_an_analysis_agree(tmp_path, write, when):
    for number, end in enumerate(when):
        write(tmp_path / "in" / f"scan_{number}.h5", number, end)
    watched(tmp_path, 2)  # broken off in between
    found = watched(tmp_path, 4).watcher._session.analysis()
    experiment = tmp_path / "cell.toml"
    text = experiment.read_text().replace("voxel_size = 2", "")
    experiment.write_text(text.replace('interval = "30 min"', ""))
    plan = plan_toml(experiment)
    wanted = analyze_series(plan.series, plan.settings)
    for name in ("unit", "spacing", "spacing_source", "time_unit", "times_source"):
        assert getattr(found.series, name) == getattr(wanted.series, name), name
    assert found.series.times.tolist() == wanted.series.times.tolist()
    assert found.tables().keys() == wanted.tables().keys()
    for name, table in wanted.tables().items():
        assert found.tables()[name] == table, name


# --- disagreement -----------------------------------------------------------------------------


def test_a_scan_that_does_not_say_when_it_ended_waits_and_is_given_up(tmp_path):
    first, second, third = ends("12:00", "12:30", "13:00")
    folder = tmp_path / "in"
    aps(folder / "scan_1.h5", 0, first)
    aps(folder / "scan_2.h5", 1)
    run = Run(tmp_path, change=said)
    assert run() == 1
    where = "scan_1.h5:/process/acquisition/end_date"
    assert run.states()["scan_2.h5"] == "waiting"
    assert run.why("scan_2.h5") == f"it does not say when it ended, as {where} does"
    aps(folder / "scan_3.h5", 2, f"{second}Z")
    run = Run(tmp_path, change=said)
    assert (run(), run.states()["scan_2.h5"]) == (1, "waiting")  # the third has no time either
    aps(folder / "scan_4.h5", 3, third)
    run = watched(tmp_path, 2)
    assert [(r.name, r.time) for r in run.readings] == [("scan_4.h5", 1.0)]
    assert [run.states()[f"scan_{n}.h5"] for n in (2, 3)] == ["broken", "broken"]
    assert "one has a time zone, the other none" in run.why("scan_3.h5")


def test_a_scan_that_was_not_taken_after_the_last_one_is_late(tmp_path):
    when = ends("12:00", "12:40", "12:20", "12:40", "12:40", "13:00")
    for number, end in enumerate(when):
        image = 1 if number == 4 else number  # a copy of another is that
        aps(tmp_path / "in" / f"scan_{number}.h5", image, end)
    run = watched(tmp_path, 3)
    states = ["analysed", "analysed", "late", "late", "duplicate", "analysed"]
    assert list(run.states().values()) == states
    assert run.why("scan_2.h5").startswith("it was not taken after scan_1.h5, which is analysed")
    assert [r.time for r in run.readings] == pytest.approx([0, 2 / 3, 1])


def test_a_scan_with_another_voxel_size_is_left_out(tmp_path):
    for number, pixel in enumerate((2.0, 4.0, 2.0)):
        nxtomo(tmp_path / "in" / f"scan_{number}.h5", number, pixel=pixel)
    run = watched(tmp_path, 2)
    wrong = "scan_0.h5 says 2 × 2 um of its voxel size, and scan_1.h5 4 × 4 um"
    assert (run.states()["scan_1.h5"], run.why("scan_1.h5")) == ("broken", wrong)
    run = Run(tmp_path / "given", source=str(tmp_path / "in"), until=3)  # what is given wins
    assert run() == 3


def test_a_voxel_size_that_does_not_fit_the_scans_is_refused(tmp_path):
    filament.write(tmp_path / "in", 0)

    def three(experiment):
        return replace(experiment, scans=replace(experiment.scans, voxel_size=(1.0, 2.0, 3.0)))

    with pytest.raises(ExperimentError, match=r"scans\.voxel_size: .* a number or \(y, x\)"):
        Run(tmp_path, change=three)()
