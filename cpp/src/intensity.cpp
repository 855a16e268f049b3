#include "crevasse/intensity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <type_traits>
#include <vector>

#include "crevasse/parallel.hpp"
#include "grey_types.hpp"

namespace crevasse {
namespace {

template <class T>
Intensity of_run(const T* values, index_t n) {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();  // which fmin, fmax pass over
  Intensity run{n, 0, 0, none, none};
  double sum = 0;
  for (index_t i = 0; i < n; ++i) {
    const auto value = static_cast<double>(values[i]);
    sum += value;
    run.min = std::fmin(run.min, value);
    run.max = std::fmax(run.max, value);
  }
  run.mean = sum / static_cast<double>(n);
  for (index_t i = 0; i < n; ++i) {
    const double deviation = static_cast<double>(values[i]) - run.mean;
    run.squared_deviations += deviation * deviation;
  }
  return run;
}

void add(Intensity& region, const Intensity& run) {
  const auto n = static_cast<double>(region.n_voxels), more = static_cast<double>(run.n_voxels);
  const double difference = run.mean - region.mean, total = n + more;
  region.n_voxels += run.n_voxels;
  if (std::isfinite(difference)) {
    region.mean += difference * more / total;
  } else {  // an infinite mean stays what it is, and one of both signs is none
    region.mean = region.mean * (n / total) + run.mean * (more / total);
  }
  region.squared_deviations += run.squared_deviations + difference * difference * n * more / total;
  region.min = std::fmin(region.min, run.min);
  region.max = std::fmax(region.max, run.max);
}

/// The values of all regions, one region after the other; `begin[l - 1]` is where those of l begin.
template <class T>
struct Grouped {
  Buffer<index_t> begin;
  Buffer<T> values;
};

template <class T>
Grouped<T> group(const RunVolume& runs, std::span<const std::uint32_t> labels, index_t count,
                 Volume<const T> image) {
  Grouped<T> grouped{Buffer<index_t>(static_cast<std::size_t>(count) + 1),
                     Buffer<T>(static_cast<std::size_t>(runs.voxel_count()))};
  index_t* const begin = grouped.begin.data();
  std::fill_n(begin, count + 1, index_t{0});
  for (std::size_t i = 0; i < labels.size(); ++i) begin[labels[i]] += runs.runs[i].length();
  std::partial_sum(begin, begin + count + 1, begin);
  std::vector<index_t> next(begin, begin + count);
  const auto* label = labels.data();
  for (index_t r = 0; r < runs.shape.rows(); ++r) {
    const T* const row = image.row(r).data();
    for (const Run& run : runs.row(r)) {
      index_t& to = next[*label++ - 1];
      std::copy(row + run.begin, row + run.end, grouped.values.data() + to);
      to += run.length();
    }
  }
  return grouped;
}

/// Leaves `values` in another order.
template <class T>
void quantiles_of(std::span<T> values, std::span<const double> fractions, double* out) {
  if constexpr (std::is_floating_point_v<T>) {
    const bool any_nan = std::any_of(values.begin(), values.end(), [](T v) { return v != v; });
    if (any_nan) values = {};
  }
  if (values.empty()) {
    std::fill_n(out, fractions.size(), std::numeric_limits<double>::quiet_NaN());
    return;
  }
  auto from = values.begin();  // what lies before is smaller
  for (const double fraction : fractions) {
    const double place = fraction * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::ptrdiff_t>(place);
    const auto at = values.begin() + below;
    std::nth_element(from, at, values.end());
    from = at;
    const double weight = place - static_cast<double>(below);
    const auto low = static_cast<double>(*at);
    const double high =
        weight == 0 ? low : static_cast<double>(*std::min_element(at + 1, values.end()));
    *out++ = low + weight * (high - low);
  }
}

}  // namespace

template <class T>
Buffer<double> quantiles(const RunVolume& runs, std::span<const std::uint32_t> labels,
                         index_t count, Volume<const T> image, std::span<const double> fractions,
                         int threads) {
  auto grouped = group(runs, labels, count, image);
  Buffer<double> table(static_cast<std::size_t>(count) * fractions.size());
  // Regions differ in size: more parts than threads, so that none waits for long.
  const index_t parts = std::min<index_t>(count, 64);
  parallel_tasks(parts, threads, [&](index_t part) {
    const Slab slab = Slab::of(count, parts, part);
    for (index_t i = slab.begin; i < slab.end; ++i) {
      T* const values = grouped.values.data();
      const index_t* const begin = grouped.begin.data() + i;
      quantiles_of(std::span<T>(values + begin[0], values + begin[1]), fractions,
                   table.data() + static_cast<std::size_t>(i) * fractions.size());
    }
  });
  return table;
}

template <class T>
Buffer<Intensity> intensity(const RunVolume& runs, std::span<const std::uint32_t> labels,
                            index_t count, Volume<const T> image) {
  Buffer<Intensity> table(static_cast<std::size_t>(count));
  std::fill(table.begin(), table.end(), Intensity{});
  const auto* label = labels.data();
  for (index_t r = 0; r < runs.shape.rows(); ++r) {
    for (const Run& run : runs.row(r)) {
      Intensity& region = table[*label++ - 1];
      const Intensity more = of_run(image.row(r).data() + run.begin, run.length());
      if (region.n_voxels == 0) {
        region = more;
      } else {
        add(region, more);
      }
    }
  }
  return table;
}

#define CREVASSE_INSTANTIATE(T)                                                                   \
  template Buffer<Intensity> intensity<T>(const RunVolume&, std::span<const std::uint32_t>,       \
                                          index_t, Volume<const T>);                              \
  template Buffer<double> quantiles<T>(const RunVolume&, std::span<const std::uint32_t>, index_t, \
                                       Volume<const T>, std::span<const double>, int);
CREVASSE_FOR_GREY_TYPES(CREVASSE_INSTANTIATE)
#undef CREVASSE_INSTANTIATE

}  // namespace crevasse
