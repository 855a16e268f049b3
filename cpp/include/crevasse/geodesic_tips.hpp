#pragma once

#include <span>

#include "crevasse/runs.hpp"

namespace crevasse {

/// Where a branch ends.
struct GeodesicTip {
  index_t voxel;          ///< Raster index.
  index_t joins;          ///< Which of the tips it joins, by place in the result; -1: none.
  index_t junction;       ///< Raster index of the voxel at which it does; -1: none.
  double depth;           ///< At the tip,
  double junction_depth;  ///< at the junction; NaN: none.
  double prominence;      ///< The difference of the two; where there is no junction, the depth.
};

/// The tips of branches: local maxima of `depth` over `reached`, where voxels are neighbours by
/// corners, whose prominence is at least `prominence`. Deepest first, equals in raster order.
///
/// From a tip one must go back to its junction, and no farther, before a way leads to a deeper tip;
/// prominence is the depth lost by that. A flat top is one tip, its first voxel in raster order; of
/// two equally deep tips the first in raster order counts as deeper. The deepest of a component has
/// no junction. A tip whose branch joins that of another at a junction joins the deepest one of all
/// that meet there; a kept tip joins a kept one. The same for every thread count.
///
/// Method: persistence of superlevel sets (Edelsbrunner, Letscher & Zomorodian, Discrete & Comput.
/// Geometry 28, 2002) by the elder rule, over slopes instead of voxels: each voxel belongs to the
/// peak to which steps to the deepest neighbour lead, and only where slopes meet there is something
/// to sort. Linear in voxels; sorts peaks and meeting voxels.
/// Memory: 8 bytes a voxel of `reached`, 12 bytes for each voxel and neighbouring slope that it
/// meets. Throws std::length_error past 2^31 - 1 voxels.
/// Pre: a finite depth for each voxel of `reached`, in raster order.
Buffer<GeodesicTip> geodesic_tips(const RunVolume& reached, std::span<const float> depth,
                                  double prominence, int threads);

}  // namespace crevasse
