#pragma once

#include <cmath>
#include <span>

#include "ball_shape.hpp"
#include "tiles.hpp"

namespace crevasse {

/// A ball, its centre counted from a tile's first voxel on; it may lie outside.
struct PlacedBall {
  float squared_radius;
  std::int32_t z, y, x;
  std::uint32_t covered;  ///< Sides, of enum Covered.
};

/// Bits of the voxels of a tile that are yet unpainted. A line is 64 columns of a slice, with a
/// word for every row, so that 8 rows lie side by side; at all its ends there is room to look
/// beyond.
class TileBits {
 public:
  void become(const RunVolume& runs, const Tile& tile);

  index_t count() const { return count_; }
  index_t slices() const { return slices_; }
  index_t rows() const { return rows_; }
  index_t words() const { return words_; }  ///< Lines a slice, but for those beyond: -1, words().

  std::uint64_t* line(index_t z, index_t w) { return line_at(bits_.data(), z, w); }
  const std::uint64_t* line(index_t z, index_t w) const { return line_at(bits_.data(), z, w); }
  void took(index_t n) { count_ -= n; }

 private:
  template <class Word>
  Word* line_at(Word* bits, index_t z, index_t w) const {
    return bits + (z * (words_ + 2) + w + 1) * (rows_ + word_rows);
  }

  index_t count_ = 0, slices_ = 0, rows_ = 0, words_ = 0;
  std::vector<std::uint64_t> bits_;
};

/// Paints balls into the voxels of one tile after the other. One a thread.
class TilePainter {
 public:
  TilePainter(const RunVolume& runs, Volume<float> out, const Scale& scale, bool closed)
      : runs_(runs), out_(out), unit_(scale.unit), shape_(scale, closed, out.shape) {}

  /// Give every voxel of the tile the diameter of the first ball that covers it, or else of its
  /// own, whose squared radius lies in its place.
  void paint(const Tile& tile, std::span<const PlacedBall> balls);

 private:
  void paint(const PlacedBall& ball);
  void paint_rest();
  float diameter(float squared_radius) const {
    return static_cast<float>(2 * unit_ * std::sqrt(static_cast<double>(squared_radius)));
  }

  const RunVolume& runs_;
  Volume<float> out_;
  double unit_;
  BallShape shape_;
  TileBits bits_;
  float* first_ = nullptr;  ///< The tile's first voxel.
};

}  // namespace crevasse
