"""Whether all voxels of an HDF5 dataset have been written; HDF5 itself reads zeros for the rest."""

from __future__ import annotations

import math
from pathlib import Path

import h5py

from crevasse.io.hdf5_file import opened
from crevasse.io.refusal import RefusedError, UnfinishedError


def require_whole(data: h5py.Dataset, path: Path) -> None:
    """Refuse a dataset with parts that are missing or were never written.

    Parameters
    ----------
    data
        Virtual ones are followed into the files that they consist of.
    path
        Of its file, for messages.

    Raises
    ------
    ValueError
        With the part that is missing.
    """
    if data.is_virtual:
        _require_parts(data, path)
    elif data.chunks is not None:
        n_chunks = math.prod(-(-n // c) for n, c in zip(data.shape, data.chunks, strict=True))
        n_written = data.id.get_num_chunks()
        if n_written != n_chunks:
            raise UnfinishedError(
                f"{path} is not finished: {data.name} has {n_written} of {n_chunks} chunks; "
                "wait for it, or copy it again"
            )
    elif data.size and data.id.get_storage_size() == 0 and not data.external:
        raise UnfinishedError(f"{path} is not finished: {data.name} was never written; wait for it")


def files_of(data: h5py.Dataset, path: Path) -> list[Path]:
    """The files that a dataset lies in: its own, and those of its parts."""
    if not data.is_virtual:
        return [path]
    names = [source.file_name for source in data.virtual_sources() if source.file_name != "."]
    return [path, *(place for name in names if (place := _place(name, path)) is not None)]


def _require_parts(data: h5py.Dataset, path: Path) -> None:
    covered = 0
    for source in data.virtual_sources():
        covered += int(source.vspace.get_select_npoints())
        if source.file_name == ".":
            _require_part(data.file, source, path)
            continue
        where = _place(source.file_name, path)
        if where is None:
            raise UnfinishedError(
                f"{path} is not whole: its part {source.file_name} does not exist; copy it "
                f"to {path.parent}"
            )
        with opened(where) as part:
            _require_part(part, source, where)
    if covered != data.size:
        raise RefusedError(
            f"{path} is not whole: the parts of {data.name} cover {covered} of {data.size} voxels"
        )


def _require_part(part: h5py.File, source: h5py.VDSmap, where: Path) -> None:
    inner = part.get(source.dset_name)
    if not isinstance(inner, h5py.Dataset):
        raise RefusedError(f"{where} is a part without a dataset {source.dset_name}")
    wanted = int(source.vspace.get_select_npoints())
    if source.src_space.get_select_type() == h5py.h5s.SEL_ALL:
        fits = inner.size == wanted
    else:
        end = source.src_space.get_select_bounds()[1]
        fits = all(last < n for last, n in zip(end, inner.shape, strict=True))
    if not fits:
        raise RefusedError(
            f"{where} is a part that does not fit: {source.dset_name} is {inner.shape}, and "
            f"{wanted} voxels of it are wanted"
        )
    require_whole(inner, where)


def _place(name: str, path: Path) -> Path | None:
    """Where HDF5 looks for a part: as named if absolute, else beside the file, or its last name."""
    beside = path.resolve().parent
    candidates = [Path(name)] if Path(name).is_absolute() else [beside / name]
    return next((p for p in (*candidates, beside / Path(name).name) if p.is_file()), None)
