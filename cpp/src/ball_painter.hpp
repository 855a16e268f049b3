#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "balls.hpp"
#include "crevasse/parallel.hpp"
#include "row_bits.hpp"

namespace crevasse {

/// How far a squared length goes along each axis, in voxels.
class Reach {
 public:
  Reach(const Scale& scale, bool closed, float largest) : scale_(scale), closed_(closed) {
    if (!scale.whole || largest >= tabulated) return;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      for (index_t squared = 0; squared <= static_cast<index_t>(largest); ++squared) {
        by_square_[axis].push_back(
            static_cast<std::int32_t>(find(static_cast<double>(squared), axis)));
      }
    }
  }

  /// -1 if not even to the voxel itself.
  index_t along(std::size_t axis, double squared) const {
    if (by_square_[axis].empty()) return find(squared, axis);
    return squared < 0 ? -1 : by_square_[axis][static_cast<std::size_t>(squared)];
  }

 private:
  index_t find(double squared, std::size_t axis) const {
    const double weight = scale_.weight[axis];
    const double slack = scale_.whole ? 0 : 1e-6 * weight;
    if (closed_ ? squared + slack < 0 : squared - slack <= 0) return -1;
    auto n = static_cast<index_t>(std::sqrt(std::max(squared + slack, 0.0) / weight));
    // The root is rounded: the last step is taken by squares.
    const auto inside = [&](index_t k) {
      const double length = static_cast<double>(k * k) * weight;
      return closed_ ? length <= squared + slack : length < squared - slack;
    };
    while (!inside(n)) --n;
    while (inside(n + 1)) ++n;
    return n;
  }

  const Scale& scale_;
  bool closed_;
  std::array<std::vector<std::int32_t>, 3> by_square_;
};

/// How wide a ball is along x at each distance along z and y, in voxels to each side; -1 outside.
class BallShape {
 public:
  BallShape(const Scale& scale, const Reach& reach) : scale_(scale), reach_(reach) {}

  void become(float squared_radius) {
    if (squared_radius == squared_radius_) return;
    squared_radius_ = squared_radius;
    const auto squared = static_cast<double>(squared_radius);
    rise = reach_.along(0, squared);
    width = reach_.along(1, squared);
    half_.assign(static_cast<std::size_t>((rise + 1) * (width + 1)), -1);
    for (index_t z = 0; z <= rise; ++z) {
      for (index_t y = 0; y <= width; ++y) {
        const double in_row = squared - scale_.weight[0] * static_cast<double>(z * z) -
                              scale_.weight[1] * static_cast<double>(y * y);
        half_[static_cast<std::size_t>(z * (width + 1) + y)] = reach_.along(2, in_row);
      }
    }
  }

  index_t half(index_t z, index_t y) const {
    return half_[static_cast<std::size_t>(z * (width + 1) + y)];
  }

  index_t rise = -1, width = -1;

 private:
  const Scale& scale_;
  const Reach& reach_;
  float squared_radius_ = -1;
  std::vector<index_t> half_;
};

/// Steps from a voxel to the nearest of [low, high] along an axis.
inline index_t apart(index_t at, index_t low, index_t high) {
  return std::max({low - at, at - high, index_t{0}});
}

/// Paints balls into the slices of a slab.
///
/// Most balls are covered by larger ones together and paint nothing. To see that soon, bits of yet
/// unpainted voxels are summed up by OR, over 8 rows of a slice and over 8 slices of those.
class Painter {
 public:
  Painter(const RunVolume& runs, Volume<float> out, const Scale& scale, const Reach& reach,
          Slab slices)
      : out_(out),
        unit_(scale.unit),
        shape_(scale, reach),
        slices_(slices),
        depth_(slices.end - slices.begin),
        groups_((out.shape.y + 7) / 8),
        width_(words_for(out.shape.x)),
        rows_(zeros(depth_ * out.shape.y)),
        by_8_rows_(zeros(depth_ * groups_)),
        by_8_slices_(zeros((depth_ + 7) / 8 * groups_)) {
    const Shape& shape = out.shape;
    for (index_t z = 0; z < depth_; ++z) {
      for (index_t y = 0; y < shape.y; ++y) {
        const index_t r = (slices.begin + z) * shape.y + y;
        std::fill_n(out.row(r).data(), shape.x, 0.0F);
        for (const Run& run : runs.row(r)) set_bits(run, words(rows_, z * shape.y + y));
      }
      for (index_t g = 0; g < groups_; ++g) {
        for (index_t w = 0; w < width_; ++w) sum_up(z, g, w);
      }
    }
  }

