#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "gradient_tensors.hpp"
#include "mask_cells.hpp"

namespace crevasse {

/// What lies along a line, in voxels of its length.
struct Profile {
  double contrast = 0;  ///< Integral of the contrast: an aperture. NaN if the line left the volume.
  double mask = 0;      ///< Integral of the mask: how long the line lies in it.
};

/// Follows lines through grey values and mask, both trilinear between voxel centres.
template <class T>
class LineReader {
 public:
  LineReader(Volume<const T> grey, const MaskCells& cells, double solid, double empty, double reach)
      : grey_(grey),
        cells_(cells),
        solid_(solid),
        scale_(1 / (solid - empty)),
        reach_(reach),
        last_{grey.shape.z - 1, grey.shape.y - 1, grey.shape.x - 1} {
    // Where an axis has one voxel the second is the first, and has no weight.
    if (last_[0] > 0) next_[0] = grey.shape.y * grey.shape.x;
    if (last_[1] > 0) next_[1] = grey.shape.x;
    if (last_[2] > 0) next_[2] = 1;
  }

  /// Along `direction`, a unit vector in voxels, and against it. Pre: `voxel` lies in the mask.
  Profile through(const Vector& voxel, const Vector& direction) const {
    const Profile there = side(voxel, direction);
    const Profile back = side(voxel, {-direction[0], -direction[1], -direction[2]});
    return {there.contrast + back.contrast, there.mask + back.mask};
  }

 private:
  /// Steps well below the blur's width: sums of smooth values are then integrals (their error
  /// falls as exp(-2 π² σ² / step²)). The first sample lies half a step away, so that both sides
  /// share none, and lines along an axis do not hit the faces between voxels.
  static constexpr double step = 0.5;

  /// Where a sample lies: in the cell that begins at voxel `x` of row `row`.
  struct Place {
    index_t row, x;
    std::array<double, 3> part;
  };

  Profile side(const Vector& voxel, const Vector& direction) const {
    const double border = to_border(voxel, direction);
    double grey = 0, mask = 0, left_at = 0;
    double end = std::numeric_limits<double>::infinity();
    int n = 0;
    for (; along(n) < end; ++n) {
      if (along(n) > border) return {std::numeric_limits<double>::quiet_NaN(), 0};
      const Place place = at(voxel, direction, along(n));
      const double open = mask_at(place);
      if (left_at == 0) {
        if (open < 0.5) {
          left_at = along(n);
          end = left_at + reach_;
        }
      } else if (open >= 0.5) {
        return side_until((left_at + along(n)) / 2, voxel, direction);
      }
      grey += grey_at(place);
      mask += open;
    }
    // Contrast of another part that begins soon reaches over here, and ours over there.
    const double ahead = std::min(left_at + 2 * reach_, border);
    for (int k = n; along(k) < ahead; ++k) {
      if (mask_at(at(voxel, direction, along(k))) < 0.5) continue;
      return side_until((left_at + along(k)) / 2, voxel, direction);
    }
    return integral(n, grey, mask);
  }

  Profile side_until(double end, const Vector& voxel, const Vector& direction) const {
    double grey = 0, mask = 0;
    int n = 0;
    for (; along(n) < end; ++n) {
      const Place place = at(voxel, direction, along(n));
      grey += grey_at(place);
      mask += mask_at(place);
    }
    return integral(n, grey, mask);
  }

  static double along(int n) { return step * (n + 0.5); }

  Profile integral(int n, double grey, double mask) const {
    return {step * scale_ * (n * solid_ - grey), step * mask};
  }

  /// How far it is to the outermost voxel centres.
  double to_border(const Vector& voxel, const Vector& direction) const {
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < 3; ++i) {
      const double d = direction[i];
      if (d > 0) nearest = std::min(nearest, (static_cast<double>(last_[i]) - voxel[i]) / d);
      if (d < 0) nearest = std::min(nearest, voxel[i] / -d);
    }
    return nearest;
  }

  CREVASSE_INLINE Place at(const Vector& voxel, const Vector& direction, double s) const {
    std::array<index_t, 3> low;
    std::array<double, 3> part;
    for (std::size_t i = 0; i < 3; ++i) {
      // Not below 0 by rounding, and not beyond the last but one, whose part may be 1.
      const double p = std::max(voxel[i] + s * direction[i], 0.0);
      low[i] = std::min(static_cast<index_t>(p), std::max<index_t>(last_[i] - 1, 0));
      part[i] = p - static_cast<double>(low[i]);
    }
    return {low[0] * grey_.shape.y + low[1], low[2], part};
  }

  CREVASSE_INLINE double grey_at(const Place& place) const {
    const T* const values = grey_.data + place.row * grey_.shape.x + place.x;
    const auto in_row = [&](index_t offset) CREVASSE_INLINE_LAMBDA {
      return mix(static_cast<double>(values[offset]),
                 static_cast<double>(values[offset + next_[2]]), place.part[2]);
    };
    const double near = mix(in_row(0), in_row(next_[1]), place.part[1]);
    const double far = mix(in_row(next_[0]), in_row(next_[0] + next_[1]), place.part[1]);
    return mix(near, far, place.part[0]);
  }

  CREVASSE_INLINE double mask_at(const Place& place) const {
    const unsigned corners = cells_.corners(place.row, place.x);
    if (corners == 0) return 0;
    if (corners == 0xFF) return 1;
    const auto in_row = [&](unsigned i) CREVASSE_INLINE_LAMBDA {
      return mix(corners >> i & 1, corners >> (i + 4) & 1, place.part[2]);
    };
    const double near = mix(in_row(0), in_row(1), place.part[1]);
    const double far = mix(in_row(2), in_row(3), place.part[1]);
    return mix(near, far, place.part[0]);
  }

  static double mix(double a, double b, double part) { return a + part * (b - a); }

  Volume<const T> grey_;
  const MaskCells& cells_;
  double solid_, scale_, reach_;
  std::array<index_t, 3> last_;    ///< Along each axis the last voxel.
  std::array<index_t, 3> next_{};  ///< From a voxel to the next along each axis.
};

}  // namespace crevasse
