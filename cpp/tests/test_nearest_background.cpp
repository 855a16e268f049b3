#include "crevasse/nearest_background.hpp"

#include <doctest/doctest.h>

#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

using Place = std::array<std::int32_t, 3>;

/// Every background voxel in raster order, for every voxel.
Place brute_force(const Mask& mask, const std::array<index_t, 3>& steps, index_t z, index_t y,
                  index_t x) {
  Place nearest{-1, -1, -1};
  index_t least = std::numeric_limits<index_t>::max();
  for_each_voxel(mask.shape, [&](index_t pz, index_t py, index_t px) {
    if (mask.at(pz, py, px) != 0) return;
    const index_t dz = (pz - z) * steps[0], dy = (py - y) * steps[1], dx = (px - x) * steps[2];
    const index_t squared = dz * dz + dy * dy + dx * dx;
    if (squared >= least) return;
    least = squared;
    nearest = {static_cast<std::int32_t>(pz), static_cast<std::int32_t>(py),
               static_cast<std::int32_t>(px)};
  });
  return nearest;
}

void check(const Mask& mask, const std::array<index_t, 3>& steps, int threads) {
  std::array<Dense<std::int32_t>, 3> out{Dense<std::int32_t>(mask.shape, 55),
                                         Dense<std::int32_t>(mask.shape, 55),
                                         Dense<std::int32_t>(mask.shape, 55)};
  const std::array<double, 3> spacing{0.5 * static_cast<double>(steps[0]),
                                      0.5 * static_cast<double>(steps[1]),
                                      0.5 * static_cast<double>(steps[2])};
  nearest_background(encode_mask(mask.view(), 1), {out[0].out(), out[1].out(), out[2].out()},
                     spacing, threads);
  bool same = true;
  for_each_voxel(mask.shape, [&](index_t z, index_t y, index_t x) {
    const Place found{out[0].at(z, y, x), out[1].at(z, y, x), out[2].at(z, y, x)};
    same = same && found == brute_force(mask, steps, z, y, x);
  });
  CHECK(same);
}

}  // namespace

TEST_CASE("the nearest background voxel is the first of the nearest in raster order") {
  Random random(5);
  for (const Shape& shape : small_shapes()) {
    for (const double density : densities) {
      const Mask mask = noise(shape, density, random);
      check(mask, {1, 1, 1}, 1);
      check(mask, {2, 1, 3}, 3);
    }
  }
}

TEST_CASE("columns too long for windows give the same by envelopes") {
  Mask mask({3, 700, 2});
  std::fill(mask.voxels.begin(), mask.voxels.end(), 1);
  mask.at(1, 0, 1) = mask.at(2, 699, 0) = mask.at(0, 699, 1) = 0;
  check(mask, {1, 1, 1}, 1);
  check(mask, {3, 2, 1}, 2);
}