  void paint(const Ball& ball) {
    shape_.become(ball.squared_radius);
    const index_t z = ball.z - slices_.begin, y = ball.y;
    const Slab near_z{std::max<index_t>(0, z - shape_.rise), std::min(depth_, z + shape_.rise + 1)};
    const Slab near_y{std::max<index_t>(0, y - shape_.width),
                      std::min(out_.shape.y, y + shape_.width + 1)};
    if (near_z.begin >= near_z.end) return;
    for (index_t zb = near_z.begin / 8; zb <= (near_z.end - 1) / 8; ++zb) {
      const index_t dz = apart(z, 8 * zb, 8 * zb + 7);
      for (index_t g = near_y.begin / 8; g <= (near_y.end - 1) / 8; ++g) {
        const index_t dy = apart(y, 8 * g, 8 * g + 7);
        if (!any_left(words(by_8_slices_, zb * groups_ + g), ball.x, shape_.half(dz, dy))) continue;
        const Slab block_z{std::max(near_z.begin, 8 * zb), std::min(near_z.end, 8 * zb + 8)};
        const Slab block_y{std::max(near_y.begin, 8 * g), std::min(near_y.end, 8 * g + 8)};
        for (index_t pz = block_z.begin; pz < block_z.end; ++pz) {
          const index_t rise = std::abs(pz - z);
          if (!any_left(words(by_8_rows_, pz * groups_ + g), ball.x, shape_.half(rise, dy))) {
            continue;
          }
          for (index_t py = block_y.begin; py < block_y.end; ++py) {
            paint_row(pz, py, ball, shape_.half(rise, std::abs(py - y)));
          }
        }
      }
    }
  }

 private:
  using Words = Buffer<std::uint64_t>;

  Words zeros(index_t lines) const {
    Words buffer(static_cast<std::size_t>(lines * width_));
    std::fill(buffer.begin(), buffer.end(), 0);
    return buffer;
  }
  std::uint64_t* words(Words& buffer, index_t line) { return buffer.data() + line * width_; }

  /// Call `visit(word, bits)` for the words of a row and their bits within `half` voxels of x;
  /// return as soon as it does, true.
  template <class Visit>
  bool for_words(index_t x, index_t half, Visit&& visit) const {
    if (half < 0) return false;
    const index_t from = std::max<index_t>(0, x - half);
    const index_t to = std::min(out_.shape.x - 1, x + half);
    const index_t first = from / word_bits, last = to / word_bits;
    const std::uint64_t head = ~std::uint64_t{0} << (from % word_bits);
    const std::uint64_t tail = ~std::uint64_t{0} >> (word_bits - 1 - to % word_bits);
    if (first == last) return visit(first, head & tail);
    if (visit(first, head)) return true;
    for (index_t w = first + 1; w < last; ++w) {
      if (visit(w, ~std::uint64_t{0})) return true;
    }
    return visit(last, tail);
  }

  bool any_left(const std::uint64_t* line, index_t x, index_t half) const {
    return for_words(x, half, [&](index_t w, std::uint64_t bits) { return (line[w] & bits) != 0; });
  }

  void paint_row(index_t z, index_t y, const Ball& ball, index_t half) {
    std::uint64_t* const left = words(rows_, z * out_.shape.y + y);
    for_words(ball.x, half, [&](index_t w, std::uint64_t bits) {
      bits &= left[w];
      if (bits == 0) return false;
      left[w] &= ~bits;
      sum_up(z, y / 8, w);
      const auto value =
          static_cast<float>(2 * unit_ * std::sqrt(static_cast<double>(ball.squared_radius)));
      float* const row = out_.row((slices_.begin + z) * out_.shape.y + y).data();
      for (; bits != 0; bits &= bits - 1) row[w * word_bits + std::countr_zero(bits)] = value;
      return false;
    });
  }

  /// Bring the sums over a word up to date.
  void sum_up(index_t z, index_t g, index_t w) {
    std::uint64_t any = 0;
    for (index_t y = 8 * g; y < std::min(out_.shape.y, 8 * g + 8); ++y) {
      any |= words(rows_, z * out_.shape.y + y)[w];
    }
    words(by_8_rows_, z * groups_ + g)[w] = any;
    any = 0;
    for (index_t pz = z / 8 * 8; pz < std::min(depth_, z / 8 * 8 + 8); ++pz) {
      any |= words(by_8_rows_, pz * groups_ + g)[w];
    }
    words(by_8_slices_, z / 8 * groups_ + g)[w] = any;
  }

  Volume<float> out_;
  double unit_;
  BallShape shape_;
  Slab slices_;
  index_t depth_, groups_, width_;
  Words rows_, by_8_rows_, by_8_slices_;
};

}  // namespace crevasse
