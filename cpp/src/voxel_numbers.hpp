#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "crevasse/runs.hpp"
#include "voxel_numbering.hpp"

namespace crevasse {

/// A voxel by its coordinates z, y, x.
using Place = std::array<std::int32_t, 3>;

/// The numbers of the voxels of a set in raster order, from 1 on, by place; 0 where there is none.
///
/// A bit for each voxel of the box around the set, a voxel wider on every side, and for every eight
/// of them the number of the first: five bits a voxel. So what lies around a voxel is mostly in a
/// core's own cache, which a number for each place of a large box never is.
class VoxelNumbers {
 public:
  /// Pre: the set is not empty.
  VoxelNumbers(const RunVolume& runs, const VoxelNumbering& numbering, int threads);

  /// By how much `index` rises along each axis.
  const std::array<index_t, 3>& strides() const { return strides_; }
  /// Pre: the place is in the box.
  CREVASSE_INLINE index_t index(const Place& at) const {
    return at[0] * strides_[0] + at[1] * strides_[1] + at[2];
  }
  CREVASSE_INLINE bool has(index_t index) const {
    return (bits_[byte_of(index)] >> (index & 7) & 1) != 0;
  }
  /// Pre: `has(index)`.
  CREVASSE_INLINE std::uint32_t operator[](index_t index) const {
    const std::size_t byte = byte_of(index);
    return first_[byte] + ones[bits_[byte] & ((1U << (index & 7)) - 1)];
  }
  /// Write the numbers at an index and at both sides of it.
  CREVASSE_INLINE void write_three(index_t index, std::uint32_t* numbers) const {
    const std::size_t byte = byte_of(index - 1);
    const auto at = static_cast<unsigned>((index - 1) & 7);
    const std::uint32_t bits = bits_[byte] | static_cast<std::uint32_t>(bits_[byte + 1]) << 8;
    const std::uint32_t a = bits >> at & 1, b = bits >> at >> 1 & 1, c = bits >> at >> 2 & 1;
    const std::uint32_t next = first_[byte] + ones[bits & ((1U << at) - 1)];
    numbers[0] = (0 - a) & next;
    numbers[1] = (0 - b) & (next + a);
    numbers[2] = (0 - c) & (next + a + b);
  }

 private:
  /// How many bits of a byte are set.
  static constexpr auto ones = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned i = 0; i < table.size(); ++i) {
      table[i] = static_cast<std::uint8_t>(std::popcount(i));
    }
    return table;
  }();

  CREVASSE_INLINE std::size_t byte_of(index_t index) const {
    return static_cast<std::size_t>((index - begin_) >> 3);
  }

  std::array<index_t, 3> strides_;
  index_t begin_;  ///< The index of the box's first voxel, a multiple of 8.
  /// Those of eight voxels a byte, and one byte more.
  Buffer<std::uint8_t> bits_;
  /// One a byte: the number of its first voxel; not set in empty rows.
  Buffer<std::uint32_t> first_;
};

}  // namespace crevasse
