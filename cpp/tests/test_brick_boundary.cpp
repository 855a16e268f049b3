#include "crevasse/brick_boundary.hpp"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>

#include "crevasse/label.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

using Pairs = std::set<std::array<std::uint32_t, 2>>;

std::vector<BrickDirection> all_directions() {
  std::vector<BrickDirection> found;
  for (int z = -1; z <= 1; ++z) {
    for (int y = -1; y <= 1; ++y) {
      for (int x = -1; x <= 1; ++x) {
        if (z != 0 || y != 0 || x != 0) found.push_back({z, y, x});
      }
    }
  }
  return found;
}

/// A brick labelled by itself, dense and as runs.
struct Brick {
  RunVolume runs;
  RunLabels components;
  Dense<std::uint32_t> labels;

  explicit Brick(const Mask& mask)
      : runs(encode_mask(mask.view(), 1)),
        components(crevasse::label(runs, Connectivity::Corners, 1)),
        labels(spread<std::uint32_t>(
            runs, std::span(components.labels.data(), components.labels.size()))) {}
};

bool is_outermost(index_t at, int step, index_t length) {
  return step == 0 || at == (step < 0 ? 0 : length - 1);
}

/// Which labels of `a` and of `b`, which begins at `offset`, are those of neighbours.
Pairs neighbours(const Dense<std::uint32_t>& a, const Dense<std::uint32_t>& b, const Shape& offset,
                 Connectivity connectivity) {
  const int most = axes_apart(connectivity);
  Pairs found;
  for_each_voxel(a.shape, [&](index_t z, index_t y, index_t x) {
    for_each_voxel(b.shape, [&](index_t w, index_t v, index_t u) {
      const index_t dz = std::abs(w + offset.z - z), dy = std::abs(v + offset.y - y),
                    dx = std::abs(u + offset.x - x);
      const bool joined = std::max({dz, dy, dx}) == 1 && dz + dy + dx <= most;
      if (joined && a.at(z, y, x) != 0 && b.at(w, v, u) != 0) {
        found.insert({a.at(z, y, x), b.at(w, v, u)});
      }
    });
  });
  return found;
}

index_t offset_along(int step, index_t length_a, index_t length_b) {
  return step == 0 ? 0 : step > 0 ? length_a : -length_b;
}

Shape next_shape(const BrickDirection& d, const Shape& shape) {
  return {d.z != 0 ? 2 : shape.z, d.y != 0 ? 3 : shape.y, d.x != 0 ? 4 : shape.x};
}

}  // namespace

TEST_CASE("the boundary in a direction holds the outermost voxels and their labels") {
  Random random(3);
  for (const Shape shape : {Shape{3, 4, 5}, Shape{1, 4, 3}, Shape{3, 1, 1}}) {
    const Brick brick(noise(shape, 0.5, random));
    for (const BrickDirection& d : all_directions()) {
      std::vector<std::array<index_t, 4>> expected, actual;
      for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
        const bool outermost = is_outermost(z, d.z, shape.z) && is_outermost(y, d.y, shape.y) &&
                               is_outermost(x, d.x, shape.x);
        const index_t label = brick.labels.at(z, y, x);
        if (outermost && label != 0) expected.push_back({z, y, x, label});
      });
      for (const auto& voxel : boundary_voxels(brick.runs, brick.components.labels, d)) {
        actual.push_back({voxel.z, voxel.y, voxel.x, voxel.label});
      }
      CHECK(actual == expected);
    }
  }
}

TEST_CASE("labels meet where neighbouring voxels of two bricks do") {
  Random random(5);
  for (const double density : {0.05, 0.3, 0.7}) {
    for (const BrickDirection& d : all_directions()) {
      const Shape shape{4, 5, 6}, next = next_shape(d, shape);
      const Brick a(noise(shape, density, random)), b(noise(next, density, random));
      const Shape offset{offset_along(d.z, shape.z, next.z), offset_along(d.y, shape.y, next.y),
                         offset_along(d.x, shape.x, next.x)};
      const auto of_a = boundary_voxels(a.runs, a.components.labels, d);
      const auto of_b = boundary_voxels(b.runs, b.components.labels, {-d.z, -d.y, -d.x});
      for (const Connectivity connectivity : connectivities) {
        const auto met = meeting_labels(of_a, of_b, {}, {}, d, offset, connectivity);
        const Pairs expected = neighbours(a.labels, b.labels, offset, connectivity);
        CHECK(std::vector(met.begin(), met.end()) == std::vector(expected.begin(), expected.end()));
      }
    }
  }
}

TEST_CASE("voxels of different values do not meet") {
  const Brick brick(Mask({1, 1, 2}, 1));
  const auto a = boundary_voxels(brick.runs, brick.components.labels, {0, 1, 0});
  const auto b = boundary_voxels(brick.runs, brick.components.labels, {0, -1, 0});
  const auto met = [&](const std::vector<std::int64_t>& values_b) {
    const std::vector<std::int64_t> values_a{7, 7};
    return meeting_labels(a, b, values_a, values_b, {0, 1, 0}, {0, 1, 0}, Connectivity::Faces)
        .size();
  };
  CHECK(met({7, 7}) == 1);
  CHECK(met({8, 7}) == 1);
  CHECK(met({8, 8}) == 0);
}

TEST_CASE("the first voxel of each component is the first in raster order") {
  Random random(11);
  for (const double density : {0.0, 0.05, 0.3, 1.0}) {
    const Brick brick(noise({4, 5, 6}, density, random));
    std::vector<index_t> expected;
    for (std::size_t i = 0; i < brick.labels.voxels.size(); ++i) {
      if (brick.labels.voxels[i] > expected.size()) expected.push_back(static_cast<index_t>(i));
    }
    const auto first = first_voxels(brick.runs, brick.components.labels, brick.components.count);
    CHECK(std::vector(first.begin(), first.end()) == expected);
  }
}

TEST_CASE("a direction that leads nowhere or too far is refused") {
  const Brick brick(Mask({1, 1, 2}, 1));
  CHECK_THROWS_AS(boundary_voxels(brick.runs, brick.components.labels, {}), std::invalid_argument);
  CHECK_THROWS_AS(boundary_voxels(brick.runs, brick.components.labels, {0, 2, 0}),
                  std::invalid_argument);
  CHECK_THROWS_AS(meeting_labels({}, {}, {}, {}, {}, {}, Connectivity::Faces),
                  std::invalid_argument);
}
