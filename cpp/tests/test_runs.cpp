#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "crevasse/runs.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

template <class T>
Mask nonzero(const Dense<T>& image) {
  Mask mask(image.shape);
  for (std::size_t i = 0; i < image.voxels.size(); ++i) mask.voxels[i] = image.voxels[i] != 0;
  return mask;
}

template <class T>
Mask within(const Dense<T>& image, T low, T high, const Mask* roi) {
  Mask mask(image.shape);
  for (std::size_t i = 0; i < image.voxels.size(); ++i) {
    const bool inside = !roi || roi->voxels[i] != 0;
    mask.voxels[i] = inside && image.voxels[i] >= low && image.voxels[i] <= high;
  }
  return mask;
}

void check_encodes(const RunVolume& runs, const Mask& expected) {
  CHECK_NOTHROW(runs.check());
  CHECK(runs.shape == expected.shape);
  CHECK(difference(to_mask(runs).voxels, expected.voxels) == "");
}

/// Voxels over the whole range of T, its ends and 0 among them.
template <class T>
Dense<T> grey(const Shape& shape, Random& random) {
  using Limits = std::numeric_limits<T>;
  Dense<T> image(shape);
  for (auto& voxel : image.voxels) {
    const std::array<T, 4> special{T{0}, Limits::lowest(), Limits::max(), T{1}};
    if (uniform(random) < 0.1) {
      voxel = special[to_size(below(random, 4))];
    } else if constexpr (std::is_floating_point_v<T>) {
      voxel = static_cast<T>(200 * uniform(random) - 100);
    } else {
      voxel = static_cast<T>(random());
    }
  }
  return image;
}

/// A volume of runs written by hand: rows of runs.
RunVolume by_hand(const Shape& shape, const std::vector<index_t>& row_begin,
                  const std::vector<Run>& runs) {
  return {shape, Buffer<index_t>::copy_of(row_begin), Buffer<Run>::copy_of(runs)};
}

template <class T>
std::string refusal(const Dense<T>& image, const RunVolume* roi, int threads) {
  try {
    encode_threshold<T>(image.view(), T{0}, T{1}, roi, threads);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

bool names_position(const std::string& message, const Shape& at) {
  const std::string position =
      std::to_string(at.z) + ", " + std::to_string(at.y) + ", " + std::to_string(at.x);
  return message.find("NaN") != std::string::npos && message.find(position) != std::string::npos;
}

}  // namespace

TEST_CASE_TEMPLATE("encode_mask gives every voxel that is not 0 and no other", T, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t) {
  Random random(1);
  constexpr T high_bit = static_cast<T>(T{1} << (8 * sizeof(T) - 1));
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const double density : densities) {
      Dense<T> image(shape);
      for (auto& voxel : image.voxels) {
        if (uniform(random) >= density) continue;
        voxel = uniform(random) < 0.5 ? high_bit : T{1};
      }
      check_encodes(encode_mask(image.view(), 1), nonzero(image));
    }
  }
}

TEST_CASE("a run may begin and end at any voxel of a row of three words") {
  constexpr index_t n = 131;
  for (index_t begin = 0; begin < n; ++begin) {
    for (index_t end = begin + 1; end <= n; ++end) {
      Mask run({1, 1, n}), gap({1, 1, n}, 1);
      std::fill(run.voxels.begin() + begin, run.voxels.begin() + end, std::uint8_t{1});
      std::fill(gap.voxels.begin() + begin, gap.voxels.begin() + end, std::uint8_t{0});
      const auto runs = encode_mask(run.view(), 1);
      REQUIRE(runs.run_count() == 1);
      REQUIRE(runs.runs[0] ==
              Run{static_cast<std::int32_t>(begin), static_cast<std::int32_t>(end)});
      REQUIRE(to_mask(encode_mask(gap.view(), 1)) == gap);
    }
  }
}

TEST_CASE("a full row is one run at every length and runs never cross rows") {
  for (index_t n = 1; n <= 260; ++n) {
    const Mask full({2, 2, n}, 1);
    const auto runs = encode_mask(full.view(), 1);
    REQUIRE(runs.run_count() == 4);
    for (const Run& run : runs.runs) REQUIRE(run == Run{0, static_cast<std::int32_t>(n)});
  }
}

