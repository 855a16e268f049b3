#include <algorithm>
#include <vector>

#include "crevasse/ledger.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "ledger_rows.hpp"

namespace crevasse {
namespace {

/// Write `field(opening)` of every run, and `never` between.
template <class V, class Field>
void write_openings(const Ledger& ledger, Volume<V> out, V never, int threads, Field&& field) {
  std::vector<V> values;
  values.reserve(ledger.openings.size());
  for (const Opening& opening : ledger.openings) values.push_back(field(opening));
  const index_t width = ledger.shape.x;
  parallel_slabs(
      static_cast<index_t>(ledger.blocks.size()), threads,
      [&](index_t, Slab slab) {
        for (index_t b = slab.begin; b < slab.end; ++b) {
          const Slab rows = rows_of_block(ledger.shape, b);
          V* const first = out.data + rows.begin * width;
          std::fill_n(first, (rows.end - rows.begin) * width, never);
          const auto* const block = ledger.blocks[to_size(b)].get();
          for (index_t r = 0; block != nullptr && r < rows.end - rows.begin; ++r) {
            V* const row = first + r * width;
            for (const LedgerRun& run : row_of(block, r)) {
              std::fill(row + run.where.begin, row + run.where.end, values[run.opening]);
            }
          }
        }
      },
      tuning::slabs_per_thread);
}

}  // namespace

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
    return o.open_time + (ledger.times.back() - change_time(ledger.times, o.since));
  });
}

}  // namespace crevasse
