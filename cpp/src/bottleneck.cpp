#include "crevasse/bottleneck.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "crevasse/union_find.hpp"
#include "row_sweep.hpp"
#include "slopes.hpp"

namespace crevasse {
namespace {

/// Add a pass to `node` from every voxel that is also in `marks`.
void add_passes(const Slopes& slopes, const RunVolume& runs, const RunVolume& marks,
                std::uint32_t node, std::vector<Pass>& passes) {
  for (index_t r = 0; r < runs.shape.rows(); ++r) {
    const auto row = runs.row(r), marked = marks.row(r);
    const auto run_number = static_cast<std::size_t>(runs.row_begin[static_cast<std::size_t>(r)]);
    for_each_shared(row, marked, 0, [&](std::size_t i, std::size_t j, index_t n) {
      const std::int32_t begin = std::max(row[i].begin, marked[j].begin);
      std::uint32_t voxel = slopes.numbering().first(run_number + i) +
                            static_cast<std::uint32_t>(begin - row[i].begin);
      for (index_t left = n; left > 0; --left, ++voxel) {
        passes.push_back({voxel, slopes.peak_of(voxel), node});
      }
    });
  }
}

}  // namespace

Bottleneck bottleneck(const RunVolume& runs, std::span<const float> width, const RunVolume& from,
                      const RunVolume& to, int threads) {
  const Slopes slopes(runs, width, threads);
  const auto n_peaks = static_cast<std::uint32_t>(slopes.peaks().size());
  std::vector<Pass> passes = slopes.passes();
  add_passes(slopes, runs, from, n_peaks, passes);
  add_passes(slopes, runs, to, n_peaks + 1, passes);
  slopes.sort(passes);
  std::vector<std::uint32_t> parent(n_peaks + 2);
  std::iota(parent.begin(), parent.end(), 0U);
  UnionFind sets(parent);
  for (const Pass& pass : passes) {
    sets.unite(pass.a, pass.b);
    if (sets.root(n_peaks) == sets.root(n_peaks + 1)) {
      return {slopes.numbering().raster(pass.voxel), slopes.height(pass.voxel)};
    }
  }
  return {};
}

}  // namespace crevasse
