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
  std::vector<std::uint8_t> remembers;

  /// Few cracks, so that neighbouring components often belong to the same one.
  Frame(const Mask& mask, Random& random)
      : open(encode_mask(mask.view(), 1)),
        labels(crevasse::label(open, Connectivity::Corners, 1)),
        crack_of(to_size(labels.count) + 1, unread),
        remembers(crack_of.size(), 1) {
    for (std::size_t label = 1; label < crack_of.size(); ++label) {
      crack_of[label] = static_cast<std::uint32_t>(1 + below(random, 3));
      remembers[label] = below(random, 4) != 0;
    }
  }
  Frame(RunVolume runs, std::uint32_t crack)
      : open(std::move(runs)),
        labels(crevasse::label(open, Connectivity::Corners, 1)),
        crack_of(to_size(labels.count) + 1, crack),
        remembers(crack_of.size(), 1) {}

  Dense<std::uint32_t> dense_labels() const { return spread<std::uint32_t>(open, labels.labels); }

 private:
  static constexpr std::uint32_t unread = 999999;  // no component has label 0
};

Frame nothing_open(const Shape& shape) {
  return {box(shape, {0, 0, 0}, {0, 0, 0}), 1};
}

Advance advanced(const Ledger& ledger, const Frame& before, const Frame& now, double time,
                 int threads = 1) {
  return crevasse::advance(ledger, {before.open, before.labels.labels, before.crack_of},
                           {now.open, now.labels.labels, now.crack_of}, now.remembers, time,
                           threads);
}

Dense<Opening> to_dense(const Ledger& ledger) {
  const auto stored = to_runs(ledger);
  return spread<Opening>(stored.where, stored.values);
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
    const auto ledger = empty_ledger(shape, 2);
    CHECK(ledger.shape == shape);
    CHECK(ledger.run_count() == 0);
    CHECK(ledger.frame_count() == 0);
  }
  CHECK_THROWS_AS(empty_ledger({1, 1, index_t{1} << 31}, 1), std::length_error);
}

TEST_CASE("the ledger equals what all frames together say, after every frame of random series") {
  Random random(1);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (int series = 0; series < 4; ++series) {
      auto ledger = empty_ledger(shape, 2);
      DenseLedger expected(shape);
      Mask mask(shape);
      Frame before = nothing_open(shape);
      double time = 0;
      for (int step = 0; step < 8; ++step) {
        mask = next_mask(mask, random);
        Frame frame(mask, random);
        time += 0.25 + uniform(random);
        auto step_result = advanced(ledger, before, frame, time);
        expected.add(frame.dense_labels(), frame.crack_of, time);
        ledger = std::move(step_result.ledger);
        before = std::move(frame);
        CHECK(fault(to_runs(ledger)) == "");
        CHECK(difference(to_dense(ledger).voxels, expected.openings().voxels) == "");
        CHECK(difference(step_result.memories,
                         expected.memories(before.dense_labels(), before.remembers)) == "");
        CHECK(step_result.n_baseline == expected.n_baseline(2));
      }
    }
  }
}

TEST_CASE("the ledger of large volumes is the same for every thread count") {
  Random random(2);
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    std::vector<Advance> steps;
    for (std::size_t i = 0; i < thread_counts.size(); ++i) {
      steps.push_back({empty_ledger(shape, 2), {}, 0});
    }
    Frame before = nothing_open(shape);
    for (int number = 0; number < 3; ++number) {
      Frame frame(noise(shape, 0.2, random), random);
      for (std::size_t i = 0; i < thread_counts.size(); ++i) {
        INFO("threads ", thread_counts[i]);
        steps[i] = advanced(steps[i].ledger, before, frame, number, thread_counts[i]);
        CHECK(steps[i].ledger == steps[0].ledger);
        CHECK(steps[i].memories == steps[0].memories);
        CHECK(steps[i].n_baseline == steps[0].n_baseline);
      }
      before = std::move(frame);
    }
    CHECK(fault(to_runs(steps[0].ledger)) == "");
  }
}

