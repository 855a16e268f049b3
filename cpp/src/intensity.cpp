#include "crevasse/intensity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace crevasse {
namespace {

template <class T>
Intensity of_run(const T* values, index_t n) {
  Intensity run{n, 0, 0, std::numeric_limits<double>::infinity(),
                -std::numeric_limits<double>::infinity()};
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
  region.mean += difference * more / total;
  region.squared_deviations += run.squared_deviations + difference * difference * n * more / total;
  region.min = std::fmin(region.min, run.min);
  region.max = std::fmax(region.max, run.max);
}

}  // namespace

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

#define CREVASSE_INSTANTIATE(T)                                                             \
  template Buffer<Intensity> intensity<T>(const RunVolume&, std::span<const std::uint32_t>, \
                                          index_t, Volume<const T>);
CREVASSE_INSTANTIATE(std::uint8_t)
CREVASSE_INSTANTIATE(std::int16_t)
CREVASSE_INSTANTIATE(std::uint16_t)
CREVASSE_INSTANTIATE(std::int32_t)
CREVASSE_INSTANTIATE(std::uint32_t)
CREVASSE_INSTANTIATE(float)
CREVASSE_INSTANTIATE(double)
#undef CREVASSE_INSTANTIATE

}  // namespace crevasse
