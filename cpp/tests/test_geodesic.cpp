#include "crevasse/geodesic.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

#include "crevasse/voxel_values.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

struct Point {
  index_t z, y, x;
};

std::vector<Point> points_of(const Mask& mask) {
  std::vector<Point> points;
  for_each_voxel(mask.shape, [&](index_t z, index_t y, index_t x) {
    if (mask.at(z, y, x) != 0) points.push_back({z, y, x});
  });
  return points;
}

double length(const Point& a, const Point& b, const std::array<double, 3>& spacing) {
  return std::hypot(static_cast<double>(a.z - b.z) * spacing[0],
                    static_cast<double>(a.y - b.y) * spacing[1],
                    static_cast<double>(a.x - b.x) * spacing[2]);
}

bool touch(const Point& a, const Point& b) {
  return std::abs(a.z - b.z) <= 1 && std::abs(a.y - b.y) <= 1 && std::abs(a.x - b.x) <= 1;
}

/// Whether a chain of 26-neighbours leads from a to b, at most a voxel off the straight line.
bool in_sight(const Mask& mask, const Point& a, const Point& b) {
  const index_t n = std::max({std::abs(b.z - a.z), std::abs(b.y - a.y), std::abs(b.x - a.x)});
  std::vector<Point> chain{a};
  for (index_t layer = 1; layer <= n; ++layer) {
    // All that is at most a voxel from the line, on every axis, in n-ths of a voxel.
    const auto near = [&](index_t from, index_t to, index_t v) {
      return std::abs(v * n - (from * n + layer * (to - from))) <= n;
    };
    std::vector<Point> next;
    for (index_t z = 0; z < mask.shape.z; ++z)
      for (index_t y = 0; y < mask.shape.y; ++y)
        for (index_t x = 0; x < mask.shape.x; ++x) {
          const Point p{z, y, x};
          if (mask.at(z, y, x) == 0 || !near(a.z, b.z, z) || !near(a.y, b.y, y)) continue;
          if (!near(a.x, b.x, x)) continue;
          if (std::any_of(chain.begin(), chain.end(), [&](const Point& q) { return touch(p, q); }))
            next.push_back(p);
        }
    chain = std::move(next);
  }
  return std::any_of(chain.begin(), chain.end(),
                     [&](const Point& p) { return p.z == b.z && p.y == b.y && p.x == b.x; });
}

/// Shortest paths by Dijkstra's algorithm from voxel to voxel, wherever `joined(a, b)`.
template <class Joined>
Dense<double> shortest(const Mask& mask, const Mask& seeds, const std::array<double, 3>& spacing,
                       Joined&& joined) {
  Dense<double> result(mask.shape, infinity);
  auto todo = points_of(mask);
  for (const Point& p : todo) {
    if (seeds.at(p.z, p.y, p.x) != 0) result.at(p.z, p.y, p.x) = 0;
  }
  const auto distance = [&](const Point& p) -> double& { return result.at(p.z, p.y, p.x); };
  while (!todo.empty()) {
    const auto nearest =
        std::min_element(todo.begin(), todo.end(),
                         [&](const Point& a, const Point& b) { return distance(a) < distance(b); });
    const Point at = *nearest;
    todo.erase(nearest);
    if (distance(at) == infinity) break;
    for (const Point& p : todo) {
      const double longer = distance(at) + length(at, p, spacing);
      if (longer < distance(p) && joined(at, p)) distance(p) = longer;
    }
  }
  return result;
}

Dense<float> measured(const Mask& mask, const Mask& seeds, const GeodesicOptions& options,
                      int threads = 1) {
  const RunVolume runs = encode_mask(mask.view(), 1);
  const auto values = geodesic_distance(runs, encode_mask(seeds.view(), 1), options, threads);
  Dense<float> out(mask.shape, 77.0F);
  write_voxel_values(runs, values, out.out(), std::numeric_limits<float>::infinity(), threads);
  return out;
}

Mask one_seed(const Mask& mask, Random& random) {
  Mask seeds(mask.shape);
  const auto points = points_of(mask);
  if (points.empty()) return seeds;
  const Point& p = points[to_size(below(random, static_cast<index_t>(points.size())))];
  seeds.at(p.z, p.y, p.x) = 1;
  return seeds;
}

const std::array spacings{std::array{1.0, 1.0, 1.0}, std::array{2.0, 1.0, 0.5},
                          std::array{1.3, 0.7, std::numbers::sqrt2}};

}  // namespace

