#include "crevasse/parallel.hpp"

#include <atomic>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#ifdef CREVASSE_OPENMP
#include <omp.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#define CREVASSE_HAS_FORK 1
#endif

namespace crevasse {
namespace {

#ifdef CREVASSE_HAS_FORK
// OpenMP's worker threads do not survive a fork, and its next parallel region would wait for them
// for ever; a child is told so here and starts threads of its own instead.
std::atomic<bool> forked{false};
const int fork_handler = pthread_atfork(nullptr, nullptr, [] { forked = true; });

bool is_forked_child() {
  return fork_handler == 0 && forked;
}
#else
bool is_forked_child() {
  return false;
}
#endif

/// CPUs granted by the control group (cgroup v2 `cpu.max`), or `fallback` where there is no limit.
int cgroup_cpus(int fallback) {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return fallback;
  const double cpus = std::strtod(quota.c_str(), nullptr) / period;
  return cpus > 0 ? std::max(1, static_cast<int>(cpus + 0.5)) : fallback;
}

void run_on_fresh_threads(index_t n, int threads, const std::function<void(index_t)>& task) {
  std::atomic<index_t> next{0};
  const auto drain = [&] {
    for (index_t i = next++; i < n; i = next++) task(i);
  };
  std::vector<std::jthread> team;
  for (int i = 1; i < threads; ++i) team.emplace_back(drain);
  drain();
}

}  // namespace

int default_threads() {
  if (is_forked_child()) return 1;
#ifdef CREVASSE_OPENMP
  const int threads = omp_get_max_threads();
#else
  const int threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
#endif
  return std::min(threads, cgroup_cpus(threads));
}

void parallel_tasks(index_t n, int threads, const std::function<void(index_t)>& task) {
  if (n <= 0) return;
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(n));
  const auto guarded = [&](index_t i) {
    try {
      task(i);
    } catch (...) {
      errors[static_cast<std::size_t>(i)] = std::current_exception();
    }
  };

  const int team = static_cast<int>(std::min<index_t>(n, threads));
  if (team <= 1) {
    for (index_t i = 0; i < n; ++i) guarded(i);
  } else {
#ifdef CREVASSE_OPENMP
    if (!is_forked_child()) {
#pragma omp parallel for num_threads(team) schedule(dynamic, 1)
      for (index_t i = 0; i < n; ++i) guarded(i);
    } else {
      run_on_fresh_threads(n, team, guarded);
    }
#else
    run_on_fresh_threads(n, team, guarded);
#endif
  }

  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace crevasse
