#pragma once

#include "crevasse/runs.hpp"

namespace crevasse {

enum class SetOperation { Union, Intersection, Difference, SymmetricDifference };

/// Combine two sets of voxels; linear in their runs. The complement of `a` is
/// `combine(box(whole shape), a, Difference)`. Pre: equal shapes.
RunVolume combine(const RunVolume& a, const RunVolume& b, SetOperation operation, int threads);

/// The runs whose label is marked: those i with `keep[labels[i]] != 0`, as a binary volume.
/// Pre: one label a run, each below keep.size().
RunVolume select(const RunVolume& runs, std::span<const std::uint32_t> labels,
                 std::span<const std::uint8_t> keep, int threads);

}  // namespace crevasse
