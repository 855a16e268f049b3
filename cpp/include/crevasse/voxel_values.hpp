#pragma once

#include <span>

#include "crevasse/runs.hpp"

/// Values of the voxels of a set, one each in raster order: memory for what there is, not for the
/// volume around it.
namespace crevasse {

/// Those of a dense volume. Pre: equal shapes.
Buffer<float> read_voxel_values(const RunVolume& runs, Volume<const float> dense, int threads);

/// Write them into a dense volume, and `outside` where there is no voxel. Pre: equal shapes, one
/// value a voxel.
void write_voxel_values(const RunVolume& runs, std::span<const float> values, Volume<float> out,
                        float outside, int threads);

}  // namespace crevasse
