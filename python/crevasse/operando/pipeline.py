"""From a series of scans to an analysis: align, segment, track, measure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from crevasse import _validate
from crevasse._runs import RunVolume
from crevasse._shape import Box
from crevasse.io import Frame, ReadAhead, Series
from crevasse.operando.analysis import Analysis
from crevasse.operando.analyst import Analyst
from crevasse.operando.checkpoint import Checkpoint, stamp
from crevasse.operando.cluster import ClusterError, OnCluster
from crevasse.operando.filling_sight import FillingSight
from crevasse.operando.grey.sample import GreySample
from crevasse.operando.grey_sight import GreySight
from crevasse.operando.settings import Settings
from crevasse.operando.sight import Sight
from crevasse.tracking import FrameResult

if TYPE_CHECKING:
    from distributed import Client

_LEAST_SAMPLED = 3  # frames that thresholds are found from
_SAMPLED_VOXELS = 2**26  # more frames where they hold no more than that together
S = TypeVar("S", bound=Sight[Any])
T = TypeVar("T")
Progress = Callable[[FrameResult, int], None]


class BrokenFrameError(ValueError):
    """A frame could not be analysed; `analysis` holds the frames before it, None without any."""

    def __init__(self, message: str, analysis: Analysis | None = None) -> None:
        super().__init__(message)
        self.analysis = analysis


def analyze_series(
    series: Series,
    settings: Settings,
    *,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
    client: Client | None = None,
) -> Analysis:
    """Align, segment, track and measure a series, one grey volume in memory at a time.

    As soon as a frame is aligned and what lies in each window of grey values is known, these are
    dropped and the next frame is read, while this one is segmented and tracked. On a cluster, its
    workers read, align and segment frames, while this process tracks and measures them in order and
    reads none: the result is the same to the last byte, on processors of one kind.

    Parameters
    ----------
    series
        From `crevasse.io.open_series`.
    settings
        What to do. Where thresholds are to be found, some frames are read once more, before
        anything else: the first, middle and last one, and more between them where they are small
        (all, up to 2²⁶ voxels together).
    progress
        Called after each frame with its result and the number of frames.
    checkpoint
        Where the analysis is saved while it goes on, and is gone on from if it had been broken off;
        the result is the same as if it had not. It is left as it is: remove it when the result has
        been written.
    client
        A `distributed.Client`, as `crevasse.dask.connect` gives: its workers do what needs grey
        values. They must have this version of crevasse, and see the scans under the same paths;
        each thread of a worker holds one grey volume. None: this process does it.

    Raises
    ------
    BrokenFrameError
        If a frame cannot be read or used; what was analysed before is in its `analysis`. With
        `Settings.skip_broken` only if none can.
    ClusterError
        If a worker does not fit, or the cluster was lost.
    ValueError
        If the settings do not fit the series.
    """
    check_regions(series, settings)
    analyst = None
    if checkpoint is not None:
        analyst = checkpoint.resume(series, settings, sampled_frames(series))
    if analyst is None:
        sample = grey_sample(series, settings, client) if settings.find else None
        analyst = Analyst(series, settings, sample)
    with _place(series, client) as place:
        for frame in series.frames[len(analyst.seen) :]:
            try:
                result = analyst.follow(frame, *place.look(len(analyst.seen), analyst.observer))
            except ClusterError:
                _save(analyst, checkpoint)
                raise
            except (ValueError, OSError) as error:
                if settings.skip_broken:
                    analyst.skip(frame, str(error))
                    continue
                _save(analyst, checkpoint)
                so_far = analyst.so_far(str(error))
                raise BrokenFrameError(f"{frame.name}: {error}", so_far) from error
            if checkpoint is not None:
                checkpoint.offer(analyst)
            if progress is not None:
                progress(result, len(series))
    analysis = analyst.so_far()
    if analysis is None:
        name, why = analyst.skipped[0]
        raise BrokenFrameError(f"no frame can be used, {name} first: {why}", None)
    return analysis


def _save(analyst: Analyst, checkpoint: Checkpoint | None) -> None:
    """At once, since the analysis ends here; not before the first frame."""
    if checkpoint is not None and analyst.has_begun:
        checkpoint.offer(analyst, at_once=True)


class InProcess:
    """Looks at frames in this process; the next one is read as soon as grey values are dropped."""

    def __init__(self, series: Series, ahead: ReadAhead) -> None:
        self._frames, self._ahead = series.frames, ahead

    def look(self, number: int, sight: S) -> tuple[Any, S]:
        """What is seen of the next frame, and the sight of the one after."""
        rest = sight.observe(self._ahead.read(self._frames[number]))
        for following in self._frames[number + 1 : number + 2]:
            self._ahead.begin(following)
        return rest()


@contextmanager
def _place(series: Series, client: Client | None) -> Iterator[InProcess | OnCluster]:
    """Where frames are looked at."""
    if client is not None:
        yield OnCluster(client, series)
    else:
        with ReadAhead() as ahead:
            yield InProcess(series, ahead)


def check_regions(series: Series, settings: Settings) -> None:
    """`ValueError` if a region of the settings does not fit the series."""
    for box in (settings.roi, settings.stable, settings.level_region):
        _check_box(box, series.shape)
    if settings.region(series.shape, series.spacing).n_voxels == 0:
        raise ValueError(
            f"cylinder must hold a voxel of the frames {series.shape}, got {settings.cylinder}"
        )


def _check_box(roi: Box | None, shape: tuple[int, ...]) -> None:
    """Refuse a region of interest that does not fit the frames or holds no voxel."""
    if roi is None:
        return
    axes = ", ".join(_validate.AXES[-len(shape) :])
    if RunVolume.from_box(shape, roi).n_voxels == 0:
        raise ValueError(f"roi must hold a voxel of the frames ({axes}) = {shape}, got {roi}")
    if any(s.stop is not None and s.stop > n for s, n in zip(roi, shape, strict=True)):
        raise ValueError(f"roi must end within the frames ({axes}) = {shape}, got {roi}")


def grey_sample(series: Series, settings: Settings, client: Client | None = None) -> GreySample:
    """Grey values of frames spread evenly from the first to the last, but for broken ones.

    The first that is not broken sets the light for the others, as it does in the analysis. Where
    what opens later is filled, they are looked at once more, with thresholds of the first one.
    """
    wanted = sampled_frames(series)
    sight = GreySight.of(series, settings)
    for first in series.frames:
        rest = (frame for frame in wanted if frame.index > first.index)
        chosen = replace(series, frames=(first, *rest))
        parts = _look_at(chosen, sight, client, settings.skip_broken)
        if parts:
            break
    else:
        names = f"{series.frames[0].name} to {series.frames[-1].name}"
        raise BrokenFrameError(f"none of {names} can be used to find thresholds")
    sample = GreySample.of(parts, settings.find, settings.sensitivity)
    if sample.initial:
        usable = tuple(frame for frame in chosen.frames if frame.index in parts)
        filling, cores = FillingSight.of(series, settings, sample), {}
        if len(usable) > 1:  # else nothing can have opened
            cores = _look_at(replace(series, frames=usable), filling, client)
        sample = sample.with_cores(cores.values())
    return replace(sample, stamps=tuple(map(stamp, wanted)))


def sampled_frames(series: Series) -> tuple[Frame, ...]:
    """The frames that thresholds are found from."""
    n_voxels = math.prod(series.shape)
    count = min(len(series), max(_LEAST_SAMPLED, _SAMPLED_VOXELS // max(1, n_voxels)))
    return tuple(series[(len(series) - 1) * i // max(1, count - 1)] for i in range(count))


def _look_at(
    series: Series, sight: Sight[T], client: Client | None, skip_broken: bool = False
) -> dict[int, T]:
    """What is seen of each frame, by its number; nothing if the first one is broken."""
    seen: dict[int, T] = {}
    with _place(series, client) as place:
        for number, frame in enumerate(series.frames):
            try:
                seen[frame.index], sight = place.look(number, sight)
            except (ValueError, OSError) as error:
                if not skip_broken:
                    raise BrokenFrameError(f"{frame.name}: {error}") from error
                if not seen:
                    break
    return seen
