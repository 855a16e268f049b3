#include "balls.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>
#include <span>
#include <tuple>
#include <vector>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"

namespace crevasse {
namespace {

/// A voxel nearby, whose ball may hold a ball around the origin.
struct Neighbour {
  std::array<index_t, 3> offset;
  double length;        ///< Of the offset.
  const float* needed;  ///< Least squared radius that holds a ball, by that ball's; or nothing.

  bool holds(float own, float squared_radius) const {
    if (needed != nullptr) return own >= needed[static_cast<std::size_t>(squared_radius)];
    const double radius = std::sqrt(static_cast<double>(squared_radius)) + length;
    return static_cast<double>(own) >= radius * radius * (1 + 1e-5);  // rather too little
  }
};

/// The neighbours that may hold a ball, nearest first.
class Neighbourhood {
 public:
  /// Balls up to the squared radius `largest`.
  Neighbourhood(const Scale& scale, bool closed, float largest) {
    for (index_t dz = -1; dz <= 1; ++dz) {
      for (index_t dy = -1; dy <= 1; ++dy) {
        for (index_t dx = -1; dx <= 1; ++dx) add({dz, dy, dx}, scale, closed, largest);
      }
    }
    std::sort(all_.begin(), all_.end(), [](const Neighbour& a, const Neighbour& b) {
      return std::tie(a.length, a.offset) < std::tie(b.length, b.offset);
    });
  }

  std::span<const Neighbour> all() const { return all_; }

 private:
  using Steps = std::array<index_t, 3>;

  void add(const Steps& offset, const Scale& scale, bool closed, float largest) {
    double squared = 0;
    Steps steps{};
    for (std::size_t i = 0; i < 3; ++i) {
      steps[i] = std::abs(offset[i]);
      squared += scale.weight[i] * static_cast<double>(steps[i] * steps[i]);
    }
    if (squared == 0) return;
    const float* needed = nullptr;
    if (scale.whole && largest < tabulated) {
      if (scale.is_cubic()) std::sort(steps.begin(), steps.end());  // the same by symmetry
      auto& table = tables_[steps];
      if (table.empty()) table = tabulate(steps, scale, closed, static_cast<index_t>(largest));
      needed = table.data();
    }
    all_.push_back({offset, std::sqrt(squared), needed});
  }

  /// By squared radius, the squared distance from a neighbour to the farthest voxel of a ball. That
  /// voxel lies opposite: with absolute coordinates, |p + v|² = |p|² + 2 p·v + |v|².
  static std::vector<float> tabulate(const Steps& v, const Scale& scale, bool closed,
                                     index_t largest) {
    std::array<index_t, 3> weight{};
    for (std::size_t i = 0; i < 3; ++i) weight[i] = static_cast<index_t>(scale.weight[i]);
    std::vector<float> farthest(static_cast<std::size_t>(largest) + 1);
    for (index_t z = 0; weight[0] * z * z <= largest; ++z) {
      for (index_t y = 0; weight[0] * z * z + weight[1] * y * y <= largest; ++y) {
        const index_t in_row = weight[0] * z * z + weight[1] * y * y;
        for (index_t x = 0; in_row + weight[2] * x * x <= largest; ++x) {
          const index_t zv = z + v[0], yv = y + v[1], xv = x + v[2];
          float& value = farthest[static_cast<std::size_t>(in_row + weight[2] * x * x)];
          value = std::max(value, static_cast<float>(weight[0] * zv * zv + weight[1] * yv * yv +
                                                     weight[2] * xv * xv));
        }
      }
    }
    for (std::size_t i = 1; i < farthest.size(); ++i) {
      farthest[i] = std::max(farthest[i], farthest[i - 1]);
    }
    if (!closed) {  // voxels nearer than the radius: the ball before, and one more to hold it
      for (std::size_t i = farthest.size() - 1; i > 0; --i) farthest[i] = farthest[i - 1] + 1;
    }
    return farthest;
  }

