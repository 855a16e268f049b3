#pragma once

#include "crevasse/parallel.hpp"

namespace crevasse {

/// Call `work(i, slab)` for slabs of `lines` lines, one a thread, that are about as long to read:
/// foreground lies unevenly, so slabs of as many lines would leave threads waiting.
/// `runs_before(line)` is the number of runs in the lines before one, up to `lines`.
template <class RunsBefore, class Work>
void parallel_slabs_of_runs(index_t lines, int threads, RunsBefore&& runs_before, Work&& work) {
  const index_t slabs = slab_count(lines, threads);
  // A line costs about as much as a run, so that lines without runs count too.
  const auto cost_before = [&](index_t line) { return runs_before(line) + line; };
  const index_t whole = cost_before(lines);
  const auto cut = [&](index_t i) {
    index_t low = 0, high = lines;
    while (low < high) {
      const index_t middle = low + (high - low) / 2;
      if (cost_before(middle) < whole * i / slabs) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  };
  parallel_tasks(slabs, threads, [&](index_t i) { work(i, Slab{cut(i), cut(i + 1)}); });
}

}  // namespace crevasse
