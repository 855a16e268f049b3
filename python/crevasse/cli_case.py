"""crevasse demo --case: a battery whose truth is known, from its scans to the comparison."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crevasse._table import Table
    from crevasse.operando import Analysis


def run_case(options: argparse.Namespace, run: Callable[..., int]) -> int:
    """Write the case to the output folder, analyse it there, and say how true that is."""
    from crevasse import phantom
    from crevasse._table import write_tables
    from crevasse.operando.planning import plan_toml
    from crevasse.report.case_table import case_table

    scene = getattr(phantom, f"case_{options.case}")(scale=options.scale)
    print(f"making {scene.n_frames} scans of {' × '.join(map(str, scene.shape))}", file=sys.stderr)
    experiment = phantom.write_case(scene, options.output)
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