TEST_CASE("openings that no run has any more are dropped, and the rest stays what it was") {
  Random random(3);
  const Shape shape{2, 40, 60};
  auto ledger = empty_ledger(shape, 1);
  DenseLedger expected(shape);
  Frame before = nothing_open(shape);
  std::size_t most = 0, made = 0;
  for (int number = 0; number < 40; ++number) {
    Frame frame(noise(shape, 0.2, random), random);
    const auto known = ledger.openings.size();
    ledger = advanced(ledger, before, frame, number).ledger;
    expected.add(frame.dense_labels(), frame.crack_of, number);
    before = std::move(frame);
    most = std::max(most, ledger.openings.size());
    made += ledger.openings.size() > known ? ledger.openings.size() - known : 0;
  }
  CHECK(ledger.n_used > 0);
  CHECK(made > 2 * most);
  CHECK(difference(to_dense(ledger).voxels, expected.openings().voxels) == "");
}

TEST_CASE("rows in which nothing has changed are shared with the ledger before") {
  Random random(4);
  const Shape shape{3, 400, 80};
  const Frame frame(noise(shape, 0.4, random), random);
  const auto once = advanced(empty_ledger(shape, 2), nothing_open(shape), frame, 5).ledger;
  const auto twice = advanced(once, frame, frame, 6).ledger;
  CHECK(twice.blocks == once.blocks);
  CHECK(twice.times == std::vector<double>{5, 6});
  Mask mask = to_mask(frame.open);
  mask.voxels[0] = mask.voxels[0] == 0;
  const Frame changed(mask, random);
  const auto thrice = advanced(twice, frame, changed, 7).ledger;
  CHECK(thrice.blocks[0] != once.blocks[0]);
  for (std::size_t b = 1; b < once.blocks.size(); ++b) CHECK(thrice.blocks[b] == once.blocks[b]);
}

TEST_CASE("times count from halfway between frames, and memories lead to the crack that closed") {
  const Shape shape{1, 1, 12};
  const auto run = [&](index_t begin, index_t end, std::uint32_t crack) {
    return Frame(box(shape, {0, 0, begin}, {1, 1, end}), crack);
  };
  const Frame first = run(2, 6, 7), second = run(4, 9, 8), third = run(2, 5, 9);
  auto ledger = advanced(empty_ledger(shape, 2), nothing_open(shape), first, 10).ledger;
  ledger = advanced(ledger, first, second, 12).ledger;
  const auto last = advanced(ledger, second, third, 16);
  const auto stored = to_runs(last.ledger);
  const std::vector<Run> runs{{2, 4}, {4, 5}, {5, 6}, {6, 9}};
  const std::vector<Opening> openings{{1, 0, 2, 3, 7, 7},   // 10 to 11, and open again
                                      {0, 0, 0, 1, 7, 0},   // open all along
                                      {4, 0, 2, 2, 7, 8},   // 10 to 14
                                      {3, 1, 2, 2, 8, 8}};  // 11 to 14
  CHECK(difference(stored.where.runs, runs) == "");
  CHECK(difference(stored.values, openings) == "");
  CHECK(last.memories == std::vector<Memory>{{1, 7, 2, 0}});
  CHECK(last.n_baseline == 3);

  Dense<double> open_time(shape);
  write_open_time(last.ledger, open_time.out(), 1);
  CHECK(open_time.voxels == std::vector<double>{0, 0, 3, 3, 6, 4, 3, 3, 3, 0, 0, 0});
  Dense<std::int32_t> last_open(shape);
  write_last_open(last.ledger, last_open.out(), 1);
  CHECK(last_open.voxels == std::vector<std::int32_t>{-1, -1, 2, 2, 2, 1, 1, 1, 1, -1, -1, -1});
  Dense<std::uint32_t> last_crack(shape);
  write_last_crack(last.ledger, last_crack.out(), 1);
  CHECK(last_crack.voxels == std::vector<std::uint32_t>{0, 0, 0, 0, 0, 8, 8, 8, 8, 0, 0, 0});
}

