"""Images in bricks, for tests."""

import dask.array as da
import numpy as np
from hypothesis import strategies as st

_SMALL = st.integers(1, 12)
_KINDS = ["bool", "u1", "i2", "u4", "i8", "u8"]


def cut(image, brick):
    """As a dask array in bricks of a shape, or of lengths one by one."""
    return da.from_array(image, chunks=brick)


@st.composite
def lengths(draw, total):
    """Lengths that add up to `total`, some of them perhaps 0."""
    ends = draw(st.lists(st.integers(0, total), max_size=4))
    bounds = [0, *sorted(ends), total]
    return tuple(int(n) for n in np.diff(bounds))


@st.composite
def images_in_bricks(draw, kinds=tuple(_KINDS), shapes=None):
    """An image and its chunks: bool or of a few values, sparse to full, cut anywhere."""
    shape = draw(shapes or st.one_of(st.tuples(_SMALL, _SMALL), st.tuples(_SMALL, _SMALL, _SMALL)))
    dtype = np.dtype(draw(st.sampled_from(kinds)))
    density = draw(st.sampled_from([0.05, 0.2, 0.5, 0.9, 1.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    image = rng.random(shape) < density
    if dtype.kind != "b":
        values = [1] if draw(st.booleans()) else [1, 2, np.iinfo(dtype).max]
        image = np.where(image, rng.choice(np.array(values, dtype), shape), dtype.type(0))
    return image, tuple(draw(lengths(n)) for n in shape)
