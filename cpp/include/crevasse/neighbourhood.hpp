#pragma once

#include "crevasse/connectivity.hpp"
#include "crevasse/runs.hpp"

namespace crevasse {

/// The voxels of `runs` in the window of extent `shape` that begins at `begin`; the part of the
/// window that lies outside the volume is empty. To crop is to give a window inside; to shift by d
/// is to begin at -d. Linear in runs and rows.
RunVolume window(const RunVolume& runs, const Shape& begin, const Shape& shape, int threads);

/// Every voxel of `runs` and every voxel that is joined to one. Outside of the volume is
/// background. Linear in runs, and in words of 64 voxels.
RunVolume dilate(const RunVolume& runs, Connectivity connectivity, int threads);

/// Every voxel that is joined to no background voxel: the complement of the dilation of the
/// complement. Outside of the volume is foreground.
RunVolume erode(const RunVolume& runs, Connectivity connectivity, int threads);

}  // namespace crevasse
