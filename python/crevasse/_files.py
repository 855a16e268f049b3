"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_TRIES, _PAUSE = 20, 0.1  # s


@contextmanager
def replace_when_written(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; move it there if the block ends well, else remove it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with _naming(path, unfinished):
            yield unfinished
            os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def replace_folder_when_written(path: Path) -> Iterator[Path]:
    """Like `replace_when_written`, for a block that makes a folder.

    A folder that is there is moved aside first, for no system replaces one that is not empty.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    replaced = path.with_name(f".{path.name}.{os.getpid()}.old")
    try:
        with _naming(path, unfinished):
            yield unfinished
            if path.exists():
                os.replace(path, replaced)
            os.replace(unfinished, path)
    finally:
        if replaced.exists() and not path.exists():  # broken off in between, by whatever it was
            os.replace(replaced, path)
        _remove(unfinished)
        _remove(replaced)


def _remove(folder: Path) -> None:
    """A folder, also while threads of a writer that was broken off put their last files into it."""
    for _ in range(_TRIES):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE)


@contextmanager
def _naming(path: Path, unfinished: Path) -> Iterator[None]:
    """Let errors of the system name what was to be written, not where it was put meanwhile."""
    try:
        yield
    except OSError as error:
        if isinstance(error.filename, str | os.PathLike):
            name = os.fspath(error.filename)
            error.filename = name.replace(os.fspath(unfinished), os.fspath(path), 1)
        raise
