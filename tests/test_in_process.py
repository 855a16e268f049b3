"""Frames are looked at while the one before is worked on, one grey volume at a time."""

import threading
import weakref
from dataclasses import dataclass, replace

import numpy as np
import pytest

from crevasse import _core
from crevasse._threads import default_threads
from crevasse.io import open_series
from crevasse.operando.in_process import InProcess

N_FRAMES = 4


class Images:
    """Frames whose images are counted while they live."""

    def __init__(self):
        self.alive = weakref.WeakSet()
        self.most = 0

    def read(self, k):
        image = np.full((2, 3), k, np.uint8).view(Counted)
        self.alive.add(image)
        self.most = max(self.most, len(self.alive))
        return image


class Counted(np.ndarray):
    __hash__ = object.__hash__


@dataclass(frozen=True, eq=False)
class Sums:
    """A sight that adds up what it sees; `looked` tells that a frame has been."""

    looked: list[threading.Event]
    total: int = 0
    bad: int = -1
    gate: threading.Event | None = None  # which all but the first frame wait for

    def observe(self, image):
        k = int(image[0, 0])
        if k == self.bad:
            raise ValueError(f"frame {k} is bad")
        total = self.total + k

        def rest():
            if self.gate is not None and k > 0:
                assert self.gate.wait(10)
            self.looked[k].set()
            return total, replace(self, total=total)

        return rest


@pytest.fixture
def images():
    return Images()


@pytest.fixture
def series(images):
    whole = open_series(np.zeros((N_FRAMES, 2, 3), np.uint8))
    frames = tuple(
        replace(frame, _read=lambda k=k: images.read(k)) for k, frame in enumerate(whole.frames)
    )
    return replace(whole, frames=frames)


def sums(**options):
    return Sums([threading.Event() for _ in range(N_FRAMES)], **options)


def test_each_sight_is_that_of_the_frame_before(series, images):
    sight, totals = sums(), []
    with InProcess(series) as place:
        for k in range(N_FRAMES):
            total, sight = place.look(k, sight)
            totals.append(total)
    assert totals == [0, 1, 3, 6]
    assert images.most == 1
    assert not images.alive


def test_the_next_frame_is_looked_at_without_being_asked_for(series):
    sight = sums()
    with InProcess(series) as place:
        place.look(0, sight)
        assert sight.looked[1].wait(10)
        assert not sight.looked[2].is_set()


def test_half_of_the_cores_are_left_to_a_look_until_it_has_ended(series):
    n = _core.default_threads()
    sight = sums(gate=threading.Event())
    with InProcess(series) as place:
        _, after = place.look(0, sight)
        assert default_threads() == n - n // 2
        sight.gate.set()
        place.look(1, after)
    assert default_threads() == n


def test_what_fails_is_told_when_it_is_asked_for_and_another_sight_looks_anew(series):
    sight = sums(bad=2)
    with InProcess(series) as place:
        _, sight = place.look(0, sight)
        _, sight = place.look(1, sight)
        with pytest.raises(ValueError, match="frame 2 is bad"):
            place.look(2, sight)
        total, _ = place.look(3, sight)
        assert total == 4
        other = sums(total=10)
        place.look(0, other)
        total, _ = place.look(1, replace(other, total=20))
        assert total == 21
    assert default_threads() == _core.default_threads()


def test_what_has_begun_is_waited_for_at_the_end(series):
    sight = sums()
    with InProcess(series) as place:
        place.look(0, sight)
    assert not [t for t in threading.enumerate() if t.name.startswith("look_ahead")]
