#include <doctest/doctest.h>

#include <stdexcept>

#include "crevasse/label.hpp"
#include "crevasse/ledger.hpp"
#include "crevasse/set_operations.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

/// One frame of a series: what is open, its labels, and the crack of each.
struct Frame {
  RunVolume open;
  RunLabels labels;
  std::vector<std::uint32_t> crack_of;

  /// Few cracks, so that neighbouring components often belong to the same one.
  Frame(const Mask& mask, Random& random)
      : open(encode_mask(mask.view(), 1)),
        labels(crevasse::label(open, Connectivity::Corners, 1)),
        crack_of(to_size(labels.count) + 1, unread) {
    for (std::size_t label = 1; label < crack_of.size(); ++label) {
      crack_of[label] = static_cast<std::uint32_t>(1 + below(random, 3));
    }
  }
  Frame(RunVolume runs, std::uint32_t crack)
      : open(std::move(runs)),
        labels(crevasse::label(open, Connectivity::Corners, 1)),
        crack_of(to_size(labels.count) + 1, crack) {}

  Dense<std::uint32_t> dense_labels() const { return spread<std::uint32_t>(open, labels.labels); }

 private:
  static constexpr std::uint32_t unread = 999999;  // no component has label 0
};

Frame one_run(const Shape& shape, index_t begin, index_t end, std::uint32_t crack) {
  return {box(shape, {0, 0, begin}, {1, 1, end}), crack};
}

Ledger advanced(const Ledger& ledger, const Frame& frame, std::int32_t number, int threads) {
  return crevasse::advance(ledger, frame.open, frame.labels.labels, frame.crack_of, number,
                           threads);
}

Dense<Opening> to_dense(const Ledger& ledger) {
  Dense<Opening> dense(ledger.where.shape, {-1, -1, 0});
  const auto openings = spread<Opening>(ledger.where, ledger.values);
  const auto known = to_mask(ledger.where);
  for (std::size_t i = 0; i < dense.voxels.size(); ++i) {
    if (known.voxels[i] != 0) dense.voxels[i] = openings.voxels[i];
  }
  return dense;
}

bool same(const Ledger& a, const Ledger& b) {
  return a.where == b.where && difference(a.values, b.values).empty();
}

/// Openings that come and go: new noise, the last frame again, nothing, everything.
Mask next_mask(const Mask& last, Random& random) {
  switch (below(random, 8)) {
    case 0: return Mask(last.shape);
    case 1: return Mask(last.shape, 1);
    case 2: return last;
    case 3: return noise(last.shape, 0.2, random);
    default: return stretches(last.shape, 0.3, 6, random);
  }
}

}  // namespace

TEST_CASE("a ledger starts without any opening") {
  for (const Shape& shape : small_shapes()) {
    const auto ledger = empty_ledger(shape);
    CHECK(ledger.where.shape == shape);
    CHECK(ledger.where.run_count() == 0);
    CHECK(ledger.values.size() == 0);
    CHECK_NOTHROW(ledger.where.check());
  }
  CHECK_THROWS_AS(empty_ledger({1, 1, index_t{1} << 31}), std::length_error);
}

TEST_CASE("the ledger equals a dense one after every frame of random series") {
  Random random(1);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (int series = 0; series < 4; ++series) {
      auto ledger = empty_ledger(shape);
      DenseLedger expected(shape);
      Mask mask(shape);
      std::int32_t number = 0;
      for (int step = 0; step < 8; ++step) {
        mask = next_mask(mask, random);
        const Frame frame(mask, random);
        number += static_cast<std::int32_t>(1 + below(random, 3));
        ledger = advanced(ledger, frame, number, 1);
        expected.advance(frame.dense_labels(), frame.crack_of, number);
        CHECK(fault(ledger) == "");
        CHECK(difference(to_dense(ledger).voxels, expected.openings.voxels) == "");
      }
    }
  }
}

TEST_CASE("the ledger of large volumes is the same for every thread count") {
  Random random(2);
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    std::vector<Ledger> ledgers;
    for (std::size_t i = 0; i < thread_counts.size(); ++i) ledgers.push_back(empty_ledger(shape));
    DenseLedger expected(shape);
    for (std::int32_t number = 0; number < 3; ++number) {
      const Frame frame(noise(shape, 0.2, random), random);
      expected.advance(frame.dense_labels(), frame.crack_of, number);
      for (std::size_t i = 0; i < thread_counts.size(); ++i) {
        INFO("threads ", thread_counts[i]);
        ledgers[i] = advanced(ledgers[i], frame, number, thread_counts[i]);
        CHECK(same(ledgers[i], ledgers[0]));
      }
    }
    CHECK(fault(ledgers[0]) == "");
    CHECK(difference(to_dense(ledgers[0]).voxels, expected.openings.voxels) == "");
  }
}

TEST_CASE("the ledger covers the union of all frames and nothing else") {
  Random random(3);
  const Shape shape{4, 9, 90};
  auto ledger = empty_ledger(shape);
  auto ever = box(shape, {0, 0, 0}, {0, 0, 0});
  for (std::int32_t number = 0; number < 6; ++number) {
    const Frame frame(stretches(shape, 0.2, 5, random), random);
    ledger = advanced(ledger, frame, number, 1);
    ever = combine(ever, frame.open, SetOperation::Union, 1);
    CHECK(to_mask(ledger.where) == to_mask(ever));
  }
}

TEST_CASE("an empty frame changes nothing and a repeated one only the last opening") {
  Random random(4);
  const Shape shape{3, 8, 80};
  const Mask mask = noise(shape, 0.4, random);
  const Frame frame(mask, random), nothing(Mask(shape), random);
  const auto once = advanced(empty_ledger(shape), frame, 5, 1);
  CHECK(same(advanced(once, nothing, 6, 1), once));
  const auto twice = advanced(once, frame, 7, 1);
  CHECK(twice.where == once.where);
  for (std::size_t i = 0; i < once.values.size(); ++i) {
    CHECK(twice.values[i] == Opening{5, 7, once.values[i].first_crack});
  }
}

TEST_CASE("a voxel keeps its first frame and crack and takes the last frame in which it was open") {
  const Shape shape{1, 1, 12};
  auto ledger = advanced(empty_ledger(shape), one_run(shape, 2, 6, 7), 10, 1);
  ledger = advanced(ledger, one_run(shape, 4, 9, 8), 11, 1);
  const std::vector<Run> runs{{2, 4}, {4, 6}, {6, 9}};
  const std::vector<Opening> openings{{10, 10, 7}, {10, 11, 7}, {11, 11, 8}};
  CHECK(difference(ledger.where.runs, runs) == "");
  CHECK(difference(ledger.values, openings) == "");
}

TEST_CASE("pieces of one opening that become alike again become one run") {
  const Shape shape{1, 1, 12};
  auto ledger = advanced(empty_ledger(shape), one_run(shape, 2, 9, 7), 10, 1);
  ledger = advanced(ledger, one_run(shape, 4, 6, 8), 11, 1);
  CHECK(ledger.where.run_count() == 3);
  ledger = advanced(ledger, one_run(shape, 1, 9, 9), 12, 1);
  const std::vector<Run> runs{{1, 2}, {2, 9}};
  const std::vector<Opening> openings{{12, 12, 9}, {10, 12, 7}};
  CHECK(difference(ledger.where.runs, runs) == "");
  CHECK(difference(ledger.values, openings) == "");
}
