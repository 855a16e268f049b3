"""How many threads kernels use where nobody says so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from crevasse import _core

_lock = threading.Lock()
_n_sharing = 0


def default_threads() -> int:
    """All usable cores, or the half of them that `shared` leaves."""
    n = _core.default_threads()
    return n - n // 2 if _n_sharing else n


@contextmanager
def shared() -> Iterator[None]:
    """While this lasts, half of the cores are for something else, such as decoding a file.

    More threads than cores would wait for each other at the end of every parallel loop.
    """
    global _n_sharing
    with _lock:
        _n_sharing += 1
    try:
        yield
    finally:
        with _lock:
            _n_sharing -= 1
