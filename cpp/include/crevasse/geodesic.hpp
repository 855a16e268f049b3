#pragma once

#include <array>
#include <limits>

#include "crevasse/runs.hpp"

namespace crevasse {

struct GeodesicOptions {
  std::array<double, 3> spacing{1, 1, 1};  ///< Voxel size along z, y, x; positive, finite.
  double limit = std::numeric_limits<double>::infinity();  ///< Positive.
};

/// Length of the shortest path inside `runs` from the nearest voxel of `seeds` to every voxel of
/// `runs`, one each in raster order, in the unit of the spacing: 0 at seeds, infinite where there
/// is no path and farther than `limit`. Seeds outside of `runs` do not count. The same for every
/// thread count.
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
/// Memory: 20 bytes a voxel of `runs`, a little more where paths bend, and five bits a voxel of the
/// box around them. Throws std::length_error past 2^31 - 1 voxels in `runs` or along z or y.
/// Pre: equal shapes.
Buffer<float> geodesic_distance(const RunVolume& runs, const RunVolume& seeds,
                                const GeodesicOptions& options, int threads);

}  // namespace crevasse
