import ast
from pathlib import Path

import pytest

import crevasse

PACKAGE = Path(crevasse.__file__).parent
ROOMS = ("fronts", "analyses", "export", "scoring")
TRACKER = sorted(p.stem for p in (PACKAGE / "tracking").glob("*.py") if p.stem != "__init__")


def imported(path):
    """Modules of the package that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def layer(module):
    """The room of `crevasse.tracking`, or the package above it, that a module lies in."""
    parts = module.split(".")
    if parts[:2] != ["crevasse", "tracking"]:
        return parts[1] if parts[0] == "crevasse" and len(parts) > 1 else ""
    return parts[2] if parts[2] in ROOMS else "tracking"


def files_of(package):
    return sorted((PACKAGE / package).rglob("*.py"))


@pytest.mark.parametrize("package", ["io", "operando", "phantom", "report", "tracking"])
def test_nothing_below_knows_of_live_runs_nor_of_the_command_line(package):
    layers = {layer(m).partition("_")[0] for path in files_of(package) for m in imported(path)}
    assert not layers & {"live", "cli"}


def test_live_runs_lie_above_operando_and_report_and_know_of_no_phantom():
    layers = {layer(m) for path in files_of("live") for m in imported(path)}
    assert {"io", "operando", "report", "tracking"} <= layers
    assert not layers & {"phantom", "cli", "cli_watch", "cli_experiment"}


@pytest.mark.parametrize("module", TRACKER)
def test_the_tracker_knows_of_no_room(module):
    layers = {layer(m) for m in imported(PACKAGE / "tracking" / f"{module}.py")}
    assert not layers & {*ROOMS, "phantom", "operando", "report", "cli"}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_knows_of_the_tracker_alone(room):
    files = sorted((PACKAGE / "tracking" / room).glob("*.py"))
    layers = {layer(m) for path in files for m in imported(path)}
    assert len(files) > 2
    assert "tracking" in layers
    assert not layers & ({*ROOMS, "phantom", "operando", "report", "cli"} - {room})
