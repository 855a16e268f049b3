"""Scans that cannot be used, in a series that goes on without them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple, NoReturn

from crevasse.io.formats import open_scans
from crevasse.io.refusal import RefusedError
from crevasse.io.scan import Scan, stamp, without_half_floats


class _Broken(NamedTuple):
    path: Path
    why: str


def open_usable(paths: Sequence[Path], dataset: str | None) -> list[Scan]:
    """The scans in files; for what cannot be opened, or is unlike most, one that cannot be read.

    So each keeps its place in time, and what is wrong is told when its turn comes.

    Raises
    ------
    ValueError, OSError
        If a file does not exist, or none can be used.
    """
    found: list[Scan | _Broken] = []
    for path in paths:
        try:
            found += [without_half_floats(scan) for scan in open_scans(path, dataset)]
        except (ValueError, OSError) as error:
            if not path.exists():
                raise
            found.append(_Broken(path, str(error)))
    sound = [scan for scan in found if isinstance(scan, Scan)]
    if not sound:
        broken = [scan for scan in found if isinstance(scan, _Broken)]
        raise RefusedError(f"none of {len(broken)} scans can be used: {broken[0].why}")
    shape, dtype = Counter((scan.shape, scan.dtype) for scan in sound).most_common(1)[0][0]
    model = next(scan for scan in sound if (scan.shape, scan.dtype) == (shape, dtype))
    return [_checked(each, model) for each in found]


def _checked(each: Scan | _Broken, model: Scan) -> Scan:
    if isinstance(each, _Broken):
        return replace(
            model,
            name=each.path.name,
            read=partial(_refuse, each.why),
            provenance=replace(model.provenance, end=None),
            stamp=stamp([each.path]),
        )
    if (each.shape, each.dtype) == (model.shape, model.dtype):
        return each
    why = (
        f"{each.name} is {each.shape} {each.dtype}, and {model.name} and most others are "
        f"{model.shape} {model.dtype}"
    )
    return replace(each, shape=model.shape, dtype=model.dtype, read=partial(_refuse, why))


def _refuse(why: str) -> NoReturn:
    raise RefusedError(why)
