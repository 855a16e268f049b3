#include <doctest/doctest.h>

#include <limits>

#include "crevasse/label.hpp"
#include "crevasse/overlap.hpp"
#include "crevasse/set_operations.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

std::vector<Overlap> measured(const ValuedRuns<std::uint32_t>& a,
                              const ValuedRuns<std::uint32_t>& b, int threads = 1) {
  return crevasse::overlap(a.where, a.values, b.where, b.values, threads);
}

}  // namespace

TEST_CASE("pairs are exact and sorted on labels of every shape") {
  Random random(1);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const index_t kinds : {1, 2, 4, 50}) {
      const auto a = values<std::uint32_t>(shape, kinds, 1, random);
      const auto b = values<std::uint32_t>(shape, 5, 1, random);
      const auto pairs = measured(encode_values(a.view(), 1), encode_values(b.view(), 1));
      CHECK(pairs == reference::overlap(a, b));
    }
  }
}

TEST_CASE("pairs of large volumes are the same for every thread count") {
  Random random(2);
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    const auto a = values<std::uint32_t>(shape, 300, 1, random);
    const auto b = values<std::uint32_t>(shape, 20, 1, random);
    const auto runs_a = encode_values(a.view(), 1), runs_b = encode_values(b.view(), 1);
    const auto expected = reference::overlap(a, b);
    for (const int threads : thread_counts) {
      INFO("threads ", threads);
      CHECK(measured(runs_a, runs_b, threads) == expected);
    }
  }
}

TEST_CASE("many different pairs and labels of any size are kept apart") {
  Random random(3);
  const Shape shape{10, 40, 300};
  for (const std::uint32_t scale : {1U, 1U << 10, 1U << 20, 0x9E3779B1U}) {
    const auto a = values<std::uint32_t>(shape, 4000, scale, random);
    const auto b = values<std::uint32_t>(shape, 4000, scale, random);
    const auto pairs = measured(encode_values(a.view(), 1), encode_values(b.view(), 1));
    const auto expected = reference::overlap(a, b);
    REQUIRE(expected.size() > 20000);
    CHECK(pairs == expected);
  }
  const auto highest = std::numeric_limits<std::uint32_t>::max();
  const Dense<std::uint32_t> one({1, 1, 9}, highest);
  const auto runs = encode_values(one.view(), 1);
  CHECK(measured(runs, runs) == std::vector<Overlap>{{highest, highest, 9}});
}

TEST_CASE("pairs are exact where most rows are the same in both volumes, under other labels") {
  Random random(7);
  const Shape shape{5, 70, 90};
  for (const index_t n_changed : {0, 1, 6, 60}) {
    INFO("changed voxels ", n_changed);
    const auto a = values<std::uint32_t>(shape, 4, 1, random);
    auto b = a;
    for (std::uint32_t& label : b.voxels) label *= 5000;
    for (index_t i = 0; i < n_changed; ++i) b.voxels[to_size(below(random, shape.size()))] ^= 5000;
    const auto runs_a = encode_values(a.view(), 1), runs_b = encode_values(b.view(), 1);
    for (const int threads : thread_counts) {
      CHECK(measured(runs_a, runs_b, threads) == reference::overlap(a, b));
    }
  }
}

TEST_CASE("pairs are exact where all runs lie in a few rows") {
  Random random(8);
  auto a = values<std::uint32_t>({1000, 40, 210}, 300, 1, random);
  std::fill(a.voxels.begin() + 40 * 40 * 210, a.voxels.end(), 0);
  const auto runs = encode_values(a.view(), 1);
  for (const int threads : thread_counts) {
    CHECK(measured(runs, runs, threads) == reference::overlap(a, a));
  }
}

