#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "common_measure.hpp"
#include "crevasse/runs.hpp"
#include "tiles.hpp"

namespace crevasse {

/// Squared lengths along z, y, x in units of `unit`²; whole numbers where there is a common
/// measure.
struct Scale {
  std::array<double, 3> weight{};
  double unit = 1;
  bool whole = false;

  explicit Scale(const std::array<double, 3>& spacing) {
    const auto measure = common_measure(spacing);
    whole = measure.has_value();
    unit = whole ? *measure : *std::min_element(spacing.begin(), spacing.end());
    for (std::size_t i = 0; i < 3; ++i) {
      const double step = whole ? std::round(spacing[i] / unit) : spacing[i] / unit;
      weight[i] = step * step;
    }
  }
  std::array<double, 3> steps() const {
    return {std::sqrt(weight[0]), std::sqrt(weight[1]), std::sqrt(weight[2])};
  }
  /// The least squared distance between voxels.
  float least() const {
    return static_cast<float>(*std::min_element(weight.begin(), weight.end()));
  }
  bool is_cubic() const { return whole && weight[0] == weight[1] && weight[1] == weight[2]; }

  /// What squared lengths inside a ball lie below, and those outside above, with nothing between:
  /// whole numbers leave half a unit to each side, also where a limit has cut the radius short of
  /// one. Others, and those too large for a float, carry its rounding, and ties are decided within
  /// that.
  double bound(float squared_radius, bool closed) const {
    const auto squared = static_cast<double>(squared_radius);
    if (whole && squared < 0x1p24) {
      return closed ? std::floor(squared) + 0.5 : std::ceil(squared) - 0.5;
    }
    return closed ? squared * (1 + 1.5e-7) : squared * (1 - 1.5e-7);
  }
};

/// Sides to which a ball sticks out of none: a neighbour there has a ball as large, so it holds all
/// voxels that lie on its side of the centre. Of neighbours equally large the one that comes first
/// in raster order counts, so that of the balls that cover a voxel the first of the largest finds
/// it on an open side.
enum Covered : std::uint8_t { z_before = 1, z_after = 2, y_before = 4, y_after = 8 };

/// A ball around a voxel of a tile.
struct Ball {
  float squared_radius;
  std::uint32_t centre : 24;  ///< The tile's number for the voxel.
  std::uint32_t covered : 8;  ///< Sides, of enum Covered.

  Ball() = default;
  Ball(float radius, std::uint32_t voxel, std::uint32_t sides)
      : squared_radius(radius), centre(voxel & 0xFFFFFF), covered(sides & 0xFF) {}
};
static_assert(tuning::tile_rows * tuning::tile_columns <= 1 << 24);

/// The balls around the voxels of one tile, largest first.
struct TileBalls {
  Buffer<Ball> inner;   ///< That lie in the tile.
  Buffer<Ball> across;  ///< That may reach into other tiles.
};

/// The balls around the voxels of `runs` in one tile that lie in none of their neighbours'. Without
/// the least there can be: a voxel that only these cover has one itself.
///
/// `squared`: squared radii of all voxels, up to `largest`, in units of `scale`.
class OuterBalls {
 public:
  OuterBalls(const RunVolume& runs, Volume<const float> squared, const Scale& scale, bool closed,
             float largest);

  TileBalls of(const Tile& tile) const;

 private:
  using Steps = std::array<index_t, 3>;

  /// The voxels nearby that lie equally far along each axis, whose balls may hold one around the
  /// origin if they are large enough.
  struct Neighbours {
    Steps steps;
    double length;         ///< To them.
    Buffer<float> needed;  ///< Least squared radius that holds a ball, by that ball's; or nothing.
    std::vector<Steps> offsets;
  };

  void add_neighbour(const Steps& offset, bool closed, float largest);
  std::uint32_t outer(index_t z, index_t y, index_t x) const;
  void fetch_behind(index_t z, index_t y) const;
  std::uint32_t covered(index_t z, index_t y, index_t x) const;
  bool crosses(const Tile& tile, const Steps& centre, float squared_radius) const;

  const RunVolume& runs_;
  Volume<const float> squared_;
  const Scale& scale_;
  float least_;
  std::vector<Neighbours> neighbours_;  ///< Nearest first.
};

}  // namespace crevasse
