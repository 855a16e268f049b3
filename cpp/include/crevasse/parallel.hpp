#pragma once

#include <algorithm>
#include <functional>

#include "crevasse/volume.hpp"

/// All threading of the core. Nothing else names OpenMP or starts a thread.
namespace crevasse {

/// How many threads a kernel may use by default: what OpenMP would take (it honours affinity and
/// OMP_NUM_THREADS), at most the CPU quota of the process's control group; 1 in a forked child,
/// where OpenMP's thread pool no longer exists.
int default_threads();

/// Call `task(0) … task(n - 1)`, at most `threads` at a time, in no particular order; return when
/// all are done. The first exception by task number is rethrown after the last task has ended: an
/// exception must not leave a parallel region.
void parallel_tasks(index_t n, int threads, const std::function<void(index_t)>& task);

/// Part `i` of [0, n) when it is cut into `parts` pieces of nearly equal length.
struct Slab {
  index_t begin, end;

  static Slab of(index_t n, index_t parts, index_t i) {
    return {n * i / parts, n * (i + 1) / parts};
  }
};

/// At most `threads`, and no more than leave each of them `items_per_thread` items.
inline int worthwhile_threads(index_t items, index_t items_per_thread, int threads) {
  return static_cast<int>(std::clamp<index_t>(items / items_per_thread, 1, std::max(threads, 1)));
}

/// How many slabs to cut `n` items into: `per_thread` for each thread (one if there is one thread),
/// never an empty one, at least one. More than one a thread even out what threads have to do and
/// how fast they get on, where a slab costs nothing of its own.
inline index_t slab_count(index_t n, int threads, index_t per_thread = 1) {
  const index_t slabs = threads > 1 ? threads * per_thread : 1;
  return std::clamp<index_t>(slabs, 1, std::max<index_t>(n, 1));
}

/// Call `work(i, slab)` for every slab of [0, n), `threads` at a time.
template <class Work>
void parallel_slabs(index_t n, int threads, Work&& work, index_t per_thread = 1) {
  const index_t slabs = slab_count(n, threads, per_thread);
  parallel_tasks(slabs, threads, [&](index_t i) { work(i, Slab::of(n, slabs, i)); });
}

}  // namespace crevasse
