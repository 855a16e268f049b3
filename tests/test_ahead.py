import threading
import time

import numpy as np
import pytest

from crevasse.io import Frame, open_series, read_ahead


def frames(read, n=4):
    def frame(index):
        return Frame(index, f"f{index}", float(index), (2, 2), np.dtype("u1"), lambda: read(index))

    return [frame(index) for index in range(n)]


def image(index):
    return np.full((2, 2), index, np.uint8)


def test_frames_come_in_order_with_their_images():
    series = open_series(np.stack([image(i) for i in range(5)]))
    got = list(read_ahead(series))
    assert [frame.index for frame, _ in got] == [0, 1, 2, 3, 4]
    assert all((read == frame.index).all() for frame, read in got)
    assert list(read_ahead([])) == []


def test_the_next_frame_is_read_meanwhile_and_no_further_one():
    begun = [threading.Event() for _ in range(4)]

    def read(index):
        begun[index].set()
        return image(index)

    for frame, _ in read_ahead(frames(read)):
        if frame.index < 3:
            assert begun[frame.index + 1].wait(10)
        time.sleep(0.02)  # for a read that must not begin
        assert not any(event.is_set() for event in begun[frame.index + 2 :])


def test_an_error_is_raised_at_its_frame_and_ends_it():
    def read(index):
        if index == 2:
            raise ValueError("f2 is truncated")
        return image(index)

    ahead = read_ahead(frames(read))
    assert [next(ahead)[0].index, next(ahead)[0].index] == [0, 1]
    with pytest.raises(ValueError, match="f2 is truncated"):
        next(ahead)
    assert list(ahead) == []


def test_leaving_early_ends_the_thread():
    for _ in read_ahead(frames(image)):
        break
    names = [thread.name for thread in threading.enumerate()]
    assert not any(name.startswith("read_ahead") for name in names)


def test_at_most_two_images_are_held():
    alive, most = set(), []

    class Counted(np.ndarray):
        def __del__(self):
            alive.discard(id(self))

    def read(index):
        array = image(index).view(Counted)
        alive.add(id(array))
        most.append(len(alive))
        return array

    for frame, _ in read_ahead(frames(read, 6)):
        time.sleep(0.01)
        del frame, _
    assert max(most) == 2
