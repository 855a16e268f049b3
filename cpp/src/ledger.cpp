#include "crevasse/ledger.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "ledger_rows.hpp"
#include "pair_table.hpp"
#include "row_sweep.hpp"

namespace crevasse {
namespace {

/// When a voxel changed that was found changed in `frame`: halfway since the frame before.
double change_time(std::span<const double> times, std::int32_t frame) {
  const auto f = static_cast<std::size_t>(frame);
  return f == 0 ? times[0] : (times[f - 1] + times[f]) / 2;
}

/// Turns the rows of a ledger into those after one more frame, one block of rows at a time.
class BlockAdvance {
 public:
  BlockAdvance(const Ledger& ledger, const LabelledFrame& before, const LabelledFrame& now,
               std::span<const double> times, std::int32_t baseline_frames)
      : ledger_(ledger),
        before_(before),
        now_(now),
        times_(times),
        frame_(static_cast<std::int32_t>(times.size()) - 1),
        baseline_frames_(baseline_frames),
        now_changed_(change_time(times, frame_)) {}

  std::shared_ptr<const LedgerRows> advance(std::size_t block) {
    const auto& known = ledger_.blocks[block];
    const Slab rows = rows_of_block(ledger_.shape, static_cast<index_t>(block));
    const index_t n_now = runs_between(now_.open, rows);
    if (known == nullptr && n_now == 0) return nullptr;
    changed_ = false;
    writer_.begin(2 * ((known == nullptr ? 0 : known->runs.size()) + to_size(n_now)));
    for (index_t r = rows.begin; r < rows.end; ++r) advance_row(known.get(), r, r - rows.begin);
    return changed_ ? writer_.finish() : known;
  }

  const PairTable<Memory>& memories() const { return memories_; }
  index_t n_baseline() const { return n_baseline_; }

 private:
  static std::size_t to_size(index_t n) { return static_cast<std::size_t>(n); }

  static index_t runs_between(const RunVolume& runs, Slab rows) {
    return runs.row_begin[to_size(rows.end)] - runs.row_begin[to_size(rows.begin)];
  }

