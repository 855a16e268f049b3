#include "crevasse/aperture.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

using Point = std::array<double, 3>;

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Scene {
  Dense<float> grey;
  Mask mask;

  explicit Scene(const Shape& shape) : grey(shape), mask(shape) {}
};

/// Two waves of contrast 1 on a tilt, not blurred but soft, and the mask at half contrast.
Scene waves(const Shape& shape, double width, const Point& normal, Random& random) {
  Scene scene(shape);
  for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
    const double along = normal[0] * static_cast<double>(z) + normal[1] * static_cast<double>(y) +
                         normal[2] * static_cast<double>(x);
    const double bend = std::sin(static_cast<double>(x + y) / 9);
    double contrast = 0;
    for (const double place : {9.0, 17.5}) {
      const double away = std::abs(along - place - bend) - width / 2;
      contrast += 1 / (1 + std::exp(4 * away));
    }
    contrast += 0.02 * (uniform(random) - 0.5);
    scene.grey.at(z, y, x) = static_cast<float>(50 - 40 * contrast);
    scene.mask.at(z, y, x) = contrast > 0.5;
  });
  return scene;
}

/// A value of a dense volume between voxel centres; outside it goes on as straight as it ends.
template <class T>
double between(const Dense<T>& image, const Point& at) {
  const std::array extent{image.shape.z, image.shape.y, image.shape.x};
  std::array<std::array<index_t, 2>, 3> corner{};
  Point part{};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto low = std::clamp<index_t>(static_cast<index_t>(std::floor(at[i])), 0,
                                         std::max<index_t>(extent[i] - 2, 0));
    corner[i] = {low, std::min(low + 1, extent[i] - 1)};
    part[i] = extent[i] > 1 ? at[i] - static_cast<double>(low) : 0;
  }
  double sum = 0;
  for (std::size_t c = 0; c < 8; ++c) {
    const std::array<std::size_t, 3> end{c >> 2, c >> 1 & 1, c & 1};
    double weight = 1;
    for (std::size_t i = 0; i < 3; ++i) weight *= end[i] == 1 ? part[i] : 1 - part[i];
    sum += weight *
           static_cast<double>(image.at(corner[0][end[0]], corner[1][end[1]], corner[2][end[2]]));
  }
  return sum;
}

Point gradient(const Dense<float>& grey, const Point& at) {
  Point result{};
  constexpr std::array means{1.0 / 6, 4.0 / 6, 1.0 / 6}, differences{-0.5, 0.0, 0.5};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    for (std::size_t i = 0; i < 27; ++i) {
      const std::array<std::size_t, 3> k{i / 9, i / 3 % 3, i % 3};
      double weight = 1;
      Point place{};
      for (std::size_t j = 0; j < 3; ++j) {
        weight *= j == axis ? differences[k[j]] : means[k[j]];
        place[j] = at[j] + static_cast<double>(k[j]) - 1;
      }
      result[axis] += weight * between(grey, place);
    }
  }
  return result;
}

/// By multiplying with the matrix very often.
Point first_eigenvector(const std::array<Point, 3>& matrix) {
  Point v{0.31, 0.53, 0.79};
  for (int step = 0; step < 3000; ++step) {
    Point next{};
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) next[i] += matrix[i][j] * v[j];
    const double length = std::sqrt(next[0] * next[0] + next[1] * next[1] + next[2] * next[2]);
    for (std::size_t i = 0; i < 3; ++i) v[i] = next[i] / length;
  }
  return v;
}

double distance_to_background(const Mask& mask, const Point& at) {
  double nearest = infinity;
  for_each_voxel(mask.shape, [&](index_t z, index_t y, index_t x) {
    if (mask.at(z, y, x) != 0) return;
    const double dz = static_cast<double>(z) - at[0], dy = static_cast<double>(y) - at[1],
                 dx = static_cast<double>(x) - at[2];
    nearest = std::min(nearest, std::sqrt(dz * dz + dy * dy + dx * dx));
  });
  return nearest;
}