TEST_CASE("encoding is the same for every thread count") {
  Random random(2);
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    const Mask mask = stretches(shape, 0.3, 8, random);
    const auto alone = encode_mask(mask.view(), 1);
    check_encodes(alone, mask);
    const auto valued = encode_values(mask.view(), 1);
    const auto window = encode_threshold<std::uint8_t>(mask.view(), 1, 1, nullptr, 1);
    CHECK(window == alone);
    for (const int threads : thread_counts) {
      INFO("threads ", threads);
      CHECK(encode_mask(mask.view(), threads) == alone);
      CHECK(encode_threshold<std::uint8_t>(mask.view(), 1, 1, &alone, threads) == alone);
      const auto again = encode_values(mask.view(), threads);
      CHECK(again.where == valued.where);
      CHECK(difference(again.values, valued.values) == "");
    }
  }
}

TEST_CASE_TEMPLATE("encode_if_binary gives the mask's runs, or nothing wherever a second value is",
                   T, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t) {
  Random random(31);
  const Shape shape{40, 80, 130};  // enough for several slabs
  Dense<T> image(shape);
  const T value = std::numeric_limits<T>::max() - 1;
  for (auto& voxel : image.voxels) voxel = below(random, 3) == 0 ? value : T{0};
  const auto expected = encode_mask(image.view(), 1);
  for (const int threads : thread_counts) {
    INFO("threads ", threads);
    const auto actual = encode_if_binary(image.view(), threads);
    REQUIRE(actual.has_value());
    CHECK(*actual == expected);
  }
  for (const index_t at : {index_t{0}, shape.size() / 3, shape.size() - 1}) {
    const T before = image.voxels[to_size(at)];
    image.voxels[to_size(at)] = 7;
    for (const int threads : thread_counts) {
      CHECK_FALSE(encode_if_binary(image.view(), threads).has_value());
    }
    image.voxels[to_size(at)] = before;
  }
  const Dense<T> empty(shape);
  CHECK(encode_if_binary(empty.view(), 2)->run_count() == 0);
}

TEST_CASE_TEMPLATE("encode_values gives the longest runs of equal values", T, std::uint8_t,
                   std::uint16_t, std::uint32_t, std::uint64_t) {
  Random random(3);
  constexpr T one = 1;
  constexpr T high = static_cast<T>(one << (8 * sizeof(T) - 3));
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const T scale : {one, high}) {
      for (const index_t kinds : {1, 2, 3, 7}) {
        const auto image = values<T>(shape, kinds, scale, random);
        const auto runs = encode_values(image.view(), 1);
        CHECK(runs.where.shape == shape);
        CHECK(fault(runs) == "");
        CHECK(difference(spread<T>(runs.where, runs.values).voxels, image.voxels) == "");
      }
    }
  }
}

TEST_CASE_TEMPLATE("encode_threshold keeps low <= value <= high inside the region", T, std::uint8_t,
                   std::uint16_t, std::int16_t, std::uint32_t, std::int32_t, float, double) {
  using Limits = std::numeric_limits<T>;
  Random random(4);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    const auto image = grey<T>(shape, random);
    const Mask region = stretches(shape, 0.6, 9, random);
    const auto roi = encode_mask(region.view(), 1);
    std::vector<std::pair<T, T>> windows{{Limits::lowest(), Limits::max()},
                                         {Limits::max(), Limits::max()},
                                         {Limits::lowest(), Limits::lowest()},
                                         {T{0}, T{0}},
                                         {T{1}, T{0}},
                                         {T{10}, Limits::max()},
                                         {Limits::lowest(), T{10}}};
    if (shape.size() > 0) {
      const T low = image.voxels[to_size(below(random, shape.size()))];
      const T high = image.voxels[to_size(below(random, shape.size()))];
      windows.emplace_back(low, high);
      windows.emplace_back(high, low);
    }
    for (const auto& [low, high] : windows) {
      check_encodes(encode_threshold<T>(image.view(), low, high, nullptr, 1),
                    within<T>(image, low, high, nullptr));
      check_encodes(encode_threshold<T>(image.view(), low, high, &roi, 1),
                    within<T>(image, low, high, &region));
    }
  }
}

