"""Cells as steps: paths in and JSON out, in the hosts whose examples are shown."""

import importlib.util
import inspect
import json
import os
import subprocess
import sys
import tomllib
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import tifffile

from crevasse import steps

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture
def experiment(tmp_path, rng):
    """An experiment whose dark crack grows by 36 voxels a scan, and the same in other scans."""
    for name, step in (("scans", 12), ("others", 5)):
        (tmp_path / name).mkdir()
        grain = rng.normal(180, 5, (60, 80))
        for t in range(3):
            image = grain.copy()
            image[30:33, 10 : 20 + step * t] = 60
            tifffile.imwrite(tmp_path / name / f"scan_{t}.tif", image.astype(np.uint8))
    file = tmp_path / "cell.toml"
    scans = '[scans]\nsource = "scans"\nvoxel_size = 2\ninterval = "15 min"\n'
    file.write_text(f"{scans}[phases.void]\nhigh = 100\n")
    return file


def volumes(step):
    return [3 * (10 + step * t) * 4.0 for t in range(3)]


def test_a_step_gives_what_json_holds_and_writes_the_report(experiment, tmp_path):
    done = steps.analyze_step(str(experiment), str(tmp_path / "out" / "report"))
    assert json.loads(json.dumps(done, allow_nan=False)) == done
    assert done["volume"] == volumes(12)
    assert "Cracks in cell" in Path(done["report"]).read_text(encoding="utf-8")
    written = json.loads(Path(done["summary"]).read_text(encoding="utf-8"))
    assert all((Path(done["folder"]) / name).is_file() for name in written["files"])
    assert written == {name: done[name] for name in written}
    assert Path(done["folder"]) == tmp_path / "out" / "report"


def test_scans_may_be_given_beside_the_experiment(experiment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    by_folder = steps.analyze_step(experiment, "a", scans="others")
    files = [str(path) for path in sorted((tmp_path / "others").iterdir())]
    by_files = steps.analyze_step(experiment, "b", scans=files)
    assert by_folder["volume"] == by_files["volume"] == volumes(5)
    with pytest.raises(ValueError, match=r"scans.source: .*nowhere does not exist"):
        steps.analyze_step(experiment, "c", scans="nowhere")


def test_a_function_whose_source_is_sent_needs_nothing_around_it(experiment, tmp_path):
    sent = inspect.getsource(steps.analyze_cell)
    data = {"experiment": str(experiment), "output": str(tmp_path / "out"), "endpoint": "of a host"}
    code = f"{sent}\nimport json\nprint(json.dumps(analyze_cell(**{data})))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert json.loads(done.stdout)["volume"] == volumes(12)
    with pytest.raises(KeyError, match="output"):
        steps.analyze_cell(experiment=str(experiment))


def example(*parts):
    """An example's module."""
    path = EXAMPLES.joinpath(*parts)
    spec = importlib.util.spec_from_file_location(f"example_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_cells_are_analysed_by_an_executor_as_globus_compute_has_it(experiment, tmp_path):
    submit = example("globus", "submit.py")
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        (cell,) = submit.analyze_all(executor, [str(experiment)], str(tmp_path / "out"))
    assert cell["volume"] == volumes(12)
    assert Path(cell["folder"]) == tmp_path / "out" / "cell"


@pytest.mark.slow
def test_the_flow_runs_in_prefect(experiment, tmp_path):
    pytest.importorskip("prefect")
    code = """
import json, sys
sys.path.insert(0, sys.argv[1])
import flow
from prefect.testing.utilities import prefect_test_harness

with prefect_test_harness():
    print(json.dumps(flow.analyze_cells(sys.argv[2:3], sys.argv[3])))
"""
    arguments = [str(EXAMPLES / "prefect"), str(experiment), str(tmp_path / "out")]
    environment = os.environ | {"PREFECT_LOGGING_LEVEL": "ERROR", "PREFECT_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    (cell,) = json.loads(done.stdout.splitlines()[-1])
    assert cell["volume"] == volumes(12)


# --- Ewoks ---------------------------------------------------------------------------------------

WORKFLOW = EXAMPLES / "ewoks" / "analyze.json"


def test_a_workflow_runs_in_ewoks(experiment, tmp_path):
    ewoks = pytest.importorskip("ewokscore")
    inputs = {"experiment": str(experiment), "output": str(tmp_path / "out"),
              "scans": str(tmp_path / "others")}  # fmt: skip
    given = [{"id": "analyze", "name": name, "value": value} for name, value in inputs.items()]
    done = ewoks.execute_graph(str(WORKFLOW), inputs=given, outputs=[{"all": True}])
    assert done.keys() == {"folder", "report", "summary"}
    assert json.loads(Path(done["summary"]).read_text())["volume"] == volumes(5)
    assert Path(done["report"]).is_relative_to(done["folder"])


def test_ewoks_finds_the_task_where_its_entry_point_says():
    discovery = pytest.importorskip("ewokscore.task_discovery")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = discovery.discover_tasks_from_modules(
        *project["entry-points"]["ewoks.tasks.class"], task_type="class"
    )
    (node,) = json.loads(WORKFLOW.read_text())["nodes"]
    (task,) = found
    assert task["task_identifier"] == node["task_identifier"]
    assert task["required_input_names"] == [i["name"] for i in node["default_inputs"]]


def test_ewoks_refuses_what_is_not_a_path():
    pytest.importorskip("ewokscore")
    from ewoksutils.exceptions import TaskExecutionError

    from crevasse.steps.ewoks import AnalyzeExperiment

    with pytest.raises(TaskExecutionError) as raised:
        AnalyzeExperiment(inputs={"experiment": 3, "output": "out"}).execute()
    assert "experiment" in str(raised.value.__cause__)
