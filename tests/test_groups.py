import numpy as np
import pytest

from crevasse.tracking.groups import first_of_each, range_of_each


@pytest.mark.parametrize("seed", range(5))
def test_groups_are_those_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    group, a, b = rng.integers(0, 6, (3, rng.integers(0, 60)))
    rows = {g: np.flatnonzero(group == g).tolist() for g in sorted(set(group.tolist()))}
    groups, first = first_of_each(group, -a, b)
    assert groups.tolist() == list(rows)
    assert first.tolist() == [min(r, key=lambda i: (-a[i], b[i], i)) for r in rows.values()]
    of_all = [a[rows.get(g, [])] for g in range(7)]
    least, greatest = range_of_each(group, a, 7)
    nothing = np.iinfo(np.int64).max
    assert least.tolist() == [v.min(initial=nothing) for v in of_all]
    assert greatest.tolist() == [v.max(initial=-1) for v in of_all]
