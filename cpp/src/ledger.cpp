#include "crevasse/ledger.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "ledger_rows.hpp"
#include "new_openings.hpp"
#include "pair_table.hpp"
#include "same_rows.hpp"

namespace crevasse {
namespace {

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
