import threading
from itertools import pairwise

import numpy as np
import pytest

from crevasse.io import Frame, ReadAhead


def frames(read, n=4):
    def frame(index):
        return Frame(index, f"f{index}", float(index), (2, 2), np.dtype("u1"), lambda: read(index))

    return [frame(index) for index in range(n)]


def image(index):
    return np.full((2, 2), index, np.uint8)


def test_what_was_begun_is_read_meanwhile_and_once():
    begun = [threading.Event() for _ in range(4)]
    count = [0] * 4

    def read(index):
        begun[index].set()
        count[index] += 1
        return image(index)

    a, b, c, _ = frames(read)
    with ReadAhead() as ahead:
        assert (ahead.read(a) == 0).all()
        assert not begun[1].is_set()
        ahead.begin(b)
        assert begun[1].wait(10)
        assert not begun[2].is_set()
        assert (ahead.read(b) == 1).all()
        assert (ahead.read(c) == 2).all()  # not begun: read now
    assert count == [1, 1, 1, 0]


def test_another_frame_than_the_one_begun_can_be_read():
    a, b, _, d = frames(image)
    with ReadAhead() as ahead:
        ahead.begin(a)
        ahead.begin(b)
        assert (ahead.read(d) == 3).all()
        assert (ahead.read(b) == 1).all()


def test_an_error_is_raised_when_its_frame_is_asked_for():
    def read(index):
        if index == 1:
            raise ValueError("f1 is truncated")
        return image(index)

    a, b, c, _ = frames(read)
    with ReadAhead() as ahead:
        ahead.begin(b)
        with pytest.raises(ValueError, match="f1 is truncated"):
            ahead.read(b)
        ahead.begin(b)
        ahead.begin(c)  # nobody asks for the broken one
        assert (ahead.read(c) == 2).all()
        assert (ahead.read(a) == 0).all()
        ahead.begin(b)


def test_leaving_ends_the_thread():
    with ReadAhead() as ahead:
        ahead.begin(frames(image)[0])
    names = [thread.name for thread in threading.enumerate()]
    assert not any(name.startswith("read_ahead") for name in names)


def test_never_more_than_one_image_is_held():
    alive, most = set(), []

    class Counted(np.ndarray):
        def __del__(self):
            alive.discard(id(self))

    def read(index):
        array = image(index).view(Counted)
        alive.add(id(array))
        most.append(len(alive))
        return array

    series = frames(read, 6)
    with ReadAhead() as ahead:
        for frame, following in pairwise(series):
            given = ahead.read(frame)
            del given
            ahead.begin(following)
    assert max(most) == 1
