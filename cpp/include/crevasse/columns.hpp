#pragma once

#include <cstdint>

#include "crevasse/runs.hpp"

namespace crevasse {

/// The voxels that lie in their column along `axis` (0: z, 1: y, 2: x) from `begin` to below `end`.
///
/// Both are maps over the other two axes, in raster order; what reaches beyond the volume is cut,
/// and columns with `end <= begin` are empty. Method: a comparison of each row with the maps, or
/// one run a row along x.
RunVolume columns(const Shape& shape, int axis, const std::int32_t* begin, const std::int32_t* end,
                  int threads);

}  // namespace crevasse
