#include "crevasse/regions.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "label_sums.hpp"

namespace crevasse {
namespace {

/// A third of what three divides, without dividing: by the inverse of 3 modulo 2^64.
CREVASSE_INLINE std::uint64_t third(std::uint64_t n) {
  return n * 0xAAAAAAAAAAAAAAABULL;
}

/// Adds runs to the sums of their regions, row after row of a slab, in raster order.
class RunSums {
 public:
  RunSums(index_t z, index_t y, index_t row_start)
      : z_(z),
        y_(y),
        row_start_(row_start),
        uz_(static_cast<std::uint64_t>(z)),
        uy_(static_cast<std::uint64_t>(y)) {}

  CREVASSE_INLINE void add_to(RegionSums& sums, const Run& run) const {
    const auto n = static_cast<std::uint64_t>(run.length());
    const auto begin = static_cast<std::uint64_t>(run.begin);
    const std::uint64_t steps = n * (n - 1) / 2;  // 0 + 1 + … + (n - 1)
    const std::uint64_t squared_steps = third(steps * (2 * n - 1));
    const std::uint64_t sum_x = n * begin + steps;
    if (sums.n_voxels == 0) {  // rows rise, so z starts here, and the first voxel is known
      sums.low = {z_, y_, run.begin};
      sums.high = {z_, y_, run.end};
      sums.first_voxel = row_start_ + run.begin;
    }
    const std::array<std::uint64_t, 3> sum{n * uz_, n * uy_, sum_x};
    const std::array<std::uint64_t, 6> product{
        sum[0] * uz_, sum[1] * uy_, begin * (sum_x + steps) + squared_steps,
        sum[0] * uy_, uz_ * sum_x,  uy_ * sum_x};
    sums.n_voxels += n;
    for (std::size_t i = 0; i < 3; ++i) sums.sum[i] += sum[i];
    for (std::size_t i = 0; i < 6; ++i) sums.product[i] += product[i];
    sums.low[1] = std::min(sums.low[1], y_);
    sums.low[2] = std::min<index_t>(sums.low[2], run.begin);
    sums.high[0] = z_ + 1;
    sums.high[1] = std::max(sums.high[1], y_ + 1);
    sums.high[2] = std::max<index_t>(sums.high[2], run.end);
  }

 private:
  index_t z_, y_, row_start_;
  std::uint64_t uz_, uy_;
};

void check_moments_fit(const RunVolume& runs) {
  const Shape& shape = runs.shape;
  const auto edge = static_cast<double>(std::max({shape.z, shape.y, shape.x}));
  const auto could_be = [&](index_t n_voxels) {
    return static_cast<double>(n_voxels) * edge * edge >=
           static_cast<double>(std::numeric_limits<std::uint64_t>::max());
  };
  if (!could_be(shape.size())) return;  // so voxels need not be counted
  if (const index_t n_voxels = runs.voxel_count(); could_be(n_voxels)) {
    throw std::length_error("regions must be small enough for 64-bit second moments, got " +
                            std::to_string(n_voxels) + " voxels in a volume of shape (" +
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
  check_moments_fit(runs);
  const auto runs_before = [&](index_t r) { return runs.row_begin[static_cast<std::size_t>(r)]; };
  return sum_by_label<RegionSums>(
      shape.rows(), runs_before, count, threads, [&](Slab slab, RegionSums* table) {
        for_each_row(shape, slab.begin, slab.end, [&](index_t r, index_t z, index_t y) {
          const auto* label = labels.data() + runs.row_begin[static_cast<std::size_t>(r)];
          const RunSums sums(z, y, r * shape.x);
          for (const Run& run : runs.row(r)) sums.add_to(table[*label++ - 1], run);
        });
      });
}

}  // namespace crevasse
