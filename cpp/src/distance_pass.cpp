#include "crevasse/distance_pass.hpp"

#include <algorithm>
#include <vector>

#include "crevasse/parallel.hpp"
#include "metric.hpp"
#include "occupied.hpp"

namespace crevasse {
namespace {

/// 64 columns, copied side by side so that the pass may overwrite where they came from.
template <class T, class V>
class ColumnBlock {
 public:
  explicit ColumnBlock(index_t length)
      : squared_(static_cast<std::size_t>(length * lanes), T{0}),
        values_(squared_.size(), V{0}),
        length_(length) {}

  void load(const T* squared, const V* values, index_t stride, index_t count) {
    for (index_t i = 0; i < length_; ++i) {
      T* const row = squared_.data() + i * lanes;
      std::copy_n(squared + i * stride, count, row);
      std::fill(row + count, row + lanes, T{0});
      if (values == nullptr) continue;
      V* const value = values_.data() + i * lanes;
      std::copy_n(values + i * stride, count, value);
      std::fill(value + count, value + lanes, V{0});
    }
  }

  Columns<T> columns(T weight, bool border) const {
    const T cap = std::is_integral_v<T> ? no_distance<T> - 1 : std::numeric_limits<T>::max();
    return {squared_.data(), lanes, length_, weight, no_distance<T>, cap, border, values_.data()};
  }

 private:
  std::vector<T> squared_;
  std::vector<V> values_;
  index_t length_;
};

template <Seek seek, class T, class V>
void pass_blocks(T* squared, const V* values, index_t length, index_t columns, T weight,
                 bool border, int threads) {
  const int team = worthwhile_threads(length * columns, tuning::voxels_per_thread, threads);
  parallel_slabs(
      blocks_of(columns), team,
      [&](index_t, Slab slab) {
        ColumnPass<T, seek> pass(length);
        ColumnBlock<T, V> block(length);
        for (index_t x = slab.begin * lanes; x < std::min(slab.end * lanes, columns); x += lanes) {
          const index_t count = std::min(lanes, columns - x);
          block.load(squared + x, values == nullptr ? nullptr : values + x, columns, count);
          pass.run(
              block.columns(weight, border), [](index_t) { return true; },
              [&](index_t i, const T* distances, const auto*) {
                std::copy_n(distances, count, squared + i * columns + x);
              });
        }
      },
      tuning::slabs_per_thread);
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
void distance_pass(T* squared, const V* values, index_t length, index_t columns, T weight,
                   bool border, int threads) {
  if (values == nullptr) {
    pass_blocks<Seek::distance>(squared, values, length, columns, weight, border, threads);
  } else {
    pass_blocks<Seek::change>(squared, values, length, columns, weight, border, threads);
  }
}

template void distance_pass(std::int32_t*, const std::int32_t*, index_t, index_t, std::int32_t,
                            bool, int);
template void distance_pass(double*, const std::int64_t*, index_t, index_t, double, bool, int);

}  // namespace crevasse
