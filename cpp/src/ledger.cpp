#include "crevasse/ledger.hpp"

#include <algorithm>
#include <atomic>
#include <limits>
#include <stdexcept>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "ledger_rows.hpp"
#include "pair_table.hpp"
#include "same_rows.hpp"

namespace crevasse {
namespace {

/// Hands out numbers of openings that are not taken yet, so many at a time. Which a slab gets
/// depends on how fast the others are; what the ledger then says of a voxel does not.
class NumberRanges {
 public:
  static constexpr std::uint32_t size = 64;

  explicit NumberRanges(std::size_t taken) : next_(taken) {}

  std::uint32_t next() {
    const std::size_t first = next_.fetch_add(size, std::memory_order_relaxed);
    if (first + size >= std::numeric_limits<std::uint32_t>::max()) {
      throw std::length_error("a voxel ledger holds at most 4294967230 different openings");
    }
    return static_cast<std::uint32_t>(first);
  }

  std::size_t taken() const { return next_; }

 private:
  std::atomic<std::size_t> next_;
};

/// The number of the opening that another becomes: in `label_a` the old number + 1, in `label_b`
/// the crack as part of which it closes, 0 if it opens again.
struct Change {
  std::uint32_t label_a = 0, label_b = 0, number = 0;
};

/// New openings, in ranges of NumberRanges::size numbers.
struct NumberedOpenings {
  std::vector<Opening> openings;
  std::vector<std::uint32_t> first_numbers;  ///< One a range.

  void write_to(std::vector<Opening>& by_number) const {
    for (std::size_t i = 0; i < openings.size(); ++i) {
      by_number[first_numbers[i / NumberRanges::size] + i % NumberRanges::size] = openings[i];
    }
  }
};

/// The openings that one slab adds to those of a ledger, each but once.
///
/// Neighbouring runs mostly change alike, so the latest changes are kept at hand.
class NewOpenings {
 public:
  NewOpenings(const Ledger& ledger, std::span<const double> times, std::size_t labels,
              NumberRanges& ranges)
      : known_(ledger.openings),
        times_(times),
        frame_(static_cast<std::int32_t>(times.size()) - 1),
        now_(change_time(times, frame_)),
        ranges_(ranges),
        of_label_(labels),
        recent_(tuning::recent_pairs) {}

  std::int32_t frame() const { return frame_; }

  std::uint32_t first(std::uint32_t label, std::uint32_t crack) {
    std::uint32_t& number = of_label_[label];
    if (number == 0) number = add({0, frame_, frame_, 1, crack, 0}) + 1;
    return number - 1;
  }

  std::uint32_t reopened(std::uint32_t number) { return changed(number, 0); }
  std::uint32_t closed(std::uint32_t number, std::uint32_t crack) { return changed(number, crack); }

  const NumberedOpenings& added() const { return added_; }

 private:
  std::uint32_t changed(std::uint32_t number, std::uint32_t crack) {
    Change& recent = recent_[number & (tuning::recent_pairs - 1)];
    if (recent.label_a != number + 1 || recent.label_b != crack) recent = change(number, crack);
    return recent.number - 1;
  }

  CREVASSE_SELDOM Change change(std::uint32_t number, std::uint32_t crack) {
    Change& change = changes_.at(number + 1, crack);
    if (change.number == 0) {
      Opening opening = known_[number];
      if (crack != 0) {
        opening.open_time += now_ - change_time(times_, opening.since);
        opening.last_crack = crack;
      }
      opening.since = frame_;
      ++opening.n_toggles;
      change.number = add(opening) + 1;
    }
    return change;
  }

  CREVASSE_SELDOM std::uint32_t add(const Opening& opening) {
    const auto in_range = static_cast<std::uint32_t>(added_.openings.size() % NumberRanges::size);
    if (in_range == 0) added_.first_numbers.push_back(ranges_.next());
    added_.openings.push_back(opening);
    return added_.first_numbers.back() + in_range;
  }

  std::span<const Opening> known_;
  std::span<const double> times_;
  std::int32_t frame_;
  double now_;
  NumberRanges& ranges_;
  std::vector<std::uint32_t> of_label_;  ///< Number + 1 of what each label opens first.
  PairTable<Change> changes_;
  std::vector<Change> recent_;
  NumberedOpenings added_;
};

/// Turns the rows of a ledger into those after one more frame, one block of rows at a time.
class BlockAdvance {
 public:
  BlockAdvance(const Ledger& ledger, const LabelledFrame& before, const LabelledFrame& now,
               std::span<const std::uint8_t> remembers, std::span<const double> times,
               NumberRanges& ranges)
      : ledger_(ledger),
        before_(before),
        now_(now),
        remembers_(remembers),
        openings_(ledger, times, now.crack_of.size(), ranges) {}

