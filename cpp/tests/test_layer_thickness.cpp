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
  Columns columns{std::vector<std::int32_t>(to_size(size), -7),
                  std::vector<std::int32_t>(to_size(size), -7)};
  crevasse::layer_columns(runs, axis, columns.n_voxels.data(), columns.n_layers.data(), threads);
  return columns;
}

void check_columns(const Columns& actual, const Columns& expected) {
  CHECK(difference(actual.n_voxels, expected.n_voxels) == "");
  CHECK(difference(actual.n_layers, expected.n_layers) == "");
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
}

TEST_CASE("an empty volume writes zeros") {
  for (const int axis : {0, 1, 2}) {
    const auto none = box({4, 5, 6}, {0, 0, 0}, {0, 0, 0});
    const auto columns = measured(none, axis);
    CHECK(std::count(columns.n_voxels.begin(), columns.n_voxels.end(), 0) ==
          std::ssize(columns.n_voxels));
    CHECK(columns.n_voxels == columns.n_layers);
  }
}
