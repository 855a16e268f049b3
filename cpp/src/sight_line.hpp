#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "voxel_numbers.hpp"

/// The straight line between two voxels, and what it passes.
namespace crevasse {

/// Walks along the line from `to` back to `from`, a layer at a time along the axis on which they
/// lie farthest apart. Within a layer the line passes between one, two or four voxels: those less
/// than a voxel off. They are its corners, 0 to 3: bit 0 is set for the one farther from `from`
/// along one of the other axes, bit 1 along the other.
class SightLine {
 public:
  SightLine(const Place& from, const Place& to, const std::array<index_t, 3>& strides)
      : from_(from) {
    std::array<std::int32_t, 3> length;
    for (std::size_t i = 0; i < 3; ++i) {
      const std::int32_t along = to[i] - from[i];
      length[i] = std::abs(along);
      sign_[i] = along < 0 ? -1 : 1;
      at_ += to[i] * strides[i];
    }
    const auto farthest = std::max_element(length.begin(), length.end());
    axes_[0] = static_cast<std::size_t>(farthest - length.begin());
    axes_[1] = (axes_[0] + 1) % 3;
    axes_[2] = (axes_[0] + 2) % 3;
    for (std::size_t i = 0; i < 3; ++i) {
      length_[i] = length[axes_[i]];
      step_[i] = sign_[axes_[i]] * strides[axes_[i]];
    }
    layer_ = length_[0];
  }

  /// Go to the next layer; false where it is that of `from`.
  CREVASSE_INLINE bool advance() {
    if (--layer_ <= 0) return false;
    at_ -= step_[0];
    const unsigned moved_1 = retreat<1>(rest_1_), moved_2 = retreat<2>(rest_2_);
    moved_ = moved_1 | moved_2 << 1;
    return true;
  }

  /// The index of a corner (`VoxelNumbers`). Where there are fewer than four, some are one voxel.
  CREVASSE_INLINE index_t voxel(unsigned corner) const {
    return at_ + ((corner & 1U) != 0 && rest_1_ > 0 ? step_[1] : 0) +
           ((corner & 2U) != 0 && rest_2_ > 0 ? step_[2] : 0);
  }
  /// Which corners are 26-neighbours of some of the layer's before, `set`.
  CREVASSE_INLINE unsigned next_to(unsigned set) const { return reach[moved_][set]; }

  /// The corner nearest to the line among those of the layer before, `set`.
  Place nearest_before(unsigned set) const {
    const std::int64_t layer = layer_ + 1, n = length_[0];
    std::array<std::int64_t, 2> low, rest;
    for (std::size_t i = 0; i < 2; ++i) {
      low[i] = layer * length_[i + 1] / n;
      rest[i] = layer * length_[i + 1] % n;
    }
    unsigned best = 0;
    double nearest = 3;
    for (unsigned corner = 0; corner < 4; ++corner) {
      if ((set >> corner & 1U) == 0) continue;
      double squared = 0;
      for (std::size_t i = 0; i < 2; ++i) {
        const std::int64_t off = (corner >> i & 1U) != 0 ? n - rest[i] : rest[i];
        const double part = static_cast<double>(off) / static_cast<double>(n);
        squared += part * part;
      }
      if (squared < nearest) {
        nearest = squared;
        best = corner;
      }
    }
    Place place = from_;
    const std::array<std::int64_t, 3> along{layer, low[0] + (best & 1U), low[1] + (best >> 1)};
    for (std::size_t i = 0; i < 3; ++i) {
      place[axes_[i]] += sign_[axes_[i]] * static_cast<std::int32_t>(along[i]);
    }
    return place;
  }

 private:
  /// A layer back along one of the other axes; 1 if that leads past a voxel.
  template <std::size_t Axis>
  CREVASSE_INLINE unsigned retreat(std::int32_t& rest) {
    rest -= length_[Axis];
    if (rest >= 0) return 0;
    rest += length_[0];
    at_ -= step_[Axis];
    return 1;
  }

  /// reach[moved][set]: where the corner 0 has moved by a voxel along an axis, those farther along
  /// it before are two voxels from those nearer now, and nothing else is.
  static constexpr auto reach = [] {
    std::array<std::array<std::uint8_t, 16>, 4> table{};
    for (unsigned moved = 0; moved < 4; ++moved)
      for (unsigned set = 0; set < 16; ++set)
        for (unsigned before = 0; before < 4; ++before)
          for (unsigned now = 0; now < 4; ++now) {
            const bool apart = (before & ~now & moved) != 0;
            if ((set >> before & 1U) != 0 && !apart) {
              table[moved][set] = static_cast<std::uint8_t>(table[moved][set] | 1U << now);
            }
          }
    return table;
  }();

  Place from_;
  std::array<std::int32_t, 3> sign_;
  std::array<std::size_t, 3> axes_;       ///< The one walked along, and the others.
  std::array<std::int32_t, 3> length_;    ///< In voxels, in the order of `axes_`.
  std::array<index_t, 3> step_;           ///< Away from `from`, in the order of `axes_`.
  index_t at_ = 0;                        ///< Corner 0.
  std::int32_t layer_;                    ///< Layers from `from`.
  std::int32_t rest_1_ = 0, rest_2_ = 0;  ///< The line beyond corner 0, in parts of length_[0].
  unsigned moved_ = 0;
};

}  // namespace crevasse
