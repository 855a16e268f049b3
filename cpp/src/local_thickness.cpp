#include "crevasse/local_thickness.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "ball_painter.hpp"
#include "balls.hpp"
#include "crevasse/distance.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"

namespace crevasse {
namespace {

/// The largest value within runs, 0 where there are none.
float largest_of(const RunVolume& runs, Volume<const float> values, int threads) {
  const index_t rows = runs.shape.rows();
  std::vector<float> parts(static_cast<std::size_t>(slab_count(rows, threads)), 0.0F);
  parallel_slabs(rows, threads, [&](index_t s, Slab slab) {
    float largest = 0;
    for (index_t r = slab.begin; r < slab.end; ++r) {
      const float* const row = values.row(r).data();
      for (const Run& run : runs.row(r)) {
        for (index_t x = run.begin; x < run.end; ++x) largest = std::max(largest, row[x]);
      }
    }
    parts[static_cast<std::size_t>(s)] = largest;
  });
  return *std::max_element(parts.begin(), parts.end());
}

}  // namespace

void local_thickness(const RunVolume& runs, Volume<float> out, const ThicknessOptions& options,
                     int threads) {
  const Shape& shape = runs.shape;
  if (shape.size() == 0) return;
  const Scale scale(options.spacing);
  DistanceOptions near;
  near.spacing = scale.steps();
  near.squared = true;
  near.border = options.border;
  distance(runs, out, false, near, threads);
  const Volume<const float> squared{out.data, shape};
  const int team = worthwhile_threads(shape.size(), tuning::voxels_per_thread, threads);
  const float largest = largest_of(runs, squared, team);
  if (std::isinf(largest)) return;  // no background: as far as one can see
  const auto balls = outer_balls(runs, squared, scale, options.closed, largest, team);
  const Reach reach(scale, options.closed, largest);
  parallel_slabs(shape.z, team, [&](index_t, Slab slices) {
    Painter painter(runs, out, scale, reach, slices);
    for (const Ball& ball : balls) painter.paint(ball);
  });
}

}  // namespace crevasse
