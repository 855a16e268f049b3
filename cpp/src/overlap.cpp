#include "crevasse/overlap.hpp"

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "crevasse/union_find.hpp"
#include "row_sweep.hpp"

namespace crevasse {
namespace {

/// Hash table from a pair of labels to a voxel count: open addressing, linear probing.
class PairCounts {
 public:
  PairCounts() : slots_(tuning::overlap_slots) {}

  void add(std::uint32_t a, std::uint32_t b, index_t n) {
    Overlap& slot = find(slots_, a, b);
    if (slot.n_voxels == 0) {
      slot = {a, b, 0};
      ++used_;
    }
    slot.n_voxels += n;
    if (4 * used_ > 3 * slots_.size()) grow();
  }

  void append_to(std::vector<Overlap>& pairs) const {
    for (const Overlap& slot : slots_) {
      if (slot.n_voxels != 0) pairs.push_back(slot);
    }
  }

 private:
  static Overlap& find(std::vector<Overlap>& slots, std::uint32_t a, std::uint32_t b) {
    // Fibonacci hashing: neighbouring labels land far apart.
    const std::uint64_t key = static_cast<std::uint64_t>(a) << 32 | b;
    std::size_t i = (key * 0x9E3779B97F4A7C15ULL >> 32) & (slots.size() - 1);
    while (slots[i].n_voxels != 0 && (slots[i].label_a != a || slots[i].label_b != b)) {
      i = (i + 1) & (slots.size() - 1);
    }
    return slots[i];
  }

  void grow() {
    std::vector<Overlap> larger(2 * slots_.size());
    for (const Overlap& slot : slots_) {
      if (slot.n_voxels != 0) find(larger, slot.label_a, slot.label_b) = slot;
    }
    slots_ = std::move(larger);
  }

  std::vector<Overlap> slots_;
  std::size_t used_ = 0;
};

void sort_and_sum(std::vector<Overlap>& pairs) {
  std::sort(pairs.begin(), pairs.end(), [](const Overlap& p, const Overlap& q) {
    return p.label_a != q.label_a ? p.label_a < q.label_a : p.label_b < q.label_b;
  });
  auto last = pairs.begin();
  for (auto it = pairs.begin(); it != pairs.end(); ++it) {
    if (it == last) continue;
    if (it->label_a == last->label_a && it->label_b == last->label_b) {
      last->n_voxels += it->n_voxels;
    } else {
      *++last = *it;
    }
  }
  if (!pairs.empty()) pairs.erase(last + 1, pairs.end());
}

}  // namespace

std::vector<Overlap> overlap(const RunVolume& a, std::span<const std::uint32_t> labels_a,
                             const RunVolume& b, std::span<const std::uint32_t> labels_b,
                             int threads) {
  const int team =
      worthwhile_threads(a.run_count() + b.run_count(), tuning::runs_per_thread, threads);
  std::vector<std::vector<Overlap>> parts(
      static_cast<std::size_t>(slab_count(a.shape.rows(), team)));
  parallel_slabs(a.shape.rows(), team, [&](index_t s, Slab slab) {
    PairCounts counts;
    for (index_t r = slab.begin; r < slab.end; ++r) {
      const auto* row_labels_a = labels_a.data() + a.row_begin[static_cast<std::size_t>(r)];
      const auto* row_labels_b = labels_b.data() + b.row_begin[static_cast<std::size_t>(r)];
      sweep_rows(a.row(r), b.row(r),
                 [&](std::int32_t begin, std::int32_t end, index_t i, index_t j) {
                   if (i >= 0 && j >= 0) counts.add(row_labels_a[i], row_labels_b[j], end - begin);
                 });
    }
    counts.append_to(parts[static_cast<std::size_t>(s)]);
  });
  std::vector<Overlap> pairs;
  for (const auto& part : parts) pairs.insert(pairs.end(), part.begin(), part.end());
  sort_and_sum(pairs);
  return pairs;
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
