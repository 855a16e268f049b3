#include "crevasse/distance_pass.hpp"

#include <algorithm>
#include <vector>

#include "crevasse/parallel.hpp"
#include "metric.hpp"
#include "occupied.hpp"
#include "slice_pass.hpp"

namespace crevasse {
namespace {

template <class T>
constexpr T largest_distance =
    std::is_integral_v<T> ? no_distance<T> - 1 : std::numeric_limits<T>::max();

/// Up to 64 columns, and where their voxels lie: voxel i of column c at first + i * stride + c *
/// step.
struct Placed {
  index_t first, count, stride, step;
};

/// Blocks of 64 columns side by side; where columns are rows of the array, of 64 rows.
class ColumnBlocks {
 public:
  explicit ColumnBlocks(const ColumnsShape& shape)
      : shape_(shape), across_(blocks_of(shape.inner == 1 ? shape.outer : shape.inner)) {}

  index_t count() const { return shape_.inner == 1 ? across_ : shape_.outer * across_; }

  Placed operator[](index_t b) const {
    if (shape_.inner == 1) {
      const index_t row = b * lanes;
      return {row * shape_.length, std::min(lanes, shape_.outer - row), 1, shape_.length};
    }
    const index_t slab = b / across_, x = b % across_ * lanes;
    return {slab * shape_.length * shape_.inner + x, std::min(lanes, shape_.inner - x),
            shape_.inner, 1};
  }

 private:
  ColumnsShape shape_;
  index_t across_;
};

/// One block, copied so that the pass may overwrite where it came from.
template <class T, class V>
class ColumnBlock {
 public:
  explicit ColumnBlock(index_t length)
      : squared_(static_cast<std::size_t>(length * lanes), T{0}),
        values_(squared_.size(), V{0}),
        length_(length) {}

  /// Returns whether there is foreground; if not, the rest is left as it was.
  bool load(const T* squared, const V* values, const Placed& at) {
    copy(squared, at, squared_);
    const bool any = std::any_of(squared_.begin(), squared_.end(), [](T f) { return f != 0; });
    if (any && values != nullptr) copy(values, at, values_);
    return any;
  }

  Columns<T> columns(T weight, bool border) const {
    return {squared_.data(),     lanes,  length_,       weight, no_distance<T>,
            largest_distance<T>, border, values_.data()};
  }

 private:
  template <class U>
  void copy(const U* from, const Placed& at, std::vector<U>& to) const {
    if (at.count < lanes) std::fill(to.begin(), to.end(), U{0});
    if (at.step == 1) {
      for (index_t i = 0; i < length_; ++i) {
        std::copy_n(from + at.first + i * at.stride, at.count, to.data() + i * lanes);
      }
      return;
    }
    for (index_t c = 0; c < at.count; ++c) {
      const U* const column = from + at.first + c * at.step;
      for (index_t i = 0; i < length_; ++i) to[static_cast<std::size_t>(i * lanes + c)] = column[i];
    }
  }

  std::vector<T> squared_;
  std::vector<V> values_;
  index_t length_;
};

/// Call `take(place, i, distances)` with the results of voxels i of each block.
template <Seek seek, class T, class V, class Take>
void pass_blocks(const T* squared, const V* values, const ColumnsShape& shape, T weight,
                 bool border, int threads, Take&& take) {
  const index_t voxels = shape.outer * shape.length * shape.inner;
  const int team = worthwhile_threads(voxels, tuning::voxels_per_thread, threads);
  const ColumnBlocks blocks(shape);
  const auto pass_slab = [&](index_t, Slab slab) {
    ColumnPass<T, seek> pass(shape.length);
    ColumnBlock<T, V> block(shape.length);
    for (index_t b = slab.begin; b < slab.end; ++b) {
      const Placed at = blocks[b];
      if (!block.load(squared, values, at)) continue;
      pass.run(
          block.columns(weight, border), [](index_t) { return true; },
          [&](index_t i, const T* distances, const auto*) { take(at, i, distances); });
    }
  };
  parallel_slabs(blocks.count(), team, pass_slab, tuning::slabs_per_thread);
}

/// With values to tell apart, or none.
template <class T, class V, class Take>
void pass_blocks(const T* squared, const V* values, const ColumnsShape& shape, T weight,
                 bool border, int threads, Take&& take) {
  if (values == nullptr) {
    pass_blocks<Seek::distance>(squared, values, shape, weight, border, threads, take);
  } else {
    pass_blocks<Seek::change>(squared, values, shape, weight, border, threads, take);
  }
}

}  // namespace

DistanceUnits distance_units(const Shape& shape, const std::array<double, 3>& spacing) {
  DistanceOptions options;
  options.spacing = spacing;
  const auto volume = whole_metric(shape, options, 0);
  const auto slice = volume ? volume : whole_metric(shape, options, 1);
  return {volume ? volume->scale : 0.0, slice ? slice->scale : 0.0};
}

template <class T, class V>
void distance_pass(T* squared, const V* values, const ColumnsShape& shape, T weight, bool border,
                   int threads) {
  pass_blocks(squared, values, shape, weight, border, threads,
              [&](const Placed& at, index_t i, const T* distances) {
                T* const to = squared + at.first + i * at.stride;
                for (index_t c = 0; c < at.count; ++c) to[c * at.step] = distances[c];
              });
}

template <class T>
void distance_in_slices(const RunVolume& runs, Volume<T> out, const std::array<T, 2>& weight,
                        const std::array<bool, 2>& border, int threads) {
  Metric<T> metric;
  metric.weight = {T{1}, weight[0], weight[1]};
  metric.infinite = no_distance<T>;
  metric.cap = largest_distance<T>;
  metric.border = {false, border[0], border[1]};
  const int team = distance_threads(runs.shape, threads);
  const Occupied occupied(runs, team);
  pass_slices(
      runs, occupied, metric, team,
      [&](index_t voxel, const T* values, index_t count) {
        std::copy_n(values, count, out.data + voxel);
      },
      [](index_t, index_t) {});
}

template <class T, class V>
void distance_along_z(const T* in_slices, const V* values, Volume<float> out, T weight, bool border,
                      double unit, bool squared, int threads) {
  const Shape& shape = out.shape;
  Metric<T> metric;
  metric.cap = largest_distance<T>;
  metric.scale = unit;
  DistanceOptions options;
  options.squared = squared;
  pass_blocks(in_slices, values, {1, shape.z, shape.y * shape.x}, weight, border, threads,
              [&](const Placed& at, index_t i, const T* distances) {
                to_float(distances, at.count, metric, options, out.data + at.first + i * at.stride);
              });
}

template void distance_pass(std::int32_t*, const std::int32_t*, const ColumnsShape&, std::int32_t,
                            bool, int);
template void distance_pass(double*, const std::int64_t*, const ColumnsShape&, double, bool, int);

template void distance_in_slices(const RunVolume&, Volume<std::int32_t>,
                                 const std::array<std::int32_t, 2>&, const std::array<bool, 2>&,
                                 int);
template void distance_in_slices(const RunVolume&, Volume<double>, const std::array<double, 2>&,
                                 const std::array<bool, 2>&, int);
template void distance_along_z(const std::int32_t*, const std::int32_t*, Volume<float>,
                               std::int32_t, bool, double, bool, int);
template void distance_along_z(const double*, const std::int64_t*, Volume<float>, double, bool,
                               double, bool, int);

}  // namespace crevasse
