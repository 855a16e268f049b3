"""Frames looked at in this process, while what was seen of the one before is worked on."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

from crevasse._threads import begin_sharing
from crevasse.io import ReadAhead, Series
from crevasse.operando.sight import Sight

S = TypeVar("S", bound=Sight[Any])


@dataclass(frozen=True)
class _Begun:
    """A frame that is being looked at, and by what sight."""

    number: int
    sight: Sight[Any]
    seen: Future[tuple[Any, Any]]
    end_sharing: Callable[[], None]


class InProcess:
    """Looks at frames in a thread of its own: at the next one as soon as one has been given out.

    The next frame is read as soon as the grey values of one are dropped, so there is never more
    than one grey volume in memory. While a frame is looked at in the background, kernels that are
    not told their number of threads take half of the cores.

    Parameters
    ----------
    series
        What is looked at, in order.
    """

    def __init__(self, series: Series) -> None:
        self._frames, self._ahead = series.frames, ReadAhead()
        self._looker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="look_ahead")
        self._begun: _Begun | None = None

    def look(self, number: int, sight: S) -> tuple[Any, S]:
        """What is seen of the next frame, and the sight of the one after.

        Raises
        ------
        ValueError, OSError
            If it cannot be read or used.
        """
        begun = self._begun
        if begun is None or begun.number != number or begun.sight is not sight:
            self._drop()
            begun = self._begin(number, sight)
        self._begun = None
        begun.end_sharing()  # whoever asks waits, and leaves all cores to it
        seen, after = begun.seen.result()
        if number + 1 < len(self._frames):
            self._begun = self._begin(number + 1, after)
        return seen, after

    def _begin(self, number: int, sight: S) -> _Begun:
        end_sharing = begin_sharing()
        seen = self._looker.submit(self._seen, number, sight)
        seen.add_done_callback(lambda _: end_sharing())
        return _Begun(number, sight, seen, end_sharing)

    def _seen(self, number: int, sight: S) -> tuple[Any, S]:
        rest = sight.observe(self._ahead.read(self._frames[number]))
        for following in self._frames[number + 1 : number + 2]:
            self._ahead.begin(following)
        return rest()

    def _drop(self) -> None:
        """Let what has been begun come to its end, and forget it."""
        begun, self._begun = self._begun, None
        if begun is not None and not begun.seen.cancel():
            begun.seen.exception()

    def __enter__(self) -> InProcess:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._drop()
        self._looker.shutdown()
        self._ahead.__exit__(kind, error, traceback)
