#include "crevasse/distance.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

/// From every voxel to every background voxel; those beyond the border only one deep, which is
/// where the nearest are.
Dense<float> brute_force(const Mask& mask, const DistanceOptions& o) {
  const Shape& s = mask.shape;
  Dense<float> result(s);
  const std::array<index_t, 3> rim{o.border[0], o.border[1], o.border[2]};
  for_each_voxel(s, [&](index_t z, index_t y, index_t x) {
    double nearest = std::numeric_limits<double>::infinity();
    for (index_t bz = -rim[0]; bz < s.z + rim[0]; ++bz)
      for (index_t by = -rim[1]; by < s.y + rim[1]; ++by)
        for (index_t bx = -rim[2]; bx < s.x + rim[2]; ++bx) {
          const bool inside = bz >= 0 && bz < s.z && by >= 0 && by < s.y && bx >= 0 && bx < s.x;
          if (inside && mask.at(bz, by, bx) != 0) continue;
          const double dz = static_cast<double>(z - bz) * o.spacing[0];
          const double dy = static_cast<double>(y - by) * o.spacing[1];
          const double dx = static_cast<double>(x - bx) * o.spacing[2];
          nearest = std::min(nearest, dz * dz + dy * dy + dx * dx);
        }
    if (mask.at(z, y, x) == 0) nearest = 0;
    const double limit = o.squared ? o.limit * o.limit : o.limit;
    const double distance = o.squared ? nearest : std::sqrt(nearest);
    result.at(z, y, x) = static_cast<float>(std::min(distance, limit));
  });
  return result;
}

Dense<float> measured(const Mask& mask, const DistanceOptions& options, int threads = 1,
                      bool out_is_zero = true) {
  Dense<float> out(mask.shape, out_is_zero ? 0.0F : 77.0F);
  crevasse::distance(encode_mask(mask.view(), 1), out.out(), out_is_zero, options, threads);
  return out;
}

/// Equal but for the last bit.
std::string unlike(const Dense<float>& actual, const Dense<float>& expected) {
  for (std::size_t i = 0; i < actual.voxels.size(); ++i) {
    const float a = actual.voxels[i], b = expected.voxels[i];
    if (a == b || std::nextafterf(a, b) == b) continue;
    return "voxel " + std::to_string(i) + ": " + std::to_string(a) + ", not " + std::to_string(b);
  }
  return {};
}

}  // namespace

TEST_CASE("distances equal a search of all voxels, for every shape, spacing, border and limit") {
  Random random(41);
  for (const Shape& shape : small_shapes()) {
    if (shape.size() > 3000) continue;
    INFO("shape ", shape);
    for (const double density : {0.5, 0.95, 1.0}) {
      const Mask mask = noise(shape, density, random);
      for (const auto& spacing : {std::array{1.0, 1.0, 1.0}, std::array{2.0, 1.0, 0.5},
                                  std::array{1.3, 0.7, std::sqrt(2.0)},
                                  std::array{181.0, 182.0, 1.0}, std::array{1.0, 1.0, 999.0}}) {
        DistanceOptions options{spacing};
        options.squared = below(random, 2) == 0;
        for (bool& border : options.border) border = below(random, 2) == 0;
        if (below(random, 2) == 0) options.limit = 2.5;
        CHECK(unlike(measured(mask, options, 2, below(random, 2) == 0),
                     brute_force(mask, options)) == "");
      }
    }
  }
}

TEST_CASE("in integers distances are correct to the last bit") {
  Random random(42);
  const Mask mask = noise({9, 20, 70}, 0.97, random);
  for (const double length : {1.0, 1.8, 0.1}) {
    const DistanceOptions options{{length, length, length}};
    const auto found = measured(mask, options);
    const auto unit = brute_force(mask, {{1, 1, 1}, true});
    for (std::size_t i = 0; i < found.voxels.size(); ++i) {
      const double exact = length * std::sqrt(static_cast<double>(unit.voxels[i]));
      CHECK(found.voxels[i] == static_cast<float>(exact));
    }
  }
}

