"""The command line: crevasse init | analyze | watch | demo | track | label | … | info."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import crevasse
from crevasse import (
    _core,
    cli_bench,
    cli_case,
    cli_experiment,
    cli_info,
    cli_kernels,
    cli_watch,
)
from crevasse._electrode import FACES
from crevasse.cli_arguments import (
    add_command,
    add_output,
    add_scale,
    at_least,
    box,
    finite,
    not_negative,
    repeatability,
    require_writable,
)

if TYPE_CHECKING:
    from distributed import Client

    from crevasse.io import Series
    from crevasse.operando import Analysis, Settings
    from crevasse.tracking import FrameResult

FAILED, BAD_USE, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0, 1 (failed) or 2 (bad use).

    What goes wrong is told in one line. Set ``CREVASSE_DEBUG=1`` to see the traceback as well.
    """
    options = _parser().parse_args(arguments)
    try:
        with warnings.catch_warnings(), _ends_by_sigterm():
            warnings.showwarning = _show_warning
            return int(options.run(options))
    except KeyboardInterrupt:
        return _tell("interrupted", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone: nothing left to tell
        return FAILED
    except ModuleNotFoundError as error:
        return _tell(
            f"{error.name} is not installed; run: pip install 'crevasse[operando]'", FAILED
        )
    except (ValueError, TypeError, OSError, MemoryError) as error:
        if os.environ.get("CREVASSE_DEBUG"):
            raise
        return _tell(_one_line(error), FAILED)


@contextmanager
def _ends_by_sigterm() -> Iterator[None]:
    """SIGTERM, as batch systems send it, ends a command as Ctrl-C does: no half file stays."""
    if threading.current_thread() is not threading.main_thread():  # which alone gets signals
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_USE, f"{self.prog}: error: {message}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="crevasse", description="Label, measure and follow cracks in time-resolved tomography."
    )
    parser.add_argument("--version", action="version", version=f"crevasse {crevasse.__version__}")
    commands = parser.add_subparsers(metavar="command", required=True)
    cli_experiment.add_init(commands)
    cli_experiment.add_analyze(commands, _run)
    cli_watch.add_watch(commands)
    _add_demo(commands)
    _add_track(commands)
    cli_kernels.add_label(commands)
    cli_kernels.add_distance(commands)
    cli_kernels.add_thickness(commands)
    cli_case.add_phantom(commands)
    cli_info.add_info(commands)
    cli_bench.add_bench(commands)
    return parser


# --- demo and track ------------------------------------------------------------------------------


def _add_demo(commands: Any) -> None:
    command = add_command(
        commands, "demo", _demo, "follow the cracks of a real laminate series that comes along"
    )
    add_output(command, "crevasse-demo")
    command.add_argument(
        "--case",
        choices=["a", "b", "c"],
        help="instead: make the scans of a battery whose truth is known, and analyse them: "
        "a, branching cracks; b, planar layers; c, a filament that shorts the cell",
    )
    command.add_argument(
        "--scale",
        type=finite,
        default=1.0,
        help="of the case: 1 takes seconds, 5 is about 512³ voxels (default: 1)",
    )


