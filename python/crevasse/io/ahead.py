"""Reading a frame while the one before it is worked on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from numpy.typing import NDArray

from crevasse.io.frame import Frame


def read_ahead(frames: Iterable[Frame]) -> Iterator[tuple[Frame, NDArray[Any]]]:
    """Each frame with its image, while one thread reads the image of the next.

    No further frame is read before the next is asked for: beside the image that was given out, one
    is held. A loop that still holds the one before when it asks has three for a moment; ``del`` it
    where that is too much. A frame that cannot be read raises when its turn comes, and ends the
    iteration.

    Parameters
    ----------
    frames
        A series, or some of its frames.

    Yields
    ------
    frame, image
        In the order of `frames`.

    Raises
    ------
    ValueError, OSError
        As `Frame.read`, at the frame that cannot be read.

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse.io import open_series
    >>> series = open_series(np.arange(6).reshape(3, 1, 2))
    >>> [(frame.index, image.sum().item()) for frame, image in read_ahead(series)]
    [(0, 1), (1, 5), (2, 9)]
    """
    coming = iter(frames)
    reader = ThreadPoolExecutor(max_workers=1, thread_name_prefix="read_ahead")
    try:
        pending = _begin(reader, coming)
        while pending is not None:
            frame, reading = pending
            image = reading.result()
            pending = _begin(reader, coming)
            del reading  # it holds the image, which would outlive its turn
            yield frame, image
            del image
    finally:
        reader.shutdown(wait=True, cancel_futures=True)


def _begin(
    reader: ThreadPoolExecutor, frames: Iterator[Frame]
) -> tuple[Frame, Future[NDArray[Any]]] | None:
    frame = next(frames, None)
    return None if frame is None else (frame, reader.submit(frame.read))
