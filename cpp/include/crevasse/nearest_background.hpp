#pragma once

#include <array>
#include <cstdint>

#include "crevasse/runs.hpp"

namespace crevasse {

/// Where the nearest background voxel of every voxel of `runs` is, centre to centre: its z, y and x
/// in `out[0]`, `out[1]` and `out[2]`; background voxels are their own; -1 everywhere if there is
/// no background. Among equally near ones the first in raster order, where the spacings have a
/// common measure; otherwise within the rounding of double precision.
///
/// `spacing`: voxel size along z, y, x; positive, finite.
///
/// Method: as `distance`, each pass keeping the place that its minimum comes from.
/// Memory: none a voxel beside `out` where spacings have a common measure; else 8 bytes a voxel.
/// Pre: every part of `out` has the shape of `runs`, and no axis is longer than 2^31 - 1.
void nearest_background(const RunVolume& runs, const std::array<Volume<std::int32_t>, 3>& out,
                        const std::array<double, 3>& spacing, int threads);

}  // namespace crevasse
