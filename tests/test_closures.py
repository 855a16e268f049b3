import numpy as np
import pytest

from crevasse.tracking.closures import CLOSED, OPEN, Fates


def through_mergers(fate, crack):
    while fate[crack - 1] > 0:
        crack = fate[crack - 1]
    return crack


@pytest.mark.parametrize("seed", range(5))
def test_fates_are_those_of_a_plain_list_and_earlier_ones_stay(seed):
    rng = np.random.default_rng(seed)
    fates, plain, seen = Fates.of_open(0), [], []
    for _ in range(40):
        open_ = np.flatnonzero(np.array(plain, dtype=np.int64) == OPEN) + 1
        ended = rng.permutation(open_)[: rng.integers(0, 12)]
        plain += [OPEN] * int(rng.integers(0, 12))
        left = np.setdiff1d(np.arange(1, len(plain) + 1), ended)
        into = rng.choice(np.append(left, 0), len(ended)) * (rng.random(len(ended)) < 0.7)
        for crack, successor in zip(ended.tolist(), into.tolist(), strict=True):
            plain[crack - 1] = successor if successor else CLOSED
        fates = fates.after(len(plain), ended, into.astype(np.int64))
        seen.append((fates, list(plain)))
    for fates, plain in seen:
        cracks = np.arange(1, len(plain) + 1)
        heirs = [through_mergers(plain, crack) for crack in cracks.tolist()]
        assert fates.values.tolist() == plain
        assert fates.heirs(cracks).tolist() == heirs
        assert fates.closed(cracks).tolist() == [plain[h - 1] == CLOSED for h in heirs]
