#include "crevasse/overlap.hpp"

#include <numeric>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "crevasse/union_find.hpp"
#include "pair_table.hpp"
#include "row_sweep.hpp"

namespace crevasse {

std::vector<Overlap> overlap(const RunVolume& a, std::span<const std::uint32_t> labels_a,
                             const RunVolume& b, std::span<const std::uint32_t> labels_b,
                             int threads) {
  const int team =
      worthwhile_threads(a.run_count() + b.run_count(), tuning::runs_per_thread, threads);
  std::vector<PairTable<Overlap>> tables(
      static_cast<std::size_t>(slab_count(a.shape.rows(), team)));
  parallel_slabs(a.shape.rows(), team, [&](index_t s, Slab slab) {
    PairTable<Overlap> table;
    for (index_t r = slab.begin; r < slab.end; ++r) {
      const auto* row_labels_a = labels_a.data() + a.row_begin[static_cast<std::size_t>(r)];
      const auto* row_labels_b = labels_b.data() + b.row_begin[static_cast<std::size_t>(r)];
      for_each_shared(a.row(r), b.row(r), 0, [&](std::size_t i, std::size_t j, index_t n) {
        table.at(row_labels_a[i], row_labels_b[j]).n_voxels += n;
      });
    }
    tables[static_cast<std::size_t>(s)] = std::move(table);
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
