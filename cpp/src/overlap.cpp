#include "crevasse/overlap.hpp"

#include <algorithm>
#include <numeric>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "crevasse/union_find.hpp"
#include "pair_table.hpp"
#include "row_sweep.hpp"
#include "run_slabs.hpp"
#include "same_rows.hpp"

namespace crevasse {
namespace {

/// Counts pairs. A label mostly meets the partner that it met last, so that one is kept at hand.
class PairCounts {
 public:
  PairCounts() : recent_(tuning::recent_pairs) {}

  void add(std::uint32_t a, std::uint32_t b, index_t n_voxels) {
    Overlap& recent = recent_[a & (tuning::recent_pairs - 1)];
    if (recent.label_a != a || recent.label_b != b) {
      put_away(recent);
      recent = {a, b, 0};
    }
    recent.n_voxels += n_voxels;
  }

  PairTable<Overlap> finished() && {
    for (const Overlap& recent : recent_) put_away(recent);
    return std::move(table_);
  }

 private:
  void put_away(const Overlap& pair) {
    if (pair.label_a != 0) table_.at(pair.label_a, pair.label_b) += pair;
  }

  std::vector<Overlap> recent_;
  PairTable<Overlap> table_;
};

/// Reads rows of two labelled volumes together.
class RowPairs {
 public:
  RowPairs(const RunVolume& a, std::span<const std::uint32_t> labels_a, const RunVolume& b,
           std::span<const std::uint32_t> labels_b)
      : a_(a), b_(b), labels_a_(labels_a), labels_b_(labels_b) {}

  void count(Slab rows, PairCounts& counts) const {
    if (same_rows(a_, b_, rows)) {
      count_same(rows, counts);
    } else {
      for (index_t r = rows.begin; r < rows.end; ++r) count_shared(r, counts);
    }
  }

 private:
  /// Where all rows hold the same runs, these share their voxels one to one.
  void count_same(Slab rows, PairCounts& counts) const {
    const auto *label_a = labels_of(a_, labels_a_, rows.begin),
               *label_b = labels_of(b_, labels_b_, rows.begin);
    const auto begin = b_.row_begin[static_cast<std::size_t>(rows.begin)],
               end = b_.row_begin[static_cast<std::size_t>(rows.end)];
    for (index_t i = begin; i < end; ++i) {
      counts.add(*label_a++, *label_b++, b_.runs[static_cast<std::size_t>(i)].length());
    }
  }

  void count_shared(index_t r, PairCounts& counts) const {
    const auto *label_a = labels_of(a_, labels_a_, r), *label_b = labels_of(b_, labels_b_, r);
    for_each_shared(a_.row(r), b_.row(r), 0, [&](std::size_t i, std::size_t j, index_t n) {
      counts.add(label_a[i], label_b[j], n);
    });
  }

  static const std::uint32_t* labels_of(const RunVolume& runs,
                                        std::span<const std::uint32_t> labels, index_t row) {
    return labels.data() + runs.row_begin[static_cast<std::size_t>(row)];
  }

  const RunVolume &a_, &b_;
  std::span<const std::uint32_t> labels_a_, labels_b_;
};

}  // namespace

std::vector<Overlap> overlap(const RunVolume& a, std::span<const std::uint32_t> labels_a,
                             const RunVolume& b, std::span<const std::uint32_t> labels_b,
                             int threads) {
  const int team =
      worthwhile_threads(a.run_count() + b.run_count(), tuning::runs_per_thread, threads);
  std::vector<PairTable<Overlap>> tables(
      static_cast<std::size_t>(slab_count(a.shape.rows(), team)));
  const auto runs_before = [&](index_t r) {
    return a.row_begin[static_cast<std::size_t>(r)] + b.row_begin[static_cast<std::size_t>(r)];
  };
  const RowPairs pairs(a, labels_a, b, labels_b);
  parallel_slabs_of_runs(a.shape.rows(), team, runs_before, [&](index_t s, Slab slab) {
    PairCounts counts;
    for (index_t r = slab.begin; r < slab.end; r += tuning::compared_rows) {
      pairs.count({r, std::min(r + tuning::compared_rows, slab.end)}, counts);
    }
    tables[static_cast<std::size_t>(s)] = std::move(counts).finished();
  });
  return sorted_pairs(tables);
}

Buffer<std::uint32_t> interval_blocks(index_t count_a, index_t count_b,
                                      std::span<const Overlap> pairs) {
  Buffer<std::uint32_t> parent(static_cast<std::size_t>(count_a + count_b));
  std::iota(parent.begin(), parent.end(), 0U);
  UnionFind sets({parent.data(), parent.size()});
  for (const Overlap& pair : pairs) {
    sets.unite(pair.label_a - 1, static_cast<std::uint32_t>(count_a) + pair.label_b - 1);
  }
  // Roots come before their members, so one pass numbers them.
  Buffer<std::uint32_t> block(parent.size());
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < parent.size(); ++i) {
    block[i] = parent[i] == i ? next++ : block[parent[i]];
  }
  return block;
}

}  // namespace crevasse