  std::map<Steps, std::vector<float>> tables_;
  std::vector<Neighbour> all_;
};

/// The balls that lie in none of their neighbours', of the rows of a slab.
std::vector<Ball> outer_balls_of(const RunVolume& runs, Volume<const float> squared,
                                 std::span<const Neighbour> neighbours, Slab rows) {
  const Shape& shape = runs.shape;
  std::vector<index_t> step;  // to each neighbour in memory
  for (const Neighbour& n : neighbours) {
    step.push_back((n.offset[0] * shape.y + n.offset[1]) * shape.x + n.offset[2]);
  }
  std::vector<Ball> balls;
  for_each_row(shape, rows.begin, rows.end, [&](index_t r, index_t z, index_t y) {
    const float* const row = squared.row(r).data();
    const bool inner_row = z > 0 && z + 1 < shape.z && y > 0 && y + 1 < shape.y;
    const auto is_held = [&](index_t x) {
      const bool inner = inner_row && x > 0 && x + 1 < shape.x;
      for (std::size_t i = 0; i < neighbours.size(); ++i) {
        const Neighbour& n = neighbours[i];
        if (!inner) {
          const index_t nz = z + n.offset[0], ny = y + n.offset[1], nx = x + n.offset[2];
          const bool inside =
              nz >= 0 && nz < shape.z && ny >= 0 && ny < shape.y && nx >= 0 && nx < shape.x;
          if (!inside) continue;
        }
        const float other = row[x + step[i]];
        if (other > row[x] && n.holds(other, row[x])) return true;
      }
      return false;
    };
    for (const Run& run : runs.row(r)) {
      for (index_t x = run.begin; x < run.end; ++x) {
        if (!is_held(x)) {
          balls.push_back({static_cast<std::int32_t>(z), static_cast<std::int32_t>(y),
                           static_cast<std::int32_t>(x), row[x]});
        }
      }
    }
  });
  return balls;
}

/// Largest first, by counting: squared radii are whole numbers up to `largest`.
Buffer<Ball> counted_down(const std::vector<std::vector<Ball>>& parts, std::size_t count,
                          float largest) {
  const auto key = [&](const Ball& ball) {
    return static_cast<std::size_t>(largest - ball.squared_radius);
  };
  std::vector<std::size_t> next(static_cast<std::size_t>(largest) + 2, 0);
  for (const auto& part : parts) {
    for (const Ball& ball : part) ++next[key(ball) + 1];
  }
  std::partial_sum(next.begin(), next.end(), next.begin());
  Buffer<Ball> balls(count);
  for (const auto& part : parts) {
    for (const Ball& ball : part) balls[next[key(ball)]++] = ball;
  }
  return balls;
}

}  // namespace

Buffer<Ball> outer_balls(const RunVolume& runs, Volume<const float> squared, const Scale& scale,
                         bool closed, float largest, int threads) {
  const Neighbourhood neighbourhood(scale, closed, largest);
  const index_t rows = runs.shape.rows();
  std::vector<std::vector<Ball>> parts(
      static_cast<std::size_t>(slab_count(rows, threads, tuning::slabs_per_thread)));
  parallel_slabs(
      rows, threads,
      [&](index_t s, Slab slab) {
        parts[static_cast<std::size_t>(s)] =
            outer_balls_of(runs, squared, neighbourhood.all(), slab);
      },
      tuning::slabs_per_thread);
  std::size_t count = 0;
  for (const auto& part : parts) count += part.size();
  if (scale.whole && largest < tabulated) return counted_down(parts, count, largest);
  Buffer<Ball> balls(count);
  Ball* end = balls.begin();
  for (const auto& part : parts) end = std::copy(part.begin(), part.end(), end);
  std::sort(balls.begin(), balls.end(), [](const Ball& a, const Ball& b) {
    return std::tie(b.squared_radius, a.z, a.y, a.x) < std::tie(a.squared_radius, b.z, b.y, b.x);
  });
  return balls;
}

}  // namespace crevasse
