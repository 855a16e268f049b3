#include "crevasse/region_measures.hpp"

#include <cmath>
#include <numbers>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"

namespace crevasse {
namespace {

/// The two axes of each product in RegionSums.
constexpr std::array<std::array<std::size_t, 2>, 6> axes_of_product{
    {{0, 0}, {1, 1}, {2, 2}, {0, 1}, {0, 2}, {1, 2}}};

/// First and second moments of one region about its lowest corner. Sums wrap around 2^64 on the
/// way, and come back.
struct Moments {
  std::array<std::uint64_t, 3> sum;
  std::array<std::uint64_t, 6> product;

  explicit Moments(const RegionSums& region) {
    std::array<std::uint64_t, 3> corner, moved;
    for (std::size_t i = 0; i < 3; ++i) {
      corner[i] = static_cast<std::uint64_t>(region.low[i]);
      moved[i] = region.n_voxels * corner[i];
      sum[i] = region.sum[i] - moved[i];
    }
    for (std::size_t k = 0; k < 6; ++k) {
      const auto [i, j] = axes_of_product[k];
      product[k] = region.product[k] + moved[i] * corner[j] -
                   (corner[i] * region.sum[j] + corner[j] * region.sum[i]);
    }
  }
};

/// Writes the columns of one region after another.
class Columns {
 public:
  Columns(RegionMeasures& out, std::size_t regions) : out_(out), regions_(regions) {}

  void write_whole(std::size_t i, const RegionSums& region) const {
    const auto column = [&](std::size_t c) -> std::int64_t& {
      return out_.whole[c * regions_ + i];
    };
    column(0) = static_cast<std::int64_t>(region.n_voxels);
    for (std::size_t axis = 0; axis < 3; ++axis) {
      column(1 + axis) = region.low[axis];
      column(4 + axis) = region.high[axis];
    }
    column(7) = region.first_voxel;
  }

  void write_real(std::size_t i, const RegionSums& region, const std::array<double, 3>& spacing,
                  int ndim) const {
    const auto column = [&](std::size_t c) -> double& { return out_.real[c * regions_ + i]; };
    const auto n = static_cast<double>(region.n_voxels);
    const double volume = n * (spacing[0] * spacing[1] * spacing[2]);
    column(0) = volume;
    const Moments own(region);
    std::array<double, 3> mean;
    index_t box = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      column(1 + axis) = static_cast<double>(region.sum[axis]) / n * spacing[axis];
      mean[axis] = static_cast<double>(own.sum[axis]) / n;
      box *= region.high[axis] - region.low[axis];
    }
    for (std::size_t k = 0; k < 6; ++k) {
      const auto [a, b] = axes_of_product[k];
      const double central = static_cast<double>(own.product[k]) / n - mean[a] * mean[b];
      column(4 + k) = central * spacing[a] * spacing[b];
    }
    column(10) = n / static_cast<double>(box);
    column(11) = ndim == 2 ? std::sqrt(volume / (std::numbers::pi / 4))
                           : std::cbrt(volume / (std::numbers::pi / 6));
  }

  void write_touches(std::size_t i, const RegionSums& region, const Shape& shape, int ndim) const {
    const std::array<index_t, 3> end{shape.z, shape.y, shape.x};
    bool touches = false;
    for (auto axis = static_cast<std::size_t>(3 - ndim); axis < 3; ++axis) {
      touches |= region.low[axis] == 0 || region.high[axis] == end[axis];
    }
    out_.touches_border[i] = touches ? 1 : 0;
  }

 private:
  RegionMeasures& out_;
  std::size_t regions_;
};

}  // namespace

RegionMeasures region_measures(std::span<const RegionSums> sums, const Shape& shape,
                               const std::array<double, 3>& spacing, int ndim, int threads) {
  const std::size_t n = sums.size();
  RegionMeasures out{Buffer<std::int64_t>(RegionMeasures::whole_columns * n),
                     Buffer<double>(RegionMeasures::real_columns * n), Buffer<std::uint8_t>(n)};
  const Columns columns(out, n);
  const int team = worthwhile_threads(static_cast<index_t>(n), tuning::regions_per_thread, threads);
  parallel_slabs(static_cast<index_t>(n), team, [&](index_t, Slab slab) {
    for (auto i = static_cast<std::size_t>(slab.begin); i < static_cast<std::size_t>(slab.end);
         ++i) {
      columns.write_whole(i, sums[i]);
      columns.write_real(i, sums[i], spacing, ndim);
      columns.write_touches(i, sums[i], shape, ndim);
    }
  });
  return out;
}

}  // namespace crevasse