TEST_CASE_TEMPLATE("encode_windows makes of each window what encode_threshold does", T,
                   std::uint8_t, std::uint16_t, float) {
  Random random(7);
  auto shapes = small_shapes();
  shapes.push_back({9, 130, 210});  // worth several threads
  for (const Shape& shape : shapes) {
    INFO("shape ", shape);
    const auto image = grey<T>(shape, random);
    const auto roi = encode_mask(stretches(shape, 0.6, 9, random).view(), 1);
    const std::vector<GreyWindow<T>> windows{{T{0}, T{40}}, {T{1}, T{0}}, {T{20}, T{90}}};
    for (const RunVolume* const inside : {static_cast<const RunVolume*>(nullptr), &roi}) {
      for (const int threads : thread_counts) {
        const auto volumes = encode_windows<T>(image.view(), windows, inside, threads);
        REQUIRE(volumes.size() == windows.size());
        for (std::size_t i = 0; i < windows.size(); ++i) {
          volumes[i].check();
          const auto [low, high] = windows[i];
          CHECK(volumes[i] == encode_threshold<T>(image.view(), low, high, inside, 1));
        }
      }
      CHECK(encode_windows<T>(image.view(), {}, inside, 2).empty());
    }
  }
}

TEST_CASE("a region of interest cuts runs at any voxel") {
  constexpr index_t n = 131;
  const Mask full({1, 1, n}, 1);
  for (index_t begin = 0; begin <= n; ++begin) {
    for (index_t end = begin; end <= n; ++end) {
      const auto roi = box({1, 1, n}, {0, 0, begin}, {1, 1, end});
      REQUIRE(encode_threshold<std::uint8_t>(full.view(), 1, 255, &roi, 1) == roi);
    }
  }
}

TEST_CASE_TEMPLATE("infinities and signed zeros are values like any other", T, float, double) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  Dense<T> image({1, 1, 5});
  image.voxels = {-infinity, T{-0.0}, T{0.0}, T{1}, infinity};
  const auto kept = [&](T low, T high) {
    return to_mask(encode_threshold<T>(image.view(), low, high, nullptr, 1)).voxels;
  };
  using Voxels = std::vector<std::uint8_t>;
  CHECK(kept(-infinity, infinity) == Voxels{1, 1, 1, 1, 1});
  CHECK(kept(T{0.0}, infinity) == Voxels{0, 1, 1, 1, 1});
  CHECK(kept(-infinity, T{-0.0}) == Voxels{1, 1, 1, 0, 0});
  CHECK(kept(infinity, infinity) == Voxels{0, 0, 0, 0, 1});
}

TEST_CASE_TEMPLATE("a NaN is refused inside the region, with its position, and ignored outside", T,
                   float, double) {
  Random random(5);
  for (const Shape& shape : {Shape{1, 1, 1}, Shape{2, 3, 65}, Shape{3, 2, 200}}) {
    for (int trial = 0; trial < 30; ++trial) {
      auto image = grey<T>(shape, random);
      const Shape at{below(random, shape.z), below(random, shape.y), below(random, shape.x)};
      image.at(at.z, at.y, at.x) = std::numeric_limits<T>::quiet_NaN();
      CHECK(names_position(refusal(image, nullptr, 1), at));

      Mask region = noise(shape, 0.5, random);
      region.at(at.z, at.y, at.x) = 1;
      const auto with = encode_mask(region.view(), 1);
      CHECK(names_position(refusal(image, &with, 1), at));

      region.at(at.z, at.y, at.x) = 0;
      const auto without = encode_mask(region.view(), 1);
      CHECK(refusal(image, &without, 1) == "");
      check_encodes(encode_threshold<T>(image.view(), T{-50}, T{50}, &without, 1),
                    within<T>(image, T{-50}, T{50}, &region));
    }
  }
}

TEST_CASE("of several NaNs the first in raster order is named, whatever the thread count") {
  Random random(6);
  for (const Shape& shape : {Shape{44, 100, 210}, Shape{1, 4400, 210}}) {
    Dense<float> image(shape);
    for (const double part : {0.95, 0.6, 0.3, 0.2}) {
      const auto i = static_cast<index_t>(part * static_cast<double>(shape.size()));
      image.voxels[to_size(i)] = std::nanf("");
      const Shape at{i / (shape.y * shape.x), i / shape.x % shape.y, i % shape.x};
      for (const int threads : thread_counts) {
        INFO("threads ", threads);
        CHECK(names_position(refusal(image, nullptr, threads), at));
      }
    }
  }
}

