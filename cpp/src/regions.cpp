#include "crevasse/regions.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "label_sums.hpp"

namespace crevasse {
namespace {

/// 0² + 1² + … + (n - 1)².
std::uint64_t sum_of_squares(std::uint64_t n) {
  return n == 0 ? 0 : (n - 1) * n / 2 * (2 * n - 1) / 3;
}

RegionSums sums_of(const Run& run, index_t z, index_t y, index_t row_start) {
  const auto n = static_cast<std::uint64_t>(run.length());
  const auto uz = static_cast<std::uint64_t>(z), uy = static_cast<std::uint64_t>(y);
  const auto begin = static_cast<std::uint64_t>(run.begin),
             end = static_cast<std::uint64_t>(run.end);
  const std::uint64_t sum_x = (begin + end - 1) * n / 2;
  const std::uint64_t sum_xx = sum_of_squares(end) - sum_of_squares(begin);
  return {n,
          {n * uz, n * uy, sum_x},
          {n * uz * uz, n * uy * uy, sum_xx, n * uz * uy, uz * sum_x, uy * sum_x},
          {z, y, run.begin},
          {z + 1, y + 1, run.end},
          row_start + run.begin};
}

void check_moments_fit(const Shape& shape) {
  const auto edge = static_cast<double>(std::max({shape.z, shape.y, shape.x}));
  const double bound = static_cast<double>(shape.size()) * edge * edge;
  if (bound >= static_cast<double>(std::numeric_limits<std::uint64_t>::max())) {
    throw std::length_error("labels must be small enough for 64-bit second moments, got shape (" +
                            std::to_string(shape.z) + ", " + std::to_string(shape.y) + ", " +
                            std::to_string(shape.x) + "); measure it in bricks");
  }
}

}  // namespace

RegionSums& RegionSums::operator+=(const RegionSums& other) {
  if (other.n_voxels == 0) return *this;
  if (n_voxels == 0) return *this = other;
  n_voxels += other.n_voxels;
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i] += other.sum[i];
    low[i] = std::min(low[i], other.low[i]);
    high[i] = std::max(high[i], other.high[i]);
  }
  for (std::size_t i = 0; i < product.size(); ++i) product[i] += other.product[i];
  first_voxel = std::min(first_voxel, other.first_voxel);
  return *this;
}

Buffer<RegionSums> regions(const RunVolume& runs, std::span<const std::uint32_t> labels,
                           index_t count, int threads) {
  const Shape& shape = runs.shape;
  check_moments_fit(shape);
  return sum_by_label<RegionSums>(
      shape.rows(), runs.run_count(), count, threads, [&](Slab slab, RegionSums* table) {
        for_each_row(shape, slab.begin, slab.end, [&](index_t r, index_t z, index_t y) {
          const auto* label = labels.data() + runs.row_begin[static_cast<std::size_t>(r)];
          for (const Run& run : runs.row(r)) {
            table[*label++ - 1] += sums_of(run, z, y, r * shape.x);
          }
        });
      });
}

}  // namespace crevasse