TEST_CASE("distances lie between the best of all lines of sight and the best chain of neighbours") {
  Random random(51);
  for (const Shape& shape : {Shape{5, 7, 8}, Shape{1, 14, 17}, Shape{3, 3, 24}, Shape{6, 6, 6},
                             Shape{1, 1, 40}, Shape{30, 2, 3}}) {
    INFO("shape ", shape);
    for (const double density : {0.2, 0.35, 0.5, 0.7, 0.9, 1.0}) {
      const Mask mask = noise(shape, density, random);
      for (const auto& spacing : spacings) {
        const Mask seeds =
            below(random, 3) == 0 ? noise(shape, 0.02, random) : one_seed(mask, random);
        const auto found = measured(mask, seeds, {spacing});
        const auto least = shortest(mask, seeds, spacing, [&](const Point& a, const Point& b) {
          return in_sight(mask, a, b);
        });
        const auto most = shortest(mask, seeds, spacing, touch);
        for (std::size_t i = 0; i < found.voxels.size(); ++i) {
          const double d = found.voxels[i];
          if (std::isinf(most.voxels[i])) {
            CHECK(std::isinf(d));
            continue;
          }
          // Lines that lie between others in sight may have their chain a little farther off.
          CHECK(d >= least.voxels[i] * 0.99);
          CHECK(d <= most.voxels[i] * (1 + 1e-6));
        }
      }
    }
  }
}

TEST_CASE("round a bend distances are nearly the best of all lines of sight") {
  Mask mask({1, 27, 27}), seeds(mask.shape);
  for_each_voxel(mask.shape, [&](index_t, index_t y, index_t x) {
    const double radius = std::hypot(static_cast<double>(y) - 13, static_cast<double>(x) - 13);
    mask.at(0, y, x) = radius >= 10 && radius <= 13;
  });
  seeds.at(0, 13, 25) = 1;
  for (const auto& spacing : spacings) {
    const auto found = measured(mask, seeds, {spacing});
    const auto least = shortest(
        mask, seeds, spacing, [&](const Point& a, const Point& b) { return in_sight(mask, a, b); });
    for (std::size_t i = 0; i < mask.voxels.size(); ++i) {
      if (mask.voxels[i] == 0) continue;
      CHECK(found.voxels[i] >= least.voxels[i] * 0.99);
      CHECK(found.voxels[i] <= least.voxels[i] * 1.03 + 0.1);
    }
  }
}

TEST_CASE("in the open distances are those of straight lines, whatever the spacing") {
  const Mask mask({9, 60, 70}, 1);
  for (const auto& spacing : spacings) {
    Mask seeds(mask.shape);
    seeds.at(3, 20, 11) = 1;
    const auto found = measured(mask, seeds, {spacing});
    for_each_voxel(mask.shape, [&](index_t z, index_t y, index_t x) {
      const double expected = length({z, y, x}, {3, 20, 11}, spacing);
      CHECK(found.at(z, y, x) == static_cast<float>(expected));
    });
  }
}

TEST_CASE("a limit changes only what lies beyond, which is not reached") {
  Random random(52);
  for (const auto& spacing : spacings) {
    const Mask mask = cracks({12, 40, 60}, 3, random);
    const Mask seeds = one_seed(mask, random);
    const auto whole = measured(mask, seeds, {spacing});
    for (const double limit : {0.25, 1.0, 5.0, 20.0}) {
      const auto near = measured(mask, seeds, {spacing, limit});
      for (std::size_t i = 0; i < whole.voxels.size(); ++i) {
        const float d = whole.voxels[i];
        CHECK(near.voxels[i] == (d <= limit ? d : static_cast<float>(infinity)));
      }
    }
  }
}

TEST_CASE("without voxels or without seeds among them nothing is reached") {
  for (const Shape& shape : small_shapes()) {
    const Mask none(shape), all(shape, 1);
    const Dense<float> expected(shape, static_cast<float>(infinity));
    CHECK(measured(none, all, {}) == expected);
    CHECK(measured(all, none, {}) == expected);
    CHECK(measured(all, all, {}) == Dense<float>(shape, 0));
  }
}

TEST_CASE("geodesic distances are the same for every thread count") {
  Random random(53);
  Mask mask = stretches(large_shapes().front(), 0.9, 60, random);
  for_each_voxel(mask.shape, [&](index_t z, index_t y, index_t x) {
    if (z % 7 == 0 || (z > 20 && y % 30 == 0)) mask.at(z, y, x) = 0;  // components of several sizes
  });
  const Mask seeds = noise(mask.shape, 1e-4, random);
  const auto expected = measured(mask, seeds, {spacings[2]}, 1);
  for (const int threads : thread_counts) {
    CHECK(measured(mask, seeds, {spacings[2]}, threads) == expected);
  }
}
