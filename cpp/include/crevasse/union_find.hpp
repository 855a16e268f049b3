#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "crevasse/volume.hpp"

namespace crevasse {

/// Disjoint sets over 0..n-1 in a borrowed parent array, where `parent[i] <= i` always holds: the
/// root of a set is its lowest member, so one pass in index order numbers the sets in that order.
/// Method: linking by index with path halving (Tarjan & van Leeuwen, J. ACM 31(2), 1984).
class UnionFind {
 public:
  /// Pre: every member starts as its own parent.
  explicit UnionFind(std::span<std::uint32_t> parent) : parent_(parent.data()) {}

  /// Join the sets of a and b; return the root of the result.
  CREVASSE_INLINE std::uint32_t unite(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t root_a = root(a), root_b = root(b);
    const std::uint32_t low = std::min(root_a, root_b);
    parent_[std::max(root_a, root_b)] = low;
    return low;
  }

  /// The lowest member of the set of a; shortens the path to it.
  CREVASSE_INLINE std::uint32_t root(std::uint32_t a) {
    while (parent_[a] != a) {
      parent_[a] = parent_[parent_[a]];
      a = parent_[a];
    }
    return a;
  }

 private:
  std::uint32_t* parent_;
};

}  // namespace crevasse
