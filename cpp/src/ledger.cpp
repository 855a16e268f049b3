#include "crevasse/ledger.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "ledger_rows.hpp"
#include "pair_table.hpp"
#include "same_rows.hpp"

namespace crevasse {
namespace {

void check_number(std::size_t number) {
  if (number >= std::numeric_limits<std::uint32_t>::max() - 1) {
    throw std::length_error("a voxel ledger holds at most 4294967294 different openings");
  }
}

/// The number of the opening that another becomes: in `label_a` the old number + 1, in `label_b`
/// the crack as part of which it closes, 0 if it opens again.
struct Change {
  std::uint32_t label_a = 0, label_b = 0, number = 0;
};

/// The openings that one slab adds to those of a ledger, each but once.
class NewOpenings {
 public:
  NewOpenings(const Ledger& ledger, std::span<const double> times, std::size_t labels)
      : known_(ledger.openings),
        times_(times),
        frame_(static_cast<std::int32_t>(times.size()) - 1),
        now_(change_time(times, frame_)),
        of_label_(labels) {}

  std::int32_t frame() const { return frame_; }

  std::uint32_t first(std::uint32_t label, std::uint32_t crack) {
    std::uint32_t& number = of_label_[label];
    if (number == 0) number = add({0, frame_, frame_, 1, crack, 0}) + 1;
    return number - 1;
  }

  std::uint32_t reopened(std::uint32_t number) { return changed(number, 0); }
  std::uint32_t closed(std::uint32_t number, std::uint32_t crack) { return changed(number, crack); }

  const std::vector<Opening>& added() const { return added_; }

 private:
  std::uint32_t changed(std::uint32_t number, std::uint32_t crack) {
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
    return change.number - 1;
  }

  std::uint32_t add(const Opening& opening) {
    const std::size_t number = known_.size() + added_.size();
    check_number(number);
    added_.push_back(opening);
    return static_cast<std::uint32_t>(number);
  }

  std::span<const Opening> known_;
  std::span<const double> times_;
  std::int32_t frame_;
  double now_;
  std::vector<std::uint32_t> of_label_;  ///< Number + 1 of what each label opens first.
  PairTable<Change> changes_;
  std::vector<Opening> added_;
};

/// Turns the rows of a ledger into those after one more frame, one block of rows at a time.
class BlockAdvance {
 public:
  BlockAdvance(const Ledger& ledger, const LabelledFrame& before, const LabelledFrame& now,
               std::span<const double> times)
      : ledger_(ledger),
        before_(before),
        now_(now),
        openings_(ledger, times, now.crack_of.size()) {}

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
  const std::vector<Opening>& added() const { return openings_.added(); }

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
    memories_.at(label, was.last_crack) += {label, was.last_crack, n_voxels, was.since - 1};
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
  NewOpenings openings_;
  LedgerRowsWriter writer_;
  PairTable<Memory> memories_;
  index_t n_baseline_ = 0;
};

/// What a slab of blocks has become: null where a block has not changed.
struct SlabAdvance {
  std::size_t first_block = 0;
  std::vector<std::shared_ptr<LedgerRows>> blocks;
  std::vector<Opening> added;
};

/// Put the slabs together: each has numbered its new openings as if it were the only one.
void join(std::vector<SlabAdvance>& slabs, const Ledger& before, Ledger& after, int threads) {
  std::vector<std::uint32_t> shift(slabs.size());
  for (std::size_t s = 0; s < slabs.size(); ++s) {
    shift[s] = static_cast<std::uint32_t>(after.openings.size() - before.openings.size());
    check_number(after.openings.size() + slabs[s].added.size());
    after.openings.insert(after.openings.end(), slabs[s].added.begin(), slabs[s].added.end());
  }
  const auto known = static_cast<std::uint32_t>(before.openings.size());
  parallel_tasks(static_cast<index_t>(slabs.size()), threads, [&](index_t s) {
    SlabAdvance& slab = slabs[to_size(s)];
    for (std::size_t i = 0; i < slab.blocks.size(); ++i) {
      if (slab.blocks[i] == nullptr) continue;
      if (shift[to_size(s)] != 0) {
        for (LedgerRun& run : slab.blocks[i]->runs) {
          if (run.opening >= known) run.opening += shift[to_size(s)];
        }
      }
      after.blocks[slab.first_block + i] = std::move(slab.blocks[i]);
    }
  });
}

/// Drop the openings that no run has any more, once they outnumber the runs.
void forget_unused(Ledger& ledger) {
  if (ledger.openings.size() <= 2 * to_size(ledger.run_count()) + 1024) return;
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
    auto renumbered = std::make_shared<LedgerRows>(*block);
    for (LedgerRun& run : renumbered->runs) run.opening = number[run.opening];
    block = std::move(renumbered);
  }
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
                double time, int threads) {
  Advance result{ledger, {}, 0};
  Ledger& after = result.ledger;
  after.times.push_back(time);
  const int team = worthwhile_threads(before.open.run_count() + 2 * now.open.run_count(),
                                      tuning::runs_per_thread, threads);
  const auto blocks = static_cast<index_t>(ledger.blocks.size());
  std::vector<SlabAdvance> slabs(to_size(slab_count(blocks, team, tuning::slabs_per_thread)));
  std::vector<PairTable<Memory>> memories(slabs.size());
  parallel_slabs(
      blocks, team,
      [&](index_t s, Slab slab) {
        BlockAdvance step(ledger, before, now, after.times);
        SlabAdvance made{to_size(slab.begin), {}, {}};
        for (index_t b = slab.begin; b < slab.end; ++b) {
          made.blocks.push_back(step.advance(to_size(b)));
        }
        made.added = step.added();
        memories[to_size(s)] = step.memories();
        slabs[to_size(s)] = std::move(made);
      },
      tuning::slabs_per_thread);
  join(slabs, ledger, after, team);
  forget_unused(after);
  result.memories = sorted_pairs(memories);
  for (const auto& block : after.blocks) {
    if (block != nullptr) result.n_baseline += block->n_baseline;
  }
  return result;
}

}  // namespace crevasse
