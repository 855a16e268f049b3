"""Hypothesis strategies for images of every kind that a kernel may meet."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

# Rows around the 64-voxel words of the encoder, and everything tiny.
_ROW = st.one_of(st.integers(0, 9), st.sampled_from([62, 63, 64, 65, 127, 128, 129, 200]))
_SMALL = st.integers(0, 7)

shapes_2d = st.tuples(_SMALL, _ROW)
shapes_3d = st.tuples(_SMALL, _SMALL, _ROW)
shapes = st.one_of(shapes_2d, shapes_3d)


@st.composite
def masks(draw, shape=shapes):
    """Bool masks: empty, sparse, busy, full, striped."""
    dims = draw(shape)
    density = draw(st.sampled_from([0.0, 0.02, 0.2, 0.5, 0.9, 1.0]))
    seed = draw(st.integers(0, 2**32 - 1))
    mask = np.random.default_rng(seed).random(dims) < density
    if draw(st.booleans()):
        mask[..., :: draw(st.integers(1, 5))] = draw(st.booleans())
    return mask


@st.composite
def label_images(draw, shape=shapes):
    """Integer images with few distinct values, among them the extremes of the dtype."""
    dims = draw(shape)
    dtype = np.dtype(draw(st.sampled_from(["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8"])))
    limits = np.iinfo(dtype)
    palette = np.array([0, 1, 2, limits.max, limits.min], dtype=dtype)
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    weights = draw(st.sampled_from([[8, 1, 1, 1, 1], [1, 1, 1, 1, 1], [0, 1, 0, 0, 0]]))
    return rng.choice(palette, size=dims, p=np.array(weights) / sum(weights))


@st.composite
def mask_pairs(draw, shape=shapes):
    """Two masks of one shape."""
    dims = draw(shape)
    return draw(masks(st.just(dims))), draw(masks(st.just(dims)))


@st.composite
def mask_series(draw, shape=shapes, max_frames=5):
    """A few frames of one shape; each may be related to the one before."""
    dims = draw(shape)
    frames = [draw(masks(st.just(dims)))]
    for _ in range(draw(st.integers(0, max_frames - 1))):
        change = draw(masks(st.just(dims)))
        frames.append(
            {"grow": frames[-1] | change, "shrink": frames[-1] & change, "new": change}[
                draw(st.sampled_from(["grow", "shrink", "new"]))
            ]
        )
    return frames


connectivities = st.sampled_from([6, 18, 26])
threads = st.sampled_from([1, 2, 3, 7])
finite_floats = hnp.from_dtype(np.dtype("f4"), allow_nan=False, allow_infinity=False)
