#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "crevasse/runs.hpp"

namespace crevasse {

/// How many voxels carry `label_a` in one volume and `label_b` in the other.
struct Overlap {
  std::uint32_t label_a = 0, label_b = 0;
  index_t n_voxels = 0;

  Overlap& operator+=(const Overlap& other) {
    n_voxels += other.n_voxels;
    return *this;
  }
  bool operator==(const Overlap&) const = default;
};

/// Every pair of labels that share a voxel, sorted by (label_a, label_b). Linear in runs.
/// Pre: equal shapes, one label a run.
std::vector<Overlap> overlap(const RunVolume& a, std::span<const std::uint32_t> labels_a,
                             const RunVolume& b, std::span<const std::uint32_t> labels_b,
                             int threads);

/// Connected components of the bipartite graph between labels 1..count_a and 1..count_b whose edges
/// are `pairs`: what became what between two times. Returns a block number, 0.., for each label of
/// a and then each of b, numbered in that order; labels without an edge are blocks of one.
Buffer<std::uint32_t> interval_blocks(index_t count_a, index_t count_b,
                                      std::span<const Overlap> pairs);

}  // namespace crevasse
