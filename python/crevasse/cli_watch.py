"""crevasse watch: the analysis while the experiment runs."""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crevasse.cli_arguments import add_command

if TYPE_CHECKING:
    from crevasse.live import Webhook
    from crevasse.live.readings import Reading
    from crevasse.operando import AlarmRule, Experiment

_FAILED, _BAD_USE = 1, 2


def add_watch(commands: Any) -> None:
    """Add the command that analyses scans as they come."""
    command = add_command(
        commands, "watch", _watch, "analyse scans while they come in, and raise alarms"
    )
    command.add_argument("folder", help="where scans arrive: a folder, or a pattern in quotes")
    command.add_argument(
        "--experiment", type=Path, required=True, help="TOML file; its source is not looked at"
    )
    command.add_argument(
        "-o", "--output", type=Path, help="folder to write to (default: the experiment's, -live)"
    )
    command.add_argument("--anew", action="store_true", help="forget what was analysed before")
    whole = command.add_argument_group("when a scan is whole")
    whole.add_argument(
        "--settle",
        type=_seconds,
        default=10.0,
        metavar="S",
        help="it has not changed for so long (default: 10 s)",
    )
    whole.add_argument(
        "--slices", type=_count, help="it has so many (default: as many as the first)"
    )
    whole.add_argument(
        "--retries",
        type=_count,
        default=3,
        help="how often one that cannot be read is tried again, S apart (default: 3)",
    )
    whole.add_argument(
        "--every", type=_seconds, default=2.0, metavar="S", help="look so often (default: 2 s)"
    )
    end = command.add_argument_group("when to end (else: Ctrl-C)")
    end.add_argument("--until", type=_count, metavar="N", help="after so many scans")
    end.add_argument("--idle", type=_seconds, metavar="S", help="when nothing has come for so long")
    tell = command.add_argument_group("alarms")
    tell.add_argument(
        "--alarm",
        action="append",
        default=[],
        metavar="RULE",
        help='such as "ligament < 50 um"; names: volume, depth, ligament, time_to_short, shorted; '
        "may be given again, and adds to the experiment's",
    )
    tell.add_argument("--webhook", metavar="URL", help="where alarms are sent as JSON, by POST")
    tell.add_argument(
        "--webhook-anywhere", action="store_true", help="also where that is another machine"
    )
    command.add_argument(
        "--page-every",
        type=_seconds,
        default=10.0,
        metavar="S",
        help="write the page at most so often while scans queue up (default: 10 s)",
    )


def _watch(options: argparse.Namespace) -> int:
    from crevasse.live import FolderLock, Options, Watcher
    from crevasse.live.watcher import CHECKPOINT
    from crevasse.operando import ExperimentError

    try:
        experiment, rules, webhook = _wanted(options)
    except ExperimentError as error:
        return _refused(options.experiment, error)
    folder = options.output or Path(f"{experiment.output.folder}-live")
    folder.mkdir(parents=True, exist_ok=True)
    with FolderLock(folder), _ends_by_signal() as stop:
        if options.anew:
            for name in (CHECKPOINT, "alarms.csv"):
                (folder / name).unlink(missing_ok=True)
        given = {f.name: getattr(options, f.name) for f in fields(Options)}
        watcher = Watcher(
            str(options.folder),
            experiment,
            folder,
            title=experiment.output.title or f"Cracks in {options.experiment.stem}",
            rules=rules,
            webhook=webhook,
            options=Options(**given),
            tell=_print_json if options.json else _print_line,
            warn=lambda line: _print(f"crevasse: {line}", sys.stderr),
        )
        _print(f"watching {options.folder}, writing to {folder}", sys.stderr)
        try:
            n_analysed = watcher.run(stop)
        except ExperimentError as error:
            return _refused(options.experiment, error)
    if watcher.trouble:
        return _failed(watcher.trouble)
    if not options.json:
        _print(f"{n_analysed} scans analysed; report: {folder / 'report.html'}", sys.stdout)
    return 0


def _wanted(options: argparse.Namespace) -> tuple[Experiment, list[AlarmRule], Webhook | None]:
    """The experiment, rules and webhook of the command line and of the file."""
    from crevasse.live import Webhook
    from crevasse.operando import AlarmRule, Experiment
    from crevasse.operando.experiment import Alarms

    experiment = Experiment.from_toml(options.experiment, check=False)
    asked = experiment.alarms or Alarms()
    texts = dict.fromkeys([*asked.rules, *options.alarm])
    rules = [AlarmRule.parse(text) for text in texts]
    for rule in rules:
        _require_measured(rule, experiment)
    url = options.webhook or asked.webhook
    webhook = None if url is None else Webhook(url, anywhere=options.webhook_anywhere)
    return experiment, rules, webhook


def _require_measured(rule: AlarmRule, experiment: Experiment) -> None:
    electrodes, name = experiment.electrodes, rule.name
    if name != "volume" and electrodes.working is None:
        raise ValueError(f"alarm {rule.text!r} needs electrodes.working; add it to the experiment")
    if name in ("ligament", "time_to_short", "shorted") and electrodes.counter is None:
        raise ValueError(f"alarm {rule.text!r} needs electrodes.counter; add it to the experiment")
    if name in ("depth", "ligament", "time_to_short") and not experiment.measure.fronts:
        raise ValueError(f"alarm {rule.text!r} needs measure.fronts; set it to true")
    if not experiment.followed():
        raise ValueError(f"alarm {rule.text!r} is of cracks; set measure.cracks to true")


def _failed(trouble: list[str]) -> int:
    for line in trouble:
        _print(f"crevasse: error: at the end {line}", sys.stderr)
    return _FAILED


def _refused(path: Path, error: Any) -> int:
    for problem in error.problems:
        _print(f"crevasse: error: {path}: {problem}", sys.stderr)
    return _BAD_USE


@contextmanager
def _ends_by_signal() -> Iterator[Callable[[], bool]]:
    """Whether the watch has been told to end; who insists ends it at once."""
    told = [False]

    def handle(number: int, _: Any) -> None:
        if told[0]:
            raise KeyboardInterrupt
        told[0] = True
        _print("crevasse: ending after this scan; Ctrl-C again ends at once", sys.stderr)

    before = {s: signal.signal(s, handle) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: told[0]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_line(row: Reading, units: dict[str, str]) -> None:
    from crevasse.live.words import line

    _print(line(row, units), sys.stdout)


def _print_json(row: Reading, units: dict[str, str]) -> None:
    from crevasse.live.status import reading_values

    _print(json.dumps(reading_values(row) | {"units": units}), sys.stdout)


def _print(text: str, stream: Any) -> None:
    """A line for whoever reads; that nobody can is no reason to end."""
    with suppress(OSError):
        print(text, file=stream, flush=True)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number of seconds, got {text!r}") from None
    if not (value >= 0 and math.isfinite(value)):
        raise argparse.ArgumentTypeError(f"must be at least 0 s, got {text}")
    return value


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, got {text!r}")
    return int(text)
