#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "crevasse/drift.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

std::vector<float> values(index_t n, Random& random) {
  std::vector<float> out(to_size(n));
  for (float& value : out) value = static_cast<float>(below(random, 2000)) / 100 - 10;
  return out;
}

void take_off_means(std::vector<float>& rows, index_t n) {
  for (auto row = rows.begin(); row != rows.end(); row += n) {
    double sum = 0;
    for (index_t i = 0; i < n; ++i) sum += row[i];
    for (index_t i = 0; i < n; ++i) row[i] -= static_cast<float>(sum / static_cast<double>(n));
  }
}

double close_to(double actual, double expected, double scale) {
  return std::abs(actual - expected) / scale;
}

/// The equations of one cell by their definition: weighted least squares of what differs, by a
/// shift along each axis and an offset.
struct SlowEquations {
  std::array<std::array<double, 3>, 3> normal{};
  std::array<double, 3> pull{};
  double left = 0;

  static SlowEquations of(const CellPairs& pairs, index_t cell, double noise, double tolerance) {
    const index_t n = pairs.voxels;
    const auto axes = static_cast<std::size_t>(pairs.axes);
    const auto slope = [&](std::size_t axis, index_t v) {
      const index_t row = cell * pairs.axes + static_cast<index_t>(axis);
      return static_cast<double>(pairs.slope[row * n + v]);
    };
    std::vector<double> off(to_size(n)), weight(to_size(n), 1.0);
    double mean = 0;
    for (index_t v = 0; v < n; ++v) mean += pairs.sample[cell * n + v];
    mean /= static_cast<double>(n);
    for (index_t v = 0; v < n; ++v) {
      off[to_size(v)] = pairs.sample[cell * n + v] - mean -
                        static_cast<double>(pairs.light) * pairs.grey[cell * n + v];
      double steep = 0;
      for (std::size_t a = 0; a < axes; ++a) steep += slope(a, v) * slope(a, v);
      if (std::isinf(tolerance)) continue;
      const double close = noise + tolerance * tolerance * steep;
      weight[to_size(v)] = 1 / std::pow(1 + off[to_size(v)] * off[to_size(v)] / close, 2);
    }
    const auto weighted_mean = [&](const auto& value) {
      double sum = 0, total = 0;
      for (index_t v = 0; v < n; ++v) {
        sum += weight[to_size(v)] * value(v);
        total += weight[to_size(v)];
      }
      return sum / total;
    };
    const double off_mean = weighted_mean([&](index_t v) { return off[to_size(v)]; });
    std::array<double, 3> slope_mean{};
    for (std::size_t a = 0; a < axes; ++a) {
      slope_mean[a] = weighted_mean([&](index_t v) { return slope(a, v); });
    }
    SlowEquations out;
    for (index_t v = 0; v < n; ++v) {
      const double w = weight[to_size(v)], d = off[to_size(v)];
      out.left += w * d * d;
      for (std::size_t a = 0; a < axes; ++a) {
        out.pull[a] -= w * (slope(a, v) - slope_mean[a]) * (d - off_mean);
        for (std::size_t b = 0; b < axes; ++b) {
          out.normal[a][b] += w * (slope(a, v) - slope_mean[a]) * (slope(b, v) - slope_mean[b]);
        }
      }
    }
    return out;
  }
};

template <class T>
void check_sample(const Shape& shape, const Shape& size, Random& random) {
  // A part of a larger volume.
  Dense<T> whole({shape.z + 1, shape.y + 2, shape.x + 3});
  for (T& value : whole.voxels) value = static_cast<T>(below(random, 200));
  const Rows<T> image{&whole.at(1, 1, 2), shape, whole.shape.y * whole.shape.x, whole.shape.x};
  std::array<SampleWeights, 3> weights;
  for (auto& axis : weights) {
    float sum = 0;
    for (float& weight : axis) sum += weight = static_cast<float>(1 + below(random, 9));
    for (float& weight : axis) weight /= sum;
  }
  std::vector<std::array<index_t, 3>> begins;
  for (int i = 0; i < 3; ++i) {
    begins.push_back({below(random, shape.z + 12) - 8, below(random, shape.y + 12) - 8,
                      below(random, shape.x + 12) - 8});
  }
  std::vector<float> out(begins.size() * to_size(size.size()));
  sample_blocks<T>(image, begins, size, weights, out);
  auto found = out.begin();
  for (const auto& begin : begins) {
    for_each_voxel(size, [&](index_t z, index_t y, index_t x) {
      double expected = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        for (std::size_t j = 0; j < 8; ++j) {
          for (std::size_t k = 0; k < 8; ++k) {
            const auto at = [](index_t place, std::size_t step, index_t n) {
              return std::clamp<index_t>(place + static_cast<index_t>(step), 0, n - 1);
            };
            const index_t a = at(begin[0] + z, i, shape.z), b = at(begin[1] + y, j, shape.y),
                          c = at(begin[2] + x, k, shape.x);
            expected += static_cast<double>(weights[0][i]) * weights[1][j] * weights[2][k] *
                        static_cast<double>(whole.at(a + 1, b + 1, c + 2));
          }
        }
      }
      REQUIRE(close_to(*found++, expected, 200) < 1e-5);
    });
  }
}

}  // namespace

