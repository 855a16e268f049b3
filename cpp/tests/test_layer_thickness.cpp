#include <doctest/doctest.h>

#include <numeric>

#include "crevasse/layer_thickness.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

Columns measured(const RunVolume& runs, int axis, int threads = 1) {
  const Shape& s = runs.shape;
  const index_t size = axis == 0 ? s.y * s.x : axis == 1 ? s.z * s.x : s.z * s.y;
  const std::vector<std::int32_t> unwritten(to_size(size), -7);
  Columns columns{unwritten, unwritten, unwritten, unwritten};
  crevasse::layer_columns(
      runs, axis,
      {columns.n_voxels.data(), columns.n_layers.data(), columns.begin.data(), columns.end.data()},
      threads);
  return columns;
}

void check_columns(const Columns& actual, const Columns& expected) {
  CHECK(difference(actual.n_voxels, expected.n_voxels) == "");
  CHECK(difference(actual.n_layers, expected.n_layers) == "");
  CHECK(difference(actual.begin, expected.begin) == "");
  CHECK(difference(actual.end, expected.end) == "");
}

}  // namespace

TEST_CASE("columns equal a walk through every column, along each axis") {
  Random random(1);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const double density : densities) {
      for (const bool long_runs : {false, true}) {
        const Mask mask =
            long_runs ? stretches(shape, density, 15, random) : noise(shape, density, random);
        const auto runs = encode_mask(mask.view(), 1);
        for (const int axis : {0, 1, 2}) {
          check_columns(measured(runs, axis), reference::layer_columns(mask, axis));
        }
      }
    }
  }
}

TEST_CASE("columns of large volumes are the same for every thread count") {
  Random random(2);
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    const Mask mask = noise(shape, 0.4, random);
    const auto runs = encode_mask(mask.view(), 1);
    for (const int axis : {0, 1, 2}) {
      const auto expected = reference::layer_columns(mask, axis);
      for (const int threads : thread_counts) {
        INFO("axis ", axis, ", threads ", threads);
        check_columns(measured(runs, axis, threads), expected);
      }
    }
  }
}

TEST_CASE("voxels of all columns make up the volume along each axis") {
  Random random(3);
  const auto runs = encode_mask(noise({7, 20, 130}, 0.3, random).view(), 1);
  for (const int axis : {0, 1, 2}) {
    const auto columns = measured(runs, axis);
    const auto total =
        std::accumulate(columns.n_voxels.begin(), columns.n_voxels.end(), index_t{0});
    CHECK(total == runs.voxel_count());
    for (std::size_t i = 0; i < columns.n_voxels.size(); ++i) {
      CHECK((columns.n_layers[i] == 0) == (columns.n_voxels[i] == 0));
      CHECK(columns.n_layers[i] <= columns.n_voxels[i]);
      CHECK((columns.begin[i] < 0) == (columns.n_voxels[i] == 0));
      const auto extent = columns.end[i] - columns.begin[i];
      CHECK((extent == columns.n_voxels[i]) == (columns.n_layers[i] <= 1));
    }
  }
}

TEST_CASE("a volume turned end for end has the ends of its layers changed over") {
  Random random(4);
  const Shape shape{9, 11, 70};
  const Mask mask = stretches(shape, 0.3, 10, random);
  for (const int axis : {0, 1, 2}) {
    Mask turned(shape);
    for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
      turned.at(axis == 0 ? shape.z - 1 - z : z, axis == 1 ? shape.y - 1 - y : y,
                axis == 2 ? shape.x - 1 - x : x) = mask.at(z, y, x);
    });
    const auto length = static_cast<std::int32_t>(axis == 0   ? shape.z
                                                  : axis == 1 ? shape.y
                                                              : shape.x);
    const auto forward = measured(encode_mask(mask.view(), 1), axis);
    const auto backward = measured(encode_mask(turned.view(), 1), axis);
    CHECK(forward.n_layers == backward.n_layers);
    for (std::size_t i = 0; i < forward.begin.size(); ++i) {
      const bool empty = forward.begin[i] < 0;
      CHECK(backward.begin[i] == (empty ? -1 : length - forward.end[i]));
      CHECK(backward.end[i] == (empty ? -1 : length - forward.begin[i]));
    }
  }
}

TEST_CASE("two plates are two layers of their own thickness") {
  const Shape shape{40, 6, 70};
  Mask plates(shape);
  for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
    plates.at(z, y, x) = (z >= 3 && z < 8) || (z >= 20 && z < 33);
  });
  const auto columns = measured(encode_mask(plates.view(), 1), 0);
  CHECK(columns.n_voxels == std::vector<std::int32_t>(to_size(shape.y * shape.x), 18));
  CHECK(columns.n_layers == std::vector<std::int32_t>(to_size(shape.y * shape.x), 2));
  CHECK(columns.begin == std::vector<std::int32_t>(to_size(shape.y * shape.x), 3));
  CHECK(columns.end == std::vector<std::int32_t>(to_size(shape.y * shape.x), 33));
}

TEST_CASE("an empty volume writes zeros, and no ends") {
  for (const int axis : {0, 1, 2}) {
    const auto none = box({4, 5, 6}, {0, 0, 0}, {0, 0, 0});
    const auto columns = measured(none, axis);
    CHECK(std::count(columns.n_voxels.begin(), columns.n_voxels.end(), 0) ==
          std::ssize(columns.n_voxels));
    CHECK(columns.n_voxels == columns.n_layers);
    CHECK(columns.begin == std::vector<std::int32_t>(columns.n_voxels.size(), -1));
    CHECK(columns.end == columns.begin);
  }
}
