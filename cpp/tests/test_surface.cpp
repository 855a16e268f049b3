#include "crevasse/surface.hpp"

#include <doctest/doctest.h>

#include "crevasse/contacts.hpp"
#include "crevasse/label.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

bool same_surface(const SurfaceSums& a, const SurfaceSums& b) {
  return a.pairs == b.pairs && a.euler_6 == b.euler_6 && a.euler_26 == b.euler_26 &&
         a.border == b.border;
}

bool same_contact(const Contact& a, const Contact& b) {
  return a.label_a == b.label_a && a.label_b == b.label_b && a.pairs == b.pairs;
}

template <class A, class B, class Same>
bool all_same(const A& a, const B& b, Same&& same) {
  return std::size(a) == std::size(b) &&
         std::equal(std::begin(a), std::end(a), std::begin(b), same);
}

void check_against_voxels(const Dense<std::uint32_t>& labels, index_t count, int threads) {
  const auto runs = encode_values(labels.view(), 1);
  CHECK(all_same(crevasse::surface(runs.where, runs.values, count, threads),
                 reference::surface(labels, count), same_surface));
  CHECK(all_same(crevasse::contacts(runs.where, runs.values, threads), reference::contacts(labels),
                 same_contact));
}

/// Euler numbers of a mask as one region, by faces and by corners.
std::array<std::int64_t, 2> euler(const Mask& mask) {
  const auto runs = encode_mask(mask.view(), 1);
  const std::vector<std::uint32_t> ones(runs.runs.size(), 1);
  const auto table = crevasse::surface(runs, ones, 1, 1);
  return {table[0].euler_6, table[0].euler_26};
}

}  // namespace

TEST_CASE("surface and contacts are those of the voxels, for labels of every shape") {
  Random random(31);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const index_t count : {1, 2, 5}) {
      check_against_voxels(values<std::uint32_t>(shape, count + 1, 1, random), count, 1);
    }
  }
}

TEST_CASE("surface and contacts are the same for every thread count") {
  Random random(32);
  const auto labels = values<std::uint32_t>({21, 60, 90}, 4, 1, random);
  for (const int threads : thread_counts) {
    INFO("threads ", threads);
    check_against_voxels(labels, 3, threads);
  }
}

TEST_CASE("the Euler number is components less tunnels plus cavities") {
  Mask mask({5, 5, 5}, 1);
  CHECK(euler(mask) == std::array<std::int64_t, 2>{1, 1});
  mask.at(2, 2, 2) = 0;  // a cavity
  CHECK(euler(mask) == std::array<std::int64_t, 2>{2, 2});
  mask.at(1, 2, 2) = mask.at(0, 2, 2) = 0;  // a dent
  CHECK(euler(mask) == std::array<std::int64_t, 2>{1, 1});
  mask.at(3, 2, 2) = mask.at(4, 2, 2) = 0;  // a tunnel
  CHECK(euler(mask) == std::array<std::int64_t, 2>{0, 0});

  Mask two({2, 2, 2});
  two.at(0, 0, 0) = two.at(1, 1, 1) = 1;  // they meet in a corner
  CHECK(euler(two) == std::array<std::int64_t, 2>{2, 1});
}

TEST_CASE("a volume without runs or labels has no surface") {
  const auto runs = encode_mask(Mask({0, 4, 5}).view(), 1);
  CHECK(crevasse::surface(runs, {}, 0, 2).size() == 0);
  CHECK(crevasse::contacts(runs, {}, 2).empty());
}
