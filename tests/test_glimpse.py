"""Drift found from a glimpse of a frame is that found from the frame."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from test_align import shifted, textured

from crevasse.operando import Settings, cluster
from crevasse.operando.drift import blocks
from crevasse.operando.drift.finder import DriftFinder
from crevasse.operando.drift.glimpse import Glimpse, OutOfSightError
from crevasse.operando.drift.motion import Motion
from crevasse.operando.preparation import Preparation

DRIFTS = [(0, 0, 0), (0.4, -1.3, 2.5), (1.2, 3, -2.6)]


@pytest.fixture
def frames(rng, monkeypatch):
    """So large that blocks, some of them at the border, are little of them."""
    monkeypatch.setattr(blocks, "MOST_BLOCKS", 8)
    first = textured((96, 100, 104), rng)
    return [shifted(first, d).astype(np.uint8) for d in DRIFTS]


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as threads:
        yield threads


def test_a_glimpse_is_enough_and_says_the_same(frames, pool):
    whole = seen = DriftFinder.begin(frames[0], pool)
    for frame, drift in zip(frames[1:], DRIFTS[1:], strict=True):
        glimpse = pickle.loads(pickle.dumps(seen.glimpse(frame, pool)))
        assert isinstance(glimpse, Glimpse)
        assert glimpse.windows.nbytes < frame.nbytes
        expected, whole = whole.find(frame, pool)
        found, seen = seen.find(glimpse, pool)
        np.testing.assert_array_equal(found.shift, expected.shift)
        np.testing.assert_allclose(found.shift, drift, atol=0.1)
        np.testing.assert_array_equal(found.agreement, expected.agreement)
        np.testing.assert_array_equal(seen.before.cells.slope, whole.before.cells.slope)
        np.testing.assert_array_equal(seen.before.check.grey, whole.before.check.grey)


def test_what_has_moved_elsewhere_is_looked_for_in_the_frame(frames, pool, monkeypatch):
    preparation = Preparation.of(Settings.for_cracks(threshold=9, align="translation"))
    _, _, preparation = preparation.find(frames[0])
    monkeypatch.setattr(DriftFinder, "_from_afar", lambda *_: np.full(3, 30.0))
    astray = preparation.finder.glimpse(frames[1])
    monkeypatch.undo()
    with pytest.raises(OutOfSightError):
        preparation.finder.find_from(astray)
    _, expected, _ = preparation.find(frames[1])

    class Frame:
        def read(self):
            return frames[1]

    motion, after = cluster._find((Motion(), preparation), astray, Frame())
    np.testing.assert_array_equal(motion.drift.shift, expected.drift.shift)
    assert after.finder.drifts.before is not preparation.finder.drifts.before


def test_small_images_are_seen_whole(rng, pool):
    image = textured((30, 31, 32), rng)
    glimpse = DriftFinder.begin(image, pool).glimpse(image, pool)
    np.testing.assert_array_equal(glimpse, image)
