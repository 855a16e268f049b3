"""The lineage figure: every crack's volume through time, and how cracks became one another."""

from __future__ import annotations

from matplotlib.figure import Figure

from crevasse.report.lineage_drawing import draw, draw_nothing
from crevasse.report.lineage_layout import choose_lanes
from crevasse.tracking import History


def lineage_figure(
    history: History, *, n_lineages: int = 12, least_share: float = 0.02, most_cracks: int = 48
) -> Figure:
    """Draw cracks as bands along true time, as wide as their volume, that merge and split.

    A band is straight between two frames. Where cracks merge or split, a connector as wide as the
    volume that both share leads from the one to the other. A crack that is born or closes between
    two frames begins or ends halfway, with a mark.

    Parameters
    ----------
    history
        Of `crevasse.track`; it may hold no crack.
    n_lineages
        How many lineages to show, the largest first. A lineage is a crack with all that merged into
        it, split off from it or reopened it.
    least_share
        Cracks that never reach this share of their lineage's greatest volume are left out.
    most_cracks
        If more remain, the share is raised until they do not. The figure says what it leaves out.

    Returns
    -------
    matplotlib.figure.Figure
        Bands have the gid ``crack-<id>``, connectors ``overlap-<frame>-<id before>-<id after>``,
        and ``memory-`` in its place where a crack reopened.

    Raises
    ------
    ValueError
        If `n_lineages` or `most_cracks` is not positive, or `least_share` not in [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> from crevasse import track
    >>> from crevasse.report import lineage_figure
    >>> history = track(np.array([[[1, 1, 0, 1]], [[1, 1, 1, 1]]]), times=[0, 1])
    >>> figure = lineage_figure(history)
    >>> sorted(patch.get_gid() for patch in figure.axes[0].patches)
    ['crack-1', 'crack-2', 'overlap-1-2-1']
    """
    for name, value in (("n_lineages", n_lineages), ("most_cracks", most_cracks)):
        if value < 1:
            raise ValueError(f"{name} must be at least 1, got {value}")
    if not 0 <= least_share <= 1:
        raise ValueError(f"least_share must lie in [0, 1], got {least_share}")
    lanes = choose_lanes(
        history, n_lineages=n_lineages, least_share=least_share, most_lanes=most_cracks
    )
    return draw(history, lanes) if len(lanes.crack) else draw_nothing(history)
