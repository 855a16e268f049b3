#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>

#include "crevasse/label.hpp"
#include "crevasse/overlap.hpp"
#include "crevasse/parallel.hpp"
#include "reference.hpp"

#if defined(__unix__) || defined(__APPLE__)
#include <sys/wait.h>
#include <unistd.h>
#define CREVASSE_TEST_FORK 1
#endif
#if defined(__SANITIZE_THREAD__)
#undef CREVASSE_TEST_FORK  // the run-time of the thread sanitizer does not follow into a child
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#undef CREVASSE_TEST_FORK
#endif
#endif

using namespace crevasse;
using namespace crevasse::reference;

namespace {

/// How often each task ran.
std::vector<int> runs_of_tasks(index_t n, int threads) {
  std::vector<std::atomic<int>> times(to_size(n));
  parallel_tasks(n, threads, [&](index_t i) { ++times[to_size(i)]; });
  return {times.begin(), times.end()};
}

index_t sum_in_parallel(index_t n, int threads) {
  std::atomic<index_t> sum{0};
  parallel_tasks(n, threads, [&](index_t i) { sum += i; });
  return sum;
}

}  // namespace

TEST_CASE("every task runs exactly once") {
  for (const index_t n : {0, 1, 2, 3, 7, 64, 1000}) {
    for (const int threads : {1, 2, 3, 7, 16}) {
      INFO("tasks ", n, ", threads ", threads);
      CHECK(runs_of_tasks(n, threads) == std::vector<int>(to_size(n), 1));
    }
  }
}

