#pragma once

#include <array>
#include <limits>

#include "crevasse/runs.hpp"

namespace crevasse {

struct DistanceOptions {
  std::array<double, 3> spacing{1, 1, 1};  ///< Voxel size along z, y, x; positive, finite.
  bool squared = false;
  double limit = std::numeric_limits<double>::infinity();  ///< Positive.
  std::array<bool, 3> border{};  ///< Whether beyond the ends of z, y, x is background.
};

/// Euclidean distance from every voxel of `runs` to the nearest background voxel, centre to centre,
/// in the unit of the spacing; 0 at background. Exact: computed in integers where the spacings are
/// small multiples of one length and the volume is small enough, in double precision otherwise, and
/// rounded to float once. Up to `limit` only, where one is given: farther voxels get the limit, and
/// the smaller it is the less there is to do. Infinite where there is no background at all.
///
/// `out_is_zero`: `out` is known to hold zeros, and where there is no foreground nearby it is not
/// touched.
///
/// Method: separable passes over squared distances, f'(i) = min_k f(i ± k) + k² (Saito & Toriwaki,
/// Pattern Recognition 27, 1994). Along x distances follow from the ends of runs. Along y and z k
/// grows for 64 columns at a time until no distance among them is larger than k, which is soon
/// where structures are thin; where it is not, by lower envelopes of parabolas (Felzenszwalb &
/// Huttenlocher, Theory of Computing 8, 2012). Blocks without foreground are left out.
/// Memory: none a voxel where y and x have a common measure, since `out` holds what is between;
/// else 8 bytes a voxel. Pre: equal shapes.
void distance(const RunVolume& runs, Volume<float> out, bool out_is_zero,
              const DistanceOptions& options, int threads);

/// The same for an image of labels: from every voxel that is not 0 to the nearest voxel of another
/// value. Memory besides `out`: 4 bytes a voxel where spacings have a common measure, else 8.
/// V: std::uint8_t, uint16 or uint32. Pre: equal shapes.
template <class V>
void label_distance(Volume<const V> image, Volume<float> out, const DistanceOptions& options,
                    int threads);

/// Voxels of `runs` that lie farther than `radius` from all background, centre to centre: erosion
/// by a closed ball. `options`: spacing and border; the rest is not looked at.
RunVolume farther_than(const RunVolume& runs, double radius, const DistanceOptions& options,
                       int threads);

}  // namespace crevasse
