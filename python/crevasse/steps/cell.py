"""A cell's analysis as a step: paths go in, what JSON holds comes out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any


def analyze_step(
    experiment: str | os.PathLike[str],
    output: str | os.PathLike[str],
    scans: str | Sequence[str] | None = None,
) -> dict[str, Any]:
    """Do what an experiment (TOML) asks for and write its report, as ``crevasse analyze`` does.

    A step that was broken off and is started again goes on from the last whole scan. Needs the
    extra `operando`.

    Parameters
    ----------
    experiment
        TOML file; ``crevasse init`` writes one.
    output
        Folder to write the report to; made where it is missing.
    scans
        Folder, pattern or files to analyse instead of those that the experiment names; relative to
        the working directory.

    Returns
    -------
    dict
        What `summary.json` holds, and the paths of the ``report``, of its ``folder`` and of
        ``summary`` itself: text, numbers, lists and dicts of them, and None.

    Raises
    ------
    ExperimentError
        With everything that is wrong, before a scan is read.
    BrokenFrameError
        If a scan turns out to be broken, unless the experiment says ``skip_broken``.

    Examples
    --------
    >>> analyze_step("/nowhere/cell.toml", "report")
    Traceback (most recent call last):
    FileNotFoundError: [Errno 2] No such file or directory: '/nowhere/cell.toml'
    """
    import json
    from dataclasses import replace
    from pathlib import Path

    from crevasse.operando import Checkpoint, Experiment, analyze_series, plan
    from crevasse.report import write_report

    wanted = Experiment.from_toml(experiment, check=False)
    if scans is not None:
        source = os.fspath(scans) if isinstance(scans, str | os.PathLike) else tuple(scans)
        wanted = replace(wanted, scans=replace(wanted.scans, source=source))
    planned = plan(wanted)
    folder = Path(output)
    checkpoint = Checkpoint(folder / ".unfinished")
    analysis = analyze_series(planned.series, planned.settings, checkpoint=checkpoint)
    title = wanted.output.title or f"Cracks in {Path(experiment).stem}"
    report = write_report(analysis, folder, title=title)
    paths = {"folder": folder, "report": report, "summary": folder / "summary.json"}
    facts: dict[str, Any] = json.loads(paths["summary"].read_text(encoding="utf-8"))
    return facts | {name: str(path.resolve()) for name, path in paths.items()}


def analyze_cell(**data: str) -> dict[str, object]:
    """`analyze_step` for hosts that send a function's source and call it with all they have.

    Everything it needs is imported inside. Gladier and Globus Compute want it so.

    Parameters
    ----------
    **data
        ``experiment``, ``output`` and, where wanted, ``scans``, as in `analyze_step`; what else
        there is, is not looked at.

    Returns
    -------
    dict
        As of `analyze_step`.

    Raises
    ------
    KeyError
        If ``experiment`` or ``output`` is not given.
    """
    from crevasse.steps import analyze_step

    return analyze_step(data["experiment"], data["output"], data.get("scans"))