TEST_CASE("no more tasks than threads run at a time") {
  for (const int threads : {1, 2, 3}) {
    std::atomic<int> now{0}, most{0};
    parallel_tasks(40, threads, [&](index_t) {
      const int running = ++now;
      int seen = most;
      while (running > seen && !most.compare_exchange_weak(seen, running)) {
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
      --now;
    });
    CHECK(most >= 1);
    CHECK(most <= threads);
  }
}

TEST_CASE("of several exceptions that of the lowest task is rethrown after all tasks have ended") {
  for (const int threads : {1, 2, 3, 7}) {
    INFO("threads ", threads);
    std::atomic<int> ended{0};
    std::string message;
    try {
      parallel_tasks(50, threads, [&](index_t i) {
        // The lower the task, the later it fails.
        if (i % 10 == 7) {
          std::this_thread::sleep_for(std::chrono::milliseconds(5 - i / 10));
          ++ended;
          throw std::out_of_range(std::to_string(i));
        }
        ++ended;
      });
    } catch (const std::out_of_range& error) {
      message = error.what();
    }
    CHECK(message == "7");
    CHECK(ended == 50);
    CHECK(sum_in_parallel(100, threads) == 4950);  // and the threads are still of use
  }
}

TEST_CASE("a call from within a task runs all its tasks") {
  for (const int outer : {1, 2, 5}) {
    for (const int inner : {1, 3}) {
      std::vector<index_t> sums(6, -1);
      parallel_tasks(6, outer,
                     [&](index_t i) { sums[to_size(i)] = sum_in_parallel(20 + i, inner); });
      for (index_t i = 0; i < 6; ++i) CHECK(sums[to_size(i)] == (20 + i) * (19 + i) / 2);
    }
  }
}

TEST_CASE("an exception from a nested task reaches the caller") {
  const auto nested = [] {
    parallel_tasks(3, 2, [](index_t i) {
      parallel_tasks(3, 2, [i](index_t j) {
        if (i == 1 && j == 2) throw std::runtime_error("inner");
      });
    });
  };
  CHECK_THROWS_WITH_AS(nested(), "inner", std::runtime_error);
}

TEST_CASE("slabs cover the whole once, in order, and differ in length by at most one") {
  for (const index_t n : {0, 1, 2, 5, 63, 1000, 1001}) {
    for (const int threads : {1, 2, 3, 7, 16}) {
      const index_t parts = slab_count(n, threads);
      CHECK(parts >= 1);
      CHECK(parts <= threads);
      index_t covered = 0;
      for (index_t i = 0; i < parts; ++i) {
        const Slab slab = Slab::of(n, parts, i);
        CHECK(slab.begin == covered);
        CHECK(slab.end - slab.begin >= n / parts);
        CHECK(slab.end - slab.begin <= n / parts + 1);
        if (n > 0) CHECK(slab.end > slab.begin);
        covered = slab.end;
      }
      CHECK(covered == n);

      std::vector<std::atomic<int>> seen(to_size(n));
      std::atomic<index_t> calls{0};
      parallel_slabs(n, threads, [&](index_t, Slab slab) {
        ++calls;
        for (index_t i = slab.begin; i < slab.end; ++i) ++seen[to_size(i)];
      });
      CHECK(calls == parts);
      CHECK(std::all_of(seen.begin(), seen.end(), [](const auto& times) { return times == 1; }));
    }
  }
}

TEST_CASE("threads are only as many as have enough to do") {
  CHECK(worthwhile_threads(0, 100, 8) == 1);
  CHECK(worthwhile_threads(99, 100, 8) == 1);
  CHECK(worthwhile_threads(200, 100, 8) == 2);
  CHECK(worthwhile_threads(299, 100, 8) == 2);
  CHECK(worthwhile_threads(100000, 100, 8) == 8);
  CHECK(worthwhile_threads(100000, 100, 0) == 1);
  CHECK(worthwhile_threads(index_t{1} << 60, 1, 5) == 5);
}

TEST_CASE("there is at least one thread by default") {
  CHECK(default_threads() >= 1);
}

TEST_CASE("many threads may call the kernels at once") {
  Random random(1);
  const Mask mask = noise({30, 60, 200}, 0.2, random);
  const auto runs = encode_mask(mask.view(), 1);
  const auto alone = crevasse::label(runs, Connectivity::Corners, 1);
  const auto pairs = crevasse::overlap(runs, alone.labels, runs, alone.labels, 1);
  std::array<bool, 4> equal{};
  {
    std::vector<std::jthread> callers;
    for (std::size_t c = 0; c < equal.size(); ++c) {
      callers.emplace_back([&, c] {
        bool all = true;
        for (int repeat = 0; repeat < 3; ++repeat) {
          const auto again = encode_mask(mask.view(), 3);
          const auto labels = crevasse::label(again, Connectivity::Corners, 3);
          const auto found = crevasse::overlap(again, labels.labels, runs, alone.labels, 3);
          all = all && again == runs && difference(labels.labels, alone.labels).empty() &&
                found == pairs;
        }
        equal[c] = all;
      });
    }
  }
  for (const bool one : equal) CHECK(one);
}

#ifdef CREVASSE_TEST_FORK
namespace {

/// Run `work` in a forked child that is killed after half a minute; whether it came to `true`.
bool in_child(const std::function<bool()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(30);
    bool right = false;
    try {
      right = work();
    } catch (...) {
    }
    _exit(right ? 0 : 1);
  }
  int status = 0;
  return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_CASE("a child forked after a parallel region computes and does not hang") {
  Random random(2);
  const Mask mask = noise({30, 60, 200}, 0.2, random);
  const auto runs = encode_mask(mask.view(), 3);
  const auto labels = crevasse::label(runs, Connectivity::Edges, 3);
  REQUIRE(sum_in_parallel(1000, 4) == 499500);  // the pool of threads exists now
  const auto work = [&] {
    const auto again = encode_mask(mask.view(), 3);
    return sum_in_parallel(1000, 4) == 499500 && again == runs &&
           difference(crevasse::label(again, Connectivity::Edges, 3).labels, labels.labels).empty();
  };
  CHECK(in_child(work));
  CHECK(in_child([&] { return work() && in_child(work) && work(); }));  // and a child of a child
  CHECK(work());
}

TEST_CASE("a forked child uses one thread unless it is told otherwise") {
  REQUIRE(sum_in_parallel(1000, 4) == 499500);
  CHECK(in_child([] { return default_threads() == 1; }));
}

TEST_CASE("a forked child still rethrows the exception of the lowest task") {
  REQUIRE(sum_in_parallel(1000, 4) == 499500);
  CHECK(in_child([] {
    try {
      parallel_tasks(20, 4, [](index_t i) {
        if (i >= 5) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      return std::string(error.what()) == "5";
    }
    return false;
  }));
}
#endif