  void advance_row(const LedgerRows* known, index_t r, index_t row_of_block) {
    const auto [runs, openings] = row_of(known, row_of_block);
    const auto* const label = now_.labels.data() + now_.open.row_begin[to_size(r)];
    index_t k = before_.open.row_begin[to_size(r)];
    sweep_rows(runs, now_.open.row(r),
               [&](std::int32_t begin, std::int32_t end, index_t i, index_t j) {
                 Opening opening = i < 0 ? Opening{} : openings[to_size(i)];
                 if (opening.is_open() != (j >= 0)) {
                   changed_ = true;
                   if (j < 0) {
                     close(opening, crack_before(r, begin, k));
                   } else if (i < 0) {
                     open_first(opening, now_.crack_of[label[j]]);
                   } else {
                     reopen(opening, label[j], end - begin);
                   }
                 }
                 if (j >= 0 && opening.first_open < baseline_frames_) n_baseline_ += end - begin;
                 writer_.extend(begin, end, opening);
               });
    writer_.end_row();
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

  void open_first(Opening& opening, std::uint32_t crack) const {
    opening = {0, frame_, frame_, 1, crack, 0};
  }

  void reopen(Opening& opening, std::uint32_t label, index_t n_voxels) {
    memories_.at(label, opening.last_crack) +=
        {label, opening.last_crack, n_voxels, opening.since - 1};
    opening.since = frame_;
    ++opening.n_toggles;
  }

  void close(Opening& opening, std::uint32_t crack) const {
    opening.open_time += now_changed_ - change_time(times_, opening.since);
    opening.since = frame_;
    ++opening.n_toggles;
    opening.last_crack = crack;
  }

  const Ledger& ledger_;
  const LabelledFrame& before_;
  const LabelledFrame& now_;
  std::span<const double> times_;
  std::int32_t frame_, baseline_frames_;
  double now_changed_;
  LedgerRowsWriter writer_;
  PairTable<Memory> memories_;
  index_t n_baseline_ = 0;
  bool changed_ = false;
};

/// Write `field(opening)` of every run, and `never` between.
template <class V, class Field>
void write_openings(const Ledger& ledger, Volume<V> out, V never, int threads, Field&& field) {
  const index_t width = ledger.shape.x;
  parallel_slabs(
      static_cast<index_t>(ledger.blocks.size()), threads,
      [&](index_t, Slab slab) {
        for (index_t b = slab.begin; b < slab.end; ++b) {
          const Slab rows = rows_of_block(ledger.shape, b);
          V* const first = out.data + rows.begin * width;
          std::fill_n(first, (rows.end - rows.begin) * width, never);
          const auto* const block = ledger.blocks[static_cast<std::size_t>(b)].get();
          for (index_t r = 0; block != nullptr && r < rows.end - rows.begin; ++r) {
            const auto [runs, openings] = row_of(block, r);
            for (std::size_t i = 0; i < runs.size(); ++i) {
              std::fill(first + r * width + runs[i].begin, first + r * width + runs[i].end,
                        field(openings[i]));
            }
          }
        }
      },
      tuning::slabs_per_thread);
}

/// `row_end` is where the row's last run ended.
void check(const Run& run, std::int32_t row_end, const Opening& opening, const Ledger& ledger) {
  if (run.begin < row_end || run.begin >= run.end || run.end > ledger.shape.x) {
    throw std::invalid_argument("runs must be sorted, not empty and inside the volume");
  }
  if (opening.n_toggles < 1 || opening.first_open < 0 || opening.since < opening.first_open ||
      opening.since >= ledger.frame_count() || opening.first_crack == 0) {
    throw std::invalid_argument("openings must be those of a ledger");
  }
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

std::size_t Ledger::bytes() const {
  std::size_t sum = blocks.size() * sizeof(blocks[0]);
  for (const auto& block : blocks) {
    if (block == nullptr) continue;
    sum += sizeof(LedgerRows) + block->row_end.size() * sizeof(std::uint32_t) +
           block->runs.size() * (sizeof(Run) + sizeof(Opening));
  }
  return sum;
}

bool Ledger::operator==(const Ledger& other) const {
  return shape == other.shape && times == other.times &&
         std::equal(blocks.begin(), blocks.end(), other.blocks.begin(), other.blocks.end(),
                    [](const auto& a, const auto& b) {
                      return a == b || (a != nullptr && b != nullptr && *a == *b);
                    });
}

Ledger empty_ledger(const Shape& shape) {
  check_shape(shape);
  return {shape, {}, std::vector<std::shared_ptr<const LedgerRows>>(block_count(shape))};
}

Advance advance(const Ledger& ledger, const LabelledFrame& before, const LabelledFrame& now,
                double time, std::int32_t baseline_frames, int threads) {
  Advance result{{ledger.shape, ledger.times, {}}, {}, 0};
  result.ledger.times.push_back(time);
  result.ledger.blocks.resize(ledger.blocks.size());
  const int team = worthwhile_threads(before.open.run_count() + 2 * now.open.run_count(),
                                      tuning::runs_per_thread, threads);
  const auto blocks = static_cast<index_t>(ledger.blocks.size());
  const auto slabs = static_cast<std::size_t>(slab_count(blocks, team, tuning::slabs_per_thread));
  std::vector<PairTable<Memory>> memories(slabs);
  std::vector<index_t> n_baseline(slabs);
  parallel_slabs(
      blocks, team,
      [&](index_t s, Slab slab) {
        BlockAdvance step(ledger, before, now, result.ledger.times, baseline_frames);
        for (auto b = static_cast<std::size_t>(slab.begin); b < static_cast<std::size_t>(slab.end);
             ++b) {
          result.ledger.blocks[b] = step.advance(b);
        }
        memories[static_cast<std::size_t>(s)] = step.memories();
        n_baseline[static_cast<std::size_t>(s)] = step.n_baseline();
      },
      tuning::slabs_per_thread);
  result.memories = sorted_pairs(memories);
  for (const index_t n : n_baseline) result.n_baseline += n;
  return result;
}

void write_first_open(const Ledger& ledger, Volume<std::int32_t> out, int threads) {
  write_openings(ledger, out, -1, threads, [](const Opening& o) { return o.first_open; });
}

void write_last_open(const Ledger& ledger, Volume<std::int32_t> out, int threads) {
  const std::int32_t latest = ledger.frame_count() - 1;
  write_openings(ledger, out, -1, threads,
                 [&](const Opening& o) { return o.is_open() ? latest : o.since - 1; });
}

void write_n_toggles(const Ledger& ledger, Volume<std::int32_t> out, int threads) {
  write_openings(ledger, out, 0, threads, [](const Opening& o) { return o.n_toggles; });
}

void write_first_crack(const Ledger& ledger, Volume<std::uint32_t> out, int threads) {
  write_openings(ledger, out, 0U, threads, [](const Opening& o) { return o.first_crack; });
}

void write_last_crack(const Ledger& ledger, Volume<std::uint32_t> out, int threads) {
  write_openings(ledger, out, 0U, threads,
                 [](const Opening& o) { return o.is_open() ? 0U : o.last_crack; });
}

void write_open_time(const Ledger& ledger, Volume<double> out, int threads) {
  write_openings(ledger, out, 0.0, threads, [&](const Opening& o) {
    if (!o.is_open()) return o.open_time;
    return o.open_time + ledger.times.back() - change_time(ledger.times, o.since);
  });
}

ValuedRuns<Opening> to_runs(const Ledger& ledger) {
  const auto count = static_cast<std::size_t>(ledger.run_count());
  ValuedRuns<Opening> stored{
      {ledger.shape, Buffer<index_t>(static_cast<std::size_t>(ledger.shape.rows()) + 1),
       Buffer<Run>(count)},
      Buffer<Opening>(count)};
  index_t at = 0;
  stored.where.row_begin[0] = 0;
  for (std::size_t b = 0; b < ledger.blocks.size(); ++b) {
    const Slab rows = rows_of_block(ledger.shape, static_cast<index_t>(b));
    const auto* const block = ledger.blocks[b].get();
    for (index_t r = rows.begin; r < rows.end; ++r) {
      const auto end =
          block == nullptr ? 0U : block->row_end[static_cast<std::size_t>(r - rows.begin)];
      stored.where.row_begin[static_cast<std::size_t>(r) + 1] = at + end;
    }
    if (block == nullptr) continue;
    std::copy(block->runs.begin(), block->runs.end(), stored.where.runs.data() + at);
    std::copy(block->openings.begin(), block->openings.end(), stored.values.data() + at);
    at += static_cast<index_t>(block->runs.size());
  }
  return stored;
}

Ledger from_runs(const ValuedRuns<Opening>& stored, std::vector<double> times) {
  Ledger ledger = empty_ledger(stored.where.shape);
  ledger.times = std::move(times);
  LedgerRowsWriter writer;
  for (std::size_t b = 0; b < ledger.blocks.size(); ++b) {
    const Slab rows = rows_of_block(ledger.shape, static_cast<index_t>(b));
    const auto first =
        static_cast<std::size_t>(stored.where.row_begin[static_cast<std::size_t>(rows.begin)]);
    const auto last =
        static_cast<std::size_t>(stored.where.row_begin[static_cast<std::size_t>(rows.end)]);
    if (first == last) continue;
    writer.begin(last - first);
    for (index_t r = rows.begin; r < rows.end; ++r) {
      const auto runs = stored.where.row(r);
      const auto openings = stored.row(r);
      for (std::size_t i = 0; i < runs.size(); ++i) {
        check(runs[i], i == 0 ? 0 : runs[i - 1].end, openings[i], ledger);
        writer.extend(runs[i].begin, runs[i].end, openings[i]);
      }
      writer.end_row();
    }
    ledger.blocks[b] = writer.finish();
  }
  return ledger;
}

}  // namespace crevasse
