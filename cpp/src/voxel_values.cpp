#include "crevasse/voxel_values.hpp"

#include <algorithm>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "voxel_numbering.hpp"

namespace crevasse {
namespace {

/// Call `visit(begin, run, number)` for every run, by the raster index and the number of its first
/// voxel, and `visit_gap(begin, end)` for the voxels between.
template <class Visit, class VisitGap>
void for_each_run(const RunVolume& runs, const VoxelNumbering& numbering, int threads,
                  Visit&& visit, VisitGap&& visit_gap) {
  parallel_slabs(runs.shape.rows(), threads, [&](index_t, Slab slab) {
    auto i = static_cast<std::size_t>(runs.row_begin[static_cast<std::size_t>(slab.begin)]);
    for (index_t r = slab.begin; r < slab.end; ++r) {
      index_t done = r * runs.shape.x;
      for (const Run& run : runs.row(r)) {
        const index_t begin = r * runs.shape.x + run.begin;
        visit_gap(done, begin);
        visit(begin, run, numbering.first(i++));
        done = begin + run.length();
      }
      visit_gap(done, (r + 1) * runs.shape.x);
    }
  });
}

}  // namespace

Buffer<float> read_voxel_values(const RunVolume& runs, Volume<const float> dense, int threads) {
  const VoxelNumbering numbering(runs);
  const int team = worthwhile_threads(numbering.count(), tuning::voxels_per_thread, threads);
  Buffer<float> values(numbering.count());
  for_each_run(
      runs, numbering, team,
      [&](index_t begin, const Run& run, std::uint32_t number) {
        std::copy_n(dense.data + begin, run.length(), values.data() + number);
      },
      [](index_t, index_t) {});
  return values;
}

void write_voxel_values(const RunVolume& runs, std::span<const float> values, Volume<float> out,
                        float outside, int threads) {
  const VoxelNumbering numbering(runs);
  const int team = worthwhile_threads(out.shape.size(), tuning::voxels_per_thread, threads);
  for_each_run(
      runs, numbering, team,
      [&](index_t begin, const Run& run, std::uint32_t number) {
        std::copy_n(values.data() + number, run.length(), out.data + begin);
      },
      [&](index_t begin, index_t end) { std::fill(out.data + begin, out.data + end, outside); });
}

}  // namespace crevasse
