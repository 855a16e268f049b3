#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "common_measure.hpp"
#include "crevasse/runs.hpp"

namespace crevasse {

/// Around which voxel, and how large.
struct Ball {
  std::int32_t z, y, x;
  float squared_radius;
};

/// Squared lengths along z, y, x; with a common measure whole numbers, in units of `unit`².
struct Scale {
  std::array<double, 3> weight{};
  double unit = 1;
  bool whole = false;

  explicit Scale(const std::array<double, 3>& spacing) {
    if (const auto length = common_measure(spacing)) {
      unit = *length;
      whole = true;
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const double step = whole ? std::round(spacing[i] / unit) : spacing[i];
      weight[i] = step * step;
    }
  }
  std::array<double, 3> steps() const {
    return {std::sqrt(weight[0]), std::sqrt(weight[1]), std::sqrt(weight[2])};
  }
  bool is_cubic() const { return whole && weight[0] == weight[1] && weight[1] == weight[2]; }
};

/// Squared radii, as whole numbers, below which what depends on them is tabulated.
inline constexpr float tabulated = 1 << 16;

/// The balls, one around every voxel of `runs`, that lie in none of their neighbours', largest
/// first. `squared`: their squared radii, up to `largest`, in units of `scale`.
Buffer<Ball> outer_balls(const RunVolume& runs, Volume<const float> squared, const Scale& scale,
                         bool closed, float largest, int threads);

}  // namespace crevasse
