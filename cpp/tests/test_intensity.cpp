#include <doctest/doctest.h>

#include <cmath>

#include "crevasse/intensity.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

TEST_CASE_TEMPLATE("intensities are those of each label's voxels", T, std::uint8_t, std::int16_t,
                   std::uint16_t, std::int32_t, std::uint32_t, float, double) {
  Random random(5);
  const Shape shape{3, 7, 70};
  const Mask mask = noise(shape, 0.5, random);
  const auto runs = encode_mask(mask.view(), 1);
  Dense<T> grey(shape);
  for (auto& voxel : grey.voxels) voxel = static_cast<T>(below(random, 100));
  constexpr index_t count = 4;
  Buffer<std::uint32_t> labels(runs.runs.size());
  for (auto& label : labels) label = static_cast<std::uint32_t>(1 + below(random, count));

  constexpr std::array fractions{0.0, 0.1, 0.5, 0.75, 1.0};
  const auto cuts = quantiles(runs, labels, count, grey.view(), fractions, 3);
  const auto table = intensity(runs, labels, count, grey.view());
  for (std::uint32_t label = 1; label <= count; ++label) {
    std::vector<double> values;
    std::size_t i = 0;
    for (index_t r = 0; r < shape.rows(); ++r) {
      for (const Run& run : runs.row(r)) {
        if (labels[i++] != label) continue;
        for (index_t x = run.begin; x < run.end; ++x) {
          values.push_back(static_cast<double>(grey.voxels[to_size(r * shape.x + x)]));
        }
      }
    }
    REQUIRE(!values.empty());
    double sum = 0, squares = 0;
    for (const double v : values) sum += v;
    const double mean = sum / static_cast<double>(values.size());
    for (const double v : values) squares += (v - mean) * (v - mean);
    const Intensity& found = table[label - 1];
    CHECK(found.n_voxels == static_cast<index_t>(values.size()));
    CHECK(found.mean == doctest::Approx(mean));
    CHECK(found.squared_deviations == doctest::Approx(squares));
    CHECK(found.min == *std::min_element(values.begin(), values.end()));
    CHECK(found.max == *std::max_element(values.begin(), values.end()));
    std::sort(values.begin(), values.end());
    for (std::size_t k = 0; k < fractions.size(); ++k) {
      const double place = fractions[k] * static_cast<double>(values.size() - 1);
      const auto below_it = static_cast<std::size_t>(place);
      const double low = values[below_it], high = values[std::min(below_it + 1, values.size() - 1)];
      CHECK(cuts[(label - 1) * fractions.size() + k] ==
            doctest::Approx(low + (place - std::floor(place)) * (high - low)));
    }
  }
}

TEST_CASE("quantiles of labels without voxels, and of those with a NaN, are NaN") {
  Dense<float> grey({1, 1, 5}, 2.0F);
  grey.voxels[3] = std::nanf("");
  Mask mask({1, 1, 5}, 1);
  mask.voxels[2] = 0;
  const auto runs = encode_mask(mask.view(), 1);
  const std::vector<std::uint32_t> labels{1, 3};
  const std::vector<double> fractions{0.5};
  const auto cuts = quantiles(runs, labels, 3, grey.view(), fractions, 2);
  CHECK(cuts[0] == 2.0);
  CHECK(std::isnan(cuts[1]));
  CHECK(std::isnan(cuts[2]));
}
