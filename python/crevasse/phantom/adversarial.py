"""Small scenes that trackers get wrong, each a script that is its own truth."""

from __future__ import annotations

from crevasse.phantom import cells, lives, meetings
from crevasse.phantom.scene import Scene

_MAKERS = (
    meetings.one_voxel_bridge,
    meetings.corner_contact,
    meetings.five_into_one,
    meetings.one_into_five,
    meetings.merge_and_split_at_once,
    meetings.recombination,
    meetings.larger_share_changes_sides,
    meetings.closure_beside_survivor,
    meetings.ring_and_pore,
    meetings.pore_beside_growing_crack,
    meetings.passing_by,
    lives.touch_without_overlap,
    lives.flicker,
    lives.reopening_of_two,
    lives.reopening_over_a_living_crack_too,
    lives.reborn_elsewhere,
    lives.born_where_a_living_crack_was,
    lives.retreat_and_return,
    lives.empty_frames,
    lives.crossing_the_border,
    lives.region_of_interest,
    lives.drift,
    cells.bridge_by_merge,
    cells.bridge_outlives_split,
    cells.two_bridges,
    cells.born_while_stripping,
)


def scenes() -> tuple[Scene, ...]:
    """All adversarial scenes, in a fixed order; names are distinct.

    Examples
    --------
    >>> from crevasse import phantom
    >>> scene = phantom.scenes()[2]
    >>> scene.name, scene.description
    ('five_into_one', 'Five cracks become one in a single interval.')
    >>> scene.score(scene.track()).is_perfect
    True
    """
    return tuple(make() for make in _MAKERS)
