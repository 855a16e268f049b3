#include <doctest/doctest.h>

#include "crevasse/set_operations.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

constexpr std::array operations{SetOperation::Union, SetOperation::Intersection,
                                SetOperation::Difference, SetOperation::SymmetricDifference};

Mask combined(const Mask& a, const Mask& b, SetOperation operation) {
  Mask out(a.shape);
  for (std::size_t i = 0; i < a.voxels.size(); ++i) {
    const bool in_a = a.voxels[i] != 0, in_b = b.voxels[i] != 0;
    out.voxels[i] = operation == SetOperation::Union          ? in_a || in_b
                    : operation == SetOperation::Intersection ? in_a && in_b
                    : operation == SetOperation::Difference   ? in_a && !in_b
                                                              : in_a != in_b;
  }
  return out;
}

RunVolume complement(const RunVolume& a) {
  return combine(box(a.shape, {0, 0, 0}, a.shape), a, SetOperation::Difference, 1);
}

}  // namespace

TEST_CASE("every operation equals the one on dense volumes") {
  Random random(1);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const double density_a : densities) {
      for (const double density_b : {0.0, 0.1, 0.5, 0.9, 1.0}) {
        const Mask a = stretches(shape, density_a, 3, random);
        const Mask b = noise(shape, density_b, random);
        for (const SetOperation operation : operations) {
          const auto actual =
              combine(encode_mask(a.view(), 1), encode_mask(b.view(), 1), operation, 1);
          CHECK_NOTHROW(actual.check());
          CHECK(actual == encode_mask(combined(a, b, operation).view(), 1));
          CHECK(to_mask(actual) == combined(a, b, operation));
        }
      }
    }
  }
}

TEST_CASE("two runs in one row combine rightly wherever they begin and end") {
  constexpr index_t n = 7;
  const Shape shape{1, 1, n};
  for_each_voxel({n, n + 1, n}, [&](index_t a0, index_t a1, index_t b0) {
    for (index_t b1 = b0; b1 <= n; ++b1) {
      if (a1 < a0) continue;
      const auto a = box(shape, {0, 0, a0}, {1, 1, a1}), b = box(shape, {0, 0, b0}, {1, 1, b1});
      for (const SetOperation operation : operations) {
        const auto actual = combine(a, b, operation, 1);
        REQUIRE_NOTHROW(actual.check());
        REQUIRE(to_mask(actual) == combined(to_mask(a), to_mask(b), operation));
      }
    }
  });
}

TEST_CASE("operations on large volumes are the same for every thread count") {
  Random random(2);
  for (const Shape& shape : large_shapes()) {
    INFO("shape ", shape);
    const Mask mask_a = noise(shape, 0.3, random), mask_b = stretches(shape, 0.5, 4, random);
    const auto a = encode_mask(mask_a.view(), 1), b = encode_mask(mask_b.view(), 1);
    for (const SetOperation operation : operations) {
      const auto expected = encode_mask(combined(mask_a, mask_b, operation).view(), 1);
      for (const int threads : thread_counts) {
        CHECK(combine(a, b, operation, threads) == expected);
      }
    }
  }
}

TEST_CASE("the laws of sets hold") {
  Random random(3);
  const auto both = SetOperation::Intersection, either = SetOperation::Union;
  for (const double density : densities) {
    const Shape shape{5, 9, 140};
    const auto a = encode_mask(noise(shape, density, random).view(), 1);
    const auto b = encode_mask(stretches(shape, 0.5, 20, random).view(), 1);
    const auto none = box(shape, {0, 0, 0}, {0, 0, 0});
    CHECK(complement(complement(a)) == a);
    CHECK(combine(a, complement(a), either, 1) == box(shape, {0, 0, 0}, shape));
    CHECK(combine(a, complement(a), both, 1) == none);
    CHECK(combine(a, a, either, 1) == a);
    CHECK(combine(a, a, SetOperation::SymmetricDifference, 1) == none);
    CHECK(combine(a, none, either, 1) == a);
    CHECK(combine(a, b, either, 1) == combine(b, a, either, 1));
    CHECK(complement(combine(a, b, either, 1)) == combine(complement(a), complement(b), both, 1));
    CHECK(combine(a, b, either, 1).voxel_count() + combine(a, b, both, 1).voxel_count() ==
          a.voxel_count() + b.voxel_count());
  }
}

TEST_CASE("runs that touch become one") {
  const Shape shape{1, 1, 200};
  const auto left = box(shape, {0, 0, 3}, {1, 1, 64}), right = box(shape, {0, 0, 64}, {1, 1, 130});
  const auto joined = combine(left, right, SetOperation::Union, 1);
  CHECK(joined.run_count() == 1);
  CHECK(joined.runs[0] == Run{3, 130});
}

TEST_CASE("runs at the end of a row do not grow into the next") {
  const Shape shape{1, 2, 10};
  const auto first = box(shape, {0, 0, 5}, {1, 1, 10}), second = box(shape, {0, 1, 0}, {1, 2, 5});
  const auto joined = combine(first, second, SetOperation::Union, 1);
  CHECK_NOTHROW(joined.check());
  CHECK(joined.run_count() == 2);
}

TEST_CASE("select keeps the marked labels as a binary volume, for every thread count") {
  Random random(4);
  auto shapes = small_shapes();
  for (const Shape& large : large_shapes()) shapes.push_back(large);
  for (const Shape& shape : shapes) {
    INFO("shape ", shape);
    // Labels that touch within a row, so that kept neighbours have to become one run.
    const auto labels = values<std::uint32_t>(shape, 6, 1, random);
    const auto runs = encode_values(labels.view(), 1);
    for (int trial = 0; trial < 3; ++trial) {
      std::array<std::uint8_t, 6> keep{};
      for (auto& k : keep) k = uniform(random) < 0.5 ? std::uint8_t{0} : std::uint8_t{255};
      Mask expected(shape);
      for (std::size_t i = 0; i < labels.voxels.size(); ++i) {
        expected.voxels[i] = labels.voxels[i] != 0 && keep[labels.voxels[i]] != 0;
      }
      for (const int threads : thread_counts) {
        const auto kept = select(runs.where, runs.values, keep, threads);
        CHECK_NOTHROW(kept.check());
        CHECK(to_mask(kept) == expected);
      }
    }
  }
}
