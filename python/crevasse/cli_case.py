"""crevasse demo --case and phantom: batteries whose truth is known."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crevasse.cli_arguments import add_command, add_output, at_least, finite, require_writable

if TYPE_CHECKING:
    from crevasse._table import Table
    from crevasse.operando import Analysis
    from crevasse.phantom import Scene


def add_phantom(commands: Any) -> None:
    """Add the command."""
    text = "make the scans of a battery whose truth is known, its cycler's record, an experiment"
    command = add_command(commands, "phantom", _phantom, text)
    command.add_argument(
        "case",
        choices=["a", "b", "c"],
        help="a, branching cracks; b, planar layers; c, a filament that shorts the cell",
    )
    add_output(command, "crevasse-phantom")
    command.add_argument(
        "--scale", type=finite, default=1.0, help="5 is about 512³ voxels (default: 1)"
    )
    command.add_argument("--frames", type=at_least(5), help="scans (default: the case's own)")
    command.add_argument("--seed", type=at_least(0), default=0, help="of the scene (default: 0)")


def _phantom(options: argparse.Namespace) -> int:
    from crevasse import phantom
    from crevasse._table import write_tables

    require_writable(options.output)
    make = getattr(phantom, f"case_{options.case}")
    scene = make(scale=options.scale, frames=options.frames, seed=options.seed)
    experiment = _written(scene, options.output)
    write_tables({"truth": scene.truth.frames}, options.output)
    found = {
        "experiment": str(experiment),
        "n_frames": scene.n_frames,
        "shape": list(scene.shape),
        "spacing": list(scene.spacing),
    }
    print(json.dumps(found) if options.json else f"experiment: {experiment}")
    return 0


def _written(scene: Scene, folder: Path) -> Path:
    """The experiment of a case that has been written to a folder."""
    from crevasse.phantom import write_case

    print(f"making {scene.n_frames} scans of {' × '.join(map(str, scene.shape))}", file=sys.stderr)
    return write_case(scene, folder)


def run_case(options: argparse.Namespace, run: Callable[..., int]) -> int:
    """Write the case to the output folder, analyse it there, and say how true that is."""
    from crevasse import phantom
    from crevasse._table import write_tables
    from crevasse.operando.experiment.planning import plan_toml
    from crevasse.report.case_table import case_table

    scene = getattr(phantom, f"case_{options.case}")(scale=options.scale)
    experiment = _written(scene, options.output)
    plan = plan_toml(experiment)
    folder = options.output / "report"
    options.title = plan.experiment.output.title
    options.output = folder

    def compare(analysis: Analysis) -> str:
        table = case_table(scene, analysis)
        write_tables({"case": table}, folder / "tables")
        return f"\n{comparison_in_words(table)}\nexperiment: {experiment}\n"

    return run(plan.series, plan.settings, options, compare)


def comparison_in_words(table: Table) -> str:
    """Paper, truth and measured, a line a number."""
    lines = [f"{'':46} {'paper':>11} {'truth':>11} {'measured':>11}  low to high"]
    for row in table.rows():
        numbers = " ".join(f"{row[c]:11.4g}" for c in ("paper", "truth", "measured"))
        known = row["low"] == row["low"]
        band = f"{row['low']:.4g} to {row['high']:.4g}" if known else ""
        unit = f" ({row['unit']})" if row["unit"] else ""
        lines.append(f"{row['quantity'] + unit:46} {numbers}  {band}")
    return "\n".join(line.rstrip() for line in lines)
