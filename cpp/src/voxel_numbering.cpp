#include "voxel_numbering.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

namespace crevasse {
namespace {

/// Call `visit(k, row)` for those of the nine rows around (z, y) that exist.
template <class Visit>
void for_each_row_around(const Shape& shape, index_t z, index_t y, Visit&& visit) {
  for (index_t k = 0; k < 9; ++k) {
    const index_t nz = z + k / 3 - 1, ny = y + k % 3 - 1;
    if (nz >= 0 && nz < shape.z && ny >= 0 && ny < shape.y) visit(k, nz * shape.y + ny);
  }
}

}  // namespace

VoxelNumbering::VoxelNumbering(const RunVolume& runs) : runs_(runs), first_(runs.runs.size() + 1) {
  const index_t voxels = runs.voxel_count();
  if (voxels > std::numeric_limits<std::int32_t>::max()) {
    throw std::length_error("mask must hold at most 2147483647 voxels, got " +
                            std::to_string(voxels));
  }
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < runs.runs.size(); ++i) {
    first_[i] = next;
    next += static_cast<std::uint32_t>(runs.runs[i].length());
  }
  first_[runs.runs.size()] = next;
}

index_t VoxelNumbering::raster(std::uint32_t number) const {
  const auto run = std::upper_bound(first_.begin(), first_.end(), number) - first_.begin() - 1;
  const auto& rows = runs_.row_begin;
  const index_t row = std::upper_bound(rows.begin(), rows.end(), run) - rows.begin() - 1;
  const auto i = static_cast<std::size_t>(run);
  return row * runs_.shape.x + runs_.runs[i].begin + static_cast<index_t>(number - first_[i]);
}

NeighbourNumbers::NeighbourNumbers(const RunVolume& runs, const VoxelNumbering& numbering)
    : runs_(runs),
      numbering_(numbering),
      width_(runs.shape.x + 2),
      numbers_(static_cast<std::size_t>(9 * width_)) {
  std::fill(numbers_.begin(), numbers_.end(), numbering.count());
}

void NeighbourNumbers::clear() {
  if (z_ < 0) return;
  for_each_row_around(runs_.shape, z_, y_, [&](index_t k, index_t r) {
    for (const Run& run : runs_.row(r)) {
      std::fill_n(numbers_.data() + k * width_ + run.begin + 1, run.length(), numbering_.count());
    }
  });
}

void NeighbourNumbers::move_to(index_t z, index_t y) {
  clear();
  z_ = z;
  y_ = y;
  for_each_row_around(runs_.shape, z, y, [&](index_t k, index_t r) {
    auto i = static_cast<std::size_t>(runs_.row_begin[static_cast<std::size_t>(r)]);
    for (const Run& run : runs_.row(r)) {
      std::uint32_t* const begin = numbers_.data() + k * width_ + run.begin + 1;
      std::iota(begin, begin + run.length(), numbering_.first(i++));
    }
  });
}

}  // namespace crevasse
