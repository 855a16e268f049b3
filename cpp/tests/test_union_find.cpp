#include <doctest/doctest.h>

#include <numeric>

#include "crevasse/union_find.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

struct Sets {
  std::vector<std::uint32_t> parent;
  UnionFind find;

  explicit Sets(std::size_t n) : parent(n), find(parent) {
    std::iota(parent.begin(), parent.end(), 0U);
  }
};

/// Sets as a number a member, rewritten at every union: the lowest member of its set.
struct Relabelled {
  std::vector<std::uint32_t> set;

  explicit Relabelled(std::size_t n) : set(n) { std::iota(set.begin(), set.end(), 0U); }
  void unite(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t low = std::min(set[a], set[b]), high = std::max(set[a], set[b]);
    for (auto& s : set) s = s == high ? low : s;
  }
};

}  // namespace

TEST_CASE("members start as sets of one") {
  Sets sets(5);
  for (std::uint32_t i = 0; i < 5; ++i) CHECK(sets.find.root(i) == i);
}

TEST_CASE("the root of every set is its lowest member after every union") {
  Random random(1);
  for (const index_t n : {2, 3, 10, 40, 100}) {
    Sets sets(to_size(n));
    Relabelled expected(to_size(n));
    for (index_t step = 0; step < 2 * n; ++step) {
      const auto a = static_cast<std::uint32_t>(below(random, n));
      const auto b = static_cast<std::uint32_t>(below(random, n));
      sets.find.unite(a, b);
      expected.unite(a, b);
      std::vector<std::uint32_t> roots(to_size(n));
      bool parents_are_lower = true;
      for (std::uint32_t i = 0; i < roots.size(); ++i) {
        roots[i] = sets.find.root(i);
        parents_are_lower = parents_are_lower && sets.parent[i] <= i;
      }
      CHECK(parents_are_lower);
      REQUIRE(difference(roots, expected.set) == "");
    }
  }
}

TEST_CASE("chains end in one set in whatever order they are linked") {
  Random random(2);
  constexpr std::uint32_t n = 3000;
  std::vector<std::uint32_t> links(n - 1);
  std::iota(links.begin(), links.end(), 0U);
  const auto chain_is_one_set = [&] {
    Sets sets(n);
    for (const std::uint32_t i : links) sets.find.unite(i + 1, i);
    for (std::uint32_t i = 0; i < n; ++i) {
      if (sets.find.root(i) != 0) return false;
    }
    return true;
  };
  CHECK(chain_is_one_set());
  std::reverse(links.begin(), links.end());
  CHECK(chain_is_one_set());
  for (int trial = 0; trial < 10; ++trial) {
    std::shuffle(links.begin(), links.end(), random);
    CHECK(chain_is_one_set());
  }
}

TEST_CASE("uniting a member with itself or twice changes nothing") {
  Sets sets(4);
  sets.find.unite(3, 1);
  const auto before = sets.parent;
  sets.find.unite(2, 2);
  sets.find.unite(1, 3);
  sets.find.unite(3, 1);
  CHECK(sets.parent == before);
  CHECK(sets.find.root(3) == 1);
  CHECK(sets.find.root(2) == 2);
}
