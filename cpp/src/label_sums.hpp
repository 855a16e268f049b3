#pragma once

#include <algorithm>
#include <vector>

#include "crevasse/buffer.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "run_slabs.hpp"

namespace crevasse {

/// One `Sums` for each label 1..count, made by slabs of `lines` lines in parallel:
/// `add(slab, table)` adds what lies in its slab to a table of its own, and these are added up
/// (`+=`). Sums of integers, so the result is the same for every number of slabs. `runs_before` is
/// that of parallel_slabs_of_runs.
template <class Sums, class RunsBefore, class Add>
Buffer<Sums> sum_by_label(index_t lines, RunsBefore&& runs_before, index_t count, int threads,
                          Add&& add) {
  // A slab's own table must be worth its memory: at least eight runs a row of it.
  const index_t runs_per_slab = std::max(tuning::runs_per_thread, 8 * count);
  const int team = worthwhile_threads(runs_before(lines), runs_per_slab, threads);
  std::vector<Buffer<Sums>> tables(static_cast<std::size_t>(slab_count(lines, team)));
  parallel_slabs_of_runs(lines, team, runs_before, [&](index_t s, Slab slab) {
    Buffer<Sums> table(static_cast<std::size_t>(count));
    std::fill(table.begin(), table.end(), Sums{});
    add(slab, table.data());
    tables[static_cast<std::size_t>(s)] = std::move(table);
  });
  for (std::size_t s = 1; s < tables.size(); ++s) {
    for (std::size_t i = 0; i < tables[0].size(); ++i) tables[0][i] += tables[s][i];
  }
  return std::move(tables[0]);
}

}  // namespace crevasse
