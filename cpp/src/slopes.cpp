#include "slopes.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"

namespace crevasse {
namespace {

/// Call `visit(slab number, voxel number, x, neighbours)` for every voxel, row by row.
template <class Visit>
void for_each_voxel(const RunVolume& runs, const VoxelNumbering& numbering, int threads,
                    Visit&& visit) {
  parallel_slabs(runs.shape.rows(), threads, [&](index_t i, Slab slab) {
    NeighbourNumbers neighbours(runs, numbering);
    for_each_row(runs.shape, slab.begin, slab.end, [&](index_t r, index_t z, index_t y) {
      if (runs.row(r).empty()) return;
      neighbours.move_to(z, y);
      auto run_number = static_cast<std::size_t>(runs.row_begin[static_cast<std::size_t>(r)]);
      for (const Run& run : runs.row(r)) {
        std::uint32_t number = numbering.first(run_number++);
        for (std::int32_t x = run.begin; x < run.end; ++x) visit(i, number++, x, neighbours);
      }
    });
  });
}

int team(const RunVolume& runs, const VoxelNumbering& numbering, int threads) {
  const int wanted = worthwhile_threads(numbering.count(), tuning::voxels_per_thread, threads);
  return static_cast<int>(slab_count(runs.shape.rows(), wanted));
}

}  // namespace

Slopes::Slopes(const RunVolume& runs, std::span<const float> height, int threads)
    : numbering_(runs),
      height_(static_cast<std::size_t>(numbering_.count()) + 1),
      up_(static_cast<std::size_t>(numbering_.count())) {
  const int n = team(runs, numbering_, threads);
  std::copy(height.begin(), height.end(), height_.begin());
  height_[numbering_.count()] = -std::numeric_limits<float>::infinity();
  climb(runs, n);
  name_peaks();
  find_passes(runs, n);
}

void Slopes::climb(const RunVolume& runs, int threads) {
  for_each_voxel(
      runs, numbering_, threads,
      [&](index_t, std::uint32_t number, std::int32_t x, const NeighbourNumbers& neighbours) {
        std::uint32_t first = number;
        float highest = height_[number];
        neighbours.for_each(x, [&](std::uint32_t other) {
          const float h = height_[other];
          const bool comes_first = h > highest || (h == highest && other < first);
          first = comes_first ? other : first;
          highest = comes_first ? h : highest;
        });
        up_[number] = first;
      });
}

/// Follow all steps to the top, and write the name of the peak instead.
void Slopes::name_peaks() {
  constexpr std::uint32_t named = 0x80000000U;  // no voxel has so high a number
  const std::uint32_t count = numbering_.count();
  for (std::uint32_t voxel = 0; voxel < count; ++voxel) {
    std::uint32_t top = voxel;
    while (up_[top] != top) top = up_[top];
    for (std::uint32_t at = voxel; at != top;) at = std::exchange(up_[at], top);
    if (top == voxel) peaks_.push_back(voxel);
  }
  std::sort(peaks_.begin(), peaks_.end(),
            [&](std::uint32_t a, std::uint32_t b) { return before(a, b); });
  std::uint32_t name = 0;
  for (const std::uint32_t peak : peaks_) up_[peak] = named | name++;
  for (std::uint32_t voxel = 0; voxel < count; ++voxel) {
    if ((up_[voxel] & named) == 0) up_[voxel] = up_[up_[voxel]];
  }
  for (std::uint32_t voxel = 0; voxel < count; ++voxel) up_[voxel] &= ~named;
}

void Slopes::find_passes(const RunVolume& runs, int threads) {
  std::vector<std::vector<Pass>> found(
      static_cast<std::size_t>(slab_count(runs.shape.rows(), threads)));
  for_each_voxel(
      runs, numbering_, threads,
      [&](index_t slab, std::uint32_t number, std::int32_t x, const NeighbourNumbers& neighbours) {
        std::array<std::uint32_t, 27> others;
        std::size_t n = 0;
        const std::uint32_t own = up_[number];
        neighbours.for_each(x, [&](std::uint32_t other) {
          if (other == numbering_.count() || up_[other] == own || !before(other, number)) return;
          const std::uint32_t peak = up_[other];
          if (std::find(others.begin(), others.begin() + n, peak) != others.begin() + n) return;
          others[n++] = peak;
          found[static_cast<std::size_t>(slab)].push_back({number, own, peak});
        });
      });
  for (const auto& part : found) passes_.insert(passes_.end(), part.begin(), part.end());
  sort(passes_);
}

void Slopes::sort(std::vector<Pass>& passes) const {
  std::sort(passes.begin(), passes.end(), [&](const Pass& a, const Pass& b) {
    if (a.voxel != b.voxel) return before(a.voxel, b.voxel);
    return std::tie(a.a, a.b) < std::tie(b.a, b.b);
  });
}

}  // namespace crevasse
