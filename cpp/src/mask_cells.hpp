#pragma once

#include <cstdint>

#include "crevasse/runs.hpp"

namespace crevasse {

/// The mask by cells between 2 x 2 x 2 voxel centres, so that all eight are read at once: four bits
/// a voxel, for itself and its neighbours at y + 1, z + 1 and both. Outside is background.
class MaskCells {
 public:
  MaskCells(const RunVolume& runs, int threads);

  /// Bits 0 to 3 for voxel x of row r, 4 to 7 for the voxel after it.
  unsigned corners(index_t r, index_t x) const {
    const std::uint64_t* const word = words_.data() + r * width_ + (x >> 4);
    const auto shift = static_cast<unsigned>(4 * (x & 15));
    return static_cast<unsigned>((word[0] >> shift | word[1] << 4 << (60 - shift)) & 0xFF);
  }

 private:
  index_t width_;  ///< Words a row, one of them for reading past its end.
  Buffer<std::uint64_t> words_;
};

}  // namespace crevasse