  /// The block after the frame; null where it stays what it is.
  std::shared_ptr<LedgerRows> advance(std::size_t block) {
    const auto* const known = ledger_.blocks[block].get();
    const Slab rows = rows_of_block(ledger_.shape, static_cast<index_t>(block));
    if (same_rows(before_.open, now_.open, rows)) return nullptr;
    n_baseline_ = known == nullptr ? 0 : known->n_baseline;
    writer_.begin(
        2 * ((known == nullptr ? 0 : known->runs.size()) + to_size(run_count(now_.open, rows))));
    for (index_t r = rows.begin; r < rows.end;) {
      index_t same_end = r;
      while (same_end < rows.end && same_row(before_.open, now_.open, same_end)) ++same_end;
      if (same_end > r) {
        writer_.copy(known, {r - rows.begin, same_end - rows.begin});
        r = same_end;
      } else {
        advance_row(row_of(known, r - rows.begin), r);
        writer_.end_row();
        ++r;
      }
    }
    return writer_.finish(n_baseline_);
  }

  const PairTable<Memory>& memories() const { return memories_; }
  const NumberedOpenings& added() const { return openings_.added(); }

 private:
  static index_t run_count(const RunVolume& runs, Slab rows) {
    return runs.row_begin[to_size(rows.end)] - runs.row_begin[to_size(rows.begin)];
  }

  /// Walk the row's known runs, and what of the frame's runs lies before, in and behind each.
  void advance_row(std::span<const LedgerRun> known, index_t r) {
    const std::span<const Run> now = now_.open.row(r);
    const auto* const label = now_.labels.data() + now_.open.row_begin[to_size(r)];
    index_t k = before_.open.row_begin[to_size(r)];
    constexpr std::int32_t never = std::numeric_limits<std::int32_t>::max();
    std::size_t j = 0;
    std::int32_t open_from = now.empty() ? never : now[0].begin;  // where run j goes on
    const auto go_on_from = [&](std::int32_t x) {
      if (x < now[j].end) {
        open_from = x;
      } else {
        open_from = ++j < now.size() ? now[j].begin : never;
      }
    };
    const auto open_until = [&](std::int32_t x) {
      while (open_from < x) {
        const std::int32_t begin = open_from, end = std::min(now[j].end, x);
        writer_.extend(begin, end, opened(label[j], end - begin));
        go_on_from(end);
      }
    };
    for (const LedgerRun& run : known) {
      open_until(run.where.begin);
      std::int32_t x = run.where.begin;
      while (x < run.where.end) {
        if (open_from > x) {
          const std::int32_t end = std::min(open_from, run.where.end);
          writer_.extend(x, end, closed(run.opening, r, x, end - x, k));
          x = end;
        } else {
          const std::int32_t end = std::min(now[j].end, run.where.end);
          writer_.extend(x, end, open(run.opening, label[j], end - x));
          x = end;
          go_on_from(end);
        }
      }
    }
    open_until(never);
  }

  /// The opening of voxels that were never open before.
  std::uint32_t opened(std::uint32_t label, index_t n_voxels) {
    if (openings_.frame() < ledger_.baseline_frames) n_baseline_ += n_voxels;
    return openings_.first(label, now_.crack_of[label]);
  }

  /// What an opening becomes whose voxels are closed now.
  std::uint32_t closed(std::uint32_t number, index_t r, std::int32_t x, index_t n_voxels,
                       index_t& k) {
    const Opening& was = ledger_.openings[number];
    if (!was.is_open()) return number;
    if (was.first_open < ledger_.baseline_frames) n_baseline_ -= n_voxels;
    return openings_.closed(number, crack_before(r, x, k));
  }

  /// What an opening becomes whose voxels are open now.
  std::uint32_t open(std::uint32_t number, std::uint32_t label, index_t n_voxels) {
    const Opening& was = ledger_.openings[number];
    if (was.is_open()) return number;
    if (was.first_open < ledger_.baseline_frames) n_baseline_ += n_voxels;
    if (remembers_[label] != 0) {
      memories_.at(label, was.last_crack) += {label, was.last_crack, n_voxels, was.since - 1};
    }
    return openings_.reopened(number);
  }

  /// The crack of voxel x of row r in the frame before. `k` is the run to look from, and moves on.
  std::uint32_t crack_before(index_t r, std::int32_t x, index_t& k) const {
    const index_t row_end = before_.open.row_begin[to_size(r) + 1];
    while (k < row_end && before_.open.runs[to_size(k)].end <= x) ++k;
    if (k == row_end || before_.open.runs[to_size(k)].begin > x) {
      throw std::invalid_argument("before must be the frame that the ledger ends with");
    }
    return before_.crack_of[before_.labels[to_size(k)]];
  }

