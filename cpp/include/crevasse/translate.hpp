#pragma once

#include <array>

#include "crevasse/volume.hpp"

namespace crevasse {

/// The image moved by minus `drift` voxels along z, y and x: a voxel of `out` is the image at its
/// place plus `drift`. What comes in from outside repeats the border. By cubic convolution (Keys,
/// IEEE Trans. Acoust. Speech Signal Process. 29, 1981) in single precision, integers rounded and
/// kept within their type; drifts by whole voxels copy. The same for every thread count.
///
/// `out` may be the image itself. Memory: 67 slices of the image, and 16 bytes a voxel of a slice.
/// T: std::uint8_t, uint16, int16, uint32, int32, float, double.
/// Pre: equal shapes; drifts are finite.
template <class T>
void translate(Volume<const T> image, Volume<T> out, const std::array<double, 3>& drift,
               int threads);

}  // namespace crevasse
