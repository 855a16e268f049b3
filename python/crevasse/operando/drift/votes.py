"""Votes on a shift: every part of an image has one, and those that agree sharply win."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_TIGHT = 0.05  # voxels: votes that agree to this are of one shift
_KNOWN = 0.15  # voxels: those that know their shift better than this have equal say
_AGAINST = 0.3  # share of a vote that one nearby takes away
_REACH = 1.0  # voxels: what lies farther off is not looked at
_APART = 0.1  # voxels: closer than this, two peaks are one
_SEEN = 0.01  # of what is known along the best-known direction: less may come from noise alone
_FAR = 0.05  # of the score a peak must have more for each voxel that it lies farther off
_PEAKS = 2  # an axis
_FOLLOWED = 4  # of the combinations of all axes' peaks
_TOLERANCES = (2 * _TIGHT, _TIGHT)  # one after the other, towards the nearest agreement
_ROUNDS = 4  # at each


@dataclass(frozen=True, eq=False)
class Votes:
    """The shifts that the parts of an image ask for.

    Attributes
    ----------
    shift
        In voxels, (part, axis).
    directions
        Unit vectors, (part, axis, direction), along which a part knows its shift more or less
        surely.
    surely
        Inverse variance along each, 1/voxel², (part, direction): a part with one face knows the
        shift along its normal only.
    say
        Weight of each.
    """

    shift: Vector
    directions: Vector
    surely: Vector
    say: Vector

    def scores(self, shifts: Sequence[Vector]) -> Vector:
        """How sharply the votes agree on each of some shifts, at most 1.

        What has moved as one agrees to the noise, what grows agrees roughly: votes nearby that
        differ count against a shift.
        """
        total = float(self._known.sum())
        if not (shifts and total > 0):
            return np.zeros(len(shifts))
        away = self.shift[:, :, None] - np.stack(shifts, axis=1)
        narrow = np.exp(-0.5 * _squared(away, self._limited(_TIGHT)))
        wide = np.exp(-0.5 * _squared(away, self._limited(3 * _TIGHT)))
        scores: Vector = self._known @ (narrow - _AGAINST * wide) / total
        return scores

    def agreement(self, shift: Vector) -> Vector:
        """The score of each axis alone: how sharply those that know it agree along it.

        0 along an axis that none knows.
        """
        away = (self.shift - shift) / _TIGHT
        known = np.diagonal(self._limited(_KNOWN), axis1=1, axis2=2) * self.say[:, None]
        sharply = np.exp(-0.5 * away**2) - _AGAINST * np.exp(-0.5 * (away / 3) ** 2)
        total = known.sum(axis=0)
        score: Vector = (known * sharply).sum(axis=0) / np.where(total > 0, total, 1.0)
        return score

    def peaks(self) -> list[Vector]:
        """Shifts that many agree on, the best first."""
        starts = [np.array(s) for s in itertools.product(*self._ticks())]
        first, *others = starts
        ends = [self.towards(s) for s in (first, *self._ranked(others)[:_FOLLOWED])]
        apart: list[Vector] = []
        for end in self._ranked(ends):
            if all(np.abs(end - a).max() > _APART for a in apart):
                apart.append(end)
        return apart

    def towards(self, shift: Vector) -> Vector:
        """The agreement next to a shift."""
        for tolerance in _TOLERANCES:
            limited = self._limited(tolerance)
            for _ in range(_ROUNDS):
                away = self.shift - shift
                pulls = np.matmul(limited, away[:, :, None])[:, :, 0]
                weight = 1 / (1 + np.einsum("ci,ci->c", away, pulls)) ** 2
                shift = shift + _solved(np.tensordot(weight, limited, 1), weight @ pulls)
        return shift

    def _ranked(self, shifts: Sequence[Vector]) -> list[Vector]:
        """The best first; what lies farther off must be better."""
        far = np.array([np.linalg.norm(shift) for shift in shifts])
        order = np.argsort(_FAR * far - self.scores(shifts), kind="stable")
        return [shifts[k] for k in order]

    def _ticks(self) -> list[list[float]]:
        """Per axis: no shift, and where most that know this axis meet."""
        at = np.arange(-_REACH, _REACH + 0.5 * _TIGHT, _TIGHT)
        out = []
        for axis in range(self.shift.shape[1]):
            known = self._limited(_KNOWN)[:, axis, axis] * self.say
            if known.sum() < _SEEN * self._known.sum():
                out.append([0.0])
                continue
            away = (self.shift[:, axis, None] - at) / _TIGHT
            narrow, wide = np.exp(-0.5 * away**2), np.exp(-0.5 * (away / 3) ** 2)
            density = known @ (narrow - _AGAINST * wide)
            middle = density[1:-1]
            top = (middle >= density[:-2]) & (middle > density[2:]) & (middle > 0)
            where = np.flatnonzero(top) + 1
            where = where[np.argsort(-density[where], kind="stable")]
            out.append([0.0, *at[where[:_PEAKS]].tolist()])
        return out

    @cached_property
    def _known(self) -> Vector:
        known: Vector = np.trace(self._limited(_KNOWN), axis1=1, axis2=2) * self.say
        return known

    def _limited(self, tolerance: float) -> Vector:
        """Inverse covariances, (part, axis, axis), none surer than a tolerance."""
        if tolerance not in self._all_limited:
            values = self.surely / (1 + self.surely * tolerance**2)
            limited = np.matmul(self.directions * values[:, None], self.directions.mT)
            self._all_limited[tolerance] = limited
        return self._all_limited[tolerance]

    @cached_property
    def _all_limited(self) -> dict[float, Vector]:
        return {}


def _squared(away: Vector, surely: Vector) -> Vector:
    """Squared distances, (part, shift), of what is (part, axis, shift)."""
    squared: Vector = np.einsum("cas,cas->cs", away, np.matmul(surely, away))
    return squared


def _solved(matrix: Vector, pull: Vector) -> Vector:
    """Along directions that next to nothing speaks for there is no step."""
    values, vectors = np.linalg.eigh(matrix)
    known = values > _SEEN * max(float(values[-1]), 1e-300)
    step: Vector = vectors[:, known] @ ((vectors[:, known].T @ pull) / values[known])
    return step