TEST_CASE("blocks are weighted sums of voxels, and the image repeats beyond its border") {
  Random random(11);
  for (const Shape& size : {Shape{1, 1, 1}, Shape{3, 4, 7}, Shape{2, 5, 8}, Shape{4, 3, 18}}) {
    for (const Shape& shape : {Shape{1, 9, 12}, Shape{6, 1, 5}, Shape{14, 13, 30}}) {
      CAPTURE(size);
      CAPTURE(shape);
      check_sample<std::uint8_t>(shape, size, random);
      check_sample<std::int16_t>(shape, size, random);
      check_sample<std::uint16_t>(shape, size, random);
      check_sample<std::int32_t>(shape, size, random);
      check_sample<std::uint32_t>(shape, size, random);
      check_sample<float>(shape, size, random);
      check_sample<double>(shape, size, random);
    }
  }
}

TEST_CASE("shift equations are those of weighted least squares with an offset") {
  Random random(12);
  for (const int axes : {2, 3}) {
    for (const index_t voxels : {1, 5, 8, 27, 64}) {
      const index_t count = 4;
      const auto sample = values(count * voxels, random);
      auto grey = values(count * voxels, random), slope = values(count * axes * voxels, random);
      take_off_means(grey, voxels);
      take_off_means(slope, voxels);
      const CellPairs pairs{count, voxels, axes, sample.data(), grey.data(), slope.data(), 0.9F};
      for (const float tolerance : {0.2F, 1.5F, std::numeric_limits<float>::infinity()}) {
        const ShiftEquations found = shift_equations(pairs, 0.7F, tolerance);
        for (index_t c = 0; c < count; ++c) {
          const auto expected = SlowEquations::of(pairs, c, 0.7F, tolerance);
          const double scale = 1e3 * static_cast<double>(voxels);
          const auto n = to_size(axes);
          REQUIRE(close_to(found.left[to_size(c)], expected.left, scale) < 1e-5);
          for (std::size_t a = 0; a < n; ++a) {
            REQUIRE(close_to(found.pull[to_size(c) * n + a], expected.pull[a], scale) < 1e-5);
            for (std::size_t b = 0; b < n; ++b) {
              const double normal = found.normal[(to_size(c) * n + a) * n + b];
              REQUIRE(close_to(normal, expected.normal[a][b], scale) < 1e-5);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("shift differences are variances of what differs at every place") {
  Random random(13);
  for (const Shape& cell : {Shape{1, 4, 9}, Shape{3, 2, 1}, Shape{4, 4, 8}, Shape{2, 3, 17}}) {
    for (const Shape& more : {Shape{0, 0, 0}, Shape{2, 1, 3}, Shape{1, 2, 4}}) {
      const Shape window{cell.z + more.z, cell.y + more.y, cell.x + more.x};
      const Shape places{more.z + 1, more.y + 1, more.x + 1};
      const index_t count = 3;
      const auto around = values(count * window.size(), random);
      auto grey = values(count * cell.size(), random);
      take_off_means(grey, cell.size());
      std::vector<float> out(to_size(count * places.size()));
      shift_differences(around, window, grey, cell, 1.2F, out);
      for (index_t c = 0; c < count; ++c) {
        for_each_voxel(places, [&](index_t z, index_t y, index_t x) {
          double sum = 0, squares = 0;
          for_each_voxel(cell, [&](index_t k, index_t j, index_t i) {
            const index_t there = ((z + k) * window.y + y + j) * window.x + x + i;
            const index_t here = (k * cell.y + j) * cell.x + i;
            const double off = static_cast<double>(around[to_size(c * window.size() + there)]) -
                               1.2 * static_cast<double>(grey[to_size(c * cell.size() + here)]);
            sum += off;
            squares += off * off;
          });
          const auto n = static_cast<double>(cell.size());
          const index_t place = (z * places.y + y) * places.x + x;
          const double expected = squares / n - sum * sum / (n * n);
          REQUIRE(close_to(out[to_size(c * places.size() + place)], expected, 100) < 1e-5);
        });
      }
    }
  }
}