TEST_CASE("far from all background the envelopes give what the windows give") {
  // One background voxel: every distance is known, and long.
  for (const Shape& shape : {Shape{3, 700, 70}, Shape{700, 3, 70}, Shape{1, 1, 900}}) {
    INFO("shape ", shape);
    Mask mask(shape, 1);
    mask.at(shape.z / 3, shape.y / 4, 60) = 0;
    for (const auto& spacing : {std::array{1.0, 1.0, 1.0}, std::array{1.1, 0.9, std::sqrt(3.0)}}) {
      for (const bool border : {false, true}) {
        const DistanceOptions options{
            spacing, false, std::numeric_limits<double>::infinity(), {false, border, false}};
        Dense<float> expected(shape);
        for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
          const double dz = static_cast<double>(z - shape.z / 3) * spacing[0];
          const double dy = static_cast<double>(y - shape.y / 4) * spacing[1];
          const double dx = static_cast<double>(x - 60) * spacing[2];
          double nearest = std::sqrt(dz * dz + dy * dy + dx * dx);
          if (border) {
            const auto rim = static_cast<double>(std::min(y + 1, shape.y - y));
            nearest = std::min(nearest, rim * spacing[1]);
          }
          expected.at(z, y, x) = static_cast<float>(nearest);
        });
        CHECK(unlike(measured(mask, options, 3), expected) == "");
      }
    }
  }
}

TEST_CASE("without background all is infinitely far, or as far as the limit") {
  const Mask mask({3, 4, 70}, 1);
  CHECK(measured(mask, {}) == Dense<float>(mask.shape, infinity));
  CHECK(measured(mask, {{1, 1, std::sqrt(2.0)}}) == Dense<float>(mask.shape, infinity));
  DistanceOptions near;
  near.limit = 3;
  CHECK(measured(mask, near) == Dense<float>(mask.shape, 3));
  near.squared = true;
  CHECK(measured(mask, near) == Dense<float>(mask.shape, 9));
}

TEST_CASE("distances are the same for every thread count") {
  Random random(43);
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    const Mask mask = noise(shape, 0.9, random);
    for (const auto& spacing : {std::array{1.0, 1.0, 1.0}, std::array{1.3, 0.7, 0.9}}) {
      const auto expected = measured(mask, {spacing}, 1);
      for (const int threads : thread_counts) {
        CHECK(measured(mask, {spacing}, threads, threads % 2 == 0) == expected);
      }
    }
  }
}

TEST_CASE("farther_than keeps what no closed ball around background reaches") {
  Random random(44);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    const Mask mask = noise(shape, 0.97, random);
    const auto runs = encode_mask(mask.view(), 1);
    for (const double length : {1.0, 0.1, 0.77}) {
      for (const double radius : {0.0, 1.0, std::sqrt(2.0), 2.0, 3.3}) {
        DistanceOptions options{{length, length, length}};
        options.border[1] = true;
        const auto unit = measured(mask, {{1, 1, 1}, true, 50.0, options.border});
        Mask expected(shape);
        for (std::size_t i = 0; i < mask.voxels.size(); ++i) {
          expected.voxels[i] = unit.voxels[i] > static_cast<float>(radius * radius * (1 + 1e-6));
        }
        const auto kept = farther_than(runs, radius * length, options, 2);
        CHECK(difference(to_mask(kept).voxels, expected.voxels) == "");
      }
    }
  }
}

TEST_CASE("labels are as far from others as each is from the rest") {
  Random random(11);
  for (const Shape& shape : small_shapes()) {
    const auto image = values<std::uint16_t>(shape, 4, 300, random);
    for (const DistanceOptions& options :
         {DistanceOptions{}, DistanceOptions{{2, 1, 3}, true, 4, {true, true, true}},
          DistanceOptions{{1, 1.1, std::sqrt(2.0)}, false, infinity, {false, true, false}}}) {
      Dense<float> expected(shape);
      for (const int value : {300, 600, 900}) {
        Mask alone(shape);
        for (std::size_t i = 0; i < alone.voxels.size(); ++i) {
          alone.voxels[i] = image.voxels[i] == value;
        }
        const auto distances = measured(alone, options);
        for (std::size_t i = 0; i < alone.voxels.size(); ++i) {
          if (alone.voxels[i] != 0) expected.voxels[i] = distances.voxels[i];
        }
      }
      for (const int threads : thread_counts) {
        Dense<float> out(shape, 77.0F);
        label_distance<std::uint16_t>(image.view(), out.out(), options, threads);
        CHECK(out.voxels == expected.voxels);
      }
    }
  }
}
