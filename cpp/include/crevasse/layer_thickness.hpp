#pragma once

#include <cstdint>

#include "crevasse/runs.hpp"

namespace crevasse {

/// The volume seen along one axis: for every column, how many of its voxels are set (`n_voxels`)
/// and in how many separate layers they lie (`n_layers`).
///
/// Maps are C-contiguous over the two remaining axes in order: axis 0 gives (y, x), axis 1 (z, x),
/// axis 2 (z, y). Linear in runs. Pre: axis is 0, 1 or 2; maps have that size.
void layer_columns(const RunVolume& runs, int axis, std::int32_t* n_voxels, std::int32_t* n_layers,
                   int threads);

}  // namespace crevasse
