#pragma once

#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include "crevasse/parallel.hpp"
#include "crevasse/runs.hpp"
#include "crevasse/tuning.hpp"

namespace crevasse {

/// The value of runs that carry none.
struct NoValue {};

/// Where one slab's runs are collected, row after row, in blocks that are never moved. Room is made
/// once a row, so that the inner loops append without a check and a row lies in one block.
template <class V>
class RunSink {
 public:
  void make_room(index_t more) {
    const auto needed = static_cast<std::size_t>(more);
    if (blocks_.empty() || block().size + needed > block().runs.size()) add_block(needed);
  }

  /// Pre: there is room, as for all that follow.
  void push(std::int32_t begin, std::int32_t end, const V& value = {}) {
    Block& b = block();
    b.runs[b.size] = {begin, end};
    if constexpr (!std::is_empty_v<V>) b.values[b.size] = value;
    ++b.size;
  }

  /// Append, or lengthen the last run if it ends where this one begins, with the same value, and
  /// lies in the same row (`row_start` is size() at the row's start).
  void extend(std::size_t row_start, std::int32_t begin, std::int32_t end, const V& value = {}) {
    Block& b = block();
    if (size() > row_start && b.runs[b.size - 1].end == begin && same_as_last(value)) {
      b.runs[b.size - 1].end = end;
    } else {
      push(begin, end, value);
    }
  }

  /// The next free places, for a loop that fills them itself and then calls `took`.
  Run* next_runs() { return block().runs.data() + block().size; }
  V* next_values() { return block().values.data() + block().size; }
  void took(index_t n) { block().size += static_cast<std::size_t>(n); }

  std::size_t size() const { return before_block_ + (blocks_.empty() ? 0 : block().size); }

  /// Move everything to `runs` (and `values`, where runs carry one), in order; leaves nothing.
  void pour(Run* runs, [[maybe_unused]] V* values) {
    for (Block& b : blocks_) {
      runs = std::copy_n(b.runs.data(), b.size, runs);
      if constexpr (!std::is_empty_v<V>) values = std::copy_n(b.values.data(), b.size, values);
      b = {};  // freed as soon as it is copied
    }
    *this = {};
  }

 private:
  struct Block {
    Buffer<Run> runs;
    Buffer<V> values;
    std::size_t size = 0;
  };

  Block& block() { return blocks_.back(); }
  const Block& block() const { return blocks_.back(); }

  bool same_as_last([[maybe_unused]] const V& value) const {
    if constexpr (std::is_empty_v<V>)
      return true;
    else
      return block().values[block().size - 1] == value;
  }

  void add_block(std::size_t needed) {
    before_block_ = size();
    const std::size_t room = std::max({needed, before_block_, smallest_block});
    blocks_.push_back({Buffer<Run>(room), Buffer<V>(std::is_empty_v<V> ? 0 : room)});
  }

  static constexpr std::size_t smallest_block = 256;
  std::vector<Block> blocks_;
  std::size_t before_block_ = 0;
};

/// Move what the slabs have collected of volume `k` to one place. `row_begin` counts from each
/// slab's first run; `sinks[slab][k]` are left empty.
template <class V>
ValuedRuns<V> poured(const Shape& shape, Buffer<index_t> row_begin,
                     std::vector<std::vector<RunSink<V>>>& sinks, std::size_t k, int threads) {
  std::vector<std::size_t> offset(sinks.size() + 1, 0);
  for (std::size_t s = 0; s < sinks.size(); ++s) offset[s + 1] = offset[s] + sinks[s][k].size();
  row_begin[static_cast<std::size_t>(shape.rows())] = static_cast<index_t>(offset.back());

  Buffer<Run> runs(offset.back());
  Buffer<V> values(std::is_empty_v<V> ? 0 : offset.back());
  parallel_slabs(
      shape.rows(), threads,
      [&](index_t s, Slab slab) {
        const auto at = offset[static_cast<std::size_t>(s)];
        sinks[static_cast<std::size_t>(s)][k].pour(
            runs.data() + at, std::is_empty_v<V> ? values.data() : values.data() + at);
        for (index_t r = slab.begin; r < slab.end; ++r) {
          row_begin[static_cast<std::size_t>(r)] += static_cast<index_t>(at);
        }
      },
      tuning::slabs_per_thread);
  return {{shape, std::move(row_begin), std::move(runs)}, std::move(values)};
}

/// Make `count` volumes of runs together, row by row, in parallel slabs: `append(r, sinks)` makes
/// room for and pushes the runs of row r of volume k in `sinks[k]`. `make_append()` is called once
/// a slab, so its result may own scratch.
template <class V, class MakeAppend>
std::vector<ValuedRuns<V>> collect_volumes(const Shape& shape, std::size_t count, int threads,
                                           MakeAppend&& make_append) {
  const index_t rows = shape.rows();
  const index_t slabs = slab_count(rows, threads, tuning::slabs_per_thread);
  std::vector<std::vector<RunSink<V>>> sinks(static_cast<std::size_t>(slabs));
  std::vector<Buffer<index_t>> row_begin;
  for (std::size_t k = 0; k < count; ++k)
    row_begin.emplace_back(static_cast<std::size_t>(rows) + 1);

  parallel_slabs(
      rows, threads,
      [&](index_t s, Slab slab) {
        auto append = make_append();
        std::vector<RunSink<V>> own(count);
        for (index_t r = slab.begin; r < slab.end; ++r) {
          for (std::size_t k = 0; k < count; ++k) {
            row_begin[k][static_cast<std::size_t>(r)] = static_cast<index_t>(own[k].size());
          }
          append(r, std::span(own));
        }
        sinks[static_cast<std::size_t>(s)] = std::move(own);
      },
      tuning::slabs_per_thread);

  std::vector<ValuedRuns<V>> volumes;
  for (std::size_t k = 0; k < count; ++k) {
    volumes.push_back(poured(shape, std::move(row_begin[k]), sinks, k, threads));
  }
  return volumes;
}

/// The same for one volume: `append(r, sink)`.
template <class V, class MakeAppend>
ValuedRuns<V> collect_rows(const Shape& shape, int threads, MakeAppend&& make_append) {
  auto volumes = collect_volumes<V>(shape, 1, threads, [&] {
    return [append = make_append()](index_t r, std::span<RunSink<V>> sinks) mutable {
      append(r, sinks[0]);
    };
  });
  return std::move(volumes.front());
}

}  // namespace crevasse
