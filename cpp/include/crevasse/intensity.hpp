#pragma once

#include <cstdint>
#include <span>

#include "crevasse/runs.hpp"

namespace crevasse {

/// Grey values over the voxels of one region.
struct Intensity {
  index_t n_voxels = 0;
  double mean = 0, squared_deviations = 0;  ///< Sum of (value - mean)².
  double min = 0, max = 0;
};

/// Grey values of every region: entry l - 1 belongs to label l. In one thread and in raster order,
/// since sums of floating-point values depend on their order and the result must not depend on the
/// number of threads. A NaN makes the mean and deviations of its region NaN; least and greatest
/// value pass over it.
/// Method: pairwise update of means and deviations, run by run (Chan, Golub & LeVeque, 1983).
/// T: std::uint8_t, uint16, int16, uint32, int32, float, double.
/// Pre: equal shapes; labels are 1..count, one a run.
template <class T>
Buffer<Intensity> intensity(const RunVolume& runs, std::span<const std::uint32_t> labels,
                            index_t count, Volume<const T> image);

/// Quantiles of the grey values of every region, `fractions` many each: entry
/// (l - 1) * fractions.size() + k belongs to label l. Exact order statistics, linear between two
/// of them (Hyndman & Fan's type 7); NaN where a region holds one, and for labels without voxels.
/// Holds the grey values of all regions at once.
/// T as for `intensity`. Pre: the same, and fractions lie in 0..1 and rise.
template <class T>
Buffer<double> quantiles(const RunVolume& runs, std::span<const std::uint32_t> labels,
                         index_t count, Volume<const T> image, std::span<const double> fractions,
                         int threads);

}  // namespace crevasse
