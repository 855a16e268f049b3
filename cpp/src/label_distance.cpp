#include <algorithm>
#include <vector>

#include "crevasse/distance.hpp"
#include "metric.hpp"
#include "occupied.hpp"

namespace crevasse {
namespace {

/// Squared distances along x to where the value changes.
template <class T, class V>
void write_row(const V* image, index_t n, const Metric<T>& metric, T* row) {
  for (index_t begin = 0, end = 0; begin < n; begin = end) {
    while (end < n && image[end] == image[begin]) ++end;
    const bool before = begin > 0 || metric.border[2], after = end < n || metric.border[2];
    for (index_t x = begin; x < end; ++x) {
      const index_t left = before ? x - begin + 1 : n + 1, right = after ? end - x : n + 1;
      const auto nearest = static_cast<T>(std::min(left, right));
      const bool nowhere = !before && !after;
      row[x] = image[x] == 0 ? T{0}
               : nowhere     ? metric.infinite
                             : metric.weight[2] * nearest * nearest;
    }
  }
}

/// Distances of labels, in the numbers of one metric. One block of 64 columns after the other is
/// laid out as `Columns`: within slices, then along z.
template <class T, class V>
class LabelDistance {
 public:
  LabelDistance(Volume<const V> image, const Metric<T>& metric, T* between)
      : image_(image),
        metric_(metric),
        between_(between),
        blocks_(blocks_of(image.shape.x)),
        occupied_(static_cast<std::size_t>(image.shape.rows() * blocks_)) {}

  void pass_slices(int threads) {
    const Shape& shape = image_.shape;
    const auto pass_slab = [&](index_t, Slab slab) {
      Block block(shape.y);
      std::vector<T> slice(static_cast<std::size_t>(shape.y * shape.x));
      for (index_t z = slab.begin; z < slab.end; ++z) {
        for (index_t y = 0; y < shape.y; ++y) {
          write_row(image_.row(z * shape.y + y).data(), shape.x, metric_,
                    slice.data() + y * shape.x);
        }
        for (index_t b = 0; b < blocks_; ++b) {
          const auto row = [&](index_t y) { return z * shape.y + y; };
          for (index_t y = 0; y < shape.y; ++y) {
            occupied(row(y), b) = block.load(y, slice.data() + y * shape.x, image_.row(row(y)), b);
          }
          block.pass.run(
              block.columns(metric_, 1), [&](index_t y) { return occupied(row(y), b) != 0; },
              [&](index_t y, const T* distances, const auto*) {
                std::copy_n(distances, count(b), between_ + row(y) * shape.x + b * lanes);
              });
        }
      }
    };
    parallel_slabs(shape.z, threads, pass_slab, tuning::slabs_per_thread);
  }

  /// `finish(first voxel, distances, count)` for what holds labels, `clear(first voxel, count)` for
  /// what does not.
  template <class Finish, class Clear>
  void pass_depth(int threads, Finish&& finish, Clear&& clear) {
    const Shape& shape = image_.shape;
    const auto pass_slab = [&](index_t, Slab slab) {
      Block block(shape.z);
      const std::vector<T> nothing(static_cast<std::size_t>(shape.x), T{0});
      for (index_t y = slab.begin; y < slab.end; ++y) {
        for (index_t b = 0; b < blocks_; ++b) {
          const auto row = [&](index_t z) { return z * shape.y + y; };
          const auto voxel = [&](index_t z) { return row(z) * shape.x + b * lanes; };
          for (index_t z = 0; z < shape.z; ++z) {
            const bool here = occupied(row(z), b) != 0;
            block.load(z, here ? between_ + row(z) * shape.x : nothing.data(), image_.row(row(z)),
                       b);
          }
          block.pass.run(
              block.columns(metric_, 0), [&](index_t z) { return occupied(row(z), b) != 0; },
              [&](index_t z, const T* distances, const auto*) {
                finish(voxel(z), distances, count(b));
              });
          for (index_t z = 0; z < shape.z; ++z) {
            if (occupied(row(z), b) == 0) clear(voxel(z), count(b));
          }
        }
      }
    };
    parallel_slabs(shape.y, threads, pass_slab, tuning::slabs_per_thread);
  }

 private:
  /// 64 columns side by side, with what a thread needs to pass over them.
  struct Block {
    explicit Block(index_t n)
        : pass(n),
          length(n),
          distances(static_cast<std::size_t>(n * lanes), T{0}),
          values(distances.size(), 0) {}

    /// Voxel i of all columns, from block b of a row. Returns whether there are labels among them.
    bool load(index_t i, const T* row, std::span<const V> image, index_t b) {
      const index_t x = b * lanes, n = std::min(lanes, static_cast<index_t>(image.size()) - x);
      T* const to = distances.data() + i * lanes;
      WholeOf<T>* const value = values.data() + i * lanes;
      std::copy_n(row + x, n, to);
      std::fill(to + n, to + lanes, T{0});
      std::fill(value + n, value + lanes, WholeOf<T>{0});
      WholeOf<T> any = 0;
      for (index_t c = 0; c < n; ++c) {
        value[c] = static_cast<WholeOf<T>>(image[static_cast<std::size_t>(x + c)]);
        any |= value[c];
      }
      return any != 0;
    }
    Columns<T> columns(const Metric<T>& metric, std::size_t axis) const {
      return {distances.data(),    lanes,           length,
              metric.weight[axis], metric.infinite, metric.cap,
              metric.border[axis], values.data()};
    }

    ColumnPass<T, Seek::change> pass;
    index_t length;
    std::vector<T> distances;
    std::vector<WholeOf<T>> values;
  };

  std::uint8_t& occupied(index_t r, index_t b) {
    return occupied_[static_cast<std::size_t>(r * blocks_ + b)];
  }
  index_t count(index_t b) const { return std::min(lanes, image_.shape.x - b * lanes); }

  Volume<const V> image_;
  const Metric<T>& metric_;
  T* between_;
  index_t blocks_;
  std::vector<std::uint8_t> occupied_;
};

template <class T, class V>
void measure(Volume<const V> image, Volume<float> out, const DistanceOptions& options,
             const Metric<T>& metric, T* between, int threads) {
  LabelDistance<T, V> distances(image, metric, between);
  distances.pass_slices(threads);
  distances.pass_depth(
      threads,
      [&](index_t voxel, const T* values, index_t count) {
        to_float(values, count, metric, options, out.data + voxel);
      },
      [&](index_t voxel, index_t count) { std::fill_n(out.data + voxel, count, 0.0F); });
}

}  // namespace

template <class V>
void label_distance(Volume<const V> image, Volume<float> out, const DistanceOptions& options,
                    int threads) {
  const int team = distance_threads(image.shape, threads);
  if (const auto metric = whole_metric(image.shape, options, 0)) {
    Buffer<std::int32_t> between(static_cast<std::size_t>(image.shape.size()));
    measure(image, out, options, *metric, between.data(), team);
  } else {
    Buffer<double> between(static_cast<std::size_t>(image.shape.size()));
    measure(image, out, options, real_metric(options), between.data(), team);
  }
}

template void label_distance(Volume<const std::uint8_t>, Volume<float>, const DistanceOptions&,
                             int);
template void label_distance(Volume<const std::uint16_t>, Volume<float>, const DistanceOptions&,
                             int);
template void label_distance(Volume<const std::uint32_t>, Volume<float>, const DistanceOptions&,
                             int);

}  // namespace crevasse
