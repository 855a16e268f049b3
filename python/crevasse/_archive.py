"""Files of named arrays that say what they are: npz archives with a format and a version."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from crevasse._files import replace_when_written

Members = Mapping[str, NDArray[Any]]
T = TypeVar("T")


def save_archive(path: str | os.PathLike[str], format: str, version: int, members: Members) -> None:
    """Write a file that appears whole or not at all; the same members give the same bytes."""
    with replace_when_written(Path(path)) as unfinished, open(unfinished, "wb") as file:
        np.savez(
            file,
            format=np.array(format),
            version=np.array(version),
            **members,  # type: ignore[arg-type]
        )


def load_archive(
    path: str | os.PathLike[str], format: str, version: int, build: Callable[[Members], T]
) -> T:
    """What `build` makes of the members; `ValueError` where the file is not whole or another's."""
    kind = format.rpartition(".")[2]
    with open(path, "rb") as file:  # what this raises is no fault of what the file holds
        try:
            members = _members(file)
            if str(members["format"]) != format:
                raise ValueError(f"it holds {members['format']}")
            found = int(members["version"])
            built = build(members) if found == version else None
        except KeyError as error:
            raise ValueError(
                f"{path} is no whole {kind}: it has no {error}; save it again"
            ) from error
        except Exception as error:  # zip, npy and the core each have their own
            reason = " ".join(str(error).split())
            raise ValueError(f"{path} is damaged or no {kind} ({reason}); save it again") from error
    if built is None:
        raise ValueError(f"{path} has version {found}, known is {version}; update crevasse")
    return built


def prefixed(prefix: str, members: Members) -> dict[str, NDArray[Any]]:
    """Members with a prefix to their names, so that several things go into one archive."""
    return {f"{prefix}{name}": values for name, values in members.items()}


def under(prefix: str, members: Members) -> dict[str, NDArray[Any]]:
    """The members whose name begins with `prefix`, without it."""
    return {
        name.removeprefix(prefix): values
        for name, values in members.items()
        if name.startswith(prefix)
    }


def _members(file: BinaryIO) -> dict[str, NDArray[Any]]:
    if file.read(2) != b"PK":
        raise ValueError("it is no zip archive")
    file.seek(0)
    with np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
