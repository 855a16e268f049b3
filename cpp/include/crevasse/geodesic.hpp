#pragma once

#include <array>
#include <limits>

#include "crevasse/runs.hpp"

namespace crevasse {

struct GeodesicOptions {
  std::array<double, 3> spacing{1, 1, 1};  ///< Voxel size along z, y, x; positive, finite.
  double limit = std::numeric_limits<double>::infinity();  ///< Positive.
  float outside = std::numeric_limits<float>::infinity();  ///< What is written outside of the mask.
};

/// Length of the shortest path inside `runs` from the nearest voxel of `seeds` to every voxel, in
/// the unit of the spacing: 0 at seeds, infinite where there is no path and farther than `limit`,
/// and `options.outside` outside of `runs`. Where `out_is_zero` it holds that already, and with 0
/// outside, what lies far from runs is not touched. Seeds outside of `runs` do not count. The same
/// for every thread count.
///
/// A path leads from voxel to voxel in straight pieces. A piece counts if a chain of 26-neighbours
/// inside `runs`, which never turns back along an axis, follows it from end to end, less than a
/// voxel off along every axis, or if it lies between others that count, less than a voxel apart. So
/// what is reached are the components by corners that hold a seed; no result is shorter than the
/// straight line to the nearest seed or longer than the shortest chain of 26-neighbours, and along
/// free straight lines it is exact (but for 1 in 2500 in ragged masks). Along round walls it is
/// longer than the smooth wall, by about 0.4 voxels for each radian.
///
/// Method: an any-angle front (Theta*, Nash, Daniel, Koenig & Felner, AAAI 2007; Lazy Theta*, Nash,
/// Koenig & Tovey, AAAI 2010) in order of distance. Components are independent, so threads share
/// them; one component is the work of one thread.
/// Memory: 16 bytes a voxel of `runs`, a little more where paths bend; `out` numbers the voxels
/// meanwhile. Throws std::length_error past 2^31 - 1 voxels in `runs` or along z or y.
/// Pre: equal shapes.
void geodesic_distance(const RunVolume& runs, const RunVolume& seeds, Volume<float> out,
                       const GeodesicOptions& options, bool out_is_zero, int threads);

}  // namespace crevasse
