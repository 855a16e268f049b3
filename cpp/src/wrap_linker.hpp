#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>

#include "crevasse/connectivity.hpp"
#include "crevasse/runs.hpp"
#include "crevasse/union_find.hpp"

namespace crevasse {

/// Call `meet(i, j)` for every run i of row `a` and run j of row `b` that share a column, or, where
/// `diagonal`, end and begin at the same place. Runs of a row may touch.
template <class Meet>
void for_each_meeting(const RunVolume& volume, index_t a, index_t b, bool diagonal, Meet&& meet) {
  const std::int32_t reach = diagonal ? 1 : 0;
  const auto* const row_begin = volume.row_begin.data();
  const Run* const runs = volume.runs.data();
  index_t first = row_begin[b];
  for (index_t i = row_begin[a]; i < row_begin[a + 1]; ++i) {
    while (first < row_begin[b + 1] && runs[first].end + reach <= runs[i].begin) ++first;
    for (index_t j = first; j < row_begin[b + 1] && runs[j].begin < runs[i].end + reach; ++j) {
      meet(i, j);
    }
  }
}

/// Unite the sets of runs that touch across the ends of periodic axes, where `may_join(i, j)`.
/// `set_of`: the set of every run. Serial: what lies at the ends of a volume is little.
template <class MayJoin>
void link_around(const RunVolume& volume, Connectivity connectivity, Periodic periodic,
                 const std::uint32_t* set_of, UnionFind sets, MayJoin&& may_join) {
  if (!periodic.z && !periodic.y && !periodic.x) return;
  const Shape& shape = volume.shape;
  const int farthest = most_steps(connectivity);
  const auto meet = [&](index_t i, index_t j) {
    if (may_join(i, j)) sets.unite(set_of[i], set_of[j]);
  };
  const auto* const row_begin = volume.row_begin.data();
  const auto join_ends = [&](index_t a, index_t b) {
    const index_t last = row_begin[a + 1] - 1, first = row_begin[b];
    if (last < row_begin[a] || first == row_begin[b + 1]) return;
    const Run* const runs = volume.runs.data();
    if (runs[last].end == shape.x && runs[first].begin == 0) meet(last, first);
  };

  for_each_row(shape, 0, shape.rows(), [&](index_t r, index_t z, index_t y) {
    if (row_begin[r] == row_begin[r + 1]) return;
    for (index_t dz = -1; dz <= 1; ++dz) {
      for (index_t dy = -1; dy <= 1; ++dy) {
        const int distance = static_cast<int>(std::abs(dz) + std::abs(dy));
        const bool z_leaves = z + dz < 0 || z + dz >= shape.z;
        const bool y_leaves = y + dy < 0 || y + dy >= shape.y;
        if (distance > farthest || (z_leaves && !periodic.z) || (y_leaves && !periodic.y)) continue;
        const index_t other = (z + dz + shape.z) % shape.z * shape.y + (y + dy + shape.y) % shape.y;
        const bool precedes = dz < 0 || (dz == 0 && dy < 0);  // each pair of rows once
        if ((z_leaves || y_leaves) && precedes) {
          for_each_meeting(volume, r, other, distance < farthest, meet);
        }
        if (periodic.x && distance < farthest) join_ends(r, other);
      }
    }
  });
}

}  // namespace crevasse
