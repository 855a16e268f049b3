#pragma once

#include <algorithm>

#include "crevasse/parallel.hpp"
#include "crevasse/runs.hpp"
#include "squared_distance.hpp"

namespace crevasse {

inline index_t blocks_of(index_t n) {
  return (n + lanes - 1) / lanes;
}

/// Which blocks of 64 voxels along x hold foreground, and which of them do in any slice.
class Occupied {
 public:
  Occupied(const RunVolume& runs, int threads)
      : rows_(runs.shape.y),
        blocks_(blocks_of(runs.shape.x)),
        here_(static_cast<std::size_t>(runs.shape.rows() * blocks_)),
        anywhere_(static_cast<std::size_t>(runs.shape.y * blocks_)) {
    parallel_slabs(runs.shape.y, threads, [&](index_t, Slab slab) {
      for (index_t y = slab.begin; y < slab.end; ++y) {
        std::uint8_t* const any = anywhere_.data() + y * blocks_;
        std::fill_n(any, blocks_, std::uint8_t{0});
        for (index_t z = 0; z < runs.shape.z; ++z) {
          const index_t r = z * rows_ + y;
          std::uint8_t* const here = here_.data() + r * blocks_;
          std::fill_n(here, blocks_, std::uint8_t{0});
          for (const Run& run : runs.row(r)) {
            for (index_t b = run.begin / lanes; b <= (run.end - 1) / lanes; ++b) {
              here[b] = any[b] = 1;
            }
          }
        }
      }
    });
  }

  index_t blocks() const { return blocks_; }
  bool here(index_t z, index_t y, index_t b) const {
    return here_[static_cast<std::size_t>((z * rows_ + y) * blocks_ + b)] != 0;
  }
  bool anywhere(index_t y, index_t b) const {
    return anywhere_[static_cast<std::size_t>(y * blocks_ + b)] != 0;
  }

 private:
  index_t rows_, blocks_;
  Buffer<std::uint8_t> here_, anywhere_;
};

}  // namespace crevasse