/// In voxels of index space.
Point normal_at(const Scene& scene, const Point& at, double window, const Point& spacing) {
  std::array<Point, 3> sums{};
  for_each_voxel(scene.grey.shape, [&](index_t z, index_t y, index_t x) {
    const Point place{static_cast<double>(z), static_cast<double>(y), static_cast<double>(x)};
    for (std::size_t i = 0; i < 3; ++i)
      if (std::abs(place[i] - at[i]) > window) return;
    const Point g = gradient(scene.grey, place);
    for (std::size_t i = 0; i < 3; ++i)
      for (std::size_t j = 0; j < 3; ++j) sums[i][j] += g[i] * g[j];
  });
  Point n = first_eigenvector(sums);
  for (std::size_t i = 0; i < 3; ++i) n[i] /= spacing[i] * spacing[i];
  const double length = std::sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  return {n[0] / length, n[1] / length, n[2] / length};
}

/// Integral of the contrast to one side, in voxels.
double one_side(const Scene& scene, const Point& from, const Point& direction, double solid,
                double empty, double reach) {
  const Shape& s = scene.grey.shape;
  const Point last{static_cast<double>(s.z - 1), static_cast<double>(s.y - 1),
                   static_cast<double>(s.x - 1)};
  std::vector<double> contrast;  // at 0.25, 0.75, …
  double left_at = infinity, end = infinity;
  for (double away = 0.25; away < left_at + 2 * reach; away += 0.5) {
    Point at{};
    bool in_volume = true;
    for (std::size_t i = 0; i < 3; ++i) {
      at[i] = from[i] + away * direction[i];
      in_volume = in_volume && at[i] > -1e-9 && at[i] < last[i] + 1e-9;
    }
    if (!in_volume && away < end) return std::nan("");
    if (!in_volume) break;
    const bool inside = between(scene.mask, at) >= 0.5;
    if (inside && left_at < away) {
      end = (left_at + away) / 2;
      break;
    }
    if (!inside && left_at > away) {
      left_at = away;
      end = away + reach;
    }
    contrast.push_back((solid - between(scene.grey, at)) / (solid - empty));
  }
  double sum = 0;
  for (std::size_t i = 0; i < contrast.size(); ++i) {
    if (0.25 + 0.5 * static_cast<double>(i) < end) sum += 0.5 * contrast[i];
  }
  return sum;
}

double brute_force(const Scene& scene, const Point& at, const ApertureOptions& options) {
  const double depth = distance_to_background(scene.mask, at);
  const double window = depth <= 3 ? 3 : depth <= 6 ? 6 : 12;
  if (depth > 12) return std::nan("");
  const Point there = normal_at(scene, at, window, options.spacing);
  const Point back{-there[0], -there[1], -there[2]};
  double squared_length = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    squared_length += there[i] * options.spacing[i] * there[i] * options.spacing[i];
  }
  const double sum = one_side(scene, at, there, options.solid, options.empty, options.reach) +
                     one_side(scene, at, back, options.solid, options.empty, options.reach);
  return std::sqrt(squared_length) * sum;
}

struct Measured {
  Dense<float> map;
  ApertureSums sums;
};

template <class T>
Measured measured(const Dense<T>& grey, const Mask& mask, const ApertureOptions& options,
                  int threads = 1) {
  Measured result{Dense<float>(mask.shape, 7.0F), {}};
  result.sums = crevasse::aperture<T>(encode_mask(mask.view(), 1), grey.view(), result.map.out(),
                                      false, options, threads);
  return result;
}

bool same_bytes(const Dense<float>& a, const Dense<float>& b) {
  return std::equal(a.voxels.begin(), a.voxels.end(), b.voxels.begin(), [](float x, float y) {
    return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y);
  });
}

}  // namespace

TEST_CASE("apertures equal integrals along the first eigenvector of summed gradient products") {
  Random random(61);
  for (const Shape& shape : {Shape{20, 22, 23}, Shape{1, 40, 70}, Shape{6, 30, 34}}) {
    INFO("shape ", shape);
    for (const double width : {1.5, 4.0, 7.0}) {
      for (const Point& spacing : {Point{1, 1, 1}, Point{1.5, 1, 0.7}}) {
        const Point normal = shape.z == 1 ? Point{0, 0.8, 0.6} : Point{0.48, 0.64, 0.6};
        const Scene scene = waves(shape, width, normal, random);
        const ApertureOptions options{spacing, 50, 10, 2.4};
        const Measured found = measured(scene.grey, scene.mask, options, 3);
        index_t compared = 0, unlike = 0;
        for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
          const auto value = static_cast<double>(found.map.at(z, y, x));
          if (scene.mask.at(z, y, x) == 0) {
            CHECK(std::isnan(value));
            return;
          }
          if (below(random, shape.z == 1 ? 4 : 25) != 0) return;
          const Point at{static_cast<double>(z), static_cast<double>(y), static_cast<double>(x)};
          const double expected = brute_force(scene, at, options);
          ++compared;
          unlike +=
              std::isnan(expected) ? !std::isnan(value) : !(std::abs(value - expected) < 1e-3);
        });
        REQUIRE(compared > 20);
        // The mask is asked at points: one that is at one half but for rounding may differ.
        CHECK(unlike <= compared / 50);
      }
    }
  }
}

