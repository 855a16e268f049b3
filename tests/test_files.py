"""Files and folders appear whole or not at all."""

import threading
import time
from contextlib import suppress

import pytest

from crevasse._files import replace_folder_when_written


def test_threads_that_go_on_writing_for_a_while_leave_nothing(tmp_path):
    """As a writer's own do when it is broken off."""
    stop = time.monotonic() + 0.5

    def write(folder):
        number = 0
        while time.monotonic() < stop:
            with suppress(OSError):
                (folder / str(number)).write_text("late")
            number += 1

    def broken_off():
        with replace_folder_when_written(tmp_path / "out.zarr") as unfinished:
            unfinished.mkdir()
            threading.Thread(target=write, args=(unfinished,)).start()
            time.sleep(0.05)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    time.sleep(max(0.0, stop - time.monotonic()) + 0.1)
    assert list(tmp_path.iterdir()) == []
