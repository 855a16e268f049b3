"""How many slices more than it gives a block needs on each side, by method."""

from typing import Any

from crevasse.steps import slices_within


def _calc_padding_distance_within(
    limit: float, voxel_size: float = 1.0, **kwargs: Any
) -> tuple[int, int]:
    slices = slices_within(limit, voxel_size)
    return slices, slices


_calc_padding_thickness_within = _calc_padding_distance_within
