#include <doctest/doctest.h>

#include "crevasse/neighbourhood.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

/// Every voxel that is joined to one of `value`, or is one, as 1.
Mask joined_to(const Mask& mask, std::uint8_t value, Connectivity connectivity) {
  const int most = axes_apart(connectivity);
  const Shape& shape = mask.shape;
  Mask found(shape);
  for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
    for (index_t dz = -1; dz <= 1; ++dz) {
      for (index_t dy = -1; dy <= 1; ++dy) {
        for (index_t dx = -1; dx <= 1; ++dx) {
          const index_t a = z + dz, b = y + dy, c = x + dx;
          const bool inside = a >= 0 && a < shape.z && b >= 0 && b < shape.y && c >= 0 &&
                              c < shape.x && std::abs(dz) + std::abs(dy) + std::abs(dx) <= most;
          if (inside && mask.at(a, b, c) == value) found.at(z, y, x) = 1;
        }
      }
    }
  });
  return found;
}

}  // namespace

TEST_CASE("dilation adds what is joined to the volume, erosion takes what is joined to the rest") {
  Random random(1);
  for (const Shape& shape :
       {Shape{1, 1, 1}, Shape{3, 4, 65}, Shape{1, 9, 130}, Shape{20, 90, 64}}) {
    for (const double density : {0.0, 0.1, 0.9, 1.0}) {
      const Mask mask = noise(shape, density, random);
      const auto runs = encode_mask(mask.view(), 1);
      for (const Connectivity connectivity : connectivities) {
        const Mask grown = joined_to(mask, 1, connectivity);
        Mask shrunk = joined_to(mask, 0, connectivity);
        for (std::uint8_t& voxel : shrunk.voxels) voxel = voxel == 0;
        for (const int threads : thread_counts) {
          const auto dilated = dilate(runs, connectivity, threads);
          dilated.check();
          CHECK(dilated == encode_mask(grown.view(), 1));
          const auto eroded = erode(runs, connectivity, threads);
          eroded.check();
          CHECK(eroded == encode_mask(shrunk.view(), 1));
        }
      }
    }
  }
}

TEST_CASE("a window holds what lies in it and nothing beyond the volume") {
  Random random(2);
  const Shape shape{4, 5, 130};
  const Mask mask = noise(shape, 0.4, random);
  const auto runs = encode_mask(mask.view(), 1);
  for (int trial = 0; trial < 40; ++trial) {
    const Shape begin{below(random, 9) - 4, below(random, 9) - 4, below(random, 200) - 70};
    const Shape extent{below(random, 6), below(random, 6), below(random, 150)};
    Mask expected(extent);
    for_each_voxel(extent, [&](index_t z, index_t y, index_t x) {
      const index_t a = begin.z + z, b = begin.y + y, c = begin.x + x;
      const bool inside = a >= 0 && a < shape.z && b >= 0 && b < shape.y && c >= 0 && c < shape.x;
      expected.at(z, y, x) = inside ? mask.at(a, b, c) : 0;
    });
    for (const int threads : {1, 3}) {
      const auto part = window(runs, begin, extent, threads);
      part.check();
      CHECK(part == encode_mask(expected.view(), 1));
    }
  }
}
