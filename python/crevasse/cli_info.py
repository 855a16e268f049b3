"""crevasse info: what a source holds, and where each fact about it came from."""

from __future__ import annotations

import argparse
import json
import math
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from crevasse.cli_arguments import add_command, add_scale

if TYPE_CHECKING:
    from crevasse.io import Fact, Frame, Series


def add_info(commands: Any) -> None:
    """Add the command."""
    command = add_command(
        commands, "info", _info, "say what a source holds, and on whose word, reading headers only"
    )
    command.add_argument("source", nargs="+", help="as for track")
    add_scale(command)


def _info(options: argparse.Namespace) -> int:
    from crevasse.io import DoubtfulVoxelSizeWarning, open_series

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DoubtfulVoxelSizeWarning)  # it is printed below
        series = open_series(
            options.source[0] if len(options.source) == 1 else options.source,
            spacing=options.spacing,
            times=options.times,
            unit=options.unit,
            time_unit=options.time_unit,
            dataset=options.dataset,
        )
    print(json.dumps(_as_json(series)) if options.json else "\n".join(_in_words(series)))
    return 0


def _as_json(series: Series) -> dict[str, Any]:
    return {
        "source": series.source,
        "n_frames": len(series),
        "shape": list(series.shape),
        "dtype": str(series.dtype),
        "bytes_per_frame": _n_bytes(series),
        "spacing": list(series.spacing),
        "unit": series.unit,
        "spacing_source": series.spacing_source,
        "doubt": series.doubt,
        "time_unit": series.time_unit,
        "times_source": series.times_source,
        "frames": [_frame_as_json(frame) for frame in series],
    }


def _frame_as_json(frame: Frame) -> dict[str, Any]:
    known = {"name": frame.name, "time": frame.time}
    if frame.provenance is None:
        return known
    return known | {
        "format": frame.provenance.format,
        "shape": list(frame.shape),
        "dtype": str(frame.dtype),
        "axes": _fact_as_json(frame.provenance.axes),
        "voxel_size": _fact_as_json(frame.provenance.voxel_size),
        "end": _fact_as_json(frame.provenance.end),
    }


def _fact_as_json(fact: Fact[Any] | None) -> dict[str, Any] | None:
    if fact is None:
        return None
    value = fact.value.isoformat() if hasattr(fact.value, "isoformat") else fact.value
    return {"value": value, "unit": fact.unit, "source": fact.source, "doubt": fact.doubt}


def _in_words(series: Series) -> Iterator[str]:
    size = _size(series.shape)
    yield f"{len(series)} frames of {size} {series.dtype} ({_n_bytes(series) / 1e6:,.1f} MB each)"
    spacing = " × ".join(f"{s:g}" for s in series.spacing)
    yield f"voxel size: {spacing} {series.unit} ({series.spacing_source})"
    yield f"times: {series.times_source}"
    facts = [list(_facts(frame)) for frame in series]
    same = [fact for fact in facts[0] if all(fact in others for others in facts)]
    for fact in same:
        yield f"each scan: {fact}"
    for frame, known in zip(series, facts, strict=True):
        file = frame.provenance
        kind = "" if file is None else f"  {file.format} {_size(frame.shape)} {frame.dtype}"
        yield f"  {frame.time:10g} {series.time_unit:6} {frame.name}{kind}"
        for fact in known:
            if fact not in same:
                yield f"    {fact}"


def _facts(frame: Frame) -> Iterator[str]:
    """What a frame says of itself, and on whose word: as all do that say the same."""
    known = frame.provenance
    if known is None:
        return
    for fact in (
        f"axes: {known.axes.value} {_on_whose_word(known.axes)}",
        *_voxel_size(known.voxel_size),
        *_end(known.end),
    ):
        yield re.sub(f"{re.escape(frame.name)}: ?", "", fact).replace(frame.name, "it")


def _voxel_size(fact: Fact[tuple[float, ...]] | None) -> Iterator[str]:
    from crevasse.io.fact import in_words

    if fact is not None:
        yield f"voxel size: {in_words(fact)} {_on_whose_word(fact)}"


def _end(fact: Fact[Any] | None) -> Iterator[str]:
    if fact is not None:
        yield f"ended: {fact.value.isoformat()} {_on_whose_word(fact)}"


def _on_whose_word(fact: Fact[Any]) -> str:
    return f"({fact.source}){f'; doubtful: {fact.doubt}' if fact.doubt else ''}"


def _size(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _n_bytes(series: Series) -> int:
    return math.prod(series.shape) * series.dtype.itemsize
