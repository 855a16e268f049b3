#include "crevasse/local_thickness.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "balls.hpp"
#include "crevasse/distance.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "sort_by_radius.hpp"
#include "tile_painter.hpp"

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

/// Balls of one tile after the other that reach into it, largest first. One a thread.
class NearbyBalls {
 public:
  NearbyBalls(const Tiling& tiling, std::span<const TileBalls> balls, const Scale& scale,
              float largest)
      : tiling_(tiling), balls_(balls), scale_(scale) {
    for (std::size_t i = 0; i < 3; ++i) {
      reach_[i] = static_cast<index_t>(std::sqrt(largest / scale.weight[i]) + 1);
    }
  }

  std::span<const PlacedBall> of(const Tile& tile) {
    nearby_.clear();
    tiling_.for_nearby(tile, reach_, [&](index_t i, const Tile& home) {
      const TileBalls& balls = balls_[static_cast<std::size_t>(i)];
      if (home.begin == tile.begin) {
        for (const Ball& ball : balls.inner) place(ball, home.place(ball.centre), tile);
        for (const Ball& ball : balls.across) place(ball, home.place(ball.centre), tile);
      } else {
        add_reaching(balls.across, home, tile);
      }
    });
    sort_by_radius(nearby_);
    return nearby_;
  }

 private:
  using Steps = std::array<index_t, 3>;

  /// Whether the ball may reach so far; never a wrong no.
  bool reaches(const Ball& ball, const Steps& steps) const {
    double length = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      length += scale_.weight[i] * static_cast<double>(steps[i] * steps[i]);
    }
    return length <= scale_.bound(ball.squared_radius, true);
  }

  /// Those of another tile, largest first, that reach into this one.
  void add_reaching(std::span<const Ball> balls, const Tile& home, const Tile& tile) {
    Steps gap{};
    for (std::size_t a = 0; a < 3; ++a) {
      gap[a] = std::max(
          {home.begin[a] - (tile.end[a] - 1), tile.begin[a] - (home.end[a] - 1), index_t{0}});
    }
    for (const Ball& ball : balls) {
      if (!reaches(ball, gap)) return;  // nor do the smaller ones
      const Steps centre = home.place(ball.centre);
      Steps apart{};
      for (std::size_t a = 0; a < 3; ++a) {
        apart[a] = steps_to(centre[a], tile.begin[a], tile.end[a]);
      }
      if (reaches(ball, apart)) place(ball, centre, tile);
    }
  }

  void place(const Ball& ball, const Steps& centre, const Tile& tile) {
    nearby_.push_back({ball.squared_radius, static_cast<std::int32_t>(centre[0] - tile.begin[0]),
                       static_cast<std::int32_t>(centre[1] - tile.begin[1]),
                       static_cast<std::int32_t>(centre[2] - tile.begin[2]), ball.covered});
  }

  const Tiling& tiling_;
  std::span<const TileBalls> balls_;
  const Scale& scale_;
  Steps reach_{};
  std::vector<PlacedBall> nearby_;
};

}  // namespace

void local_thickness(const RunVolume& runs, Volume<float> out, bool out_is_zero,
                     const ThicknessOptions& options, int threads) {
  const Shape& shape = runs.shape;
  if (shape.size() == 0) return;
  const Scale scale(options.spacing);
  DistanceOptions near;
  near.spacing = scale.steps();
  near.squared = true;
  near.border = options.border;
  near.limit = options.limit / (2 * scale.unit);
  // Had before `out` is written to, and given back: memory that is not there leaves it untouched.
  Buffer<Ball>(static_cast<std::size_t>(runs.voxel_count()));
  distance(runs, out, out_is_zero, near, threads);
  const Volume<const float> squared{out.data, shape};
  const int team = worthwhile_threads(shape.size(), tuning::voxels_per_thread, threads);
  const float largest = largest_of(runs, squared, team);
  if (std::isinf(largest)) return;  // no background: as far as one can see

  const Tiling tiling(shape);
  std::vector<TileBalls> balls(static_cast<std::size_t>(tiling.count()));
  const OuterBalls outer(runs, squared, scale, options.closed, largest);
  parallel_tasks(tiling.count(), team,
                 [&](index_t i) { balls[static_cast<std::size_t>(i)] = outer.of(tiling[i]); });
  // All balls are known: their squared radii may now be painted over.
  const auto paint_tiles = [&](index_t, Slab tiles) {
    NearbyBalls nearby(tiling, balls, scale, largest);
    TilePainter painter(runs, out, scale, options.closed);
    for (index_t i = tiles.begin; i < tiles.end; ++i) {
      painter.paint(tiling[i], nearby.of(tiling[i]));
    }
  };
  parallel_slabs(tiling.count(), team, paint_tiles, tuning::tiles_per_thread);
}

}  // namespace crevasse
