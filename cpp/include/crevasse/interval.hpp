#pragma once

#include <cstdint>
#include <span>

#include "crevasse/buffer.hpp"
#include "crevasse/overlap.hpp"

namespace crevasse {

/// The components of the frame at one end of an interval. Blocks are those of `interval_blocks`.
struct IntervalSide {
  // By label, from 1 on:
  Buffer<std::int64_t> block;    ///< The component's block, from 0 on.
  Buffer<std::int64_t> partner;  ///< The one of the other frame that it shares most voxels with; 0.
  // By block:
  Buffer<std::int64_t> count;     ///< Its components,
  Buffer<std::int64_t> n_voxels;  ///< their voxels,
  Buffer<std::int64_t> largest;   ///< and the largest of them, the first of equals; 0 for none.
};

/// How the components of one frame became those of the next.
struct Interval {
  IntervalSide before, after;
  Buffer<std::int64_t> kept;  ///< Voxels of each block that are open in both frames.
};

/// `pairs` are the overlaps of the two frames' labels, in their order; `n_voxels` are of label 1, 2
/// and so on. Of partners with which as many voxels are shared the larger one counts, then that of
/// the lower label. Linear in components and pairs.
/// Pre: labels of pairs are 1..count.
Interval interval(std::span<const Overlap> pairs, std::span<const std::int64_t> n_voxels_before,
                  std::span<const std::int64_t> n_voxels_after);

}  // namespace crevasse
