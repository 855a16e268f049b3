"""Frames looked at by the workers of a Dask cluster, and followed here."""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from glob import glob
from operator import itemgetter
from typing import TYPE_CHECKING, Any, TypeVar

import crevasse
from crevasse import _validate
from crevasse.io import Frame, Series
from crevasse.operando.drift.glimpse import Glimpse, OutOfSightError
from crevasse.operando.drift.motion import Motion
from crevasse.operando.grey.signal import Image
from crevasse.operando.preparation import Preparation
from crevasse.operando.settings import Settings
from crevasse.operando.sight import Sight

if TYPE_CHECKING:
    from distributed import Client, Future

S = TypeVar("S", bound=Sight[Any])
# What is known of a frame's motion, and what the next frame's is found by.
Found = tuple[Motion, Preparation]

_AHEAD = 2  # frames that are under way for each of the workers' threads
_BYTES_A_VOXEL = 12  # beside the grey volume, at least: as matching its light takes


class ClusterError(Exception):
    """The cluster cannot be used, or was lost; it is no fault of a frame."""


@dataclass(frozen=True)
class _Known:
    """A sight, and where the cluster holds it."""

    sight: Sight[Any]
    settled: Future  # but for its preparation
    found: Future | None  # with the preparation; None: it is the settled one's


class OnCluster:
    """Looks at frames on a cluster, ahead of the one that is asked for.

    A task reads a scan and gives what is small; it is a function of what it is sent, so that one
    that is done again, where a worker was lost, gives the same. Where drift is looked for, a scan
    is read twice: for a glimpse of it, from which a chain of tasks, one a frame, finds how frames
    have moved, and to look at it. Frames are looked at one by one until the sight is settled.

    Parameters
    ----------
    client
        Of the cluster. Every worker must have this version of crevasse, and see the scans under the
        paths that they have here.
    series
        What is looked at, in order.

    Raises
    ------
    ClusterError
        If a worker has another version, or does not see the scans.
    """

    def __init__(self, client: Client, series: Series) -> None:
        self._client, self._frames = client, series.frames
        self._known: _Known | None = None
        self._begun: deque[tuple[Future, Future]] = deque()  # for each frame: found, and seen
        _check_workers(client, series.source)

    def look(self, number: int, sight: S) -> tuple[Any, S]:
        """What is seen of the next frame, and the sight of the one after.

        Raises
        ------
        ClusterError
            If the cluster was lost, or the workers that looked at the frame were, several times.
        Exception
            What goes wrong with the frame, as it would here.
        """
        known = self._known
        if known is None or known.sight is not sight:
            known = self._known = _Known(sight, self._sent(sight), None)
            self._begun.clear()
        if not sight.is_settled:
            task = self._submit(_observe, known.settled, self._frames[number])
            seen, after = self._result(task)
            self._known = _Known(after, self._submit(itemgetter(1), task), None)
            return seen, after
        self._begin_from(number, known)
        found, look = self._begun.popleft()
        try:
            seen = self._result(look)
            _, preparation = self._result(found)
        except BaseException:
            self._begun.clear()  # what follows was begun as if this frame were followed
            raise
        after = sight.prepared(preparation)
        self._known = _Known(after, known.settled, found)
        return seen, after

    def _begin_from(self, number: int, known: _Known) -> None:
        """Begin with a frame and some of those behind it, unless that has been done."""
        before = self._begun[-1][0] if self._begun else known.found
        if before is None:
            before = self._submit(_unmoved, known.settled)
        with _lost_where_it_fails():
            n_ahead = max(1, _AHEAD * sum(self._client.nthreads().values()))
        for following in self._frames[number + len(self._begun) : number + n_ahead]:
            # Before looks: all that come later wait for these.
            glimpse = self._submit(_glimpse, known.settled, following, priority=1)
            before = self._submit(_find, before, glimpse, following, priority=2)
            self._begun.append((before, self._submit(_look, known.settled, before, following)))

    def _sent(self, sight: Sight[Any]) -> Future:
        """On the scheduler and not on one of the workers, with which it would be lost."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            return self._submit(_itself, sight)

    def _submit(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Future:
        with _lost_where_it_fails():
            return self._client.submit(function, *arguments, pure=False, **options)

    def _result(self, task: Future) -> Any:
        from distributed import KilledWorker

        with _lost_where_it_fails():
            error = task.exception()
            if error is None:
                return task.result()
        if isinstance(error, KilledWorker):
            raise ClusterError(
                f"{error.last_worker.address} was the last of several workers that were lost with "
                "a scan, as where memory ends; give workers more of it or fewer threads"
            ) from error
        raise error


@contextmanager
def _lost_where_it_fails() -> Iterator[None]:
    """What goes wrong between here and the cluster is no fault of a frame."""
    try:
        yield
    except Exception as error:
        raise ClusterError(
            f"the cluster was lost ({_one_line(error)}); start the analysis again"
        ) from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def n_workers_here(series: Series, settings: Settings) -> int:
    """How many workers this machine has cores and room for, at most one a scan."""
    from distributed.system import MEMORY_LIMIT

    beside = max(_BYTES_A_VOXEL, settings.signal.bytes_a_voxel)
    room = math.prod(series.shape) * (series.dtype.itemsize + beside)
    return max(1, min(_validate.n_threads(None), len(series), int(MEMORY_LIMIT // room)))


def _itself(sight: Sight[Any]) -> Sight[Any]:
    return sight


def _unmoved(sight: Sight[Any]) -> Found:
    return Motion(), sight.preparation


def _observe(sight: Sight[Any], frame: Frame) -> tuple[Any, Sight[Any]]:
    return sight.observe(frame.read())()


def _glimpse(sight: Sight[Any], frame: Frame) -> Image | Glimpse | None:
    """What tells how a frame has moved; None where it takes the frame itself, or nothing."""
    preparation = sight.preparation
    if preparation.finder is None or preparation.finder.method != "translation":
        return None
    image, _ = preparation.lit(frame.read())
    return preparation.finder.glimpse(image)


def _find(before: Found, glimpse: Image | Glimpse | None, frame: Frame) -> Found:
    """How a frame has moved, if that is looked for."""
    _, preparation = before
    if preparation.finder is None:
        return before
    if glimpse is not None:
        with suppress(OutOfSightError):
            motion, finder = preparation.finder.find_from(glimpse)
            return motion, replace(preparation, finder=finder)
    _, motion, after = preparation.find(frame.read())
    return motion, after


def _look(sight: Sight[Any], found: Found, frame: Frame) -> Any:
    image, _ = sight.preparation.lit(frame.read())
    rest = sight.look(image, found[0])
    del image
    seen, _ = rest()
    return seen


def _check_workers(client: Client, source: str) -> None:
    version, is_there = _greeting(source)
    try:
        greetings = client.run(_greeting, source)
    except Exception as error:  # as where crevasse is not there to be imported
        raise ClusterError(
            f"workers do not answer ({_one_line(error)}); each needs crevasse {version} with the "
            "extras operando and dask"
        ) from error
    for worker, (its_version, sees) in sorted(greetings.items()):
        if its_version != version:
            raise ClusterError(
                f"{worker} has crevasse {its_version}, here it is {version}; install this one there"
            )
        if is_there and not sees:
            raise ClusterError(
                f"{worker} does not see {source}; scans must have the same path on every worker"
            )


def _greeting(source: str) -> tuple[str, bool]:
    """The version, and whether there is anything at the source."""
    return crevasse.__version__, bool(glob(source))
