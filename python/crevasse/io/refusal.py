"""What goes wrong with a file, told in one line that names it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import shorten


class RefusedError(ValueError):
    """An error whose message is already complete."""


class UnfinishedError(RefusedError):
    """A file lacks what may still be written."""


@contextmanager
def naming(path: Path, kind: str) -> Iterator[None]:
    """Turn whatever goes wrong in the block into a `ValueError` that names the file.

    Libraries raise nearly anything at damaged files. Errors that already say all there is to say
    pass as they are: `RefusedError`, and those of the operating system.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        yield
    except RefusedError:
        raise
    except MemoryError as error:
        raise too_large(path) from error
    except Exception as error:
        if isinstance(error, (FileNotFoundError, PermissionError)) and error.filename:
            raise
        raise unreadable(path, kind, error) from error


def too_large(path: Path) -> MemoryError:
    """The error to raise where a file asks for more memory than there is."""
    return MemoryError(f"{path} does not fit into memory; crop it or use a larger machine")


def unreadable(path: Path, kind: str, error: Exception) -> ValueError:
    """The error to raise for what a library says of a damaged file, however much it says."""
    reason = shorten(str(error), 160, placeholder=" …") or type(error).__name__
    return ValueError(f"{path} is not a readable {kind} ({reason}); copy or export it again")
