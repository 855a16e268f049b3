#include "crevasse/local_thickness.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "common_measure.hpp"
#include "crevasse/distance.hpp"
#include "crevasse/parallel.hpp"
#include "row_bits.hpp"

namespace crevasse {
namespace {

/// Around which voxel, and how large.
struct Ball {
  index_t centre;
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

/// Whether a neighbour's ball holds all of a ball.
class Containment {
 public:
  Containment(const Scale& scale, bool closed, float largest) : steps_(scale.steps()) {
    if (!scale.is_cubic() || largest >= tabulated) return;
    const auto size = static_cast<std::size_t>(largest) + 1;
    for (auto& table : needed_) table.assign(size, 0.0F);
    // The voxel p of a ball that is farthest from a neighbour v lies opposite: |p - v|² is
    // |p|² + 2 (a + …) + |v|², a ≥ b ≥ c being the absolute coordinates of p.
    for (std::size_t a = 0; a * a < size; ++a) {
      for (std::size_t b = 0; b <= a && a * a + b * b < size; ++b) {
        for (std::size_t c = 0; c <= b && a * a + b * b + c * c < size; ++c) {
          const std::size_t squared = a * a + b * b + c * c;
          const std::array farthest{squared + 2 * a + 1, squared + 2 * (a + b) + 2,
                                    squared + 2 * (a + b + c) + 3};
          for (std::size_t kind = 0; kind < 3; ++kind) {
            float& needed = needed_[kind][squared];
            needed = std::max(needed, static_cast<float>(farthest[kind]));
          }
        }
      }
    }
    for (auto& table : needed_) {
      for (std::size_t i = 1; i < size; ++i) table[i] = std::max(table[i], table[i - 1]);
      if (!closed) {  // voxels nearer than the radius: the ball before, and one more to hold it
        for (std::size_t i = size - 1; i > 0; --i) table[i] = table[i - 1] + 1;
      }
    }
  }

  /// The least squared radius at which the ball of a neighbour at (dz, dy, dx) holds a ball.
  float needed(float squared_radius, index_t dz, index_t dy, index_t dx) const {
    if (!needed_[0].empty()) {
      const index_t kind = std::abs(dz) + std::abs(dy) + std::abs(dx) - 1;
      return needed_[static_cast<std::size_t>(kind)][static_cast<std::size_t>(squared_radius)];
    }
    const double z = static_cast<double>(dz) * steps_[0], y = static_cast<double>(dy) * steps_[1],
                 x = static_cast<double>(dx) * steps_[2];
    const double radius = std::sqrt(static_cast<double>(squared_radius)) + std::hypot(z, y, x);
    return static_cast<float>(radius * radius * (1 + 1e-5));  // rather too much
  }

 private:
  static constexpr float tabulated = 1 << 20;
  std::array<double, 3> steps_;
  std::array<std::vector<float>, 3> needed_;  ///< By shared face, edge, corner; or empty.
};

/// The balls that lie in none of their neighbours', of the rows of a slab.
std::vector<Ball> outer_balls(const RunVolume& runs, Volume<const float> squared,
                              const Containment& containment, Slab rows) {
  const Shape& shape = runs.shape;
  std::vector<Ball> balls;
  for_each_row(shape, rows.begin, rows.end, [&](index_t r, index_t z, index_t y) {
    const float* const own = squared.row(r).data();
    const auto is_held = [&](index_t x) {
      for (index_t dz = -1; dz <= 1; ++dz) {
        if (z + dz < 0 || z + dz >= shape.z) continue;
        for (index_t dy = -1; dy <= 1; ++dy) {
          if (y + dy < 0 || y + dy >= shape.y) continue;
          const float* const row = own + (dz * shape.y + dy) * shape.x;
          for (index_t dx = -1; dx <= 1; ++dx) {
            if (x + dx < 0 || x + dx >= shape.x || !(row[x + dx] > own[x])) continue;
            if (row[x + dx] >= containment.needed(own[x], dz, dy, dx)) return true;
          }
        }
      }
      return false;
    };
    for (const Run& run : runs.row(r)) {
      for (index_t x = run.begin; x < run.end; ++x) {
        if (!is_held(x)) balls.push_back({r * shape.x + x, own[x]});
      }
    }
  });
  return balls;
}

std::vector<Ball> all_outer_balls(const RunVolume& runs, Volume<const float> squared,
                                  const Containment& containment, int threads) {
  const index_t rows = runs.shape.rows();
  std::vector<std::vector<Ball>> parts(
      static_cast<std::size_t>(slab_count(rows, threads, tuning::slabs_per_thread)));
  parallel_slabs(
      rows, threads,
      [&](index_t s, Slab slab) {
        parts[static_cast<std::size_t>(s)] = outer_balls(runs, squared, containment, slab);
      },
      tuning::slabs_per_thread);
  std::vector<Ball> balls;
  for (auto& part : parts) {
    balls.insert(balls.end(), part.begin(), part.end());
    part = {};
  }
  // Largest first; of equal ones the order does not matter but for the memory they touch.
  std::stable_sort(balls.begin(), balls.end(), [](const Ball& a, const Ball& b) {
    return a.squared_radius > b.squared_radius;
  });
  return balls;
}

/// Paints balls into the slices of a slab.
class Painter {
 public:
  Painter(const RunVolume& runs, Volume<float> out, const Scale& scale, bool closed, Slab slices)
      : out_(out),
        scale_(scale),
        closed_(closed),
        slices_(slices),
        width_(words_for(runs.shape.x)),
        unpainted_(static_cast<std::size_t>((slices.end - slices.begin) * runs.shape.y * width_)) {
    std::fill(unpainted_.begin(), unpainted_.end(), 0);
    const Shape& shape = runs.shape;
    for (index_t r = slices.begin * shape.y; r < slices.end * shape.y; ++r) {
      std::fill_n(out.row(r).data(), shape.x, 0.0F);
      for (const Run& run : runs.row(r)) set_bits(run, row_bits(r));
    }
  }