TEST_CASE("pieces of one opening that become alike again become one run") {
  const Shape shape{1, 1, 12};
  const Frame whole(box(shape, {0, 0, 2}, {1, 1, 9}), 7), none = nothing_open(shape);
  Mask parts = to_mask(whole.open);
  for (const std::size_t x : {4U, 5U}) parts.voxels[x] = 0;
  Random random(5);
  const Frame two_parts(parts, random);
  auto ledger = advanced(empty_ledger(shape, 2), none, whole, 0).ledger;
  ledger = advanced(ledger, whole, none, 1).ledger;
  CHECK(ledger.run_count() == 1);
  ledger = advanced(ledger, none, two_parts, 2).ledger;
  CHECK(ledger.run_count() == 3);
}

TEST_CASE("pieces that came to the same in different ways are stored as one run") {
  const Shape shape{1, 1, 8};
  const auto row = [&](std::vector<std::uint8_t> voxels) {
    Mask mask(shape);
    std::copy(voxels.begin(), voxels.end(), mask.voxels.begin());
    return Frame(encode_mask(mask.view(), 1), 7);
  };
  // Voxels 2 and 3: both open for 2.5, in two stretches, first at 0, last at 3.
  std::vector<Frame> frames;
  frames.push_back(nothing_open(shape));
  frames.push_back(row({0, 0, 1, 1}));
  frames.push_back(row({0, 0, 0, 1}));
  frames.push_back(row({0, 0, 1, 0}));
  frames.push_back(row({0, 0, 1, 1}));
  frames.push_back(row({0, 0, 0, 0}));
  auto ledger = empty_ledger(shape, 1);
  for (std::size_t k = 1; k < frames.size(); ++k) {
    ledger = advanced(ledger, frames[k - 1], frames[k], static_cast<double>(k - 1)).ledger;
  }
  const auto stored = to_runs(ledger);
  CHECK(difference(stored.where.runs, std::vector<Run>{{2, 4}}) == "");
  CHECK(difference(stored.values, std::vector<Opening>{{2.5, 0, 4, 4, 7, 7}}) == "");
  CHECK(from_runs(stored, ledger.times, 1) == ledger);
}

TEST_CASE("a stored ledger comes back equal, and what is none is refused") {
  Random random(6);
  for (const Shape& shape : small_shapes()) {
    const Frame first(noise(shape, 0.4, random), random), second(noise(shape, 0.4, random), random);
    auto ledger = advanced(empty_ledger(shape, 2), nothing_open(shape), first, 0).ledger;
    ledger = advanced(ledger, first, second, 1).ledger;
    CHECK(from_runs(to_runs(ledger), ledger.times, 2) == ledger);
    if (ledger.run_count() == 0) continue;
    CHECK_THROWS_AS(from_runs(to_runs(ledger), {}, 2), std::invalid_argument);
    auto outside = to_runs(ledger);
    outside.where.runs[0].end = static_cast<std::int32_t>(shape.x + 1);
    CHECK_THROWS_AS(from_runs(outside, ledger.times, 2), std::invalid_argument);
  }
}

TEST_CASE("a frame before that is not the ledger's last is refused") {
  const Shape shape{1, 1, 12};
  const Frame first(box(shape, {0, 0, 2}, {1, 1, 6}), 7), none = nothing_open(shape);
  const Frame other(box(shape, {0, 0, 7}, {1, 1, 9}), 7);
  const auto ledger = advanced(empty_ledger(shape, 2), none, first, 0).ledger;
  CHECK_THROWS_AS(advanced(ledger, other, none, 1), std::invalid_argument);
}
