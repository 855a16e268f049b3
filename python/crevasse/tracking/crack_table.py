"""The table of cracks: how each came and went, when, and how large it was at most."""

from __future__ import annotations

import numpy as np

from crevasse._table import Coded, Table
from crevasse.tracking.closures import CLOSED, OPEN, Fates, Provisional
from crevasse.tracking.events import ClosureStatus, Fate, Origin, code_of
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
    fate = np.full(n_cracks, code_of(Fate.MERGE))
    fate[fates.values == OPEN] = code_of(Fate.OPEN)
    fate[fates.values == CLOSED] = code_of(Fate.CLOSURE)
    closure = np.full(n_cracks, code_of(ClosureStatus.NONE))
    closure[provisional.crack - 1] = code_of(ClosureStatus.PROVISIONAL)
    closure[events["crack"][corrections["event"]] - 1] = corrections.codes("status")
    row = nodes["crack"] - 1
    first, last = range_of_each(row, nodes["frame"], n_cracks)
    _, greatest = range_of_each(row, nodes["n_voxels"], n_cracks)
    return Table(
        {
            "crack": origins["crack"][by_id],
            "origin": Coded(origins.codes("origin")[by_id], list(Origin)),
            "parent": origins["parent"][by_id],
            "first_frame": first,
            "last_frame": last,
            "fate": Coded(fate, list(Fate)),
            "merged_into": np.maximum(fates.values, 0),
            "closure": Coded(closure, list(ClosureStatus)),
            "max_n_voxels": greatest,
        }
    )
