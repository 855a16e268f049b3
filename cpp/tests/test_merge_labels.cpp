#include <doctest/doctest.h>

#include <map>
#include <stdexcept>

#include "crevasse/merge_labels.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

using Pairs = std::vector<std::array<std::uint32_t, 2>>;

/// Joined by rewriting every label at every pair; then numbered as they come.
std::vector<std::uint32_t> merged_one_by_one(std::size_t n, const Pairs& pairs) {
  std::vector<std::uint32_t> set(n);
  for (std::uint32_t i = 0; i < n; ++i) set[i] = i;
  for (const auto& [a, b] : pairs) {
    const std::uint32_t from = set[a], to = set[b];
    for (auto& s : set) s = s == from ? to : s;
  }
  std::map<std::uint32_t, std::uint32_t> number;
  for (auto& s : set) s = number.emplace(s, number.size() + 1).first->second;
  return set;
}

}  // namespace

TEST_CASE("joined labels are numbered in order of their lowest member") {
  Random random(7);
  for (const index_t n : {1, 2, 5, 30, 200}) {
    for (const index_t joins : {index_t{0}, n / 3, n, 3 * n}) {
      Pairs pairs;
      for (index_t i = 0; i < joins; ++i) {
        pairs.push_back({static_cast<std::uint32_t>(below(random, n)),
                         static_cast<std::uint32_t>(below(random, n))});
      }
      const MergedLabels merged = merge_labels(n, pairs);
      const std::vector<std::uint32_t> numbers(merged.numbers.begin(), merged.numbers.end());
      const auto expected = merged_one_by_one(to_size(n), pairs);
      REQUIRE(difference(numbers, expected) == "");
      CHECK(merged.count == *std::max_element(expected.begin(), expected.end()));
    }
  }
}

TEST_CASE("no labels merge into none") {
  const MergedLabels merged = merge_labels(0, {});
  CHECK(merged.numbers.size() == 0);
  CHECK(merged.count == 0);
}

TEST_CASE("pairs of labels that are not there are refused") {
  const Pairs beyond{{0, 3}};
  CHECK_THROWS_AS(merge_labels(3, beyond), std::invalid_argument);
}

TEST_CASE("more labels than 32 bits number are refused") {
  CHECK_THROWS_AS(merge_labels((index_t{1} << 32) - 1, {}), std::length_error);
}
