#pragma once

#include <algorithm>
#include <array>

#include "component_sets.hpp"
#include "crevasse/connectivity.hpp"
#include "crevasse/runs.hpp"

namespace crevasse {

/// Do the voxels of two runs of one volume join where the runs touch?
struct AlwaysJoin {
  static constexpr bool runs_may_meet = false;
  bool operator()(std::size_t, std::size_t) const { return true; }
};
template <class V>
struct JoinWhereEqual {
  static constexpr bool runs_may_meet = true;  // end to end in one row, with different values
  const V* values;
  bool operator()(std::size_t a, std::size_t b) const { return values[a] == values[b]; }
};

/// Links the runs of each row to those of its preceding rows, for every connectivity.
/// Its lines, which slabs and seams are counted in, are rows.
template <class Join>
class RowLinker {
 public:
  RowLinker(const RunVolume& volume, Connectivity connectivity, Join join, std::uint32_t* set_of,
            ComponentSets& sets, std::uint32_t first_set)
      : volume_(volume),
        neighbours_(preceding_rows(connectivity)),
        join_(join),
        set_of_(set_of),
        sets_(sets, first_set) {}

  static index_t lines(const Shape& shape) { return shape.rows(); }
  static index_t reach_back(const Shape& shape) { return shape.y + 1; }
  static index_t runs_before(const RunVolume& volume, index_t line) {
    return volume.row_begin[static_cast<std::size_t>(line)];
  }

  /// Give every run of the slab a set.
  SetRange link_slab(Slab slab) {
    for_each_row(volume_.shape, slab.begin, slab.end, [&](index_t r, index_t, index_t y) {
      const std::size_t begin = row_begin(r), end = row_begin(r + 1);
      if (begin == end) return;
      std::fill(set_of_ + begin, set_of_ + end, no_set);
      link_to_preceding(r, y, slab.begin, slab.end);
      for (std::size_t i = begin; i < end; ++i) {
        if (set_of_[i] == no_set) set_of_[i] = sets_.make(static_cast<std::uint32_t>(i));
      }
    });
    return sets_.made();
  }

  /// Unite sets across a seam: those of lines [begin, end) with those of lines [first, last).
  void link_seam(index_t begin, index_t end, index_t first, index_t last) {
    for_each_row(volume_.shape, begin, end,
                 [&](index_t r, index_t, index_t y) { link_to_preceding(r, y, first, last); });
  }

 private:
  std::size_t row_begin(index_t r) const {
    return static_cast<std::size_t>(volume_.row_begin[static_cast<std::size_t>(r)]);
  }

  void link_to_preceding(index_t r, index_t y, index_t first, index_t last) {
    const index_t rows = volume_.shape.y;
    for (const RowNeighbour& n : neighbours_) {
      const index_t other = r + n.dz * rows + n.dy;
      const bool inside =
          n.exists && other >= first && other < last && y + n.dy >= 0 && y + n.dy < rows;
      if (inside) link_rows(r, other, n.diagonal_x ? 1 : 0);
    }
  }

  /// Link touching runs of two rows; `reach` 1 lets them touch diagonally.
  void link_rows(index_t r, index_t other, std::int32_t reach) {
    const Run* const runs = volume_.runs.data();
    const std::size_t end = row_begin(r + 1), other_end = row_begin(other + 1);
    std::size_t i = row_begin(r), j = row_begin(other);
    while (i < end && j < other_end) {
      const Run a = runs[i], b = runs[j];
      if (a.begin < b.end + reach && b.begin < a.end + reach) meet(i, j);
      if constexpr (Join::runs_may_meet) {
        // Both end here; the corner between a and the run that follows b would be passed by.
        const bool corner = reach != 0 && a.end == b.end && j + 1 < other_end;
        if (corner && runs[j + 1].begin == a.end) meet(i, j + 1);
      }
      const bool a_ends_first = a.end <= b.end;
      i += a_ends_first;
      j += !a_ends_first;
    }
  }

  void meet(std::size_t i, std::size_t j) {
    if (join_(i, j)) sets_.meet(set_of_[i], set_of_[j]);
  }

  const RunVolume& volume_;
  std::array<RowNeighbour, 4> neighbours_;
  Join join_;
  std::uint32_t* set_of_;
  SetMaker sets_;
};

}  // namespace crevasse