TEST_CASE("rows past 32 bits are refused before a voxel is read") {
  const Shape longest{1, 1, std::numeric_limits<std::int32_t>::max()};
  const Shape too_long{1, 1, longest.x + 1};
  CHECK_NOTHROW(check_shape(longest));
  CHECK_THROWS_AS(check_shape(too_long), std::length_error);
  CHECK_THROWS_AS(encode_mask(Volume<const std::uint8_t>{nullptr, too_long}, 1), std::length_error);
  CHECK_THROWS_AS(encode_values(Volume<const std::uint16_t>{nullptr, too_long}, 1),
                  std::length_error);
  CHECK_THROWS_AS(encode_threshold<float>(Volume<const float>{nullptr, too_long}, 0, 1, nullptr, 1),
                  std::length_error);
  CHECK_THROWS_AS(box(too_long, {0, 0, 0}, {1, 1, 1}), std::length_error);
}

TEST_CASE("a row of the greatest length holds runs up to its last voxel") {
  const Shape longest{1, 1, std::numeric_limits<std::int32_t>::max()};
  const auto all = box(longest, {0, 0, 0}, longest);
  CHECK_NOTHROW(all.check());
  CHECK(all.voxel_count() == longest.x);
}

TEST_CASE("a box holds the voxels between its corners") {
  Random random(7);
  for (int trial = 0; trial < 300; ++trial) {
    const Shape shape{below(random, 5), below(random, 6), below(random, 70)};
    const auto cut = [&](index_t n) {
      const index_t a = below(random, n + 1), b = below(random, n + 1);
      return std::pair{std::min(a, b), std::max(a, b)};
    };
    const auto [z0, z1] = cut(shape.z);
    const auto [y0, y1] = cut(shape.y);
    const auto [x0, x1] = cut(shape.x);
    Mask expected(shape);
    for (index_t z = z0; z < z1; ++z)
      for (index_t y = y0; y < y1; ++y)
        for (index_t x = x0; x < x1; ++x) expected.at(z, y, x) = 1;
    check_encodes(box(shape, {z0, y0, x0}, {z1, y1, x1}), expected);
  }
}

TEST_CASE("write_mask overwrites what was there and gives back what was encoded") {
  Random random(8);
  auto shapes = small_shapes();
  for (const Shape& large : large_shapes()) shapes.push_back(large);
  for (const Shape& shape : shapes) {
    INFO("shape ", shape);
    const Mask mask = stretches(shape, 0.4, 5, random);
    const auto runs = encode_mask(mask.view(), 1);
    for (const int threads : thread_counts) {
      Mask written(shape, 77);
      write_mask(runs, written.out(), threads);
      CHECK(written == mask);
    }
  }
}

TEST_CASE_TEMPLATE("write_values writes each run's value and the background elsewhere", Types,
                   std::pair<std::uint32_t, std::uint8_t>, std::pair<std::uint32_t, std::uint16_t>,
                   std::pair<std::uint32_t, std::uint32_t>, std::pair<std::uint32_t, std::uint64_t>,
                   std::pair<std::int32_t, std::int32_t>) {
  using U = typename Types::first_type;
  using V = typename Types::second_type;
  Random random(9);
  auto shapes = small_shapes();
  shapes.push_back(large_shapes().front());
  for (const Shape& shape : shapes) {
    INFO("shape ", shape);
    const auto runs = encode_mask(noise(shape, 0.4, random).view(), 1);
    std::vector<U> value(runs.runs.size());
    for (auto& v : value) v = static_cast<U>(random());
    std::vector<V> converted(value.size());
    std::transform(value.begin(), value.end(), converted.begin(),
                   [](U v) { return static_cast<V>(v); });
    const auto mask = to_mask(runs);
    const auto on_runs = spread<V>(runs, converted);
    const V background = static_cast<V>(-1), untouched = 42;
    for (const int threads : thread_counts) {
      for (const bool out_is_background : {false, true}) {
        Dense<V> expected(shape, background);
        for (std::size_t i = 0; i < mask.voxels.size(); ++i) {
          if (mask.voxels[i] != 0) expected.voxels[i] = on_runs.voxels[i];
        }
        Dense<V> written(shape, out_is_background ? background : untouched);
        write_values<U, V>(runs, value, written.out(), background, out_is_background, threads);
        CHECK(difference(written.voxels, expected.voxels) == "");
      }
    }
  }
}