TEST_CASE("swapping the volumes swaps the pairs, and all pairs make up the intersection") {
  Random random(4);
  const auto mask_a = noise({8, 30, 100}, 0.3, random), mask_b = noise({8, 30, 100}, 0.3, random);
  const auto a = encode_mask(mask_a.view(), 1), b = encode_mask(mask_b.view(), 1);
  const auto labels_a = crevasse::label(a, Connectivity::Faces, 1);
  const auto labels_b = crevasse::label(b, Connectivity::Corners, 1);
  const auto there = crevasse::overlap(a, labels_a.labels, b, labels_b.labels, 1);
  auto back = crevasse::overlap(b, labels_b.labels, a, labels_a.labels, 1);
  for (Overlap& pair : back) std::swap(pair.label_a, pair.label_b);
  std::sort(back.begin(), back.end(), [](const Overlap& p, const Overlap& q) {
    return std::pair(p.label_a, p.label_b) < std::pair(q.label_a, q.label_b);
  });
  CHECK(there == back);
  index_t total = 0;
  for (const Overlap& pair : there) total += pair.n_voxels;
  CHECK(total == combine(a, b, SetOperation::Intersection, 1).voxel_count());
}

TEST_CASE("a labelling overlaps itself in each label's own voxels") {
  Random random(5);
  const auto mask = noise({6, 20, 80}, 0.15, random);
  const auto runs = encode_mask(mask.view(), 1);
  const auto labels = crevasse::label(runs, Connectivity::Corners, 1);
  const auto pairs = crevasse::overlap(runs, labels.labels, runs, labels.labels, 1);
  REQUIRE(static_cast<index_t>(pairs.size()) == labels.count);
  index_t total = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    CHECK(pairs[i].label_a == i + 1);
    CHECK(pairs[i].label_b == i + 1);
    total += pairs[i].n_voxels;
  }
  CHECK(total == runs.voxel_count());
}

TEST_CASE("volumes without a common voxel have no pair") {
  const Shape shape{2, 3, 70};
  const auto left = box(shape, {0, 0, 0}, {2, 3, 64}), right = box(shape, {0, 0, 64}, {2, 3, 70});
  const std::vector<std::uint32_t> ones(6, 1);
  CHECK(crevasse::overlap(left, ones, right, ones, 1).empty());
}

TEST_CASE("interval blocks equal those found by spreading numbers along the edges") {
  Random random(6);
  for (int trial = 0; trial < 400; ++trial) {
    const index_t count_a = below(random, 30), count_b = below(random, 30);
    std::vector<Overlap> pairs;
    if (count_a > 0 && count_b > 0) {
      const index_t n = below(random, 60);
      for (index_t i = 0; i < n; ++i) {
        pairs.push_back({static_cast<std::uint32_t>(1 + below(random, count_a)),
                         static_cast<std::uint32_t>(1 + below(random, count_b)), 1});
      }
    }
    const auto blocks = crevasse::interval_blocks(count_a, count_b, pairs);
    CHECK(difference(blocks, reference::interval_blocks(count_a, count_b, pairs)) == "");
  }
}

TEST_CASE("interval blocks number merges, splits and loners in label order") {
  // 1 and 3 merge into 2; 2 splits into 1 and 4; 4 closes; 3 is born.
  const std::vector<Overlap> pairs{{1, 2, 5}, {2, 1, 1}, {2, 4, 9}, {3, 2, 7}};
  const auto blocks = crevasse::interval_blocks(4, 4, pairs);
  const std::vector<std::uint32_t> expected{0, 1, 0, 2, 1, 0, 3, 1};
  CHECK(difference(blocks, expected) == "");
  CHECK(crevasse::interval_blocks(0, 0, {}).size() == 0);
}

TEST_CASE("a long chain of edges is one block") {
  constexpr std::uint32_t n = 5000;
  std::vector<Overlap> pairs;
  for (std::uint32_t i = n; i >= 1; --i) {
    pairs.push_back({i, i, 1});
    if (i > 1) pairs.push_back({i, i - 1, 1});
  }
  const auto blocks = crevasse::interval_blocks(n, n, pairs);
  CHECK(std::count(blocks.begin(), blocks.end(), 0U) == 2 * n);
}
