"""Reads damaged files, one after another, and says of each what came of it.

Run as a script in a process of its own, so that a crash or a hang of a library shows:
python fuzz_reader.py EXPECTED.npy FILE... prints a line "equal", "other" or "refused: message" for
each file.
"""

import sys
import warnings

import numpy as np

from crevasse.io import open_scan

NEWLINE = "<newline>"


def outcome(path, expected):
    """What became of one file; anything but ValueError, OSError and MemoryError goes on up."""
    try:
        image = open_scan(path).read()
    except (ValueError, OSError, MemoryError) as error:
        return f"refused: {error!s}"
    equal = image.shape == expected.shape and image.dtype == expected.dtype
    return "equal" if equal and np.array_equal(image, expected) else "other"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    wanted = np.load(sys.argv[1])
    for name in sys.argv[2:]:
        print(outcome(name, wanted).replace("\n", NEWLINE), flush=True)
