"""One watcher for each output folder."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.ENOLCK)


class FolderLock:
    """A file in the folder that is locked while this process lives, with its number in it.

    The system lets go of the lock when the process ends, however it does: a lock that a dead
    process left is taken over. Where the file system knows no locks, the number decides.

    Parameters
    ----------
    folder
        Must exist.

    Raises
    ------
    BlockingIOError
        If another process watches into this folder.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, FolderLock(Path(folder)) as lock:
    ...     lock.path.read_text() == str(os.getpid())
    True
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / ".watch.lock"
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if not self._take():
                raise BlockingIOError(
                    f"{folder} is watched into by process {self._holder() or 'unknown'} already; "
                    "end that one, or give another folder with -o"
                )
            os.ftruncate(self._file, 0)
            os.pwrite(self._file, str(os.getpid()).encode(), 0)
        except BaseException:
            os.close(self._file)
            raise

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(self, *_: object) -> None:
        # The file stays: to remove it would let two others lock two files of one name.
        os.ftruncate(self._file, 0)
        os.close(self._file)

    def _take(self) -> bool:
        import fcntl

        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            holder = self._holder()
            return holder in (0, os.getpid()) or not _is_alive(holder)
        return True

    def _holder(self) -> int:
        text = os.pread(self._file, 20, 0)
        return int(text) if text.isdigit() else 0


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True
