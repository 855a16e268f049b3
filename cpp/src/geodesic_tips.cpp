#include "crevasse/geodesic_tips.hpp"

#include <limits>
#include <numeric>
#include <vector>

#include "crevasse/union_find.hpp"
#include "slopes.hpp"

namespace crevasse {
namespace {

constexpr std::uint32_t none = std::numeric_limits<std::uint32_t>::max();

/// Where each peak's slope joins a deeper one, and the peak that it joins.
struct Joins {
  std::vector<std::uint32_t> voxel, peak;
};

/// The elder rule. Peaks are named deepest first, so the root of a set is its deepest.
Joins join(const Slopes& slopes) {
  const std::size_t n = slopes.peaks().size();
  Joins joins{std::vector(n, none), std::vector(n, none)};
  std::vector<std::uint32_t> parent(n);
  std::iota(parent.begin(), parent.end(), 0U);
  UnionFind sets(parent);
  std::vector<std::uint32_t> ended;
  const auto& passes = slopes.passes();
  for (std::size_t i = 0; i < passes.size();) {
    const std::uint32_t voxel = passes[i].voxel;
    ended.clear();
    for (; i < passes.size() && passes[i].voxel == voxel; ++i) {
      const std::uint32_t a = sets.root(passes[i].a), b = sets.root(passes[i].b);
      if (a == b) continue;
      joins.voxel[std::max(a, b)] = voxel;
      ended.push_back(std::max(a, b));
      sets.unite(a, b);
    }
    // Only now is it known which is the deepest of all that meet here.
    for (const std::uint32_t peak : ended) joins.peak[peak] = sets.root(peak);
  }
  return joins;
}

}  // namespace

Buffer<GeodesicTip> geodesic_tips(const RunVolume& reached, std::span<const float> depth,
                                  double prominence, int threads) {
  const Slopes slopes(reached, depth, threads);
  const Joins joins = join(slopes);
  const VoxelNumbering& numbering = slopes.numbering();
  std::vector<GeodesicTip> tips;
  std::vector<index_t> place(slopes.peaks().size(), -1);
  for (std::size_t peak = 0; peak < place.size(); ++peak) {
    const std::uint32_t voxel = slopes.peaks()[peak], junction = joins.voxel[peak];
    const bool deepest = junction == none;
    const double depth_of_tip = slopes.height(voxel);
    GeodesicTip tip{numbering.raster(voxel),
                    -1,
                    -1,
                    depth_of_tip,
                    std::numeric_limits<double>::quiet_NaN(),
                    depth_of_tip};
    if (!deepest) {
      tip.joins = place[joins.peak[peak]];
      tip.junction = numbering.raster(junction);
      tip.junction_depth = slopes.height(junction);
      tip.prominence = tip.depth - tip.junction_depth;
      if (tip.prominence == 0) continue;  // the same flat top, or one that it touches
    }
    if (tip.prominence < prominence) continue;
    place[peak] = static_cast<index_t>(tips.size());
    tips.push_back(tip);
  }
  return Buffer<GeodesicTip>::copy_of(tips);
}

}  // namespace crevasse
