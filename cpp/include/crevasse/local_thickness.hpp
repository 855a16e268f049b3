#pragma once

#include <array>

#include "crevasse/runs.hpp"

namespace crevasse {

struct ThicknessOptions {
  std::array<double, 3> spacing{1, 1, 1};  ///< Voxel size along z, y, x; positive, finite.
  std::array<bool, 3> border{};            ///< Whether beyond the ends of z, y, x is background.
  bool closed = true;  ///< Whether a voxel at exactly the radius lies in the ball.
};

/// Local thickness: at every voxel of `runs` the diameter of the largest ball that covers it, of
/// those around voxels of `runs` that reach to the nearest background voxel centre; 0 at
/// background, infinite where there is no background at all. In the unit of the spacing.
///
/// Exact for spacings with a common measure and radii up to 4095 of it: squared radii are compared
/// as whole numbers. Otherwise ties are decided within a millionth.
///
/// Method: Hildebrand & Rüegsegger, J. Microscopy 185, 1997. Balls that lie within that of one of
/// the 26 neighbours are left out; this is exact, by the farthest voxel of a ball from the
/// neighbour, tabulated over squared radius. The rest are painted from the largest down into rows
/// of bits of voxels yet unpainted, so every voxel is written once.
/// Memory: an eighth of a byte a voxel, and 16 bytes a ball that is painted; squared distances are
/// kept in `out`. Threads own slices, so that the result does not depend on them.
/// Pre: equal shapes.
void local_thickness(const RunVolume& runs, Volume<float> out, bool out_is_zero,
                     const ThicknessOptions& options, int threads);

}  // namespace crevasse