TEST_CASE("equality looks at shape, rows and runs") {
  const auto runs = by_hand({1, 2, 8}, {0, 1, 2}, {{0, 2}, {3, 5}});
  CHECK(runs == by_hand({1, 2, 8}, {0, 1, 2}, {{0, 2}, {3, 5}}));
  CHECK_FALSE(runs == by_hand({2, 1, 8}, {0, 1, 2}, {{0, 2}, {3, 5}}));
  CHECK_FALSE(runs == by_hand({1, 2, 8}, {0, 2, 2}, {{0, 2}, {3, 5}}));
  CHECK_FALSE(runs == by_hand({1, 2, 8}, {0, 1, 2}, {{0, 2}, {3, 6}}));
  CHECK_FALSE(runs == by_hand({1, 2, 8}, {0, 1, 1}, {{0, 2}}));
}

TEST_CASE("counts follow from the runs") {
  const auto runs = by_hand({1, 2, 8}, {0, 2, 3}, {{0, 2}, {3, 5}, {0, 8}});
  CHECK(runs.run_count() == 3);
  CHECK(runs.voxel_count() == 12);
  CHECK(runs.row(0).size() == 2);
  CHECK(runs.row(1)[0] == Run{0, 8});
  CHECK(runs.bytes() == 3 * sizeof(index_t) + 3 * sizeof(Run));
}

TEST_CASE("check accepts the invariant and refuses each way to break it") {
  CHECK_NOTHROW(by_hand({1, 2, 8}, {0, 2, 3}, {{0, 2}, {3, 5}, {0, 8}}).check());
  CHECK_NOTHROW(by_hand({0, 4, 8}, {0}, {}).check());
  const auto refuses = [](const RunVolume& runs) {
    CHECK_THROWS_AS(runs.check(), std::logic_error);
  };
  refuses(by_hand({1, 2, 8}, {0, 2}, {{0, 2}, {3, 5}}));        // a row is missing
  refuses(by_hand({1, 2, 8}, {0, 1, 2, 2}, {{0, 2}, {3, 5}}));  // a row too many
  refuses(by_hand({1, 2, 8}, {1, 1, 2}, {{0, 2}, {3, 5}}));     // starts late
  refuses(by_hand({1, 2, 8}, {0, 1, 1}, {{0, 2}, {3, 5}}));     // ends early
  refuses(by_hand({1, 3, 8}, {0, 2, 1, 2}, {{0, 2}, {3, 5}}));  // rows not sorted
  refuses(by_hand({1, 1, 8}, {0, 2}, {{0, 2}, {2, 5}}));        // touch
  refuses(by_hand({1, 1, 8}, {0, 2}, {{0, 3}, {2, 5}}));        // overlap
  refuses(by_hand({1, 1, 8}, {0, 2}, {{4, 5}, {0, 2}}));        // not sorted
  refuses(by_hand({1, 1, 8}, {0, 1}, {{3, 3}}));                // empty
  refuses(by_hand({1, 1, 8}, {0, 1}, {{5, 3}}));                // backwards
  refuses(by_hand({1, 1, 8}, {0, 1}, {{-1, 3}}));               // before the row
  refuses(by_hand({1, 1, 8}, {0, 1}, {{3, 9}}));                // past the row
}

TEST_CASE("rows are visited with their slice and their place in it") {
  Random random(10);
  for (int trial = 0; trial < 200; ++trial) {
    const Shape shape{below(random, 5), below(random, 5), 3};
    const index_t begin = below(random, shape.rows() + 1);
    const index_t end = begin + below(random, shape.rows() - begin + 1);
    index_t next = begin;
    for_each_row(shape, begin, end, [&](index_t r, index_t z, index_t y) {
      CHECK(r == next++);
      CHECK(z == r / shape.y);
      CHECK(y == r % shape.y);
    });
    CHECK(next == end);
  }
}
