"""How far a frame has moved: coarsely by correlation, finely by what most of its parts agree on."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from crevasse.operando.blocks import RIM, Blocks, Greys, Image, spread
from crevasse.operando.cells import Cells, compared
from crevasse.operando.overview import Overview, overview
from crevasse.operando.votes import Vector, Votes

_NEAR = 0.3  # voxels: from here on the shift is not looked for again but made exact
_DONE = 0.005  # voxels
_TOLERANCE = 0.2  # voxels: in making it exact, what is farther off has little weight
_MOST_LOOKS = 6
_MOST_ROUNDS = 4
_FINALISTS = 3
_RIVAL = 0.7  # of the best score: peaks with less are not looked at from near
_BETTER = 0.05  # by which a farther drift must score higher than a nearer one
_TOGETHER = 16  # blocks that a thread takes at once: what they need stays in its cache
_FAR = 1.5  # coarse voxels: by so much the two ways must differ for both to be looked at
_CHECKED = 8  # one block in so many is kept for the check


class Sampler:
    """Blocks of one image at any drift; what was read is kept while whole voxels stay the same."""

    def __init__(self, image: Image, blocks: Blocks, pool: Executor) -> None:
        self._image, self._blocks, self._pool = image, blocks, pool
        begins = range(0, len(blocks), _TOGETHER)
        self._parts = [blocks.part(slice(a, a + _TOGETHER)) for a in begins]
        self._whole: tuple[int, ...] | None = None
        self._windows: list[Greys] = []

    def cells(self, drift: Vector) -> Cells:
        """The image as a reference, `drift` farther on."""
        return Cells.of(self._sample(drift, RIM), self._blocks)

    def votes(self, drift: Vector, references: Sequence[Cells], *tolerance: float) -> Votes:
        """How much farther than `drift` the image has gone, by each cell of each reference."""
        sample = self._blocks.cells(self._sample(drift, 0))
        ok = self._blocks.inside(drift)
        return Votes.joined([compared(sample, r, ok, self._pool, *tolerance) for r in references])

    def _sample(self, drift: Vector, rim: int) -> Greys:
        whole = np.floor(drift).astype(np.intp)
        if self._whole != tuple(whole):
            self._windows = list(self._pool.map(lambda p: p.read(self._image, whole), self._parts))
            self._whole = tuple(whole)
        share = (drift - whole).tolist()
        samples = self._pool.map(
            lambda p, w: p.sample(w, share, rim=rim), self._parts, self._windows
        )
        return np.concatenate(list(samples))


@dataclass(frozen=True)
class Found:
    """A drift, and how sharply the votes agree on it."""

    drift: Vector
    score: float


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
    best = votes.score(peaks[0])
    rivals = [p for p in peaks[:_FINALISTS] if votes.score(p) >= _RIVAL * best]
    finals = [settled(sampler, references, here + p) for p in rivals]
    if len(finals) == 1:
        return Found(finals[0], best)
    scores = [sampler.votes(d, references).score(np.zeros(len(d))) for d in finals]
    k = int(np.argmax(scores))
    return Found(finals[k], scores[k])


def settled(sampler: Sampler, references: Sequence[Cells], drift: Vector) -> Vector:
    """The drift next to one that is near."""
    for _ in range(_MOST_ROUNDS):
        step = sampler.votes(drift, references, _TOLERANCE).towards(np.zeros(len(drift)))
        drift = drift + step
        if float(np.abs(step).max()) < _DONE:
            break
    return drift


@dataclass(frozen=True)
class Seen:
    """What is held of a frame: its cells on the first one's grid, and how it looks from afar."""

    cells: Cells
    check: Cells
    overview: Overview
    drift: Vector


class DriftFinder:
    """Drifts of frames against the first, from blocks of the first and of the frame before.

    The first frame keeps errors from adding up, the frame before is most alike. Each has the say
    that its cells have: those that the frame still agrees with.

    Attributes
    ----------
    agreement
        Of the votes on the last drift, along each axis; see `Votes.agreement`.
    """

    def __init__(self, image: Image, pool: Executor) -> None:
        view = overview(image, pool)
        blocks = spread(image.shape, view.contrast)
        held_out = np.arange(len(blocks)) % _CHECKED == _CHECKED - 1
        self._blocks = blocks.part(~held_out)
        self._check = blocks.part(held_out) if held_out.any() else blocks
        self._far = spread(view.image.shape, view.contrast)
        sampler = Sampler(image, self._blocks, pool)
        self._first = self._before = self._seen(image, view, np.zeros(image.ndim), sampler, pool)
        self._compared = [self._first]
        self.agreement = np.ones(image.ndim)

    def find(self, image: Image, pool: Executor) -> Vector:
        """The drift of the next frame."""
        view = overview(image, pool)
        sampler = Sampler(image, self._blocks, pool)
        before = self._before
        self._compared = [self._first] if before is self._first else [self._first, before]
        references = [seen.cells for seen in self._compared]
        found = near(sampler, references, before.drift)
        far = self._from_afar(view, pool)
        if np.any(np.abs(far - found.drift) > _FAR * np.array(view.factor)):
            other = near(sampler, references, far)
            if other.score > found.score + _BETTER:
                found = other
        self._before = self._seen(image, view, found.drift, sampler, pool)
        votes = sampler.votes(found.drift, references)
        self.agreement = votes.agreement(np.zeros(len(found.drift)))
        return found.drift

    def left(self, moved: Image, pool: Executor) -> float:
        """Length of the drift that is still found, in the blocks kept for it, in what was found.

        `moved` is the frame that `find` was given last, moved back.
        """
        start = np.zeros(moved.ndim)
        references = [seen.check for seen in self._compared]
        votes = Sampler(moved, self._check, pool).votes(start, references, _TOLERANCE)
        return float(np.linalg.norm(votes.towards(start)))

    def _from_afar(self, view: Overview, pool: Executor) -> Vector:
        """The drift by the overviews alone."""
        before = self._before
        offset = view.offset(before.overview)
        if np.all(np.abs(offset) <= view.factor):
            return before.drift + 0 * offset
        coarse = before.drift / view.factor
        reference = Sampler(before.overview.image, self._far, pool).cells(coarse)
        sampler = Sampler(view.image, self._far, pool)
        return near(sampler, [reference], coarse + offset / view.factor).drift * view.factor

    def _seen(
        self, image: Image, view: Overview, drift: Vector, sampler: Sampler, pool: Executor
    ) -> Seen:
        check = Sampler(image, self._check, pool).cells(drift)
        return Seen(sampler.cells(drift), check, view, drift)
