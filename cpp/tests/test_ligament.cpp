#include "crevasse/ligament.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <numbers>

#include "crevasse/bottleneck.hpp"
#include "crevasse/label.hpp"
#include "crevasse/voxel_values.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using Spacing = std::array<double, 3>;
const std::array spacings{Spacing{1, 1, 1}, Spacing{2, 1, 0.5},
                          Spacing{1.3, 0.7, std::numbers::sqrt2}};

std::vector<Shape> points_of(const Dense<std::uint32_t>& labels, std::uint32_t value) {
  std::vector<Shape> points;
  for_each_voxel(labels.shape, [&](index_t z, index_t y, index_t x) {
    if (labels.at(z, y, x) == value) points.push_back({z, y, x});
  });
  return points;
}

std::vector<Shape> points_of(const Mask& mask) {
  Dense<std::uint32_t> labels(mask.shape);
  for (std::size_t i = 0; i < mask.voxels.size(); ++i) labels.voxels[i] = mask.voxels[i] != 0;
  return points_of(labels, 1);
}

double apart(const std::vector<Shape>& a, const std::vector<Shape>& b, const Spacing& spacing) {
  double least = infinity;
  const auto gap = [](index_t p, index_t q) {
    return static_cast<double>(std::max<index_t>(std::abs(p - q) - 1, 0));
  };
  for (const Shape& p : a) {
    for (const Shape& q : b) {
      least = std::min(least, std::hypot(gap(p.z, q.z) * spacing[0], gap(p.y, q.y) * spacing[1],
                                         gap(p.x, q.x) * spacing[2]));
    }
  }
  return least;
}

/// Distances between all bodies, then the shortest way by Floyd and Warshall.
double slow_ligament(const Mask& open, const Mask& working, const Mask& counter,
                     const Spacing& spacing) {
  const Labels components = reference::label(open, Connectivity::Corners);
  std::vector<std::vector<Shape>> bodies{points_of(working), points_of(counter)};
  for (index_t i = 1; i <= components.count; ++i) {
    bodies.push_back(points_of(components.labels, static_cast<std::uint32_t>(i)));
  }
  const std::size_t n = bodies.size();
  std::vector<std::vector<double>> way(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < n; ++j) way[i][j] = apart(bodies[i], bodies[j], spacing);
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) way[i][j] = std::min(way[i][j], way[i][k] + way[k][j]);
  return way[0][1];
}

Ligament measured(const Mask& open, const Mask& working, const Mask& counter,
                  const Spacing& spacing) {
  const RunVolume runs = encode_mask(open.view(), 1);
  const RunLabels components = label(runs, Connectivity::Corners, 1);
  return ligament(runs, components.labels, components.count, encode_mask(working.view(), 1),
                  encode_mask(counter.view(), 1), spacing);
}

}  // namespace

TEST_CASE("ligaments are the shortest ways between all bodies") {
  Random random(71);
  for (const Shape& shape : {Shape{4, 5, 9}, Shape{1, 9, 20}, Shape{1, 1, 60}, Shape{12, 3, 2}}) {
    INFO("shape ", shape);
    for (const double density : {0.0, 0.02, 0.06, 0.2}) {
      for (const auto& spacing : spacings) {
        const Mask open = noise(shape, density, random), working = noise(shape, 0.03, random),
                   counter = noise(shape, 0.03, random);
        const auto found = measured(open, working, counter, spacing);
        const double expected = slow_ligament(open, working, counter, spacing);
        if (std::isinf(expected)) {
          CHECK(std::isinf(found.length));
          continue;
        }
        CHECK(found.length == doctest::Approx(expected).epsilon(1e-12));
        double sum = 0;
        for (const LigamentPiece& piece : found.pieces) {
          CHECK(piece.length > 0);
          CHECK(std::hypot(piece.end[0] - piece.begin[0], piece.end[1] - piece.begin[1],
                           piece.end[2] - piece.begin[2]) == doctest::Approx(piece.length));
          sum += piece.length;
        }
        CHECK(sum == doctest::Approx(expected).epsilon(1e-12));
      }
    }
  }
}

TEST_CASE("without a voxel of an electrode there is no way") {
  for (const Shape& shape : small_shapes()) {
    const Mask none(shape), all(shape, 1);
    CHECK(std::isinf(measured(all, none, all, spacings[0]).length));
    CHECK(std::isinf(measured(none, all, none, spacings[0]).length));
    if (shape.size() == 0) continue;
    CHECK(measured(none, all, all, spacings[0]).length == 0);
    CHECK(measured(all, all, all, spacings[0]).pieces.empty());
  }
}

TEST_CASE("a bottleneck is the width below which two ends part") {
  Random random(72);
  for (const Shape& shape : {Shape{4, 5, 9}, Shape{1, 9, 20}, Shape{1, 1, 30}}) {
    for (const double density : {0.4, 0.7, 1.0}) {
      const Mask mask = noise(shape, density, random), from = noise(shape, 0.1, random),
                 to = noise(shape, 0.1, random);
      Dense<float> width(shape);
      for (float& w : width.voxels) w = static_cast<float>(below(random, 9));
      float expected = -1;
      for (const float least : width.voxels) {
        Mask wide(shape);
        for (std::size_t i = 0; i < wide.voxels.size(); ++i) {
          wide.voxels[i] = mask.voxels[i] != 0 && width.voxels[i] >= least;
        }
        const Labels components = reference::label(wide, Connectivity::Corners);
        for (std::size_t i = 0; i < wide.voxels.size(); ++i) {
          for (std::size_t j = 0; j < wide.voxels.size(); ++j) {
            const bool ends = from.voxels[i] != 0 && to.voxels[j] != 0;
            const std::uint32_t value = components.labels.voxels[i];
            if (ends && value != 0 && value == components.labels.voxels[j]) {
              expected = std::max(expected, least);
            }
          }
        }
      }
      const RunVolume runs = encode_mask(mask.view(), 1);
      for (const int threads : thread_counts) {
        const auto widths = read_voxel_values(runs, width.view(), threads);
        const auto found = bottleneck(runs, widths, encode_mask(from.view(), 1),
                                      encode_mask(to.view(), 1), threads);
        if (expected < 0) {
          CHECK(found.voxel == -1);
        } else {
          REQUIRE(found.voxel >= 0);
          CHECK(found.width == expected);
          CHECK(width.voxels[to_size(found.voxel)] == expected);
          CHECK(mask.voxels[to_size(found.voxel)] != 0);
        }
      }
    }
  }
}