def _add_track(commands: Any) -> None:
    command = add_command(commands, "track", _track, "follow the cracks of your own series")
    command.add_argument(
        "source",
        nargs="+",
        help="folder of scans (one a time), folder of folders of slices, pattern, or files",
    )
    add_output(command, "crevasse-report")
    command.add_argument("--title", help="title of the report (default: the source)")
    add_scale(command)
    segment = command.add_argument_group("segmentation")
    segment.add_argument(
        "--phase",
        choices=["dark", "bright"],
        default="dark",
        help="what cracks are (default: dark)",
    )
    segment.add_argument(
        "--threshold",
        type=finite,
        help="grey value, or contrast with --flatten, from which a voxel is open "
        "(default: Otsu's, over the pooled frames)",
    )
    segment.add_argument(
        "--seed-threshold",
        type=finite,
        help="keep only components that reach this stricter value (hysteresis)",
    )
    segment.add_argument(
        "--flatten",
        type=at_least(3),
        metavar="VOXELS",
        help="remove the background; give the width of the widest crack",
    )
    segment.add_argument(
        "--smooth",
        type=not_negative,
        default=0.0,
        metavar="SIGMA",
        help="Gaussian filter, in voxels",
    )
    segment.add_argument(
        "--min-voxels", type=at_least(1), default=1, help="drop smaller components (default: 1)"
    )
    segment.add_argument("--connectivity", type=int, choices=[4, 6, 8, 18, 26], default=26)
    segment.add_argument(
        "--roi",
        type=box,
        metavar="RANGES",
        help="region of interest in voxels, [z0:z1,]y0:y1,x0:x1; an empty bound is the edge",
    )
    series = command.add_argument_group("series")
    series.add_argument("--align", action="store_true", help="correct drift between frames")
    series.add_argument(
        "--match-light",
        action="store_true",
        help="scale each frame to the first one's bright level",
    )
    series.add_argument(
        "--skip-broken",
        action="store_true",
        help="leave out frames that cannot be read, rather than end there",
    )
    series.add_argument(
        "--baseline-frames",
        type=at_least(1),
        default=1,
        help="frames at the start whose open voxels are pre-existing (default: 1)",
    )
    series.add_argument(
        "--repeatability",
        type=repeatability,
        default=0.05,
        help="change of a crack that is no event, as a fraction of its volume, or baseline: what "
        "the baseline frames, of which there must be two, show (default: 0.05)",
    )
    series.add_argument(
        "--confirm-after",
        type=at_least(1),
        default=2,
        help="frames after which a crack that stays closed counts as closed (default: 2)",
    )
    for name, what in (("working", "births there"), ("counter", "and what joins the two")):
        series.add_argument(
            f"--{name}",
            choices=FACES,
            help=f"face of the volume at which the {name} electrode lies: tells {what}",
        )


def _demo(options: argparse.Namespace) -> int:
    if options.case is not None:
        return cli_case.run_case(options, _run)
    from crevasse.operando import Settings

    # Chosen by eye on this series: 31 voxels is wider than its widest crack; contrast 0.12 lies
    # above the texture of the plies, and what never reaches 0.2 is mostly that texture. The region
    # leaves out the clip-on gauge and the specimen's edges.
    settings = Settings.for_cracks(
        flatten=31,
        smooth=1.0,
        threshold=0.12,
        seed_threshold=0.2,
        min_voxels=40,
        roi=(slice(20, 930), slice(100, 1400)),
        align="translation",
        repeatability=0.05,
    )
    options.source = [str(_example("gfrp_cracks"))]
    options.title = "Cracks in a glass-fibre laminate under rising load"
    options.spacing = options.times = options.dataset = None
    options.unit, options.time_unit = "um", "h"
    return _analyze(options, settings)


def _track(options: argparse.Namespace) -> int:
    from crevasse.operando import Settings

    settings = Settings.for_cracks(
        phase=options.phase,
        threshold=options.threshold,
        seed_threshold=options.seed_threshold,
        flatten=options.flatten,
        smooth=options.smooth,
        min_voxels=options.min_voxels,
        connectivity=options.connectivity,
        roi=options.roi,
        align="translation" if options.align else "none",
        match_light=options.match_light,
        baseline_frames=options.baseline_frames,
        repeatability=options.repeatability,
        skip_broken=options.skip_broken,
        confirm_after=options.confirm_after,
        working=options.working,
        counter=options.counter,
    )
    options.title = options.title or f"Cracks in {options.source[0]}"
    return _analyze(options, settings)


def _analyze(options: argparse.Namespace, settings: Settings) -> int:
    from crevasse.io import open_series

    source = options.source[0] if len(options.source) == 1 else options.source
    series = open_series(
        source,
        spacing=options.spacing,
        times=options.times,
        unit=options.unit,
        time_unit=options.time_unit,
        dataset=options.dataset,
        keep_broken=settings.skip_broken,
    )
    return _run(series, settings, options)


