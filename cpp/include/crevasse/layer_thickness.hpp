#pragma once

#include <cstdint>

#include "crevasse/runs.hpp"

namespace crevasse {

/// Where `layer_columns` writes: one number a column in each map.
struct LayerColumns {
  std::int32_t* n_voxels;  ///< Voxels that are set.
  std::int32_t* n_layers;  ///< Separate layers in which they lie.
  std::int32_t* begin;     ///< First voxel of the first layer; -1 in a column without voxels.
  std::int32_t* end;       ///< One past the last voxel of the last layer; -1 likewise.
};

/// The volume seen along one axis: what lies in every column, and from where to where.
///
/// Maps are C-contiguous over the two remaining axes in order: axis 0 gives (y, x), axis 1 (z, x),
/// axis 2 (z, y). The same for every number of threads. Linear in runs and columns, but for the
/// path halving of union-find, by which a run finds the columns that none before it has reached
/// (R. E. Tarjan, J. van Leeuwen, J. ACM 31(2), 1984).
/// Pre: axis is 0, 1 or 2; maps have that size; the volume is shorter than 2³¹ along the axis.
void layer_columns(const RunVolume& runs, int axis, const LayerColumns& columns, int threads);

}  // namespace crevasse
