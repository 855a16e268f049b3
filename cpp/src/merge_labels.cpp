#include "crevasse/merge_labels.hpp"

#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include "crevasse/union_find.hpp"

namespace crevasse {

MergedLabels merge_labels(index_t label_count,
                          std::span<const std::array<std::uint32_t, 2>> pairs) {
  if (label_count >= std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("bricks must have fewer than 2^32 - 1 labels together, got " +
                            std::to_string(label_count));
  }
  const auto count = static_cast<std::uint32_t>(label_count);
  Buffer<std::uint32_t> parent(count);
  std::iota(parent.begin(), parent.end(), 0U);
  UnionFind sets({parent.data(), parent.size()});
  for (const auto& [a, b] : pairs) {
    if (a >= count || b >= count) {
      throw std::invalid_argument("pairs must name labels below " + std::to_string(count) +
                                  ", got " + std::to_string(a) + " and " + std::to_string(b));
    }
    sets.unite(a, b);
  }
  // A parent precedes its label, so it holds its number already when the label is reached.
  std::uint32_t numbered = 0;
  for (std::uint32_t label = 0; label < count; ++label) {
    parent[label] = parent[label] == label ? ++numbered : parent[parent[label]];
  }
  return {std::move(parent), numbered};
}

}  // namespace crevasse
