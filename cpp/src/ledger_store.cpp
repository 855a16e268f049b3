#include <algorithm>
#include <map>
#include <stdexcept>

#include "crevasse/ledger.hpp"
#include "ledger_rows.hpp"
#include "run_sink.hpp"

namespace crevasse {
namespace {

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

ValuedRuns<Opening> to_runs(const Ledger& ledger) {
  return collect_rows<Opening>(ledger.shape, 1, [&] {
    return [&](index_t r, RunSink<Opening>& sink) {
      const auto* const block = ledger.blocks[to_size(r / tuning::ledger_rows)].get();
      const auto row = row_of(block, r % tuning::ledger_rows);
      sink.make_room(static_cast<index_t>(row.size()));
      const std::size_t row_start = sink.size();
      // Voxels may come to the same in different ways: what is stored must not tell.
      for (const LedgerRun& run : row) {
        sink.extend(row_start, run.where.begin, run.where.end, ledger.openings[run.opening]);
      }
    };
  });
}

Ledger from_runs(const ValuedRuns<Opening>& stored, std::vector<double> times,
                 std::int32_t baseline_frames) {
  Ledger ledger = empty_ledger(stored.where.shape, baseline_frames);
  ledger.times = std::move(times);
  std::map<Opening, std::uint32_t> numbers;
  LedgerRowsWriter writer;
  for (std::size_t b = 0; b < ledger.blocks.size(); ++b) {
    const Slab rows = rows_of_block(ledger.shape, static_cast<index_t>(b));
    const index_t n_runs =
        stored.where.row_begin[to_size(rows.end)] - stored.where.row_begin[to_size(rows.begin)];
    if (n_runs == 0) continue;
    index_t n_baseline = 0;
    writer.begin(to_size(n_runs));
    for (index_t r = rows.begin; r < rows.end; ++r) {
      const auto runs = stored.where.row(r);
      const auto openings = stored.row(r);
      for (std::size_t i = 0; i < runs.size(); ++i) {
        check(runs[i], i == 0 ? 0 : runs[i - 1].end, openings[i], ledger);
        const auto [entry, is_new] =
            numbers.try_emplace(openings[i], static_cast<std::uint32_t>(ledger.openings.size()));
        if (is_new) ledger.openings.push_back(openings[i]);
        writer.extend(runs[i].begin, runs[i].end, entry->second);
        if (openings[i].is_open() && openings[i].first_open < baseline_frames) {
          n_baseline += runs[i].length();
        }
      }
      writer.end_row();
    }
    ledger.blocks[b] = writer.finish(n_baseline);
  }
  ledger.n_used = ledger.openings.size();
  return ledger;
}

}  // namespace crevasse
