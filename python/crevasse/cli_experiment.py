"""Commands on experiments: crevasse init | analyze."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from crevasse.cli_arguments import add_command

if TYPE_CHECKING:
    from distributed import Client

    from crevasse.io import Series
    from crevasse.operando import Plan, Settings

_BAD_USE = 2


class Run(Protocol):
    """What analyses a series and writes its report."""

    def __call__(
        self,
        series: Series,
        settings: Settings,
        options: argparse.Namespace,
        *,
        client: Client | None = None,
    ) -> int:
        """The exit code."""


def add_init(commands: Any) -> None:
    """Add the command that writes a file to start from."""
    command = add_command(
        commands, "init", _init, "write a commented experiment for a folder of scans"
    )
    command.add_argument("folder", type=Path, help="folder of scans, or of folders of slices")
    command.add_argument(
        "-o",
        "--output",
        type=Path,
        default=Path("cell.toml"),
        help="file to write (default: cell.toml)",
    )
    command.add_argument("--dataset", help="which array of each file, where it holds several")
    command.add_argument("--force", action="store_true", help="write over a file that is there")


def add_analyze(commands: Any, run: Run) -> None:
    """Add the command that does what such a file says; `run` does the work."""
    command = add_command(
        commands, "analyze", partial(_analyze, run), "do what an experiment (TOML) asks for"
    )
    command.add_argument("experiment", type=Path, help="TOML file; crevasse init writes one")
    command.add_argument(
        "-o", "--output", type=Path, help="folder to write to (default: the experiment's)"
    )
    command.add_argument(
        "--dask",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="read, align and segment scans on the workers of a Dask cluster, which must see them "
        "under the same paths: at ADDRESS (tcp://host:8786, or the scheduler's .json file), or of "
        "this machine's cores; give it after the experiment. The result is the same",
    )


def _init(options: argparse.Namespace) -> int:
    from crevasse._files import replace_when_written
    from crevasse.operando.experiment.template import folder_template

    if options.output.exists() and not options.force:
        raise FileExistsError(
            f"{options.output} exists already; give another file with -o, or --force"
        )
    text, series = folder_template(options.folder, options.output, options.dataset)
    with replace_when_written(options.output) as unfinished:
        unfinished.write_text(text, encoding="utf-8")
    result = {
        "experiment": str(options.output),
        "source": series.source,
        "n_frames": len(series),
        "shape": list(series.shape),
        "dtype": str(series.dtype),
        "spacing": list(series.spacing),
        "unit": series.unit,
        "spacing_source": series.spacing_source,
        "time_unit": series.time_unit,
        "times_source": series.times_source,
    }
    if options.json:
        print(json.dumps(result))
        return 0
    size = " × ".join(map(str, series.shape))
    print(f"{options.output}: {len(series)} scans of {size} {series.dtype}")
    print(f"voxel size: {series.spacing_source}; times: {series.times_source}")
    print(f"next: see what it says, then run: crevasse analyze {options.output}")
    return 0


def _analyze(run: Run, options: argparse.Namespace) -> int:
    from crevasse.operando import ExperimentError
    from crevasse.operando.experiment.planning import plan_toml

    try:
        plan = plan_toml(options.experiment)
    except ExperimentError as error:
        for problem in error.problems:
            print(f"crevasse: error: {options.experiment}: {problem}", file=sys.stderr)
        return _BAD_USE
    wanted = plan.experiment.output
    options.output = options.output or Path(wanted.folder)
    options.title = wanted.title or f"Cracks in {options.experiment.stem}"
    if options.dask is not None:
        return _on_cluster(run, plan, options)
    return run(plan.series, plan.settings, options)


def _on_cluster(run: Run, plan: Plan, options: argparse.Namespace) -> int:
    from crevasse.operando import ClusterError
    from crevasse.operando.cluster import n_workers_here

    try:
        from crevasse.dask import connect
    except ModuleNotFoundError as error:
        raise ValueError(f"--dask needs {error.name}; run: pip install 'crevasse[dask]'") from error
    logging.disable()  # what goes wrong Dask tells in many lines, and the error below in one
    try:
        n_workers = n_workers_here(plan.series, plan.settings)
        with connect(options.dask or None, n_workers=n_workers) as client:
            return run(plan.series, plan.settings, options, client=client)
    except ClusterError as error:
        raise OSError(str(error)) from error  # told in one line, as what goes wrong elsewhere
    finally:
        logging.disable(logging.NOTSET)
