#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "crevasse/runs.hpp"

namespace crevasse {

/// Integer sums over the voxels of one region, in voxel coordinates (z, y, x). Sums of parts add
/// up to the sums of the whole (`+=`), exactly, in any order.
struct RegionSums {
  std::uint64_t n_voxels = 0;
  std::array<std::uint64_t, 3> sum{};      ///< of z, y, x
  std::array<std::uint64_t, 6> product{};  ///< of zz, yy, xx, zy, zx, yx
  std::array<index_t, 3> low{};            ///< Least coordinates …
  std::array<index_t, 3> high{};           ///< … and one past the greatest: the bounding box.
  index_t first_voxel = 0;                 ///< Raster index of the first voxel.

  RegionSums& operator+=(const RegionSums& other);
};

/// Sums of every region: entry l - 1 belongs to label l. Labels that no run carries have
/// n_voxels == 0. Throws std::length_error where second moments could leave 64 bits (more than
/// about 2^64 / longest_edge^2 foreground voxels).
/// Pre: labels are 1..count, one a run.
Buffer<RegionSums> regions(const RunVolume& runs, std::span<const std::uint32_t> labels,
                           index_t count, int threads);

}  // namespace crevasse
