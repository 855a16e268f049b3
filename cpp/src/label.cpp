#include "crevasse/label.hpp"

#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "crevasse/union_find.hpp"

namespace crevasse {
namespace {

/// Do the voxels of two runs of one volume join where the runs touch?
struct AlwaysJoin {
  bool operator()(std::size_t, std::size_t) const { return true; }
};
template <class V>
struct JoinWhereEqual {
  const V* values;
  bool operator()(std::size_t a, std::size_t b) const { return values[a] == values[b]; }
};

template <class Join>
class Linker {
 public:
  Linker(const RunVolume& volume, Connectivity connectivity, Join join,
         std::span<std::uint32_t> parent)
      : volume_(volume), neighbours_(preceding_rows(connectivity)), join_(join), sets_(parent) {}

  /// Unite the runs of rows [begin, end) with those of their preceding rows that lie in
  /// [first, last) and before them.
  void link(index_t begin, index_t end, index_t first, index_t last) {
    const Shape& shape = volume_.shape;
    for_each_row(shape, begin, end, [&](index_t r, index_t, index_t y) {
      if (is_empty(r)) return;
      for (const RowNeighbour& n : neighbours_) {
        const index_t other = r + n.dz * shape.y + n.dy;
        const bool inside =
            n.exists && other >= first && other < last && y + n.dy >= 0 && y + n.dy < shape.y;
        if (inside) link_rows(r, other, n.diagonal_x ? 1 : 0);
      }
    });
  }

 private:
  bool is_empty(index_t r) const { return row_begin(r) == row_begin(r + 1); }
  std::size_t row_begin(index_t r) const {
    return static_cast<std::size_t>(volume_.row_begin[static_cast<std::size_t>(r)]);
  }

  /// Unite touching runs of two rows; `reach` 1 lets them touch diagonally.
  void link_rows(index_t r, index_t other, std::int32_t reach) {
    const Run* const runs = volume_.runs.data();
    const std::size_t end = row_begin(r + 1), other_end = row_begin(other + 1);
    std::size_t first = row_begin(other);
    for (std::size_t i = row_begin(r); i < end; ++i) {
      const std::int32_t low = runs[i].begin - reach, high = runs[i].end + reach;
      while (first < other_end && runs[first].end <= low) ++first;
      for (std::size_t j = first; j < other_end && runs[j].begin < high; ++j) {
        if (join_(i, j)) sets_.unite(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j));
      }
    }
  }

  const RunVolume& volume_;
  std::array<RowNeighbour, 4> neighbours_;
  Join join_;
  UnionFind sets_;
};

/// Link all runs: rows within each slab in parallel; then the seams, in rounds. A round joins
/// neighbouring groups of slabs pairwise, so no two tasks of a round touch the same sets.
template <class Join>
void link_all(const RunVolume& volume, Connectivity connectivity, Join join,
              std::span<std::uint32_t> parent, int threads) {
  const index_t rows = volume.shape.rows();
  const index_t slabs = slab_count(rows, threads);
  parallel_slabs(rows, threads, [&](index_t, Slab slab) {
    const auto begin =
        static_cast<std::uint32_t>(volume.row_begin[static_cast<std::size_t>(slab.begin)]);
    const auto end =
        static_cast<std::uint32_t>(volume.row_begin[static_cast<std::size_t>(slab.end)]);
    std::iota(parent.begin() + begin, parent.begin() + end, begin);
    Linker linker(volume, connectivity, join, parent);
    linker.link(slab.begin, slab.end, slab.begin, slab.end);
  });

  const index_t rows_back = volume.shape.y + 1;  // how far a preceding row can lie
  for (index_t width = 1; width < slabs; width *= 2) {
    const index_t pairs = (slabs - width + 2 * width - 1) / (2 * width);
    parallel_tasks(pairs, threads, [&](index_t pair) {
      const index_t left = 2 * width * pair;
      const index_t group_begin = Slab::of(rows, slabs, left).begin;
      const index_t seam = Slab::of(rows, slabs, left + width).begin;
      const index_t group_end = Slab::of(rows, slabs, std::min(left + 2 * width, slabs) - 1).end;
      Linker linker(volume, connectivity, join, parent);
      linker.link(seam, std::min(seam + rows_back, group_end), group_begin, seam);
    });
  }
}

/// Number the sets 1..count in order of their roots, which are their first runs.
RunLabels number(std::span<std::uint32_t> parent, int threads) {
  const auto n = static_cast<index_t>(parent.size());
  Buffer<std::uint32_t> labels(parent.size());
  std::vector<std::uint32_t> roots_before(static_cast<std::size_t>(slab_count(n, threads)) + 1, 0);
  parallel_slabs(n, threads, [&](index_t s, Slab slab) {
    std::uint32_t roots = 0;
    for (index_t i = slab.begin; i < slab.end; ++i)
      roots += parent[static_cast<std::size_t>(i)] == i;
    roots_before[static_cast<std::size_t>(s) + 1] = roots;
  });
  std::partial_sum(roots_before.begin(), roots_before.end(), roots_before.begin());
  parallel_slabs(n, threads, [&](index_t s, Slab slab) {
    std::uint32_t next = roots_before[static_cast<std::size_t>(s)];
    for (auto i = static_cast<std::size_t>(slab.begin); i < static_cast<std::size_t>(slab.end);
         ++i) {
      if (parent[i] == i) labels[i] = ++next;
    }
  });
  const UnionFind sets(parent);
  parallel_slabs(n, threads, [&](index_t, Slab slab) {
    for (auto i = static_cast<std::size_t>(slab.begin); i < static_cast<std::size_t>(slab.end);
         ++i) {
      if (parent[i] != i) labels[i] = labels[sets.root(parent[i])];
    }
  });
  return {std::move(labels), roots_before.back()};
}

template <class Join>
RunLabels label_runs(const RunVolume& volume, Connectivity connectivity, Join join, int threads) {
  if (volume.run_count() >= std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("image must have fewer than 2^32 - 1 runs, got " +
                            std::to_string(volume.run_count()) + "; label it in bricks");
  }
  const int team = worthwhile_threads(volume.run_count(), tuning::runs_per_thread, threads);
  Buffer<std::uint32_t> parent(volume.runs.size());
  const std::span<std::uint32_t> parents{parent.data(), parent.size()};
  link_all(volume, connectivity, join, parents, team);
  return number(parents, team);
}

}  // namespace

RunLabels label(const RunVolume& runs, Connectivity connectivity, int threads) {
  return label_runs(runs, connectivity, AlwaysJoin{}, threads);
}

template <class V>
RunLabels label(const ValuedRuns<V>& runs, Connectivity connectivity, int threads) {
  return label_runs(runs.where, connectivity, JoinWhereEqual<V>{runs.values.data()}, threads);
}

template RunLabels label(const ValuedRuns<std::uint8_t>&, Connectivity, int);
template RunLabels label(const ValuedRuns<std::uint16_t>&, Connectivity, int);
template RunLabels label(const ValuedRuns<std::uint32_t>&, Connectivity, int);
template RunLabels label(const ValuedRuns<std::uint64_t>&, Connectivity, int);

}  // namespace crevasse
