#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

#include "crevasse/translate.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

/// Keys' kernel by its definition.
double kernel(double s) {
  s = std::abs(s);
  if (s < 1) return (1.5 * s - 2.5) * s * s + 1;
  return s < 2 ? ((-0.5 * s + 2.5) * s - 4) * s + 2 : 0;
}

template <class T>
double slow(const Dense<T>& image, const std::array<double, 3>& drift, index_t z, index_t y,
            index_t x) {
  const std::array<double, 3> place{static_cast<double>(z) + drift[0],
                                    static_cast<double>(y) + drift[1],
                                    static_cast<double>(x) + drift[2]};
  const auto around = [&](int axis, index_t k) {
    return static_cast<index_t>(std::floor(place[static_cast<std::size_t>(axis)])) + k;
  };
  const auto weight = [&](int axis, index_t at) {
    return kernel(place[static_cast<std::size_t>(axis)] - static_cast<double>(at));
  };
  const Shape& n = image.shape;
  double sum = 0;
  for (index_t i = -1; i <= 2; ++i) {
    for (index_t j = -1; j <= 2; ++j) {
      for (index_t k = -1; k <= 2; ++k) {
        const index_t a = around(0, i), b = around(1, j), c = around(2, k);
        sum += weight(0, a) * weight(1, b) * weight(2, c) *
               static_cast<double>(image.at(std::clamp<index_t>(a, 0, n.z - 1),
                                            std::clamp<index_t>(b, 0, n.y - 1),
                                            std::clamp<index_t>(c, 0, n.x - 1)));
      }
    }
  }
  return sum;
}

template <class T>
void check(const Shape& shape, const std::array<double, 3>& drift, double tolerance,
           Random& random) {
  Dense<T> image(shape);
  for (T& value : image.voxels) value = static_cast<T>(below(random, 200));
  Dense<T> moved(shape);
  translate<T>(image.view(), moved.out(), drift, 1);
  for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
    double expected = slow(image, drift, z, y, x);
    if constexpr (!std::is_floating_point_v<T>) {
      expected = std::clamp(expected, static_cast<double>(std::numeric_limits<T>::min()),
                            static_cast<double>(std::numeric_limits<T>::max()));
    }
    CHECK(std::abs(static_cast<double>(moved.at(z, y, x)) - expected) <= tolerance);
  });
  for (const int threads : thread_counts) {
    Dense<T> again = image;
    translate<T>(again.view(), again.out(), drift, threads);  // onto itself
    CHECK(again.voxels == moved.voxels);
  }
}

}  // namespace

TEST_CASE("translation is cubic convolution, in place too, for every thread count") {
  Random random(1);
  const std::array<std::array<double, 3>, 7> drifts{{{0.25, -0.5, 1.75},
                                                     {-0.75, 3.5, -6.25},
                                                     {-3, 0, 0.5},
                                                     {2.5, 0, 0},
                                                     {0, 0.125, 0},
                                                     {1e6, -1e9, 40.5},
                                                     {-40.5, 1e6, -1e6}}};
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{1, 7, 5}, Shape{9, 1, 70}, Shape{12, 11, 9}}) {
    INFO("shape ", shape);
    for (const auto& drift : drifts) {
      check<std::uint8_t>(shape, drift, 0.51, random);
      check<std::int16_t>(shape, drift, 0.51, random);
      check<float>(shape, drift, 0.01, random);
      check<double>(shape, drift, 0.01, random);
    }
  }
  check<std::uint16_t>({20, 300, 200}, {0.3, -1.6, 0.5}, 0.51, random);
  for (const double along_z : {70.5, -70.5, 2.25, -1.75, 5.0}) {  // more slices than are held
    check<std::uint16_t>({150, 5, 4}, {along_z, 0.5, -1}, 0.51, random);
    check<std::uint16_t>({150, 5, 4}, {along_z, 1, -1}, 0.51, random);
  }
}

TEST_CASE("whole voxels are copied, however large the values") {
  Random random(2);
  const Shape shape{6, 5, 8};
  Dense<std::uint32_t> image(shape);
  for (auto& value : image.voxels)
    value = 0xFFFFFFFFU - static_cast<std::uint32_t>(below(random, 99));
  for (const std::array<double, 3>& drift :
       {std::array{2.0, -1.0, 3.0}, {-2.0, 1.0, 0.0}, {0.0, 0.0, -9.0}}) {
    Dense<std::uint32_t> moved = image;
    translate<std::uint32_t>(moved.view(), moved.out(), drift, 2);
    for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
      const auto at = [&](index_t i, int axis, index_t n) {
        return std::clamp<index_t>(i + static_cast<index_t>(drift[static_cast<std::size_t>(axis)]),
                                   0, n - 1);
      };
      CHECK(moved.at(z, y, x) == image.at(at(z, 0, shape.z), at(y, 1, shape.y), at(x, 2, shape.x)));
    });
  }
}

TEST_CASE("values stay within their type") {
  const Shape shape{1, 1, 40};
  Dense<std::uint32_t> image(shape);
  for (std::size_t x = 20; x < 40; ++x) image.voxels[x] = 0xFFFFFFFFU;
  translate<std::uint32_t>(image.view(), image.out(), {0, 0, 0.5}, 1);
  CHECK(image.voxels[18] == 0);            // undershoot
  CHECK(image.voxels[20] == 0xFFFFFF00U);  // overshoot, to the greatest float below
}
