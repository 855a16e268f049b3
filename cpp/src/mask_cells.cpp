#include "mask_cells.hpp"

#include <algorithm>

#include "crevasse/parallel.hpp"

namespace crevasse {
namespace {

/// Set bit `corner` of the four bits of every voxel of a run.
void set_corner(const Run& run, unsigned corner, std::uint64_t* words) {
  const std::uint64_t corners = std::uint64_t{0x1111111111111111} << corner;
  const index_t last = run.end - 1;
  const std::uint64_t from = ~std::uint64_t{0} << (4 * (run.begin & 15));
  const std::uint64_t to = ~std::uint64_t{0} >> (60 - 4 * (last & 15));
  for (index_t w = run.begin >> 4; w <= last >> 4; ++w) {
    std::uint64_t bits = corners;
    if (w == run.begin >> 4) bits &= from;
    if (w == last >> 4) bits &= to;
    words[w] |= bits;
  }
}

}  // namespace

MaskCells::MaskCells(const RunVolume& runs, int threads)
    : width_(runs.shape.x / 16 + 2), words_(static_cast<std::size_t>(runs.shape.rows() * width_)) {
  const Shape& shape = runs.shape;
  parallel_slabs(shape.rows(), threads, [&](index_t, Slab slab) {
    for_each_row(shape, slab.begin, slab.end, [&](index_t r, index_t z, index_t y) {
      std::uint64_t* const words = words_.data() + r * width_;
      std::fill_n(words, width_, std::uint64_t{0});
      for (unsigned corner = 0; corner < 4; ++corner) {
        const index_t dy = corner & 1, dz = corner >> 1;
        if (y + dy == shape.y || z + dz == shape.z) continue;
        for (const Run& run : runs.row(r + dz * shape.y + dy)) set_corner(run, corner, words);
      }
    });
  });
}

}  // namespace crevasse
