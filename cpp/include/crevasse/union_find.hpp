#pragma once

#include <cstdint>
#include <span>
#include <utility>

namespace crevasse {

/// Disjoint sets over 0..n-1 in a borrowed parent array, where `parent[i] <= i` always holds: the
/// root of a set is its lowest member, so one pass in index order numbers the sets in that order.
/// Method: Rem's algorithm with splicing (Patwary, Blair & Manne, SEA 2010).
class UnionFind {
 public:
  explicit UnionFind(std::span<std::uint32_t> parent) : parent_(parent.data()) {}

  /// Pre: every member starts as its own parent.
  void unite(std::uint32_t a, std::uint32_t b) {
    while (parent_[a] != parent_[b]) {
      if (parent_[a] < parent_[b]) std::swap(a, b);
      // parent(a) is the higher one: hang it, or its path, below the lower.
      const std::uint32_t next = parent_[a];
      parent_[a] = parent_[b];
      if (a == next) return;
      a = next;
    }
  }

  std::uint32_t root(std::uint32_t a) const {
    while (parent_[a] != a) a = parent_[a];
    return a;
  }

 private:
  std::uint32_t* parent_;
};

}  // namespace crevasse