  void paint(const Ball& ball) {
    const Shape& shape = out_.shape;
    const index_t r = ball.centre / shape.x, x = ball.centre % shape.x;
    const index_t z = r / shape.y, y = r % shape.y;
    const auto squared = static_cast<double>(ball.squared_radius);
    const auto value = static_cast<float>(2 * scale_.unit * std::sqrt(squared));
    const index_t rise = reach(squared, 0);
    const index_t first = std::max(slices_.begin, z - rise);
    const index_t last = std::min(slices_.end - 1, z + rise);
    for (index_t pz = first; pz <= last; ++pz) {
      const double in_slice = squared - square(pz - z) * scale_.weight[0];
      const index_t width = reach(in_slice, 1);
      const index_t from = std::max<index_t>(0, y - width);
      const index_t to = std::min(shape.y - 1, y + width);
      for (index_t py = from; py <= to; ++py) {
        const index_t half = reach(in_slice - square(py - y) * scale_.weight[1], 2);
        if (half < 0) continue;
        paint_span(pz * shape.y + py, std::max<index_t>(0, x - half),
                   std::min(shape.x - 1, x + half), value);
      }
    }
  }

 private:
  static double square(index_t n) { return static_cast<double>(n) * static_cast<double>(n); }

  /// How many voxels along an axis a squared length goes; -1 if not even to its own.
  index_t reach(double squared, std::size_t axis) const {
    const double weight = scale_.weight[axis];
    const double slack = scale_.whole ? 0 : 1e-6 * weight;
    if (closed_ ? squared + slack < 0 : squared - slack <= 0) return -1;
    auto n = static_cast<index_t>(std::sqrt(std::max(squared + slack, 0.0) / weight));
    // The root is rounded: the last step is taken by squares.
    const auto inside = [&](index_t k) {
      const double length = square(k) * weight;
      return closed_ ? length <= squared + slack : length < squared - slack;
    };
    while (!inside(n)) --n;
    while (inside(n + 1)) ++n;
    return n;
  }

  void paint_span(index_t r, index_t from, index_t to, float value) {
    std::uint64_t* const bits = row_bits(r);
    float* const row = out_.row(r).data();
    const index_t first = from / word_bits, last = to / word_bits;
    for (index_t w = first; w <= last; ++w) {
      std::uint64_t mask = bits[w];
      if (mask == 0) continue;
      if (w == first) mask &= ~std::uint64_t{0} << (from % word_bits);
      if (w == last) mask &= ~std::uint64_t{0} >> (word_bits - 1 - to % word_bits);
      bits[w] &= ~mask;
      for (; mask != 0; mask &= mask - 1) row[w * word_bits + std::countr_zero(mask)] = value;
    }
  }

  std::uint64_t* row_bits(index_t r) {
    return unpainted_.data() + (r - slices_.begin * out_.shape.y) * width_;
  }

  Volume<float> out_;
  const Scale& scale_;
  bool closed_;
  Slab slices_;
  index_t width_;
  Buffer<std::uint64_t> unpainted_;
};

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
  const float largest = *std::max_element(out.data, out.data + shape.size());
  if (std::isinf(largest)) return;  // no background: as far as one can see

  const int team = worthwhile_threads(shape.size(), tuning::voxels_per_thread, threads);
  const auto balls =
      all_outer_balls(runs, squared, Containment(scale, options.closed, largest), team);
  parallel_slabs(
      shape.z, team,
      [&](index_t, Slab slices) {
        Painter painter(runs, out, scale, options.closed, slices);
        for (const Ball& ball : balls) painter.paint(ball);
      },
      tuning::slabs_per_thread);
}

}  // namespace crevasse
