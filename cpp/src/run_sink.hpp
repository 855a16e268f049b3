#pragma once

#include <algorithm>
#include <type_traits>
#include <vector>

#include "crevasse/parallel.hpp"
#include "crevasse/runs.hpp"

namespace crevasse {

/// The value of runs that carry none.
struct NoValue {};

/// Where one slab's runs are collected, row after row. Room is made once a row, so that the inner
/// loops append without a check.
template <class V>
class RunSink {
 public:
  void make_room(index_t more) {
    const auto needed = size_ + static_cast<std::size_t>(more);
    if (needed <= runs_.size()) return;
    grow(std::max(needed, 2 * runs_.size()));
  }

  /// Pre: there is room.
  void push(std::int32_t begin, std::int32_t end, const V& value = {}) {
    runs_[size_] = {begin, end};
    if constexpr (!std::is_empty_v<V>) values_[size_] = value;
    ++size_;
  }

  /// Append, or lengthen the last run if it ends where this one begins, with the same value, and
  /// lies in the same row (`row_start` is size() at the row's start).
  void extend(std::size_t row_start, std::int32_t begin, std::int32_t end, const V& value = {}) {
    if (size_ > row_start && runs_[size_ - 1].end == begin && same_as_last(value)) {
      runs_[size_ - 1].end = end;
    } else {
      push(begin, end, value);
    }
  }

  /// The next free place, for a loop that writes (begin, end) pairs itself and then calls `took`.
  Run* next() { return runs_.data() + size_; }
  void took(index_t n) { size_ += static_cast<std::size_t>(n); }

  std::size_t size() const { return size_; }
  const Run* runs() const { return runs_.data(); }
  const V* values() const { return values_.data(); }

 private:
  bool same_as_last([[maybe_unused]] const V& value) const {
    if constexpr (std::is_empty_v<V>)
      return true;
    else
      return values_[size_ - 1] == value;
  }

  void grow(std::size_t capacity) {
    Buffer<Run> runs(capacity);
    std::copy_n(runs_.data(), size_, runs.data());
    runs_ = std::move(runs);
    if constexpr (!std::is_empty_v<V>) {
      Buffer<V> values(capacity);
      std::copy_n(values_.data(), size_, values.data());
      values_ = std::move(values);
    }
  }

  Buffer<Run> runs_;
  Buffer<V> values_;
  std::size_t size_ = 0;
};

/// Make a volume of runs row by row, in parallel slabs: `append(r, sink)` makes room for and pushes
/// the runs of row r. `make_append()` is called once a slab, so its result may own scratch.
template <class V, class MakeAppend>
ValuedRuns<V> collect_rows(const Shape& shape, int threads, MakeAppend&& make_append) {
  const index_t rows = shape.rows();
  const index_t slabs = slab_count(rows, threads);
  std::vector<RunSink<V>> sinks(static_cast<std::size_t>(slabs));
  Buffer<index_t> row_begin(static_cast<std::size_t>(rows) + 1);

  parallel_slabs(rows, threads, [&](index_t s, Slab slab) {
    auto append = make_append();
    RunSink<V> sink;
    for (index_t r = slab.begin; r < slab.end; ++r) {
      row_begin[static_cast<std::size_t>(r)] = static_cast<index_t>(sink.size());
      append(r, sink);
    }
    sinks[static_cast<std::size_t>(s)] = std::move(sink);
  });

  std::vector<std::size_t> offset(sinks.size() + 1, 0);
  for (std::size_t s = 0; s < sinks.size(); ++s) offset[s + 1] = offset[s] + sinks[s].size();
  row_begin[static_cast<std::size_t>(rows)] = static_cast<index_t>(offset.back());

  Buffer<Run> runs(offset.back());
  Buffer<V> values(std::is_empty_v<V> ? 0 : offset.back());
  parallel_slabs(rows, threads, [&](index_t s, Slab slab) {
    const auto at = offset[static_cast<std::size_t>(s)];
    auto sink = std::move(sinks[static_cast<std::size_t>(s)]);  // freed as soon as it is copied
    std::copy_n(sink.runs(), sink.size(), runs.data() + at);
    if constexpr (!std::is_empty_v<V>) {
      std::copy_n(sink.values(), sink.size(), values.data() + at);
    }
    for (index_t r = slab.begin; r < slab.end; ++r) {
      row_begin[static_cast<std::size_t>(r)] += static_cast<index_t>(at);
    }
  });
  return {{shape, std::move(row_begin), std::move(runs)}, std::move(values)};
}

}  // namespace crevasse
