#pragma once

#include <array>

#include "component_sets.hpp"
#include "crevasse/connectivity.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/runs.hpp"
#include "line_ring.hpp"

namespace crevasse {

/// Links a binary volume, N by N rows (z, y) at a time: a bundle.
///
/// N is 2 where corners join (26, or 8 in one slice). All voxels of a bundle at x and x + 1 are
/// neighbours then, so a run of the bundle, of the union of its rows, lies in one component: only
/// these are linked. Between two bundles the rows that face each other are united in the same way.
/// Elsewhere N is 1.
///
/// Rows are bit masks. Pairs of runs that touch are found by their first common column: there one
/// of the two starts while the other is on, or (where they may touch diagonally) has just ended.
/// That takes a few operations for 64 voxels and a loop over pairs, whatever the density.
///
/// Reference: block-based decision tables, Grana, Borghesani & Cucchiara, IEEE TIP 19(6), 2010,
/// have the same blocks in the plane; here they are as long as the row.
///
/// Its lines, which slabs and seams are counted in, are bundles.
template <int N>
class BundleLinker {
 public:
  /// Pre: where N is 2, corners join.
  BundleLinker(const RunVolume& volume, Connectivity connectivity, std::uint32_t* set_of,
               ComponentSets& sets, std::uint32_t first_set);

  static index_t columns(const Shape& shape) { return (shape.y + N - 1) / N; }
  static index_t lines(const Shape& shape) { return (shape.z + N - 1) / N * columns(shape); }
  static index_t reach_back(const Shape& shape) { return shape.z > N ? columns(shape) + 1 : 1; }
  /// How many runs lie in the bundles before this one.
  static index_t runs_before(const RunVolume& volume, index_t line);

  /// Give every run of the slab a set.
  SetRange link_slab(Slab slab);

  /// Unite sets across a seam: those of lines [begin, end) with those of lines [first, last).
  void link_seam(index_t begin, index_t end, index_t first, index_t last);

 private:
  using Word = std::uint64_t;
  struct Bundle;
  struct Position;

  CREVASSE_INLINE Bundle at(index_t line);
  template <class Visit>
  CREVASSE_INLINE void for_each_line(index_t begin, index_t end, Visit&& visit) const;
  CREVASSE_INLINE void build(const Position& p);
  CREVASSE_INLINE void link_to_preceding(const Position& p, index_t first, index_t last);
  CREVASSE_INLINE void link(const Bundle& own, const Word* own_a, const Word* own_b,
                            const Bundle& other, const Word* other_a, const Word* other_b,
                            bool diagonal);
  CREVASSE_INLINE void make_sets(const Position& p);
  CREVASSE_INLINE void take_sets(const Position& p);

  const RunVolume& volume_;
  std::array<RowNeighbour, 4> neighbours_;
  index_t columns_;  ///< Bundles in a pair of slices.
  index_t width_;    ///< Words of a row, with the one after its last voxel: a run may end there.
  std::uint32_t* set_of_;
  SetMaker sets_;
  LineRing ring_;
};

}  // namespace crevasse
