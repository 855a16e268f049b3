#pragma once

#include <array>
#include <limits>

#include "crevasse/runs.hpp"

namespace crevasse {

struct ThicknessOptions {
  std::array<double, 3> spacing{1, 1, 1};  ///< Voxel size along z, y, x; positive, finite.
  std::array<bool, 3> border{};            ///< Whether beyond the ends of z, y, x is background.
  bool closed = true;  ///< Whether a voxel at exactly the radius lies in the ball.
  double limit = std::numeric_limits<double>::infinity();  ///< Positive: the largest diameter.
};

/// Local thickness: at every voxel of `runs` the diameter of the largest ball that covers it, of
/// those around voxels of `runs` that reach to the nearest background voxel centre; 0 at
/// background, infinite where there is no background at all. In the unit of the spacing. Balls that
/// would be larger than `limit` are of that diameter, so that what a voxel gets depends on nothing
/// farther away than it.
///
/// Exact for spacings with a common measure and radii up to 4095 of it: squared radii are compared
/// as whole numbers. Otherwise ties are decided within 1.5e-7 of the squared radius.
///
/// `out_is_zero`: `out` is known to hold zeros.
///
/// Method: Hildebrand & Rüegsegger, J. Microscopy 185, 1997. Balls that lie within that of one of
/// the 26 neighbours are left out; this is exact, by the farthest voxel of a ball from the
/// neighbour, tabulated over squared radius. The rest are painted tile by tile, from the largest
/// down, into bits of voxels yet unpainted, so every voxel is written once.
/// Memory: 8 bytes a ball that is left, and some 20 bytes a ball of one tile and its neighbours a
/// thread; squared distances are kept in `out`. If memory runs out, `out` holds no result.
/// Pre: equal shapes.
void local_thickness(const RunVolume& runs, Volume<float> out, bool out_is_zero,
                     const ThicknessOptions& options, int threads);

}  // namespace crevasse
