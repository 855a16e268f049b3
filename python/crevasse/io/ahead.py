"""Reading a frame while the one before it is worked on."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

from numpy.typing import NDArray

from crevasse._threads import shared
from crevasse.io.frame import Frame


class ReadAhead:
    """Reads images, and the next one in the background as soon as it is told to.

    Tell it when the image that it gave out has been dropped: then there is never more than one in
    memory, and the next is read while what was seen in the last one is worked on.

    While a frame is read in the background, kernels that are not told their number of threads leave
    half of the cores to its decoding.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse.io import open_series
    >>> first, second = open_series(np.arange(4).reshape(2, 1, 2))
    >>> with ReadAhead() as ahead:
    ...     sums = [ahead.read(first).sum().item()]
    ...     ahead.begin(second)
    ...     sums.append(ahead.read(second).sum().item())
    >>> sums
    [1, 5]
    """

    def __init__(self) -> None:
        self._reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read_ahead")
        self._frame: Frame | None = None
        self._reading: Future[NDArray[Any]] | None = None

    def begin(self, frame: Frame) -> None:
        """Begin to read a frame; one that was begun and not asked for is forgotten."""
        self._drop()
        self._frame, self._reading = frame, self._reader.submit(_read, frame)

    def read(self, frame: Frame) -> NDArray[Any]:
        """The image of a frame: what was begun, or else read now.

        Raises
        ------
        ValueError, OSError
            As `Frame.read`.
        """
        if frame is not self._frame or self._reading is None:
            self._drop()
            return frame.read()
        reading = self._reading
        self._frame = self._reading = None  # it holds the image, which would outlive its turn
        return reading.result()

    def _drop(self) -> None:
        if self._reading is not None and not self._reading.cancel():
            self._reading.exception()  # until it has ended: never two at once
        self._frame = self._reading = None

    def __enter__(self) -> ReadAhead:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._drop()
        self._reader.shutdown()


def _read(frame: Frame) -> NDArray[Any]:
    with shared():
        return frame.read()
