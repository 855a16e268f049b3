#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "crevasse/tuning.hpp"
#include "crevasse/volume.hpp"

namespace crevasse {

/// A box of voxels that is worked on by itself.
struct Tile {
  std::array<index_t, 3> begin, end;

  index_t extent(std::size_t axis) const { return end[axis] - begin[axis]; }
  std::uint32_t number(index_t z, index_t y, index_t x) const {
    return static_cast<std::uint32_t>(((z - begin[0]) * extent(1) + y - begin[1]) * extent(2) + x -
                                      begin[2]);
  }
  std::array<index_t, 3> place(std::uint32_t number) const {
    const auto i = static_cast<index_t>(number);
    const index_t row = i / extent(2);
    return {begin[0] + row / extent(1), begin[1] + row % extent(1), begin[2] + i % extent(2)};
  }
};

/// A volume cut into tiles of so many rows that a bit a voxel stays in a core's cache.
class Tiling {
 public:
  explicit Tiling(const Shape& shape) : extent_{shape.z, shape.y, shape.x} {
    size_[0] = std::clamp<index_t>(shape.z, 1, tuning::tile_slices);
    size_[1] = tuning::tile_rows / size_[0];  // an image, one slice, takes more rows
    size_[2] = tuning::tile_columns;
    for (std::size_t i = 0; i < 3; ++i) count_[i] = (extent_[i] + size_[i] - 1) / size_[i];
  }

  index_t count() const { return count_[0] * count_[1] * count_[2]; }

  Tile operator[](index_t i) const {
    return at({i / (count_[1] * count_[2]), i / count_[2] % count_[1], i % count_[2]});
  }

  /// Call `visit(number, tile)` for the tiles of which some voxel lies at most `reach` voxels from
  /// a voxel of `tile` along each axis; in order.
  template <class Visit>
  void for_nearby(const Tile& tile, const std::array<index_t, 3>& reach, Visit&& visit) const {
    std::array<index_t, 3> low{}, high{};
    for (std::size_t i = 0; i < 3; ++i) {
      low[i] = std::max<index_t>(0, tile.begin[i] - reach[i]) / size_[i];
      high[i] = (std::min(extent_[i], tile.end[i] + reach[i]) - 1) / size_[i];
    }
    for (index_t z = low[0]; z <= high[0]; ++z) {
      for (index_t y = low[1]; y <= high[1]; ++y) {
        for (index_t x = low[2]; x <= high[2]; ++x) {
          visit((z * count_[1] + y) * count_[2] + x, at({z, y, x}));
        }
      }
    }
  }

 private:
  Tile at(const std::array<index_t, 3>& place) const {
    Tile tile{};
    for (std::size_t i = 0; i < 3; ++i) {
      tile.begin[i] = place[i] * size_[i];
      tile.end[i] = std::min(extent_[i], tile.begin[i] + size_[i]);
    }
    return tile;
  }

  std::array<index_t, 3> extent_, size_{}, count_{};
};

/// Steps along an axis from a place to the nearest of [begin, end).
inline index_t steps_to(index_t place, index_t begin, index_t end) {
  return std::max({begin - place, place - (end - 1), index_t{0}});
}

}  // namespace crevasse
