#pragma once

#include <span>

#include "crevasse/runs.hpp"

namespace crevasse {

/// The narrowest place of the widest way.
struct Bottleneck {
  index_t voxel = -1;  ///< Raster index; -1: there is no way.
  float width = 0;     ///< There.
};

/// The way by 26-neighbours through `runs` from a voxel that is also in `from` to one that is also
/// in `to` on which the least `width` is greatest, and where it is that: of the voxels of that
/// width by which such ways must go, the last in raster order. The same for every thread count.
///
/// Method: water falls over slopes (slopes.hpp) until the two are joined. Memory as for
/// `geodesic_tips`. Throws std::length_error past 2^31 - 1 voxels.
/// Pre: equal shapes; a width for each voxel of `runs`, in raster order, none NaN.
Bottleneck bottleneck(const RunVolume& runs, std::span<const float> width, const RunVolume& from,
                      const RunVolume& to, int threads);

}  // namespace crevasse
