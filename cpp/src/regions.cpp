#include "crevasse/regions.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>

#include "label_sums.hpp"
#include "simd.hpp"

namespace crevasse {
namespace {

/// A third of what three divides, without dividing: by the inverse of 3 modulo 2^64.
CREVASSE_INLINE std::uint64_t third(std::uint64_t n) {
  return n * 0xAAAAAAAAAAAAAAABULL;
}

typedef std::uint64_t Sums __attribute__((vector_size(32), aligned(32)));
typedef index_t Coordinates __attribute__((vector_size(32), aligned(32)));

CREVASSE_INLINE Coordinates coordinates(index_t a, index_t b, index_t c, index_t d) {
  return Coordinates{a, b, c, d};
}

CREVASSE_INLINE Sums sums(index_t a, index_t b, index_t c, index_t d) {
  return reinterpret_cast<Sums>(coordinates(a, b, c, d));
}

/// Sums of one region in the making, laid out so that a run is added in a few vectors. Four numbers
/// each: machines without longer ones would take those apart in memory.
struct Tally {
  Sums lengths{};                                ///< of z, y, zz, yy
  Sums crossed{};                                ///< of zy, zx, yx; the last fills the vector
  Coordinates low{most, most, most, most};       ///< z, y, x, raster index
  Coordinates high{least, least, least, least};  ///< z, y, x, raster index, plus one
  std::uint64_t n_voxels = 0, x = 0, xx = 0;

  CREVASSE_INLINE Tally& operator+=(const Tally& other) {
    lengths += other.lengths;
    crossed += other.crossed;
    low = other.low < low ? other.low : low;
    high = other.high > high ? other.high : high;
    n_voxels += other.n_voxels;
    x += other.x;
    xx += other.xx;
    return *this;
  }

  RegionSums finished() const {
    if (n_voxels == 0) return {};
    return {n_voxels,
            {lengths[0], lengths[1], x},
            {lengths[2], lengths[3], xx, crossed[0], crossed[1], crossed[2]},
            {low[0], low[1], low[2]},
            {high[0], high[1], high[2]},
            low[3]};
  }

 private:
  static constexpr index_t most = std::numeric_limits<index_t>::max();
  static constexpr index_t least = std::numeric_limits<index_t>::min();
};

/// Tallies runs of one row, then of the next in the same slice. What a row's runs are multiplied by
/// is carried along by adding: put together anew, it would go through memory piece by piece, and
/// waiting for that takes longer than the runs.
class RowTally {
 public:
  CREVASSE_INLINE RowTally(index_t z, index_t y, const Shape& shape)
      : lengths_(sums(z, y, z * z, y * y)),
        crossed_(sums(z * y, z, y, 0)),
        lengths_step_(sums(0, 1, 0, 2 * y + 1)),
        crossed_step_(sums(z, 0, 1, 0)),
        low_(coordinates(z, y, 0, (z * shape.y + y) * shape.x)),
        high_(low_ + Coordinates{1, 1, 0, 0}),
        step_(coordinates(0, 1, 0, shape.x)) {}

  CREVASSE_INLINE void next_row() {
    lengths_ += lengths_step_;
    lengths_step_ += Sums{0, 0, 0, 2};
    crossed_ += crossed_step_;
    low_ += step_;
    high_ += step_;
  }

  CREVASSE_INLINE Tally of(const Run& run) const {
    const auto n = static_cast<std::uint64_t>(run.length());
    const auto begin = static_cast<std::uint64_t>(run.begin);
    const std::uint64_t steps = n * (n - 1) / 2;  // 0 + 1 + … + (n - 1)
    const std::uint64_t squared_steps = third(steps * (2 * n - 1));
    const std::uint64_t x = n * begin + steps;
    return {lengths_ * n,
            crossed_ * Sums{n, x, x, 0},
            low_ + Coordinates{0, 0, run.begin, run.begin},
            high_ + Coordinates{0, 0, run.end, run.end},
            n,
            x,
            begin * (x + steps) + squared_steps};
  }

 private:
  Sums lengths_, crossed_, lengths_step_, crossed_step_;
  Coordinates low_, high_, step_;
};

CREVASSE_CLONES void add_rows(const RunVolume& runs, const std::uint32_t* labels, Slab rows,
                              Tally* table) {
  const Shape& shape = runs.shape;
  for (index_t r = rows.begin; r < rows.end;) {
    const index_t z = r / shape.y, slice_end = std::min((z + 1) * shape.y, rows.end);
    RowTally row(z, r - z * shape.y, shape);
    for (; r < slice_end; ++r, row.next_row()) {
      const auto* label = labels + runs.row_begin[static_cast<std::size_t>(r)];
      for (const Run& run : runs.row(r)) table[*label++ - 1] += row.of(run);
    }
  }
}

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
  check_moments_fit(runs);
  const auto runs_before = [&](index_t r) { return runs.row_begin[static_cast<std::size_t>(r)]; };
  const auto tallies = sum_by_label<Tally>(
      runs.shape.rows(), runs_before, count, threads,
      [&](Slab slab, Tally* table) { add_rows(runs, labels.data(), slab, table); });
  Buffer<RegionSums> table(tallies.size());
  std::transform(tallies.begin(), tallies.end(), table.begin(),
                 [](const Tally& tally) { return tally.finished(); });
  return table;
}

}  // namespace crevasse
