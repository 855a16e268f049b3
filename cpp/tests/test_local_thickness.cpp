#include "crevasse/local_thickness.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "crevasse/distance.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

/// Every ball of every voxel, in the squares of `unit`, of which the spacings are whole multiples.
Dense<float> brute_force(const Mask& mask, const ThicknessOptions& o, double unit) {
  const Shape& s = mask.shape;
  std::array<double, 3> steps{};
  for (std::size_t i = 0; i < 3; ++i) steps[i] = std::round(o.spacing[i] / unit);
  Dense<float> squared(s), result(s);
  distance(encode_mask(mask.view(), 1), squared.out(), true,
           {steps, true, std::numeric_limits<double>::infinity(), o.border}, 1);
  for_each_voxel(s, [&](index_t z, index_t y, index_t x) {
    const double most = o.limit / (2 * unit);
    const double radius = std::min(static_cast<double>(squared.at(z, y, x)), most * most);
    if (radius == 0) return;
    const auto diameter = static_cast<float>(2 * unit * std::sqrt(radius));
    for_each_voxel(s, [&](index_t pz, index_t py, index_t px) {
      if (mask.at(pz, py, px) == 0) return;
      const double dz = static_cast<double>(pz - z) * steps[0];
      const double dy = static_cast<double>(py - y) * steps[1];
      const double dx = static_cast<double>(px - x) * steps[2];
      const double length = dz * dz + dy * dy + dx * dx;
      if (o.closed ? length <= radius : length < radius) {
        result.at(pz, py, px) = std::max(result.at(pz, py, px), diameter);
      }
    });
  });
  return result;
}

Dense<float> measured(const Mask& mask, const ThicknessOptions& options, int threads = 1) {
  Dense<float> out(mask.shape, 55.0F);
  crevasse::local_thickness(encode_mask(mask.view(), 1), out.out(), false, options, threads);
  return out;
}

/// Overlapping balls: what has inner voxels that larger balls cover.
Mask bubbles(const Shape& shape, int count, Random& random) {
  Mask mask(shape);
  for (int i = 0; i < count; ++i) {
    const index_t cz = below(random, shape.z), cy = below(random, shape.y),
                  cx = below(random, shape.x), radius = below(random, 7);
    for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
      const index_t dz = z - cz, dy = y - cy, dx = x - cx;
      if (dz * dz + dy * dy + dx * dx <= radius * radius) mask.at(z, y, x) = 1;
    });
  }
  return mask;
}

}  // namespace

TEST_CASE(
    "local thickness equals every ball of every voxel, whatever spacing, border, closure and "
    "limit") {
  Random random(51);
  for (const Shape& shape :
       {Shape{1, 1, 9}, Shape{1, 14, 70}, Shape{9, 10, 11}, Shape{6, 13, 67}, Shape{16, 5, 16}}) {
    INFO("shape ", shape);
    for (int round = 0; round < 4; ++round) {
      const Mask mask = round == 0 ? noise(shape, 0.9, random) : bubbles(shape, 6, random);
      for (const auto& spacing : {std::array{1.0, 1.0, 1.0}, std::array{0.5, 0.5, 0.5},
                                  std::array{2.0, 1.0, 1.0}, std::array{1.5, 1.0, 0.5}}) {
        ThicknessOptions options{spacing};
        options.closed = below(random, 2) == 0;
        for (bool& border : options.border) border = below(random, 2) == 0;
        const std::array limits{options.limit, options.limit, 3.0, 4.0, 4.5};
        options.limit = limits[static_cast<std::size_t>(below(random, 5))];
        const double unit = std::min({spacing[0], spacing[1], spacing[2]});
        CHECK(measured(mask, options, 3) == brute_force(mask, options, unit));
      }
    }
  }
}

TEST_CASE("spacings without a common measure give what nearby ones that have one give") {
  Random random(52);
  const Mask mask = bubbles({12, 13, 40}, 8, random);
  for (const bool closed : {true, false}) {
    ThicknessOptions whole{{1, 1, 1}, {}, closed}, nearly{{1, 1 + 1e-9, 1}, {}, closed};
    const auto expected = measured(mask, whole), found = measured(mask, nearly);
    for (std::size_t i = 0; i < found.voxels.size(); ++i) {
      CHECK(found.voxels[i] == doctest::Approx(expected.voxels[i]).epsilon(1e-6));
    }
  }
}

TEST_CASE("local thickness is the same for every thread count") {
  Random random(53);
  const Mask mask = bubbles({40, 60, 130}, 60, random);
  const auto expected = measured(mask, {}, 1);
  for (const int threads : thread_counts) CHECK(measured(mask, {}, threads) == expected);
}

TEST_CASE("without background thickness is infinite, without foreground zero") {
  const Shape shape{3, 4, 5};
  CHECK(measured(Mask(shape, 1), {}) ==
        Dense<float>(shape, std::numeric_limits<float>::infinity()));
  CHECK(measured(Mask(shape, 0), {}) == Dense<float>(shape));
  CHECK(measured(Mask({0, 4, 5}), {}).voxels.empty());
}
