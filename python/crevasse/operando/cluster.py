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
from crevasse.operando.glimpse import Glimpse, OutOfSightError
from crevasse.operando.motion import Motion
from crevasse.operando.observer import Observation, Observer
from crevasse.operando.preparation import Preparation
from crevasse.operando.signal import Image

if TYPE_CHECKING:
    from distributed import Client, Future

T = TypeVar("T")
# What is known of a frame's motion, and what the next frame's is found by.
Found = tuple[Motion, Preparation]

_AHEAD = 2  # frames that are under way for each of the workers' threads
_BYTES_A_VOXEL = 16  # beside two grey volumes: what filters need at their worst


class ClusterError(Exception):
    """The cluster cannot be used, or was lost; it is no fault of a frame."""


@dataclass(frozen=True)
class _Known:
    """An observer, and where the cluster holds it."""

    observer: Observer
    settled: Future  # the observer with its baseline
    found: Future | None  # of the frame before; None: it is the observer's own


class OnCluster:
    """Looks at frames on a cluster, ahead of the one that is asked for.

    A task reads a scan and gives what is small; it is a function of what it is sent, so that one
    that is done again, where a worker was lost, gives the same. Where drift is looked for, a scan
    is read twice: for a glimpse of it, from which a chain of tasks, one a frame, finds how frames
    have moved, and to look at it. The baseline frames, which the others depend on, are looked at
    one by one.

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

    def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """What a function gives, called by a worker."""
        result: T = self._result(self._submit(function, *arguments))
        return result

    def look(self, number: int, observer: Observer) -> tuple[Observation, Observer]:
        """What the observer sees of the next frame, and the observer of the one after.

        Raises
        ------
        ClusterError
            If the cluster was lost, or the workers that looked at the frame were, several times.
        Exception
            What goes wrong with the frame, as it would here.
        """
        known = self._known
        if known is None or known.observer is not observer:
            known = self._known = _Known(observer, self._sent(observer), None)
            self._begun.clear()
        if not observer.is_settled:
            return self._look_at_baseline(number, known)
        self._begin_from(number, known)
        found, look = self._begun.popleft()
        try:
            seen = self._result(look)
            _, preparation = self._result(found)
        except BaseException:
            self._begun.clear()  # what follows was begun as if this frame were followed
            raise
        after = replace(observer, preparation=preparation)
        self._known = _Known(after, known.settled, found)
        return seen, after

    def _look_at_baseline(self, number: int, known: _Known) -> tuple[Observation, Observer]:
        task = self._submit(_observe, known.settled, self._frames[number])
        seen, after = self._result(task)
        self._known = _Known(after, self._submit(itemgetter(1), task), None)
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

    def _sent(self, observer: Observer) -> Future:
        """On the scheduler and not on one of the workers, with which it would be lost."""
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Sending large graph")
            return self._submit(_itself, observer)

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
        why = " ".join(str(error).split()) or type(error).__name__
        raise ClusterError(f"the cluster was lost ({why}); start the analysis again") from error


def n_workers_here(series: Series) -> int:
    """How many workers of this machine a series can employ: as it has cores, scans and room."""
    from distributed.system import MEMORY_LIMIT

    room = math.prod(series.shape) * (2 * series.dtype.itemsize + _BYTES_A_VOXEL)
    return max(1, min(_validate.n_threads(None), len(series), int(MEMORY_LIMIT // room)))


def _itself(observer: Observer) -> Observer:
    return observer


def _unmoved(observer: Observer) -> Found:
    return Motion(), observer.preparation


def _observe(observer: Observer, frame: Frame) -> tuple[Observation, Observer]:
    return observer.observe(frame.read())


def _glimpse(observer: Observer, frame: Frame) -> Image | Glimpse | None:
    """What tells how a frame has moved; None where it takes the frame itself, or nothing."""
    preparation = observer.preparation
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


def _look(observer: Observer, found: Found, frame: Frame) -> Observation:
    image, _ = observer.preparation.lit(frame.read())
    seen, _ = observer.look(image, found[0])
    return seen


def _check_workers(client: Client, source: str) -> None:
    version, is_there = _greeting(source)
    with _lost_where_it_fails():
        greetings = client.run(_greeting, source)
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
