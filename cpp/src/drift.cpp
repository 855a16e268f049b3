#include "crevasse/drift.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "float_lanes.hpp"
#include "simd.hpp"

namespace crevasse {
namespace {

CREVASSE_INLINE float mean_of(const float* values, index_t n) {
  FloatLanes total{};
  for_each_lanes(
      n, [&](index_t i, index_t k) CREVASSE_INLINE_LAMBDA { total += load_lanes(values + i, k); });
  return static_cast<float>(sum_lanes(total) / static_cast<double>(n));
}

struct Weighting {
  float noise, tolerance;
};

/// Where the equations of one cell go.
struct Equations {
  double *normal, *pull, *left;
};

/// The equations of one cell.
///
/// An offset of grey values is one unknown more, which weighted means take out of all sums.
template <int axes>
CREVASSE_CLONES void add_up(const float* sample, const float* grey, const float* slope,
                            index_t voxels, float light, const Weighting& weighting,
                            const Equations& to) {
  constexpr std::size_t n = axes;
  const float mean = mean_of(sample, voxels);
  const bool alike = std::isinf(weighting.tolerance);
  const float squared = alike ? 0.0F : weighting.tolerance * weighting.tolerance;
  FloatLanes weights{}, offs{}, squares{};
  std::array<FloatLanes, n> slopes{}, pulls{};
  std::array<std::array<FloatLanes, n>, n> products{};
  for_each_lanes(voxels, [&](index_t v, index_t k) CREVASSE_INLINE_LAMBDA {
    FloatLanes valid{};
    for (index_t i = 0; i < k; ++i) valid[i] = 1;
    const FloatLanes off = load_lanes(sample + v, k) - mean - light * load_lanes(grey + v, k);
    std::array<FloatLanes, n> along;
    FloatLanes steep{};
    for (std::size_t a = 0; a < n; ++a) {
      along[a] = load_lanes(slope + static_cast<index_t>(a) * voxels + v, k);
      steep += along[a] * along[a];
    }
    const FloatLanes square = off * off;
    const FloatLanes close = weighting.noise + squared * steep;
    const FloatLanes share = close / (close + square);
    const FloatLanes weight = alike ? valid : valid * share * share;
    weights += weight;
    offs += weight * off;
    squares += weight * square;
    for (std::size_t a = 0; a < n; ++a) {
      const FloatLanes weighted = weight * along[a];
      slopes[a] += weighted;
      pulls[a] += weighted * off;
      for (std::size_t b = 0; b <= a; ++b) products[a][b] += weighted * along[b];
    }
  });
  const double total = sum_lanes(weights), off_mean = sum_lanes(offs) / total;
  std::array<double, n> first;
  for (std::size_t a = 0; a < n; ++a) first[a] = sum_lanes(slopes[a]);
  for (std::size_t a = 0; a < n; ++a) {
    to.pull[a] = first[a] * off_mean - sum_lanes(pulls[a]);
    for (std::size_t b = 0; b <= a; ++b) {
      const double normal = sum_lanes(products[a][b]) - first[a] * first[b] / total;
      to.normal[a * n + b] = to.normal[b * n + a] = normal;
    }
  }
  *to.left = sum_lanes(squares);
}

/// Mean squares of what differs at `together` places of a cell, one behind the other along x.
template <index_t together>
CREVASSE_INLINE void differs(const float* around, const Shape& window, const float* grey,
                             const Shape& cell, float light, float* out) {
  std::array<FloatLanes, together> offs{}, squares{};
  for (index_t z = 0; z < cell.z; ++z) {
    for (index_t y = 0; y < cell.y; ++y) {
      const float* there = around + (z * window.y + y) * window.x;
      const float* here = grey + (z * cell.y + y) * cell.x;
      for_each_lanes(cell.x, [&](index_t x, index_t k) CREVASSE_INLINE_LAMBDA {
        const FloatLanes expected = light * load_lanes(here + x, k);
        for (index_t i = 0; i < together; ++i) {
          const auto at = static_cast<std::size_t>(i);
          const FloatLanes off = load_lanes(there + x + i, k) - expected;
          offs[at] += off;
          squares[at] += off * off;
        }
      });
    }
  }
  const auto n = static_cast<double>(cell.size());
  for (std::size_t i = 0; i < together; ++i) {
    const double mean = sum_lanes(offs[i]) / n;
    out[i] = static_cast<float>(sum_lanes(squares[i]) / n - mean * mean);
  }
}

CREVASSE_CLONES void differ(float* around, const Shape& window, const float* grey,
                            const Shape& cell, float light, float* out) {
  // What is left needs fewer digits.
  const float mean = mean_of(around, window.size());
  for (index_t i = 0; i < window.size(); ++i) around[i] -= mean;
  constexpr index_t some = 3;  // as many sums as stay in registers
  const Shape places{window.z - cell.z + 1, window.y - cell.y + 1, window.x - cell.x + 1};
  for (index_t z = 0; z < places.z; ++z) {
    for (index_t y = 0; y < places.y; ++y) {
      const float* begin = around + (z * window.y + y) * window.x;
      index_t x = 0;
      for (; x + some <= places.x; x += some) {
        differs<some>(begin + x, window, grey, cell, light, out + x);
      }
      for (; x < places.x; ++x) differs<1>(begin + x, window, grey, cell, light, out + x);
      out += places.x;
    }
  }
}

}  // namespace

ShiftEquations shift_equations(const CellPairs& pairs, float noise, float tolerance) {
  const auto count = static_cast<std::size_t>(pairs.count);
  const auto axes = static_cast<std::size_t>(pairs.axes);
  ShiftEquations out{Buffer<double>(count * axes * axes), Buffer<double>(count * axes),
                     Buffer<double>(count)};
  const auto add = pairs.axes == 2 ? add_up<2> : add_up<3>;
  for (index_t c = 0; c < pairs.count; ++c) {
    const auto i = static_cast<std::size_t>(c);
    const index_t begin = c * pairs.voxels;
    add(pairs.sample + begin, pairs.grey + begin, pairs.slope + begin * pairs.axes, pairs.voxels,
        pairs.light, {noise, tolerance},
        {out.normal.data() + i * axes * axes, out.pull.data() + i * axes, out.left.data() + i});
  }
  return out;
}

void shift_differences(std::span<const float> around, const Shape& window,
                       std::span<const float> grey, const Shape& cell, float light,
                       std::span<float> out) {
  const index_t n = static_cast<index_t>(grey.size()) / cell.size();
  const index_t places = static_cast<index_t>(out.size()) / std::max<index_t>(n, 1);
  Buffer<float> held(static_cast<std::size_t>(window.size()));
  for (index_t c = 0; c < n; ++c) {
    std::copy_n(around.data() + c * window.size(), window.size(), held.data());
    differ(held.data(), window, grey.data() + c * cell.size(), cell, light,
           out.data() + c * places);
  }
}

}  // namespace crevasse