TEST_CASE("sums weigh each voxel by one over the length of the mask") {
  const Shape shape{24, 9, 70};
  Mask mask(shape);
  Dense<std::uint8_t> grey(shape, 100);
  for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
    const index_t width = x < 30 ? 2 : 4;
    const bool open = z >= 8 && z < 8 + width;
    mask.at(z, y, x) = open && (x < 20 || x >= 40);
    grey.at(z, y, x) = open ? 20 : 100;
  });
  const auto found = measured(grey, mask, {{3, 1, 1}, 100, 0, 3});
  // 20 columns of 2 voxels, 30 of 4; 0.8 of each voxel is open.
  CHECK(found.sums.weight == doctest::Approx(9 * (20 + 30) / 3.0));
  CHECK(found.sums.aperture == doctest::Approx(9 * (20 * 2 + 30 * 4) * 0.8));
  CHECK(found.sums.squares == doctest::Approx(9 * (20 * 2 * 2 + 30 * 4 * 4) * 0.8 * 0.8 * 3));
  CHECK(found.map.at(9, 4, 10) == doctest::Approx(2 * 0.8 * 3));
}

TEST_CASE("apertures and their sums are the same for every thread count") {
  Random random(62);
  const Scene scene = waves({60, 70, 150}, 3, {0.48, 0.64, 0.6}, random);
  const ApertureOptions options{{1, 1, 1}, 50, 10, 3};
  const auto expected = measured(scene.grey, scene.mask, options, 1);
  for (const int threads : thread_counts) {
    const auto found = measured(scene.grey, scene.mask, options, threads);
    CHECK(same_bytes(found.map, expected.map));
    CHECK(found.sums.weight == expected.sums.weight);
    CHECK(found.sums.aperture == expected.sums.aperture);
    CHECK(found.sums.squares == expected.sums.squares);
  }
}

TEST_CASE_TEMPLATE("apertures do not depend on the type of grey values", T, std::uint8_t,
                   std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, double) {
  Random random(63);
  const Scene scene = waves({20, 24, 70}, 3, {0.48, 0.64, 0.6}, random);
  Dense<float> rounded = scene.grey;
  Dense<T> grey(rounded.shape);
  for (std::size_t i = 0; i < grey.voxels.size(); ++i) {
    rounded.voxels[i] = std::round(rounded.voxels[i]);
    grey.voxels[i] = static_cast<T>(rounded.voxels[i]);
  }
  const ApertureOptions options{{1, 1, 1}, 50, 10, 3};
  CHECK(same_bytes(measured(grey, scene.mask, options).map,
                   measured(rounded, scene.mask, options).map));
}

TEST_CASE("where there is nothing to measure apertures are NaN and sums zero") {
  const ApertureOptions options{{1, 1, 1}, 50, 10, 3};
  const auto all_nan = [](const Measured& found) {
    return found.sums.weight == 0 && found.sums.aperture == 0 &&
           std::all_of(found.map.voxels.begin(), found.map.voxels.end(),
                       [](float v) { return std::isnan(v); });
  };
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    const Dense<float> flat(shape, 10.0F);
    CHECK(all_nan(measured(flat, Mask(shape, 0), options)));
    CHECK(all_nan(measured(flat, Mask(shape, 1), options)));
    Mask half(shape);
    for (std::size_t i = 0; i < half.voxels.size(); i += 2) half.voxels[i] = 1;
    CHECK(all_nan(measured(flat, half, options)));
    Dense<float> bad = flat;
    for (auto& value : bad.voxels) value = std::nanf("");
    CHECK(all_nan(measured(bad, half, options)));
  }
}
