#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "crevasse/connectivity.hpp"
#include "crevasse/runs.hpp"

namespace crevasse {

/// From a brick to another of the 26 around it: -1, 0 or 1 along each axis, and not all 0.
struct BrickDirection {
  int z = 0, y = 0, x = 0;
};

/// A foreground voxel of a brick, and its label there.
struct BoundaryVoxel {
  std::int32_t z, y, x;
  std::uint32_t label;
};

/// The voxels that lie farthest in a direction: in a face, an edge or a corner of the brick, in
/// raster order. `labels`: one a run. Linear in the runs of the rows that reach there.
/// Throws std::invalid_argument where the direction is none.
Buffer<BoundaryVoxel> boundary_voxels(const RunVolume& runs, std::span<const std::uint32_t> labels,
                                      const BrickDirection& direction);

/// Labels of neighbouring voxels of two bricks, (one of `a`, one of `b`), sorted, each pair once.
///
/// `a` is what lies farthest in `direction` of a brick, `b` the opposite part of the next brick,
/// which begins at `offset` in voxels of the first. Where values are given, one a voxel, voxels
/// join only where they are equal. Linear in voxels but for sorting of pairs that are not alike.
/// Throws std::invalid_argument where the direction is none.
Buffer<std::array<std::uint32_t, 2>> meeting_labels(std::span<const BoundaryVoxel> a,
                                                    std::span<const BoundaryVoxel> b,
                                                    std::span<const std::int64_t> values_a,
                                                    std::span<const std::int64_t> values_b,
                                                    const BrickDirection& direction,
                                                    const Shape& offset, Connectivity connectivity);

/// Raster index of the first voxel of each component. Pre: labels rise in raster order of first
/// voxels, as those of `label` do.
Buffer<index_t> first_voxels(const RunVolume& runs, std::span<const std::uint32_t> labels,
                             index_t count);

}  // namespace crevasse
