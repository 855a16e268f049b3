#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "balls.hpp"
#include "row_bits.hpp"
#include "simd.hpp"

namespace crevasse {

/// The words of 8 rows: what vector instructions take at once.
using WordRows = simd::Words;
inline constexpr index_t word_rows = sizeof(WordRows) / sizeof(std::uint64_t);

/// The voxels of a ball as bits: a row has `words()` words, of which bit 0 of the first is the
/// column `half()` before the centre's. What is farther from the centre along an axis than the
/// volume is long lies outside of it, and is left out: where voxels are flat it is most of the
/// ball.
class BallShape {
 public:
  BallShape(const Scale& scale, bool closed, const Shape& volume)
      : scale_(scale), closed_(closed), most_{volume.z - 1, volume.y - 1, volume.x - 1} {}

  void become(float squared_radius) {
    if (squared_radius == squared_radius_) return;
    squared_radius_ = squared_radius;
    bound_ = scale_.bound(squared_radius, closed_);
    rise_ = steps_within(bound_, 0);
    half_ = steps_within(bound_, 2);
    words_ = words_for(2 * half_ + 1);
    reach_.clear();
    for (index_t z = 0; z <= rise_; ++z) {
      reach_.push_back(steps_within(bound_ - length(z, 0), 1));
    }
    const index_t width = reach_.front();
    stride_ = 2 * width + 1 + word_rows;
    tabulated_ = words_ * (rise_ + 1) * stride_ <= tuning::ball_words;
    if (tabulated_) tabulate(width);
  }

  index_t rise() const { return rise_; }
  index_t half() const { return half_; }
  index_t words() const { return words_; }

  /// Rows to each side of the centre's, `z` slices from it.
  index_t reach(index_t z) const { return reach_[static_cast<std::size_t>(z)]; }

  /// Word `w` of 8 rows from `y` after the centre's on, `z` slices from it. Pre: y >= -reach(0).
  CREVASSE_INLINE WordRows masks(index_t z, index_t y, index_t w) const {
    WordRows rows;
    if (tabulated_) {
      const index_t line = w * (rise_ + 1) + z;
      std::memcpy(&rows, table_.data() + line * stride_ + y + reach_.front(), sizeof(rows));
    } else {
      for (index_t i = 0; i < word_rows; ++i) rows[i] = mask(z, y + i, w);
    }
    return rows;
  }

 private:
  double length(index_t z, index_t y) const {
    return scale_.weight[0] * static_cast<double>(z * z) +
           scale_.weight[1] * static_cast<double>(y * y);
  }
  index_t steps_within(double squared, std::size_t axis) const {
    const auto most = static_cast<double>(most_[axis]);
    return squared < 0
               ? -1
               : static_cast<index_t>(std::min(std::sqrt(squared / scale_.weight[axis]), most));
  }
  std::uint64_t mask(index_t z, index_t y, index_t w) const {
    const index_t half = steps_within(bound_ - length(z, y), 2);
    const index_t low = std::max<index_t>(half_ - half - w * word_bits, 0);
    const index_t high = std::min(half_ + half - w * word_bits, word_bits - 1);
    return half < 0 || low > high ? 0 : low_bits(high - low + 1) << low;
  }
  void tabulate(index_t width) {
    table_.assign(static_cast<std::size_t>(words_ * (rise_ + 1) * stride_), 0);
    for (index_t z = 0; z <= rise_; ++z) {
      for (index_t y = 0; y <= reach(z); ++y) {
        for (index_t w = 0; w < words_; ++w) {
          std::uint64_t* const line = table_.data() + (w * (rise_ + 1) + z) * stride_ + width;
          line[y] = line[-y] = mask(z, y, w);
        }
      }
    }
  }

  const Scale& scale_;
  bool closed_;
  std::array<index_t, 3> most_;  ///< Steps along each axis.
  float squared_radius_ = -1;
  double bound_ = 0;
  index_t rise_ = 0, half_ = 0, words_ = 0, stride_ = 0;
  bool tabulated_ = false;
  std::vector<index_t> reach_;
  std::vector<std::uint64_t> table_;
};

}  // namespace crevasse
