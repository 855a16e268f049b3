#include "crevasse/local_thickness.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <numeric>
#include <span>
#include <tuple>
#include <vector>

#include "common_measure.hpp"
#include "crevasse/distance.hpp"
#include "crevasse/parallel.hpp"
#include "row_bits.hpp"

namespace crevasse {
namespace {

/// Around which voxel, and how large.
struct Ball {
  std::int32_t z, y, x;
  float squared_radius;
};

/// Squared lengths along z, y, x; with a common measure whole numbers, in units of `unit`².
struct Scale {
  std::array<double, 3> weight{};
  double unit = 1;
  bool whole = false;

  explicit Scale(const std::array<double, 3>& spacing) {
    if (const auto length = common_measure(spacing)) {
      unit = *length;
      whole = true;
    }
    for (std::size_t i = 0; i < 3; ++i) {
      const double step = whole ? std::round(spacing[i] / unit) : spacing[i];
      weight[i] = step * step;
    }
  }
  std::array<double, 3> steps() const {
    return {std::sqrt(weight[0]), std::sqrt(weight[1]), std::sqrt(weight[2])};
  }
  bool is_cubic() const { return whole && weight[0] == weight[1] && weight[1] == weight[2]; }
};

/// Squared radii, as whole numbers, below which what depends on them is tabulated.
constexpr float tabulated = 1 << 16;

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
std::vector<Ball> outer_balls(const RunVolume& runs, Volume<const float> squared,
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

/// All balls that are to be painted, largest first.
Buffer<Ball> all_outer_balls(const RunVolume& runs, Volume<const float> squared, const Scale& scale,
                             bool closed, float largest, int threads) {
  const Neighbourhood neighbourhood(scale, closed, largest);
  const index_t rows = runs.shape.rows();
  std::vector<std::vector<Ball>> parts(
      static_cast<std::size_t>(slab_count(rows, threads, tuning::slabs_per_thread)));
  parallel_slabs(
      rows, threads,
      [&](index_t s, Slab slab) {
        parts[static_cast<std::size_t>(s)] = outer_balls(runs, squared, neighbourhood.all(), slab);
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

/// How far a squared length goes along each axis, in voxels.
class Reach {
 public:
  Reach(const Scale& scale, bool closed, float largest) : scale_(scale), closed_(closed) {
    if (!scale.whole || largest >= tabulated) return;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      for (index_t squared = 0; squared <= static_cast<index_t>(largest); ++squared) {
        by_square_[axis].push_back(
            static_cast<std::int32_t>(find(static_cast<double>(squared), axis)));
      }
    }
  }

  /// -1 if not even to the voxel itself.
  index_t along(std::size_t axis, double squared) const {
    if (by_square_[axis].empty()) return find(squared, axis);
    return squared < 0 ? -1 : by_square_[axis][static_cast<std::size_t>(squared)];
  }

 private:
  index_t find(double squared, std::size_t axis) const {
    const double weight = scale_.weight[axis];
    const double slack = scale_.whole ? 0 : 1e-6 * weight;
    if (closed_ ? squared + slack < 0 : squared - slack <= 0) return -1;
    auto n = static_cast<index_t>(std::sqrt(std::max(squared + slack, 0.0) / weight));
    // The root is rounded: the last step is taken by squares.
    const auto inside = [&](index_t k) {
      const double length = static_cast<double>(k * k) * weight;
      return closed_ ? length <= squared + slack : length < squared - slack;
    };
    while (!inside(n)) --n;
    while (inside(n + 1)) ++n;
    return n;
  }

  const Scale& scale_;
  bool closed_;
  std::array<std::vector<std::int32_t>, 3> by_square_;
};

/// How wide a ball is along x at each distance along z and y, in voxels to each side; -1 outside.
class BallShape {
 public:
  BallShape(const Scale& scale, const Reach& reach) : scale_(scale), reach_(reach) {}

  void become(float squared_radius) {
    if (squared_radius == squared_radius_) return;
    squared_radius_ = squared_radius;
    const auto squared = static_cast<double>(squared_radius);
    rise = reach_.along(0, squared);
    width = reach_.along(1, squared);
    half_.assign(static_cast<std::size_t>((rise + 1) * (width + 1)), -1);
    for (index_t z = 0; z <= rise; ++z) {
      for (index_t y = 0; y <= width; ++y) {
        const double in_row = squared - scale_.weight[0] * static_cast<double>(z * z) -
                              scale_.weight[1] * static_cast<double>(y * y);
        half_[static_cast<std::size_t>(z * (width + 1) + y)] = reach_.along(2, in_row);
      }
    }
  }

  index_t half(index_t z, index_t y) const {
    return half_[static_cast<std::size_t>(z * (width + 1) + y)];
  }

  index_t rise = -1, width = -1;

 private:
  const Scale& scale_;
  const Reach& reach_;
  float squared_radius_ = -1;
  std::vector<index_t> half_;
};

/// Steps from a voxel to the nearest of [low, high] along an axis.
index_t apart(index_t at, index_t low, index_t high) {
  return std::max({low - at, at - high, index_t{0}});
}

/// Paints balls into the slices of a slab.
///
/// Most balls are covered by larger ones together and paint nothing. To see that soon, bits of yet
/// unpainted voxels are summed up by OR, over 8 rows of a slice and over 8 slices of those.
class Painter {
 public:
  Painter(const RunVolume& runs, Volume<float> out, const Scale& scale, const Reach& reach,
          Slab slices)
      : out_(out),
        unit_(scale.unit),
        shape_(scale, reach),
        slices_(slices),
        depth_(slices.end - slices.begin),
        groups_((out.shape.y + 7) / 8),
        width_(words_for(out.shape.x)),
        rows_(zeros(depth_ * out.shape.y)),
        by_8_rows_(zeros(depth_ * groups_)),
        by_8_slices_(zeros((depth_ + 7) / 8 * groups_)) {
    const Shape& shape = out.shape;
    for (index_t z = 0; z < depth_; ++z) {
      for (index_t y = 0; y < shape.y; ++y) {
        const index_t r = (slices.begin + z) * shape.y + y;
        std::fill_n(out.row(r).data(), shape.x, 0.0F);
        for (const Run& run : runs.row(r)) set_bits(run, words(rows_, z * shape.y + y));
      }
      for (index_t g = 0; g < groups_; ++g) {
        for (index_t w = 0; w < width_; ++w) sum_up(z, g, w);
      }
    }
  }

  void paint(const Ball& ball) {
    shape_.become(ball.squared_radius);
    const index_t z = ball.z - slices_.begin, y = ball.y;
    const Slab near_z{std::max<index_t>(0, z - shape_.rise), std::min(depth_, z + shape_.rise + 1)};
    const Slab near_y{std::max<index_t>(0, y - shape_.width),
                      std::min(out_.shape.y, y + shape_.width + 1)};
    if (near_z.begin >= near_z.end) return;
    for (index_t zb = near_z.begin / 8; zb <= (near_z.end - 1) / 8; ++zb) {
      const index_t dz = apart(z, 8 * zb, 8 * zb + 7);
      for (index_t g = near_y.begin / 8; g <= (near_y.end - 1) / 8; ++g) {
        const index_t dy = apart(y, 8 * g, 8 * g + 7);
        if (!any_left(words(by_8_slices_, zb * groups_ + g), ball.x, shape_.half(dz, dy))) continue;
        const Slab block_z{std::max(near_z.begin, 8 * zb), std::min(near_z.end, 8 * zb + 8)};
        const Slab block_y{std::max(near_y.begin, 8 * g), std::min(near_y.end, 8 * g + 8)};
        for (index_t pz = block_z.begin; pz < block_z.end; ++pz) {
          const index_t rise = std::abs(pz - z);
          if (!any_left(words(by_8_rows_, pz * groups_ + g), ball.x, shape_.half(rise, dy))) {
            continue;
          }
          for (index_t py = block_y.begin; py < block_y.end; ++py) {
            paint_row(pz, py, ball, shape_.half(rise, std::abs(py - y)));
          }
        }
      }
    }
  }

 private:
  using Words = Buffer<std::uint64_t>;

  Words zeros(index_t lines) const {
    Words buffer(static_cast<std::size_t>(lines * width_));
    std::fill(buffer.begin(), buffer.end(), 0);
    return buffer;
  }
  std::uint64_t* words(Words& buffer, index_t line) { return buffer.data() + line * width_; }

  /// Call `visit(word, bits)` for the words of a row and their bits within `half` voxels of x;
  /// return as soon as it does, true.
  template <class Visit>
  bool for_words(index_t x, index_t half, Visit&& visit) const {
    if (half < 0) return false;
    const index_t from = std::max<index_t>(0, x - half);
    const index_t to = std::min(out_.shape.x - 1, x + half);
    const index_t first = from / word_bits, last = to / word_bits;
    const std::uint64_t head = ~std::uint64_t{0} << (from % word_bits);
    const std::uint64_t tail = ~std::uint64_t{0} >> (word_bits - 1 - to % word_bits);
    if (first == last) return visit(first, head & tail);
    if (visit(first, head)) return true;
    for (index_t w = first + 1; w < last; ++w) {
      if (visit(w, ~std::uint64_t{0})) return true;
    }
    return visit(last, tail);
  }

  bool any_left(const std::uint64_t* line, index_t x, index_t half) const {
    return for_words(x, half, [&](index_t w, std::uint64_t bits) { return (line[w] & bits) != 0; });
  }

  void paint_row(index_t z, index_t y, const Ball& ball, index_t half) {
    std::uint64_t* const left = words(rows_, z * out_.shape.y + y);
    for_words(ball.x, half, [&](index_t w, std::uint64_t bits) {
      bits &= left[w];
      if (bits == 0) return false;
      left[w] &= ~bits;
      sum_up(z, y / 8, w);
      const auto value =
          static_cast<float>(2 * unit_ * std::sqrt(static_cast<double>(ball.squared_radius)));
      float* const row = out_.row((slices_.begin + z) * out_.shape.y + y).data();
      for (; bits != 0; bits &= bits - 1) row[w * word_bits + std::countr_zero(bits)] = value;
      return false;
    });
  }

  /// Bring the sums over a word up to date.
  void sum_up(index_t z, index_t g, index_t w) {
    std::uint64_t any = 0;
    for (index_t y = 8 * g; y < std::min(out_.shape.y, 8 * g + 8); ++y) {
      any |= words(rows_, z * out_.shape.y + y)[w];
    }
    words(by_8_rows_, z * groups_ + g)[w] = any;
    any = 0;
    for (index_t pz = z / 8 * 8; pz < std::min(depth_, z / 8 * 8 + 8); ++pz) {
      any |= words(by_8_rows_, pz * groups_ + g)[w];
    }
    words(by_8_slices_, z / 8 * groups_ + g)[w] = any;
  }

  Volume<float> out_;
  double unit_;
  BallShape shape_;
  Slab slices_;
  index_t depth_, groups_, width_;
  Words rows_, by_8_rows_, by_8_slices_;
};

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
  const auto balls = all_outer_balls(runs, squared, scale, options.closed, largest, team);
  const Reach reach(scale, options.closed, largest);
  parallel_slabs(shape.z, team, [&](index_t, Slab slices) {
    Painter painter(runs, out, scale, reach, slices);
    for (const Ball& ball : balls) painter.paint(ball);
  });
}

}  // namespace crevasse
