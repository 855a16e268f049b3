"""Pairs of events that happened at about the same time."""

from __future__ import annotations

from collections.abc import Sequence

_Best = tuple[int, int]  # pairs, and less what they are apart in all


def pair_in_order(a: Sequence[int], b: Sequence[int], tolerance: int) -> list[tuple[int, int]]:
    """Indices of as many pairs as there can be of two rising sequences of frames.

    A pair is at most `tolerance` apart; among the choices with most pairs, the sum of what they are
    apart is least. One that keeps the order is among the best, so the best for the first i of `a`
    and j of `b` follows from those for one less of either.
    """
    rows: list[tuple[int, list[_Best]]] = [(0, [(0, 0)])]  # for each i: from which j, and the best

    def best(i: int, j: int) -> _Best:
        while i and j < rows[i][0]:  # too early for the last of `a`, which makes no difference
            i -= 1
        begin, values = rows[i]
        return values[min(j - begin, len(values) - 1)]

    begin = 0
    for i, frame in enumerate(a):
        while begin < len(b) and b[begin] < frame - tolerance:
            begin += 1
        row, j = [best(i, begin)], begin
        while j < len(b) and b[j] <= frame + tolerance:
            n, less = best(i, j)
            row.append(max(row[-1], best(i, j + 1), (n + 1, less - abs(b[j] - frame))))
            j += 1
        rows.append((begin, row))

    pairs = []
    i, j = len(a), len(b)
    while i and j:
        if best(i, j) == best(i - 1, j):
            i -= 1
        elif best(i, j) == best(i, j - 1):
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]
