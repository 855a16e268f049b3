#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "crevasse/regions.hpp"

namespace crevasse {

/// What follows from the sums of regions, column by column: column c of region i is at [c * n + i].
struct RegionMeasures {
  /// Voxels; begin of the bounding box along z, y, x; its end; raster index of the first voxel.
  static constexpr std::size_t whole_columns = 8;
  /// Volume; centroid z, y, x; covariance zz, yy, xx, zy, zx, yx; share of the bounding box;
  /// diameter of a ball as large, or in an image of a disc.
  static constexpr std::size_t real_columns = 12;

  Buffer<std::int64_t> whole;
  Buffer<double> real;
  Buffer<std::uint8_t> touches_border;  ///< 1 where a region has a voxel in a face of the volume.
};

/// Moments are taken about each region's lowest corner, exactly: far from the volume's origin the
/// difference of large numbers would have few digits left. `shape` and `spacing` are the volume's;
/// an image (`ndim` 2) is one slice, 1 thick, and has no faces along z.
RegionMeasures region_measures(std::span<const RegionSums> sums, const Shape& shape,
                               const std::array<double, 3>& spacing, int ndim, int threads);

}  // namespace crevasse