  const Ledger& ledger_;
  const LabelledFrame& before_;
  const LabelledFrame& now_;
  std::span<const std::uint8_t> remembers_;
  NewOpenings openings_;
  LedgerRowsWriter writer_;
  PairTable<Memory> memories_;
  index_t n_baseline_ = 0;
};

/// Drop the openings that no run has any more, where they may be many beside runs and used ones.
void forget_unused(Ledger& ledger) {
  const auto runs_as_large = to_size(ledger.run_count()) / tuning::runs_per_unused_opening;
  if (ledger.openings.size() <= 2 * ledger.n_used + runs_as_large + 1024) return;
  std::vector<std::uint32_t> number(ledger.openings.size());
  for (const auto& block : ledger.blocks) {
    if (block == nullptr) continue;
    for (const LedgerRun& run : block->runs) number[run.opening] = 1;
  }
  std::vector<Opening> kept;
  for (std::size_t i = 0; i < number.size(); ++i) {
    if (number[i] == 0) continue;
    number[i] = static_cast<std::uint32_t>(kept.size());
    kept.push_back(ledger.openings[i]);
  }
  for (auto& block : ledger.blocks) {
    if (block == nullptr) continue;
    auto runs = Buffer<LedgerRun>::copy_of(block->runs);
    for (LedgerRun& run : runs) run.opening = number[run.opening];
    block = std::make_shared<LedgerRows>(
        LedgerRows{block->row_end, std::move(runs), block->n_baseline});
  }
  ledger.n_used = kept.size();
  ledger.openings = std::move(kept);
}

}  // namespace

Memory& Memory::operator+=(const Memory& other) {
  n_voxels += other.n_voxels;
  last_open = std::max(last_open, other.last_open);
  return *this;
}

index_t Ledger::run_count() const {
  index_t count = 0;
  for (const auto& block : blocks) {
    if (block != nullptr) count += static_cast<index_t>(block->runs.size());
  }
  return count;
}

bool Ledger::operator==(const Ledger& other) const {
  if (!(shape == other.shape) || times != other.times || baseline_frames != other.baseline_frames) {
    return false;
  }
  const auto a = to_runs(*this), b = to_runs(other);
  return a.where == b.where && std::equal(a.values.begin(), a.values.end(), b.values.begin());
}

Ledger empty_ledger(const Shape& shape, std::int32_t baseline_frames) {
  check_shape(shape);
  Ledger ledger;
  ledger.shape = shape;
  ledger.baseline_frames = baseline_frames;
  ledger.blocks.resize(block_count(shape));
  return ledger;
}

Advance advance(const Ledger& ledger, const LabelledFrame& before, const LabelledFrame& now,
                std::span<const std::uint8_t> remembers, double time, int threads) {
  Advance result;
  Ledger& after = result.ledger;
  after.shape = ledger.shape;
  after.baseline_frames = ledger.baseline_frames;
  after.times = ledger.times;
  after.times.push_back(time);
  after.blocks = ledger.blocks;
  after.n_used = ledger.n_used;
  const int team = worthwhile_threads(before.open.run_count() + 2 * now.open.run_count(),
                                      tuning::runs_per_thread, threads);
  const auto blocks = static_cast<index_t>(ledger.blocks.size());
  NumberRanges ranges(ledger.openings.size());
  const index_t slabs = slab_count(blocks, team, tuning::slabs_per_thread);
  std::vector<NumberedOpenings> added(to_size(slabs));
  std::vector<PairTable<Memory>> memories(to_size(slabs));
  parallel_slabs(
      blocks, team,
      [&](index_t s, Slab slab) {
        BlockAdvance step(ledger, before, now, remembers, after.times, ranges);
        for (index_t b = slab.begin; b < slab.end; ++b) {
          if (auto rows = step.advance(to_size(b))) after.blocks[to_size(b)] = std::move(rows);
        }
        added[to_size(s)] = step.added();
        memories[to_size(s)] = step.memories();
      },
      tuning::slabs_per_thread);
  after.openings.reserve(ranges.taken());
  after.openings = ledger.openings;
  after.openings.resize(ranges.taken());
  for (const NumberedOpenings& more : added) more.write_to(after.openings);
  forget_unused(after);
  result.memories = sorted_pairs(memories);
  for (const auto& block : after.blocks) {
    if (block != nullptr) result.n_baseline += block->n_baseline;
  }
  return result;
}

}  // namespace crevasse
