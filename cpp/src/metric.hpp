#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "common_measure.hpp"
#include "crevasse/distance.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "squared_distance.hpp"

namespace crevasse {

/// How squared distances are counted: in units of scale². T: std::int32_t or double.
template <class T>
struct Metric {
  std::array<T, 3> weight{};  ///< Squared spacing along z, y, x.
  T infinite{};               ///< Larger than any distance in the volume; no sum with it overflows.
  T cap{};                    ///< Larger ones are not wanted: they may come out as any that is.
  double scale = 1;
  std::array<bool, 3> border{};
};

/// Counting in 32-bit integers along the axes from `first_axis` on, if that is exact.
inline std::optional<Metric<std::int32_t>> whole_metric(const Shape& shape,
                                                        const DistanceOptions& options,
                                                        std::size_t first_axis) {
  const auto length = common_measure(std::span(options.spacing).subspan(first_axis));
  if (!length) return std::nullopt;
  constexpr std::int64_t infinite = std::int64_t{1} << 30;
  Metric<std::int32_t> metric;
  metric.infinite = infinite;
  metric.scale = *length;
  metric.border = options.border;
  std::int64_t farthest = 0;
  const std::array<index_t, 3> extent{shape.z, shape.y, shape.x};
  for (std::size_t axis = first_axis; axis < extent.size(); ++axis) {
    const std::int64_t step = std::llround(options.spacing[axis] / *length);
    if (extent[axis] >= 1 << 15) return std::nullopt;
    farthest += step * step * (extent[axis] + 1) * (extent[axis] + 1);
    if (farthest >= infinite) return std::nullopt;
    metric.weight[axis] = static_cast<std::int32_t>(step * step);
  }
  const double cap = options.limit / *length * (options.limit / *length) * (1 + 1e-12);
  metric.cap = static_cast<std::int32_t>(std::min(cap, static_cast<double>(infinite - 1)));
  return metric;
}

/// Counting in double precision.
inline Metric<double> real_metric(const DistanceOptions& options) {
  Metric<double> metric;
  metric.infinite = std::numeric_limits<double>::infinity();
  // A hair more: what lies at the limit must not fall to rounding.
  metric.cap =
      std::min(options.limit * options.limit * (1 + 1e-12), std::numeric_limits<double>::max());
  metric.border = options.border;
  for (std::size_t i = 0; i < 3; ++i) metric.weight[i] = options.spacing[i] * options.spacing[i];
  return metric;
}

inline int distance_threads(const Shape& shape, int threads) {
  return worthwhile_threads(shape.size(), tuning::voxels_per_thread, threads);
}

/// Squared distances of 64 voxels, of which the first `count` are wanted, as they are asked for.
template <class T>
CREVASSE_CLONES void to_float(const T* values, index_t count, const Metric<T>& metric,
                              const DistanceOptions& options, float* out) {
  const T most = Lanes<T>(values).largest();
  const double squared_scale = metric.scale * metric.scale;
  if (std::is_integral_v<T> && metric.scale == 1 && most < T{1 << 24}) {
    // Exact as floats, so that one rounding remains.
    for (index_t c = 0; c < count; ++c) {
      const auto value = static_cast<float>(values[c]);
      out[c] = options.squared ? value : std::sqrt(value);
    }
  } else {
    for (index_t c = 0; c < count; ++c) {
      const auto value = static_cast<double>(values[c]);
      out[c] = static_cast<float>(options.squared ? squared_scale * value
                                                  : metric.scale * std::sqrt(value));
    }
  }
  if (most <= metric.cap) return;
  const auto limit =
      static_cast<float>(options.squared ? options.limit * options.limit : options.limit);
  for (index_t c = 0; c < count; ++c) {
    if (values[c] > metric.cap) out[c] = limit;
  }
}

}  // namespace crevasse
