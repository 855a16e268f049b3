#pragma once

#include <array>
#include <vector>

#include "component_sets.hpp"
#include "crevasse/connectivity.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/runs.hpp"
#include "line_ring.hpp"

namespace crevasse {

/// Links runs of equal value, row by row, for every connectivity.
///
/// Two runs of equal value share a column first where one of them starts, or meet at a corner where
/// both rows change. Values are compared 64 at a time at those places only, in the image itself.
/// Where corners join, a voxel that equals the one in the row (z - 1, y) need not look at the three
/// other rows: what it touches there touches that voxel too.
///
/// Its lines, which slabs and seams are counted in, are rows.
template <class V>
class ValueLinker {
 public:
  /// Pre: `volume` holds the runs of equal value of `image`.
  ValueLinker(const RunVolume& volume, Volume<const V> image, Connectivity connectivity,
              std::uint32_t* set_of, ComponentSets& sets, std::uint32_t first_set);

  static index_t lines(const Shape& shape) { return shape.rows(); }
  static index_t reach_back(const Shape& shape) { return shape.z > 1 ? shape.y + 1 : 1; }
  static index_t runs_before(const RunVolume& volume, index_t line) {
    return volume.row_begin[static_cast<std::size_t>(line)];
  }

  /// Give every run of the slab a set.
  SetRange link_slab(Slab slab);

  /// Unite sets across a seam: those of lines [begin, end) with those of lines [first, last).
  void link_seam(index_t begin, index_t end, index_t first, index_t last);

 private:
  using Word = std::uint64_t;
  struct Row;

  CREVASSE_INLINE Row at(index_t r);
  CREVASSE_INLINE void build(index_t r);
  CREVASSE_INLINE void link_to_preceding(index_t r, index_t y, index_t first, index_t last);
  CREVASSE_INLINE void link(const Row& own, const Row& other, bool diagonal, bool is_below);

  const RunVolume& volume_;
  Volume<const V> image_;
  std::array<RowNeighbour, 4> neighbours_;
  bool corners_join_;
  index_t width_;  ///< Words of a row.
  std::uint32_t* set_of_;
  SetMaker sets_;
  std::vector<Word> same_below_;  ///< Where the current row equals row (z - 1, y); one word more.
  LineRing ring_;
};

}  // namespace crevasse
