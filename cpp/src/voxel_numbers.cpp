#include "voxel_numbers.hpp"

#include <algorithm>
#include <limits>

#include "crevasse/parallel.hpp"

namespace crevasse {
namespace {

struct Box {
  std::array<index_t, 3> begin, end;
};

/// The box around runs, a voxel wider on every side, and along x up to whole bytes of bits.
Box box_around(const RunVolume& runs) {
  constexpr index_t most = std::numeric_limits<index_t>::max();
  Box box{{most, most, most}, {-1, -1, -1}};
  for_each_row(runs.shape, 0, runs.shape.rows(), [&](index_t r, index_t z, index_t y) {
    const auto row = runs.row(r);
    if (row.empty()) return;
    const std::array<index_t, 3> first{z, y, row.front().begin}, end{z + 1, y + 1, row.back().end};
    for (std::size_t i = 0; i < 3; ++i) {
      box.begin[i] = std::min(box.begin[i], first[i]);
      box.end[i] = std::max(box.end[i], end[i]);
    }
  });
  for (std::size_t i = 0; i < 3; ++i) {
    --box.begin[i];
    ++box.end[i];
  }
  box.begin[2] = box.begin[2] >> 3 << 3;
  box.end[2] = (box.end[2] + 7) >> 3 << 3;
  return box;
}

/// Set bits [begin, end): bit i is bit i % 8 of byte i / 8.
void set_bits(index_t begin, index_t end, std::uint8_t* bytes) {
  for (index_t i = begin; i < end; ++i) {
    bytes[i >> 3] = static_cast<std::uint8_t>(bytes[i >> 3] | 1U << (i & 7));
  }
}

}  // namespace

VoxelNumbers::VoxelNumbers(const RunVolume& runs, const VoxelNumbering& numbering, int threads) {
  const Box box = box_around(runs);
  const index_t width = box.end[2] - box.begin[2], row_bytes = width / 8;
  const index_t rows = box.end[1] - box.begin[1], all_rows = rows * (box.end[0] - box.begin[0]);
  strides_ = {rows * width, width, 1};
  begin_ = box.begin[0] * strides_[0] + box.begin[1] * strides_[1] + box.begin[2];
  bits_ = Buffer<std::uint8_t>(static_cast<std::size_t>(all_rows * row_bytes) + 1);
  bits_[bits_.size() - 1] = 0;
  first_ = Buffer<std::uint32_t>(static_cast<std::size_t>(all_rows * row_bytes));
  parallel_slabs(all_rows, threads, [&](index_t, Slab slab) {
    for (index_t i = slab.begin; i < slab.end; ++i) {
      const index_t z = box.begin[0] + i / rows, y = box.begin[1] + i % rows;
      std::uint8_t* const bits = bits_.data() + i * row_bytes;
      std::fill_n(bits, row_bytes, std::uint8_t{0});
      if (z < 0 || z >= runs.shape.z || y < 0 || y >= runs.shape.y) continue;
      const index_t r = z * runs.shape.y + y;
      const auto row = runs.row(r);
      if (row.empty()) continue;
      for (const Run& run : row) set_bits(run.begin - box.begin[2], run.end - box.begin[2], bits);
      std::uint32_t next =
          numbering.first(static_cast<std::size_t>(runs.row_begin[static_cast<std::size_t>(r)])) +
          1;
      for (index_t b = 0; b < row_bytes; ++b) {
        first_[static_cast<std::size_t>(i * row_bytes + b)] = next;
        next += ones[bits[b]];
      }
    }
  });
}

}  // namespace crevasse
