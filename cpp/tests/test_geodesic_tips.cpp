#include "crevasse/geodesic_tips.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "crevasse/voxel_values.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

constexpr float unreached = std::numeric_limits<float>::infinity();

std::vector<GeodesicTip> tips_of(const Dense<float>& depth, double prominence, int threads = 1) {
  const RunVolume reached =
      encode_threshold<float>(depth.view(), 0, std::numeric_limits<float>::max(), nullptr, 1);
  const auto depths = read_voxel_values(reached, depth.view(), threads);
  const auto tips = geodesic_tips(reached, depths, prominence, threads);
  return {tips.begin(), tips.end()};
}

/// Whether voxel a is deeper than b; equals count in raster order.
bool deeper(const Dense<float>& depth, std::size_t a, std::size_t b) {
  return depth.voxels[a] > depth.voxels[b] || (depth.voxels[a] == depth.voxels[b] && a < b);
}

/// The voxels that are joined to `start` by voxels that are no less deep than `least`.
std::vector<std::size_t> joined(const Dense<float>& depth, std::size_t start, std::size_t least) {
  Mask above(depth.shape);
  for (std::size_t i = 0; i < depth.voxels.size(); ++i) {
    above.voxels[i] = depth.voxels[i] < unreached && !deeper(depth, least, i);
  }
  const Labels components = label(above, Connectivity::Corners);
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < depth.voxels.size(); ++i) {
    if (components.labels.voxels[i] != 0 &&
        components.labels.voxels[i] == components.labels.voxels[start]) {
      members.push_back(i);
    }
  }
  return members;
}

std::size_t deepest_of(const Dense<float>& depth, const std::vector<std::size_t>& voxels) {
  return *std::min_element(voxels.begin(), voxels.end(),
                           [&](std::size_t a, std::size_t b) { return deeper(depth, a, b); });
}

/// Tips by what they are: as the water falls past voxel after voxel, a tip is the deepest of what
/// is above it until it meets something deeper.
std::vector<GeodesicTip> slow_tips(const Dense<float>& depth, double prominence) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < depth.voxels.size(); ++i) {
    if (depth.voxels[i] < unreached) order.push_back(i);
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return deeper(depth, a, b); });
  std::vector<GeodesicTip> tips;
  for (std::size_t first = 0; first < order.size(); ++first) {
    const std::size_t voxel = order[first];
    if (joined(depth, voxel, voxel).front() != voxel || joined(depth, voxel, voxel).size() > 1) {
      continue;  // joined to something deeper from the start
    }
    const double at = depth.voxels[voxel];
    GeodesicTip tip{static_cast<index_t>(voxel), -1, -1, at, 0, at};
    for (std::size_t k = first + 1; k < order.size(); ++k) {
      const std::size_t deepest = deepest_of(depth, joined(depth, voxel, order[k]));
      if (deepest == voxel) continue;
      tip.junction = static_cast<index_t>(order[k]);
      tip.junction_depth = depth.voxels[order[k]];
      tip.prominence = at - tip.junction_depth;
      tip.joins = static_cast<index_t>(deepest);
      break;
    }
    if (tip.prominence < prominence || (tip.prominence == 0 && tip.junction >= 0)) continue;
    tips.push_back(tip);
  }
  for (GeodesicTip& tip : tips) {  // from voxels to places among the tips
    if (tip.joins < 0) continue;
    tip.joins = std::find_if(tips.begin(), tips.end(),
                             [&](const GeodesicTip& t) { return t.voxel == tip.joins; }) -
                tips.begin();
  }
  return tips;
}

bool same(const GeodesicTip& a, const GeodesicTip& b) {
  return a.voxel == b.voxel && a.joins == b.joins && a.junction == b.junction &&
         a.depth == b.depth && a.prominence == b.prominence &&
         (a.junction < 0 || a.junction_depth == b.junction_depth) &&
         (a.junction < 0) == std::isnan(a.junction_depth);
}

void check_equal(const std::vector<GeodesicTip>& found, const std::vector<GeodesicTip>& expected) {
  CHECK(std::equal(found.begin(), found.end(), expected.begin(), expected.end(), same));
}

/// Depths of noise, of few levels or many.
Dense<float> noisy(const Shape& shape, double density, index_t levels, Random& random) {
  Dense<float> depth(shape, unreached);
  for (float& voxel : depth.voxels) {
    if (uniform(random) < density) voxel = static_cast<float>(below(random, levels)) * 0.25F;
  }
  return depth;
}

}  // namespace

TEST_CASE("tips are what water that falls leaves apart") {
  Random random(61);
  for (const Shape& shape : {Shape{3, 4, 5}, Shape{1, 7, 8}, Shape{1, 1, 40}, Shape{20, 2, 1}}) {
    INFO("shape ", shape);
    for (const double density : {0.3, 0.7, 1.0}) {
      for (const index_t levels : {2, 5, 1000}) {
        const auto depth = noisy(shape, density, levels, random);
        for (const double prominence : {0.0, 0.5, 40.0}) {
          check_equal(tips_of(depth, prominence), slow_tips(depth, prominence));
        }
      }
    }
  }
}

TEST_CASE("tips are the same for every thread count") {
  Random random(62);
  for (const Shape& shape : {Shape{44, 100, 210}, Shape{4400, 1, 210}}) {
    const auto depth = noisy(shape, 0.6, 5000, random);
    const auto expected = tips_of(depth, 100);
    CHECK(expected.size() > 100);
    for (const int threads : thread_counts) check_equal(tips_of(depth, 100, threads), expected);
  }
}

TEST_CASE("where nothing is reached there are no tips") {
  for (const Shape& shape : small_shapes()) {
    CHECK(tips_of(Dense<float>(shape, unreached), 0).empty());
    CHECK(tips_of(Dense<float>(shape, 0), 0).size() == (shape.size() > 0 ? 1 : 0));
  }
}
