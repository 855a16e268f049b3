#include "tile_painter.hpp"

#include <bit>
#include <cstdlib>
#include <cstring>

#include "simd.hpp"

namespace crevasse {
namespace {

/// Where a ball meets the lines of a tile, but for the sides on which others cover it.
struct Meeting {
  index_t z, y;            ///< Centre.
  index_t z_begin, z_end;  ///< Slices.
  bool y_before, y_after;  ///< Whether rows before and after the centre's count.
  index_t word, shift;     ///< Line and bit of the first bit of the ball's first word.
  index_t w_begin, w_end;  ///< Words of the ball that meet a line.
  bool spills;             ///< Whether they reach into a second line each.

  Meeting(const PlacedBall& ball, const BallShape& shape, const TileBits& bits)
      : z(ball.z),
        y(ball.y),
        z_begin(std::max<index_t>(0, ball.covered & Covered::z_before ? z : z - shape.rise())),
        z_end(
            std::min(bits.slices(), (ball.covered & Covered::z_after ? z : z + shape.rise()) + 1)),
        y_before((ball.covered & Covered::y_before) == 0),
        y_after((ball.covered & Covered::y_after) == 0) {
    const index_t first = ball.x - shape.half();
    word = first >> 6;
    shift = first & 63;
    w_begin = std::max<index_t>(0, -1 - word);
    w_end = std::min(shape.words(), bits.words() - word);
    spills = shift + std::min(2 * shape.half() + 1, word_bits) > word_bits;
  }
};

CREVASSE_INLINE WordRows load(const std::uint64_t* words) {
  WordRows rows;
  std::memcpy(&rows, words, sizeof(rows));
  return rows;
}

/// Call `visit(z, y, w, left)` for 8 rows at a time: the bits of line w yet unpainted inside a
/// ball.
template <class Visit>
CREVASSE_INLINE void for_rows_left(const Meeting& at, const BallShape& shape, const TileBits& bits,
                                   Visit&& visit) {
  for (index_t z = at.z_begin; z < at.z_end; ++z) {
    const index_t rise = std::abs(z - at.z), reach = shape.reach(rise);
    const index_t y_begin = std::max<index_t>(0, at.y_before ? at.y - reach : at.y);
    const index_t y_end = std::min(bits.rows(), (at.y_after ? at.y + reach : at.y) + 1);
    for (index_t w = at.w_begin; w < at.w_end; ++w) {
      const std::uint64_t* const low = bits.line(z, at.word + w);
      const std::uint64_t* const high = bits.line(z, at.word + w + 1);
      for (index_t y = y_begin; y < y_end; y += word_rows) {
        const WordRows masks = shape.masks(rise, y - at.y, w);
        visit(z, y, at.word + w, load(low + y) & (masks << at.shift));
        if (!at.spills) continue;
        visit(z, y, at.word + w + 1, load(high + y) & (masks >> 1 >> (63 - at.shift)));
      }
    }
  }
}

CREVASSE_CLONES bool any_left(const Meeting& at, const BallShape& shape, const TileBits& bits) {
  WordRows found{};
  for_rows_left(at, shape, bits,
                [&](index_t, index_t, index_t, const WordRows& left)
                    CREVASSE_INLINE_LAMBDA { found |= left; });
  return simd::any(found);
}

/// Write `value` to all voxels of the ball that are left; `first` is the tile's first voxel.
CREVASSE_CLONES void paint_left(const Meeting& at, const BallShape& shape, TileBits& bits,
                                float value, float* first, const Shape& volume) {
  for_rows_left(at, shape, bits,
                [&](index_t z, index_t y, index_t w, const WordRows& left) CREVASSE_INLINE_LAMBDA {
                  if (!simd::any(left)) return;
                  for (index_t i = 0; i < word_rows; ++i) {
                    std::uint64_t painted = left[i];
                    if (painted == 0) continue;
                    bits.line(z, w)[y + i] &= ~painted;
                    bits.took(std::popcount(painted));
                    float* const row = first + (z * volume.y + y + i) * volume.x + w * word_bits;
                    for (; painted != 0; painted &= painted - 1) {
                      row[std::countr_zero(painted)] = value;
                    }
                  }
                });
}

}  // namespace

void TileBits::become(const RunVolume& runs, const Tile& tile) {
  slices_ = tile.extent(0);
  rows_ = tile.extent(1);
  words_ = words_for(tile.extent(2));
  count_ = 0;
  bits_.assign(static_cast<std::size_t>(slices_ * (words_ + 2) * (rows_ + word_rows)), 0);
  std::vector<std::uint64_t> row(static_cast<std::size_t>(words_));
  for (index_t z = 0; z < slices_; ++z) {
    for (index_t y = 0; y < rows_; ++y) {
      std::fill(row.begin(), row.end(), 0);
      const index_t first = tile.begin[2], beyond = tile.end[2];
      for (const Run& run : runs.row((tile.begin[0] + z) * runs.shape.y + tile.begin[1] + y)) {
        const index_t begin = std::max<index_t>(run.begin, first);
        const index_t end = std::min<index_t>(run.end, beyond);
        if (begin >= end) continue;
        count_ += end - begin;
        set_bits({static_cast<std::int32_t>(begin - first), static_cast<std::int32_t>(end - first)},
                 row.data());
      }
      for (index_t w = 0; w < words_; ++w) line(z, w)[y] = row[static_cast<std::size_t>(w)];
    }
  }
}

void TilePainter::paint(const Tile& tile, std::span<const PlacedBall> balls) {
  bits_.become(runs_, tile);
  const Shape& shape = out_.shape;
  first_ = out_.data + (tile.begin[0] * shape.y + tile.begin[1]) * shape.x + tile.begin[2];
  for (const PlacedBall& ball : balls) {
    if (bits_.count() == 0) return;
    paint(ball);
  }
  paint_rest();
}

/// Give the voxels that are left the diameters of their own balls.
void TilePainter::paint_rest() {
  const Shape& shape = out_.shape;
  for (index_t z = 0; z < bits_.slices(); ++z) {
    for (index_t y = 0; y < bits_.rows(); ++y) {
      float* const row = first_ + (z * shape.y + y) * shape.x;
      for (index_t w = 0; w < bits_.words(); ++w) {
        for (std::uint64_t left = bits_.line(z, w)[y]; left != 0; left &= left - 1) {
          float& value = row[w * word_bits + std::countr_zero(left)];
          value = diameter(value);
        }
      }
    }
  }
}

void TilePainter::paint(const PlacedBall& ball) {
  shape_.become(ball.squared_radius);
  const Meeting at(ball, shape_, bits_);
  // Most large ones are covered by larger ones together; small ones are as soon painted as seen.
  if (shape_.rise() > 4 && !any_left(at, shape_, bits_)) return;
  paint_left(at, shape_, bits_, diameter(ball.squared_radius), first_, out_.shape);
}

}  // namespace crevasse
