#pragma once

#include <cstdint>
#include <span>

#include "crevasse/connectivity.hpp"
#include "crevasse/runs.hpp"

namespace crevasse {

/// The component of every run.
struct RunLabels {
  Buffer<std::uint32_t> labels;  ///< One a run, 1..count.
  index_t count = 0;
};

/// Connected components of a binary volume.
///
/// Labels are 1..count in raster order of each component's first voxel; the result is the same for
/// every thread count. Along periodic axes, voxels at opposite ends join as if they were side by
/// side. Linear in runs; at most three 32-bit numbers a run of memory.
/// Throws std::length_error past 2^32 - 2 runs.
/// Method: run-based union-find, He, Chao & Suzuki, IEEE TIP 17(5), 2008; four rows at a time where
/// corners join (bundle_linker.hpp); slabs in parallel, then their seams, pair by pair.
RunLabels label(const RunVolume& runs, Connectivity connectivity, int threads,
                Periodic periodic = {});

/// The same for runs that carry values: voxels join only where their values are equal.
/// V: std::uint8_t, 16, 32, 64. Pre: the runs are those of `image`, by encode_values.
template <class V>
RunLabels label(const ValuedRuns<V>& runs, Volume<const V> image, Connectivity connectivity,
                int threads, Periodic periodic = {});

}  // namespace crevasse
