#pragma once

#include <algorithm>
#include <cstring>

#include "crevasse/volume.hpp"

/// Some values of single precision at once, in loops over any number of them.
namespace crevasse {

constexpr index_t lane_count = 8;
typedef float FloatLanes __attribute__((vector_size(4 * lane_count)));

/// The first n values from a place on; lanes behind them are 0.
CREVASSE_INLINE FloatLanes load_lanes(const float* at, index_t n = lane_count) {
  FloatLanes values{};
  if (n == lane_count) {
    std::memcpy(&values, at, sizeof(values));
  } else {
    std::memcpy(&values, at, static_cast<std::size_t>(n) * sizeof(float));
  }
  return values;
}

CREVASSE_INLINE void store_lanes(const FloatLanes& values, float* at, index_t n = lane_count) {
  if (n == lane_count) {
    std::memcpy(at, &values, sizeof(values));
  } else {
    std::memcpy(at, &values, static_cast<std::size_t>(n) * sizeof(float));
  }
}

CREVASSE_INLINE double sum_lanes(const FloatLanes& values) {
  double total = 0;
  for (index_t i = 0; i < lane_count; ++i) total += static_cast<double>(values[i]);
  return total;
}

/// Call `use(first, n)` for each `lane_count` of `count` values, and for the rest.
template <class Use>
CREVASSE_INLINE void for_each_lanes(index_t count, Use&& use) {
  index_t i = 0;
  for (; i + lane_count <= count; i += lane_count) use(i, lane_count);
  if (i < count) use(i, count - i);
}

/// The same where it does no harm to see values twice: the last lanes are whole, too.
template <class Use>
CREVASSE_INLINE void for_each_whole_lanes(index_t count, Use&& use) {
  if (count < lane_count) return use(0, count);
  for (index_t i = 0; i < count; i += lane_count) use(std::min(i, count - lane_count), lane_count);
}

}  // namespace crevasse
