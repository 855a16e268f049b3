"""Opening HDF5 files, damaged ones too."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import h5py

from crevasse.io.hdf5_heap import SIGNATURE, Heap
from crevasse.io.refusal import RefusedError, UnfinishedError

_LIST_OF_PARTS = 1 << 26  # bytes, at most
_OVERLAP = 16  # bytes that readings are looked at together, so that nothing is missed between them


def opened(path: Path) -> h5py.File:
    """A file for reading.

    Raises
    ------
    UnfinishedError
        If it is open for writing, where the file system has locks.
    """
    # Locks fail on network file systems mounted read-only, where scans usually lie.
    try:
        return h5py.File(path, "r", locking="best-effort")
    except BlockingIOError as error:
        raise UnfinishedError(f"{path} is open for writing; wait until it is closed") from error


def require_sound_heaps(path: Path, look: Callable[[h5py.File], object]) -> None:
    """Refuse a file with a damaged heap, over which HDF5 hangs or crashes.

    Parameters
    ----------
    path
        The file.
    look
        Reads of it what is to be read afterwards; its bytes are checked before HDF5 gets them.
        Whatever else is wrong is left to that second reading.

    Raises
    ------
    UnfinishedError
        As `opened`.
    ValueError
        If a heap is damaged that lies on the way.
    """
    with opened(path) as file:
        superblock = file.id.get_create_plist()
        (of_address, of_length), user_block = superblock.get_sizes(), superblock.get_userblock()
    with _Checked(path, of_address, of_length, user_block) as checked:
        try:
            with h5py.File(checked, "r") as file:
                look(file)
        except _VirtualError:
            checked.look_through()
        except _HeapError:
            raise
        except Exception:
            return


class _HeapError(RefusedError):
    """A heap is damaged."""


class _VirtualError(Exception):
    """A dataset is virtual, and HDF5 would take this file for those of its parts."""


class _Checked(io.RawIOBase):
    """The bytes of a file; `_HeapError` for those of a damaged heap."""

    def __init__(self, path: Path, of_address: int, of_length: int, user_block: int) -> None:
        self._path, self._file, self._at = path, path.open("rb", buffering=0), 0
        self._size = path.stat().st_size
        self._of_address, self._of_length, self._user_block = of_address, of_length, user_block
        self._heaps: dict[int, Heap] = {}
        self._read = bytearray()  # all that has been given out

    def close(self) -> None:
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        before = min(self._at, _OVERLAP)
        around = self._bytes(self._at - before, before + len(buffer) + _OVERLAP)
        wanted = around[before : before + len(buffer)]
        self._read += wanted
        n_known = len(self._heaps)
        self._add_heaps(self._at - before, around)
        for i, heap in enumerate(self._heaps.values()):
            # What the library has just learnt to look up in it; in a new one, what it ever has.
            known = self._read[-len(wanted) - _OVERLAP :] if i < n_known else self._read
            if self._has_parts(heap, known):
                raise _VirtualError
        buffer[: len(wanted)] = wanted
        self._at += len(wanted)
        return len(wanted)

    def look_through(self) -> None:
        """Check all heaps, unless the file holds voxels, too: lists of parts are small."""
        if self._size > _LIST_OF_PARTS:
            return
        content = self._bytes(0, self._size)
        self._add_heaps(0, content)
        for heap in self._heaps.values():
            self._has_parts(heap, content)

    def _bytes(self, begin: int, n_bytes: int) -> bytes:
        self._file.seek(begin)
        return self._file.read(n_bytes)

    def _add_heaps(self, begin: int, content: bytes) -> None:
        place = content.find(SIGNATURE)
        while place >= 0:
            at = begin + place
            heap = self._heaps.get(at) or Heap.read(self._bytes, at, self._size, self._of_length)
            if heap is None:
                self._refuse(at, "has no end")
            self._heaps[at] = heap
            place = content.find(SIGNATURE, place + 1)

    def _has_parts(self, heap: Heap, known: bytes | bytearray) -> bool:
        """Whether a layout in `known` refers to it for the parts of a virtual dataset."""
        address = (heap.begin - self._user_block).to_bytes(self._of_address, "little")
        numbers = list(heap.virtual_layouts(known, address))
        if not all(heap.holds_whole_parts(self._bytes, number) for number in numbers):
            self._refuse(heap.begin, "does not hold the parts of a virtual dataset")
        return bool(numbers)

    def _refuse(self, at: int, what: str) -> NoReturn:
        raise _HeapError(
            f"{self._path} is damaged: its heap at byte {at} {what}; copy or export it again"
        )
