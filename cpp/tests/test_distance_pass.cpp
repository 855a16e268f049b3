#include "crevasse/distance_pass.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "crevasse/distance.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

constexpr index_t columns = 131;  // two blocks of 64 and some

/// (length, columns) with columns as rows.
template <class U>
std::vector<U> transposed(const std::vector<U>& values, index_t rows) {
  std::vector<U> result(values.size());
  const index_t n = static_cast<index_t>(values.size()) / std::max<index_t>(rows, 1);
  for (index_t i = 0; i < rows; ++i) {
    for (index_t c = 0; c < n; ++c) result[to_size(c * rows + i)] = values[to_size(i * n + c)];
  }
  return result;
}

/// From every voxel of every column to every other, and to the ends where they are background.
template <class T, class V>
std::vector<T> brute_force(const std::vector<T>& squared, const std::vector<V>& values,
                           index_t length, T weight, bool border) {
  std::vector<T> result = squared;
  for (index_t i = 0; i < length; ++i) {
    for (index_t c = 0; c < columns; ++c) {
      const std::size_t own = to_size(i * columns + c);
      for (index_t k = border ? -1 : 0; k < length + (border ? 1 : 0); ++k) {
        const bool inside = k >= 0 && k < length;
        const std::size_t other = inside ? to_size(k * columns + c) : own;
        const bool changes = !values.empty() && values[own] != values[other];
        const T there = !inside || changes ? T{0} : squared[other];
        const T apart = static_cast<T>(i - k);
        result[own] = std::min(result[own], there + weight * apart * apart);
      }
    }
  }
  return result;
}

template <class T, class V>
void check_passes(index_t most_value) {
  Random random(11);
  for (const index_t length : {1, 2, 7, 40, 300}) {
    for (const bool border : {false, true}) {
      std::vector<T> squared(to_size(length * columns));
      for (auto& f : squared) {
        f = below(random, 4) == 0 ? T{0} : below(random, 2) == 0 ? T{9} : no_distance<T>;
      }
      // Long stretches without background, too far for windows.
      for (index_t i = 0; i < length * columns / 2; ++i) squared[to_size(i)] = no_distance<T>;
      std::vector<V> values(most_value == 0 ? 0 : squared.size());
      for (auto& v : values) v = static_cast<V>(below(random, most_value + 1));
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i] == 0) squared[i] = 0;
      }
      const auto expected = brute_force(squared, values, length, T{4}, border);
      const auto pass = [&](std::vector<T> f, const std::vector<V>& v, const ColumnsShape& shape) {
        distance_pass<T, V>(f.data(), v.empty() ? nullptr : v.data(), shape, T{4}, border, 2);
        return f;
      };
      REQUIRE(difference(pass(squared, values, {1, length, columns}), expected) == "");
      const auto rows =
          pass(transposed(squared, length), transposed(values, length), {columns, length, 1});
      REQUIRE(difference(rows, transposed(expected, length)) == "");
    }
  }
}

}  // namespace

TEST_CASE("a pass takes the least of all voxels of a column, in integers") {
  check_passes<std::int32_t, std::int32_t>(0);
}

TEST_CASE("a pass takes the least of all voxels of a column, in double precision") {
  check_passes<double, std::int64_t>(0);
}

TEST_CASE("a pass of an image of values goes to where they change") {
  check_passes<std::int32_t, std::int32_t>(2);
  check_passes<double, std::int64_t>(2);
}

TEST_CASE("within slices and then along z is what distance does at once") {
  Random random(5);
  const Shape shape{70, 40, 90};
  Mask mask(shape);
  for (auto& voxel : mask.voxels) voxel = below(random, 500) != 0;
  const RunVolume runs = encode_mask(mask.view(), 2);
  for (const bool border : {false, true}) {
    for (const bool squared : {false, true}) {
      DistanceOptions options;
      options.spacing = {1.0, 0.5, 1.5};
      options.border = {border, border, border};
      options.squared = squared;
      Dense<float> expected(shape), found(shape);
      distance(runs, expected.out(), true, options, 2);
      std::vector<std::int32_t> whole(to_size(shape.size()));
      distance_in_slices<std::int32_t>(runs, {whole.data(), shape}, {1, 9}, {border, border}, 2);
      distance_along_z<std::int32_t, std::int32_t>(whole.data(), nullptr, found.out(), 4, border,
                                                   0.5, squared, 2);
      CHECK(difference(found.voxels, expected.voxels) == "");
      std::vector<double> real(to_size(shape.size()));
      found = Dense<float>(shape);
      distance_in_slices<double>(runs, {real.data(), shape}, {0.25, 2.25}, {border, border}, 2);
      distance_along_z<double, std::int64_t>(real.data(), nullptr, found.out(), 1, border, 1,
                                             squared, 2);
      CHECK(difference(found.voxels, expected.voxels) == "");
    }
  }
}

TEST_CASE("distances are counted in the common measure of all axes, or of a slice's") {
  const Shape shape{50, 60, 70};
  CHECK(distance_units(shape, {1.0, 0.5, 0.25}).volume == 0.25);
  const DistanceUnits upright = distance_units(shape, {1.7320508, 2.0, 1.0});
  CHECK(upright.volume == 0.0);
  CHECK(upright.slice == 1.0);
  CHECK(distance_units({1 << 16, 10, 10}, {1.0, 1.0, 1.0}).volume == 0.0);
}
