#pragma once

#include <array>

#include "crevasse/runs.hpp"

namespace crevasse {

struct ApertureOptions {
  std::array<double, 3> spacing{1, 1, 1};  ///< Voxel size along z, y, x; positive, finite.
  double solid = 0, empty = 1;  ///< Grey values of solid and of crack; finite, not equal.
  double reach = 3;             ///< Voxels of a profile beyond the mask; positive, finite.
};

/// Sums over voxels of w, w a and w a², where a is the aperture and w is one over the length of the
/// mask along the same line: a voxel stands for w voxel volumes of the crack's mid-surface.
struct ApertureSums {
  double weight = 0, aperture = 0, squares = 0;
};

/// Aperture of the crack at every voxel of `runs`, in the unit of the spacing; NaN at background.
///
/// It is the integral of the contrast (solid - grey) / (solid - empty) along the crack's normal
/// through the voxel's centre. To both sides the line is followed until it has left the mask by
/// `reach`; where it enters the mask again within twice that, to halfway between the two parts.
/// Blur moves contrast but neither makes nor loses any, so what lies below the resolution counts in
/// full.
///
/// Also NaN: where the line would leave the volume's outermost voxel centres, so that part of the
/// contrast is unknown; voxels farther than 12 voxels from background, which no thin crack has;
/// voxels around which grey values do not vary; and where the line meets one that is not finite.
///
/// Method: the normal is the first eigenvector of the grey gradients' products (Bigün & Granlund,
/// ICCV 1987), summed over the box of ±3, 6 or 12 voxels that first reaches the nearest background:
/// the two faces of a crack add up. Grey values and mask are trilinear between voxel centres, and
/// summed every half voxel. Where the volume ends so does the box.
/// Memory: half a byte a voxel, and scratch for a tile of 16 x 16 x 64 voxels a thread;
/// distances to background are kept in `out`. Tiles do not depend on the number of threads, and
/// their sums are added in order.
/// T: std::uint8_t, uint16, int16, uint32, int32, float, double.
/// Pre: equal shapes. `out_is_zero`: `out` is known to hold zeros.
template <class T>
ApertureSums aperture(const RunVolume& runs, Volume<const T> grey, Volume<float> out,
                      bool out_is_zero, const ApertureOptions& options, int threads);

}  // namespace crevasse
