"""The table of cracks: how each came and went, when, and how large it was at most."""

from __future__ import annotations

import numpy as np

from crevasse._table import Coded, Table
from crevasse.tracking.closures import CLOSED, OPEN, Fates, Provisional
from crevasse.tracking.events import ClosureStatus, Fate, Origin
from crevasse.tracking.groups import range_of_each


def crack_table(
    origins: Table,
    nodes: Table,
    events: Table,
    corrections: Table,
    fates: Fates,
    provisional: Provisional,
) -> Table:
    """A row a crack, in order of id; see `History.cracks`, without volumes."""
    by_id = np.argsort(origins["crack"], kind="stable")
    n_cracks = len(by_id)
    fate = np.full(n_cracks, Fate.MERGE.code)
    fate[fates.values == OPEN] = Fate.OPEN.code
    fate[fates.values == CLOSED] = Fate.CLOSURE.code
    closure = np.full(n_cracks, ClosureStatus.NONE.code)
    closure[provisional.crack - 1] = ClosureStatus.PROVISIONAL.code
    closure[events["crack"][corrections["event"]] - 1] = corrections.codes("status")
    row = nodes["crack"] - 1
    first, last = range_of_each(row, nodes["frame"], n_cracks)
    _, greatest = range_of_each(row, nodes["n_voxels"], n_cracks)
    return Table(
        {
            "crack": origins["crack"][by_id],
            "origin": Coded(origins.codes("origin")[by_id], Origin),
            "parent": origins["parent"][by_id],
            "first_frame": first,
            "last_frame": last,
            "fate": Coded(fate, Fate),
            "merged_into": np.maximum(fates.values, 0),
            "closure": Coded(closure, ClosureStatus),
            "max_n_voxels": greatest,
        }
    )