def _run(
    series: Series,
    settings: Settings,
    options: argparse.Namespace,
    more: Callable[[Analysis], str] = lambda _: "",
    client: Client | None = None,
) -> int:
    """Analyse a series, write its report to `options.output` and say what was found.

    `more` is what else there is to say, for a person; `client` that of a cluster.
    """
    from crevasse.operando import BrokenFrameError, Checkpoint, analyze_series, doubts
    from crevasse.report import summary, write_report

    checkpoint = Checkpoint(options.output / ".unfinished")
    try:
        with _output_folder(options.output), _Progress(len(series)) as progress:
            analysis = analyze_series(
                series, settings, progress=progress, checkpoint=checkpoint, client=client
            )
    except BrokenFrameError as error:
        if error.analysis is None:
            raise
        report = write_report(error.analysis, options.output, title=options.title)
        n_done = len(error.analysis.history.frames)
        before = f"the {n_done} frames before it are in {report}; skip_broken leaves such scans out"
        return _tell(f"{_one_line(error)} ({before})", FAILED)
    report = write_report(analysis, options.output, title=options.title)
    checkpoint.remove()
    if options.json:
        print(json.dumps(summary(analysis) | {"report": str(report)}))
    else:
        print(_in_words(analysis))
        for name, why in analysis.skipped:
            print(f"left out: {name}: {why}")
        print(more(analysis), end="")
        print(f"report: {report}", flush=True)
    for doubt in doubts(analysis):
        print(f"crevasse: {doubt.kind}: {doubt.listed()}; {doubt.mend}", file=sys.stderr)
    return 0


def _in_words(analysis: Analysis) -> str:
    from crevasse.report.figures import pretty_unit, quantity

    frames, names = analysis.history.frames, analysis.measures["name"].tolist()
    columns = [["frame", *(name[-24:] for name in names)]]
    if analysis.settings.follow:
        columns.append(["cracks", *map(str, frames["n_cracks"].tolist())])
        volume = f"{quantity(analysis)} ({pretty_unit(frames.units['volume'])})"
        for title, column in ((volume, "volume"), ("new", "volume_new")):
            columns.append([title, *(f"{value:,.6g}" for value in frames[column].tolist())])
    for name, record in analysis.layers.items():
        title = f"{name} layer ({pretty_unit(analysis.series.unit)})"
        columns.append([title, *(f"{mean:.3f}" for mean in record.table()["mean"].tolist())])
    widths = [max(map(len, column)) for column in columns]
    return "\n".join(
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()
        for row in zip(*columns, strict=True)
    )


def _example(name: str) -> Path:
    """Example data: beside the compiled module where it is installed."""
    folder = Path(_core.__file__).parent / "_examples" / name
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} does not exist; install crevasse again")
    return folder


# --- shared --------------------------------------------------------------------------------------


class _Progress:
    """A bar on a terminal, nothing elsewhere."""

    def __init__(self, n_frames: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=n_frames, unit="frame", disable=not sys.stderr.isatty())

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def __call__(self, result: FrameResult, n_frames: int) -> None:
        self._bar.set_postfix(cracks=len(result.crack_ids), refresh=False)
        self._bar.update(1)


@contextmanager
def _output_folder(folder: Path) -> Iterator[None]:
    """Find out before the work starts whether the folder can be written; leave none if it fails."""
    missing = [part for part in (folder, *folder.parents) if not part.exists()]
    try:
        require_writable(folder)
        yield
    except BaseException:
        for part in missing:
            with suppress(OSError):  # it holds something by now, or was never made
                part.rmdir()
        raise


def _one_line(error: BaseException | str) -> str:
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        return f"{error.filename}: {error.strerror.lower()}"
    return " ".join(str(error).split()) or type(error).__name__


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: object = None,
    line: str | None = None,
) -> None:
    """In one line, as errors are; where in the code it was matters to nobody here."""
    print(f"crevasse: warning: {_one_line(message)}", file=sys.stderr)


def _tell(message: str, code: int) -> int:
    print(f"crevasse: error: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
