"""How far a frame has moved: coarsely by correlation, finely by what most of its parts agree on."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from crevasse._joined import joined
from crevasse.operando.drift.blocks import RIM, Blocks, Greys, Image, spread
from crevasse.operando.drift.cells import Cells, compared
from crevasse.operando.drift.glimpse import MARGIN, Glimpse
from crevasse.operando.drift.likeness import matched
from crevasse.operando.drift.overview import Overview, overview
from crevasse.operando.drift.votes import Vector, Votes
from crevasse.operando.drift.wide_look import REACH, Peak, agreed_shifts

T = TypeVar("T")

_NEAR = 0.3  # voxels: from here on the shift is not looked for again but made exact
_DONE = 0.005  # voxels: smaller steps and drifts are none
_TOLERANCE = 0.2  # voxels: in making it exact, what is farther off has little weight
_MOST_LOOKS = 6
_MOST_ROUNDS = 4
_FINALISTS = 3
_RIVAL = 0.7  # of the best score: peaks with less are not looked at from near
_BETTER = 0.02  # by which another drift must be agreed on more sharply than the one at hand
_WORSE = 0.05  # by which it must not fall short of that along any axis
_TOGETHER = 16  # blocks that a thread takes at once: what they need stays in its cache
_FAR = 1.5  # coarse voxels: by so much the two ways must differ for both to be looked at
_APART = 0.25  # voxels: places that differ by less are one
_DOUBTFUL = 0.1  # agreement along an axis: where there is less, the drift is in doubt
_UNSURE = 0.17  # agreement along an axis: where there is less, other places are looked at
_MATCHED = 0.35  # of what is known of an axis: where less looks alike, the frame is elsewhere
_CHECKED = 8  # one block in so many is kept for the check


class Sampler:
    """Blocks of one image at any drift."""

    def __init__(self, image: Image | Glimpse, blocks: Blocks, pool: Executor) -> None:
        self._image, self._blocks, self.pool = image, blocks, pool
        begins = range(0, len(blocks), _TOGETHER)
        self._parts = [blocks.part(slice(a, a + _TOGETHER)) for a in begins]
        self._last: tuple[Vector, Greys] | None = None

    def cells(self, drift: Vector) -> Cells:
        """The image as a reference, `drift` farther on."""
        return joined(self._sampled(drift, RIM, Cells.of))

    def votes(self, drift: Vector, references: Sequence[Cells], *tolerance: float) -> Votes:
        """How much farther than `drift` the image has gone, by each cell of each reference."""
        sample, ok = self._sample(drift), self._blocks.inside(drift)
        return joined([compared(sample, r, ok, self.pool, *tolerance) for r in references])

    def matched(self, drift: Vector, references: Sequence[Cells]) -> Vector:
        """Along each axis, the share of what tells it that looks alike there."""
        return matched(self._sample(drift), references, self._blocks.inside(drift))

    def agreed(self, start: Vector, references: Sequence[Cells]) -> list[Peak]:
        """How much farther than a start the image has gone, as most cells agree, by some voxels."""
        sample = np.concatenate(self._sampled(start, REACH, lambda s, part: s))
        return agreed_shifts(
            sample, self._blocks, references, self._blocks.inside(start), self.pool
        )

    def _sample(self, drift: Vector) -> Greys:
        """By cells; kept, since more than one thing is asked of it."""
        if self._last is None or not np.array_equal(self._last[0], drift):
            parts = self._sampled(drift, 0, lambda s, part: part.cells(s))
            self._last = drift, np.concatenate(parts)
        return self._last[1]

    def _sampled(self, drift: Vector, rim: int, make: Callable[[Greys, Blocks], T]) -> list[T]:
        """What is made of the blocks at a drift, some blocks at a time."""
        image = self._image

        def made(part: Blocks) -> T:
            if isinstance(image, Glimpse):
                return make(image.sample(part, drift, rim), part)
            return make(part.sample(image, drift, rim), part)

        return list(self.pool.map(made, self._parts))


@dataclass(frozen=True, eq=False)
class Found:
    """A drift, and what tells along each axis whether it is right.

    Attributes
    ----------
    drift
        In voxels.
    agreement
        How sharply the votes agree.
    matched
        Share of what is known of the axis that looks alike there; NaN where nothing stands out.
    twice
        Whether it was found twice: also where most cells agree, of all places around.
    """

    drift: Vector
    agreement: Vector
    matched: Vector
    twice: NDArray[np.bool_]

    @classmethod
    def at(cls, sampler: Sampler, references: Sequence[Cells], drift: Vector) -> Found:
        """What the votes say of a drift."""
        agreement = sampler.votes(drift, references).agreement(0 * drift)
        matched = sampler.matched(drift, references)
        return cls(drift, agreement, matched, np.zeros(len(drift), dtype=np.bool_))

    @property
    def is_unsure(self) -> bool:
        """Whether it may be worth looking elsewhere: noise alone leaves no doubt about two ways."""
        return bool(np.any(self.elsewhere | (~self.twice & self.unsure)))

    @property
    def unsure(self) -> NDArray[np.bool_]:
        """Along which axes the votes do not agree well, or what tells it looks otherwise."""
        unsure: NDArray[np.bool_] = (self.agreement < _UNSURE) | self.elsewhere
        return unsure

    @property
    def elsewhere(self) -> NDArray[np.bool_]:
        """Along which axes nothing tells it, or what does looks otherwise."""
        elsewhere: NDArray[np.bool_] = ~(self.matched >= _MATCHED)
        return elsewhere

    @property
    def doubtful(self) -> NDArray[np.bool_]:
        """Along which axes it is not to be relied on."""
        alone = ~self.twice & (self.agreement < _DOUBTFUL)
        doubtful: NDArray[np.bool_] = (self.matched < _MATCHED) | alone
        return doubtful

    @property
    def sharpness(self) -> float:
        """One number for the agreement: what is seen along one axis alone counts as much."""
        return float(self.agreement.mean())

    def or_better(self, other: Found) -> Found:
        """The other if it is clearly better, and along no axis clearly worse, else this one.

        A collector that gives way as a whole is as sharp along two axes as what stays in place.
        """
        n_here, n_there = (int(np.count_nonzero(f.elsewhere)) for f in (self, other))
        if n_here != n_there:
            return other if n_there < n_here else self
        is_worse = np.any(other.agreement < self.agreement - _WORSE)
        return other if other.sharpness > self.sharpness + _BETTER and not is_worse else self


def near(sampler: Sampler, references: Sequence[Cells], start: Vector) -> Found:
    """The drift that is agreed on most sharply, at most a few voxels from a start.

    Peaks that come close to the best are looked at from where they are, since far from its place an
    edge does not tell its shift as exactly.
    """
    drift = start
    for _ in range(_MOST_LOOKS):
        votes = sampler.votes(drift, references)
        peaks = votes.peaks()
        here, drift = drift, drift + peaks[0]
        if float(np.abs(peaks[0]).max()) < _NEAR:
            break
    peaks = peaks[:_FINALISTS]
    scores = votes.scores(peaks)
    rivals = [p for p, score in zip(peaks, scores, strict=True) if score >= _RIVAL * scores[0]]
    finals = [settled(sampler, references, here + p) for p in rivals]
    return max((Found.at(sampler, references, d) for d in finals), key=lambda f: f.sharpness)


def anywhere(
    sampler: Sampler, references: Sequence[Cells], found: Found, start: Vector
) -> tuple[Found, bool]:
    """The same from the best of all places some voxels around a start, should that be better.

    Where most edges lie across one axis, the others are seen by a few small features, which a step
    of Gauss and Newton does not find from a voxel away. Also returns whether the frame may be
    elsewhere still.
    """
    peaks = sampler.agreed(start, references)
    for peak in peaks:
        # What parts agree on stays, though more may agree on another: they may have grown.
        if not np.any(peak.told & found.unsure):
            continue
        ways = [peak.told]
        if np.any(found.elsewhere & ~peak.told):
            ways.append(peak.told | found.elsewhere)
        for told in ways:
            place = np.where(told, start + peak.shift, found.drift)
            if np.abs(place - found.drift).max() > _APART:
                found = found.or_better(near(sampler, references, place))
    if not peaks:
        return found, True
    best = peaks[0]
    there = np.abs(start + best.shift - found.drift) <= _APART
    within = bool(np.abs(best.shift).max() < REACH)
    twice = best.told & (within and bool(there[best.told].all()))
    found = replace(found, twice=found.twice | twice)
    return found, bool(np.any(found.elsewhere | (best.told & ~twice & found.unsure)))


def settled(sampler: Sampler, references: Sequence[Cells], drift: Vector) -> Vector:
    """The drift next to one that is near."""
    for _ in range(_MOST_ROUNDS):
        step = sampler.votes(drift, references, _TOLERANCE).towards(np.zeros(len(drift)))
        drift = drift + step
        if float(np.abs(step).max()) < _DONE:
            break
    return drift


@dataclass(frozen=True, eq=False)
class Seen:
    """What is held of a frame: its cells on the first one's grid, its looks from afar, its drift.

    `doubtful`: along which axes that is in doubt.
    """

    cells: Cells
    check: Cells
    overview: Overview
    drift: Vector
    doubtful: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Drift:
    """How far a frame has moved, and what tells whether that is right.

    Attributes
    ----------
    shift
        In voxels per axis.
    agreement
        Of the votes on it, along each axis; see `Votes.agreement`.
    doubtful
        Along which axes it is not to be relied on.
    check
        The blocks kept for the check.
    compared
        Their cells in each frame that this one was compared with.
    """

    shift: Vector
    agreement: Vector
    doubtful: NDArray[np.bool_]
    check: Blocks
    compared: tuple[Cells, ...]

    def left(self, moved: Image, pool: Executor) -> float:
        """Length of the drift that is still found, in the blocks kept for it, in what was found.

        `moved` is the frame moved back.
        """
        start = np.zeros(moved.ndim)
        votes = Sampler(moved, self.check, pool).votes(start, self.compared, _TOLERANCE)
        return float(np.linalg.norm(votes.towards(start)))


@dataclass(frozen=True, eq=False)
class DriftFinder:
    """Drifts of frames against the first, from blocks of the first and of the frame before.

    The first frame keeps errors from adding up, the frame before is most alike. Each has the say
    that its cells have: those that the frame still agrees with.

    Attributes
    ----------
    blocks, check, far
        Where is looked: in frames, in frames for the check, and in their overviews.
    first, before
        What is held of the first frame and of the one before.
    """

    blocks: Blocks
    check: Blocks
    far: Blocks
    first: Seen
    before: Seen

    @classmethod
    def begin(cls, image: Image, pool: Executor) -> DriftFinder:
        """From the first frame."""
        view = overview(image, pool)
        blocks = spread(image.shape, view.contrast)
        held_out = np.arange(len(blocks)) % _CHECKED == _CHECKED - 1
        found = blocks.part(~held_out)
        check = blocks.part(held_out) if held_out.any() else blocks
        drift = np.zeros(image.ndim)
        cells, checked = (Sampler(image, part, pool).cells(drift) for part in (found, check))
        first = Seen(cells, checked, view, drift, np.zeros(image.ndim, dtype=np.bool_))
        return cls(found, check, spread(view.image.shape, view.contrast), first, first)

    def glimpse(self, image: Image, pool: Executor) -> Image | Glimpse:
        """What `find` needs of a later frame, whichever comes before it; small images whole."""
        parts = (self.blocks, self.check)
        if image.size <= sum(len(p) * math.prod(p.window(MARGIN)) for p in parts):
            return np.array(image)
        view = overview(image, pool)
        return Glimpse.of(image, view, self._from_afar(view, self.first, pool), parts)

    def find(self, image: Image | Glimpse, pool: Executor) -> tuple[Drift, DriftFinder]:
        """The drift of the next frame, and the finder for the one after it.

        Raises
        ------
        OutOfSightError
            If a glimpse is not enough.
        """
        view = image.view if isinstance(image, Glimpse) else overview(image, pool)
        sampler = Sampler(image, self.blocks, pool)
        compared = [self.first] if self.before is self.first else [self.first, self.before]
        references = [seen.cells for seen in compared]
        found = near(sampler, references, self.before.drift)
        if found.is_unsure:
            found = self._surer(sampler, references, found, view)
        # Less is rounding, and no reason to move a frame.
        shift = np.where(np.abs(found.drift) < _DONE, 0.0, found.drift)
        doubtful = found.doubtful | self._still_doubtful(sampler, found.drift)
        check = Sampler(image, self.check, pool).cells(shift)
        seen = Seen(sampler.cells(shift), check, view, shift, doubtful)
        checks = tuple(s.check for s in compared)
        drift = Drift(shift, found.agreement, doubtful, self.check, checks)
        return drift, replace(self, before=seen)

    def _still_doubtful(self, sampler: Sampler, drift: Vector) -> NDArray[np.bool_]:
        """Along which axes a frame may be lost with the one before, which is no witness there."""
        if not self.before.doubtful.any():
            return self.before.doubtful
        alone = Found.at(sampler, [self.first.cells], drift)
        return self.before.doubtful & (alone.elsewhere | (alone.agreement < _DOUBTFUL))

    def _surer(
        self, sampler: Sampler, references: Sequence[Cells], found: Found, view: Overview
    ) -> Found:
        """The same, having looked from afar, around the frame before, and where that led."""
        start = self.before.drift
        far = self._from_afar(view, self.before, sampler.pool)
        if np.any(found.unsure & (np.abs(far - found.drift) > _FAR * np.array(view.factor))):
            found = found.or_better(near(sampler, references, far))
        if not found.is_unsure:
            return found
        found, elsewhere = anywhere(sampler, references, found, start)
        if found.is_unsure and elsewhere and np.abs(found.drift - start).max() > _APART:
            found, elsewhere = anywhere(sampler, references, found, found.drift)
        if found.is_unsure and elsewhere:
            there, coarse = self._afar(view, self.before, sampler.pool)
            for peak in there[0].agreed(coarse, there[1]):
                place = near(*there, coarse + peak.shift).drift * view.factor
                found, elsewhere = anywhere(sampler, references, found, place)
                if not (found.is_unsure and elsewhere):
                    break
        return found

    def _from_afar(self, view: Overview, before: Seen, pool: Executor) -> Vector:
        """The drift by the overviews alone, of the frame and of an earlier one."""
        offset = view.offset(before.overview)
        if np.all(np.abs(offset) <= view.factor):
            return before.drift + 0 * offset
        there, coarse = self._afar(view, before, pool)
        return near(*there, coarse + offset / view.factor).drift * view.factor

    def _afar(
        self, view: Overview, before: Seen, pool: Executor
    ) -> tuple[tuple[Sampler, list[Cells]], Vector]:
        """What to compare overviews with, and the drift of the earlier frame, in coarse voxels."""
        coarse = before.drift / view.factor
        reference = Sampler(before.overview.image, self.far, pool).cells(coarse)
        return (Sampler(view.image, self.far, pool), [reference]), coarse
