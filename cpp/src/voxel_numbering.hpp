#pragma once

#include <cstdint>

#include "crevasse/runs.hpp"

namespace crevasse {

/// Numbers 0, 1, … of the voxels of a set in raster order: what is known of each takes memory for
/// its voxels alone.
class VoxelNumbering {
 public:
  /// Throws std::length_error past 2^31 - 1 voxels. `runs` must outlive it.
  explicit VoxelNumbering(const RunVolume& runs);

  std::uint32_t count() const { return first_[first_.size() - 1]; }
  /// The number of the first voxel of run i.
  std::uint32_t first(std::size_t i) const { return first_[i]; }
  /// The raster index of a voxel. Searches: for few voxels.
  index_t raster(std::uint32_t number) const;

 private:
  const RunVolume& runs_;
  Buffer<std::uint32_t> first_;  ///< One a run, and the count.
};

/// The numbers of the voxels of nine rows, a row and those around it, by x; where there is none,
/// the count. So the 26 neighbours of a voxel are found without a search.
class NeighbourNumbers {
 public:
  NeighbourNumbers(const RunVolume& runs, const VoxelNumbering& numbering);

  /// Make row r, which is (z, y), the one in the middle.
  void move_to(index_t z, index_t y);
  /// Call `visit(number)` for the 27 places at and around x in raster order.
  template <class Visit>
  CREVASSE_INLINE void for_each(std::int32_t x, Visit&& visit) const {
    for (index_t k = 0; k < 9; ++k) {
      const std::uint32_t* const row = numbers_.data() + k * width_ + x;  // begins at x - 1
      visit(row[0]);
      visit(row[1]);
      visit(row[2]);
    }
  }

 private:
  void clear();

  const RunVolume& runs_;
  const VoxelNumbering& numbering_;
  index_t width_;
  index_t z_ = -1, y_ = -1;
  Buffer<std::uint32_t> numbers_;
};

}  // namespace crevasse
