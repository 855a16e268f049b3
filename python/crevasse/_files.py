"""Writing files so that a reader never meets half of one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


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
