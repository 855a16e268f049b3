#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "crevasse/volume.hpp"

namespace crevasse {

/// The voxels from `begin` to below `end` on each axis.
struct Box {
  Shape begin, end;

  Shape shape() const { return {end.z - begin.z, end.y - begin.y, end.x - begin.x}; }
  Box grown(index_t by) const {
    return {{begin.z - by, begin.y - by, begin.x - by}, {end.z + by, end.y + by, end.x + by}};
  }
  /// What of it lies in a volume.
  Box within(const Shape& shape) const;
  index_t index(index_t z, index_t y, index_t x) const {
    const Shape n = shape();
    return ((z - begin.z) * n.y + y - begin.y) * n.x + x - begin.x;
  }
};

using Vector = std::array<double, 3>;  ///< z, y, x.

/// zz, yy, xx, zy, zx, yx of a symmetric 3 x 3 matrix.
using Tensor = std::array<double, 6>;

/// Unit eigenvector of the largest eigenvalue; zero if the tensor is zero or not finite.
Vector principal_direction(Tensor tensor);

/// Sums of products of gradients over boxes of voxels, for the voxels of one tile. A voxel is one
/// unit of length along each axis: noise then has no favourite axis, whatever the spacing.
class GradientTensors {
 public:
  /// To sum over boxes of ±`window` voxels around the voxels of `tile`. Returns where values are
  /// needed; they are to be written to `values()`, and those outside the volume will be made up.
  Box begin(const Shape& volume, const Box& tile, index_t window);
  float* values() { return values_.data(); }
  void finish();

  /// Pre: finished; the voxel lies in the tile.
  Tensor at(index_t z, index_t y, index_t x) const;

 private:
  static constexpr std::size_t n_products = 6;

  void extrapolate();
  void multiply();

  Shape volume_;
  Box tile_, products_box_, values_box_;
  index_t window_ = 0;
  std::vector<float> values_;
  std::array<std::vector<float>, n_products> products_, along_z_, along_zy_;
};

}  // namespace crevasse
