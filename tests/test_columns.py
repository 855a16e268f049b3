import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crevasse import RunVolume


@given(
    st.one_of(
        st.tuples(*[st.integers(1, 6)] * 2),
        st.tuples(*[st.integers(1, 5)] * 2, st.integers(1, 80)),
    ),
    st.integers(-2, 1),
    st.integers(0, 99),
)
def test_columns_hold_what_lies_between_two_maps(shape, axis, seed):
    rng = np.random.default_rng(seed)
    remaining = tuple(n for i, n in enumerate(shape) if i != axis % len(shape))
    begin, end = rng.integers(-3, shape[axis] + 3, (2, *remaining))
    position = np.arange(shape[axis]).reshape(
        [-1 if i == axis % len(shape) else 1 for i in range(len(shape))]
    )
    expected = (np.expand_dims(begin, axis) <= position) & (position < np.expand_dims(end, axis))
    found = RunVolume.from_columns(shape, begin, end, axis=axis)
    np.testing.assert_array_equal(found.to_mask(), expected)
    assert found == RunVolume.from_mask(expected)


def test_what_does_not_fit_is_refused():
    ones = np.ones((3, 4), int)
    with pytest.raises(ValueError, match=r"begin must be integers of shape \(5, 4\), got int64"):
        RunVolume.from_columns((3, 5, 4), ones, ones)
    with pytest.raises(ValueError, match=r"end must be integers of shape \(3, 4\), got float64"):
        RunVolume.from_columns((5, 3, 4), ones, ones / 2)
    with pytest.raises(ValueError, match=r"axis must lie in -3..2 of \(5, 3, 4\), got 3"):
        RunVolume.from_columns((5, 3, 4), ones, ones, axis=3)
