#include <doctest/doctest.h>

#include <limits>
#include <numeric>
#include <stdexcept>

#include "crevasse/regions.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

/// Equal sums; of empty regions only the emptiness counts.
bool same(const RegionSums& a, const RegionSums& b) {
  if (a.n_voxels == 0 || b.n_voxels == 0) return a.n_voxels == b.n_voxels;
  return a.n_voxels == b.n_voxels && a.sum == b.sum && a.product == b.product && a.low == b.low &&
         a.high == b.high && a.first_voxel == b.first_voxel;
}

template <class A, class B>
bool same_tables(const A& a, const B& b) {
  return std::size(a) == std::size(b) &&
         std::equal(std::begin(a), std::end(a), std::begin(b), same);
}

Buffer<RegionSums> measured(const Dense<std::uint32_t>& labels, index_t count, int threads = 1) {
  const auto runs = encode_values(labels.view(), 1);
  return crevasse::regions(runs.where, runs.values, count, threads);
}

}  // namespace

TEST_CASE("sums are exact on labels of every shape, labels that no voxel carries included") {
  Random random(1);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const index_t count : {1, 2, 5, 40}) {
      const auto labels = values<std::uint32_t>(shape, count + 1, 1, random);
      CHECK(same_tables(measured(labels, count), reference::regions(labels, count)));
    }
  }
}

TEST_CASE("no labels, no regions") {
  CHECK(measured(Dense<std::uint32_t>({3, 4, 5}), 0).size() == 0);
  const auto table = measured(Dense<std::uint32_t>({0, 4, 5}), 3);
  REQUIRE(table.size() == 3);
  for (const RegionSums& sums : table) CHECK(sums.n_voxels == 0);
}

TEST_CASE("sums over large volumes are the same for every thread count") {
  Random random(2);
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    for (const index_t count : {3, 900}) {
      const auto labels = values<std::uint32_t>(shape, count + 1, 1, random);
      const auto expected = reference::regions(labels, count);
      const auto runs = encode_values(labels.view(), 1);
      for (const int threads : thread_counts) {
        INFO("threads ", threads);
        CHECK(same_tables(crevasse::regions(runs.where, runs.values, count, threads), expected));
      }
    }
  }
}

TEST_CASE("sums of parts add up to the sums of the whole in any order") {
  Random random(3);
  const Shape shape{9, 12, 70};
  for (int trial = 0; trial < 20; ++trial) {
    const auto labels = values<std::uint32_t>(shape, 8, 1, random);
    // Scatter the voxels over parts, so that parts interlock and some lack some labels.
    std::vector<Dense<std::uint32_t>> parts(5, Dense<std::uint32_t>(shape));
    for (std::size_t i = 0; i < labels.voxels.size(); ++i) {
      const bool in_last = uniform(random) < 0.0005;
      parts[to_size(in_last ? 4 : below(random, 4))].voxels[i] = labels.voxels[i];
    }
    std::vector<std::size_t> order(parts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::shuffle(order.begin(), order.end(), random);
    std::vector<RegionSums> total(7);
    for (const std::size_t part : order) {
      const auto table = measured(parts[part], 7);
      for (std::size_t i = 0; i < total.size(); ++i) total[i] += table[i];
    }
    CHECK(same_tables(total, measured(labels, 7)));
  }
}

TEST_CASE("adding an empty region changes nothing, on either side") {
  Dense<std::uint32_t> labels({4, 5, 6});
  labels.at(2, 3, 4) = labels.at(3, 4, 5) = 1;
  const RegionSums sums = measured(labels, 1)[0];
  RegionSums left = sums, right;
  left += RegionSums{};
  right += sums;
  CHECK(same(left, sums));
  CHECK(same(right, sums));
  right += sums;
  CHECK(right.n_voxels == 4);
  CHECK(right.first_voxel == sums.first_voxel);
}

TEST_CASE("one voxel gives its own coordinates") {
  Dense<std::uint32_t> labels({4, 5, 6});
  labels.at(2, 3, 4) = 1;
  const RegionSums sums = measured(labels, 1)[0];
  CHECK(sums.n_voxels == 1);
  CHECK(sums.sum == std::array<std::uint64_t, 3>{2, 3, 4});
  CHECK(sums.product == std::array<std::uint64_t, 6>{4, 9, 16, 6, 8, 12});
  CHECK(sums.low == std::array<index_t, 3>{2, 3, 4});
  CHECK(sums.high == std::array<index_t, 3>{3, 4, 5});
  CHECK(sums.first_voxel == 2 * 30 + 3 * 6 + 4);
}

TEST_CASE("sums stay exact along the longest row whose moments fit") {
  const Shape shape{1, 1, index_t{1} << 21};
  Random random(4);
  for (int trial = 0; trial < 8; ++trial) {
    const index_t begin = trial == 0 ? 0 : below(random, shape.x);
    const index_t end = trial == 0 ? shape.x : begin + 1 + below(random, shape.x - begin);
    const auto runs = box(shape, {0, 0, begin}, {1, 1, end});
    const std::vector<std::uint32_t> labels{1};
    const auto table = crevasse::regions(runs, labels, 1, 1);
    std::uint64_t sum = 0, squares = 0;
    for (auto x = static_cast<std::uint64_t>(begin); x < static_cast<std::uint64_t>(end); ++x) {
      sum += x;
      squares += x * x;
    }
    CHECK(table[0].sum[2] == sum);
    CHECK(table[0].product[2] == squares);
    CHECK(table[0].low[2] == begin);
    CHECK(table[0].high[2] == end);
    CHECK(table[0].first_voxel == begin);
  }
}

TEST_CASE("a region beyond voxel 2^31 keeps its index and its moments") {
  const Shape shape{1500, 1500, 1500}, begin{1490, 1495, 1480}, end{1500, 1500, 1490};
  const auto runs = box(shape, begin, end);
  const std::vector<std::uint32_t> labels(runs.runs.size(), 1);
  const auto table = crevasse::regions(runs, labels, 1, 1);
  RegionSums expected;
  for (index_t z = begin.z; z < end.z; ++z)
    for (index_t y = begin.y; y < end.y; ++y)
      for (index_t x = begin.x; x < end.x; ++x) {
        const std::array<index_t, 3> at{z, y, x};
        const std::array<index_t, 6> products{z * z, y * y, x * x, z * y, z * x, y * x};
        ++expected.n_voxels;
        for (std::size_t i = 0; i < 3; ++i) expected.sum[i] += static_cast<std::uint64_t>(at[i]);
        for (std::size_t i = 0; i < 6; ++i) {
          expected.product[i] += static_cast<std::uint64_t>(products[i]);
        }
      }
  expected.low = {begin.z, begin.y, begin.x};
  expected.high = {end.z, end.y, end.x};
  expected.first_voxel = (begin.z * shape.y + begin.y) * shape.x + begin.x;
  REQUIRE(expected.first_voxel > std::numeric_limits<std::int32_t>::max());
  CHECK(same(table[0], expected));
}

TEST_CASE("a volume whose second moments could leave 64 bits is refused") {
  const Shape shape{1, 1, index_t{1} << 22};
  const std::vector<std::uint32_t> labels{1};
  CHECK_THROWS_AS(crevasse::regions(box(shape, {0, 0, 0}, {1, 1, shape.x}), labels, 1, 1),
                  std::length_error);
  const auto table =
      crevasse::regions(box(shape, {0, 0, shape.x - 2}, {1, 1, shape.x}), labels, 1, 1);
  const auto last = static_cast<std::uint64_t>(shape.x - 1);
  CHECK(table[0].product[2] == last * last + (last - 1) * (last - 1));
}
