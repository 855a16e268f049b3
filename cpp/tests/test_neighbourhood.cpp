#include <doctest/doctest.h>

#include "crevasse/neighbourhood.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

TEST_CASE("dilation adds exactly the voxels that are joined to one, for every thread count") {
  Random random(1);
  for (const Shape& shape :
       {Shape{1, 1, 1}, Shape{3, 4, 65}, Shape{1, 9, 130}, Shape{20, 90, 64}}) {
    const Mask mask = noise(shape, 0.1, random);
    const auto runs = encode_mask(mask.view(), 1);
    for (const Connectivity connectivity :
         {Connectivity::Faces, Connectivity::Edges, Connectivity::Corners}) {
      const int most = connectivity == Connectivity::Faces   ? 1
                       : connectivity == Connectivity::Edges ? 2
                                                             : 3;
      Mask expected(shape);
      for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
        for (index_t dz = -1; dz <= 1; ++dz) {
          for (index_t dy = -1; dy <= 1; ++dy) {
            for (index_t dx = -1; dx <= 1; ++dx) {
              const index_t a = z + dz, b = y + dy, c = x + dx;
              const bool inside = a >= 0 && a < shape.z && b >= 0 && b < shape.y && c >= 0 &&
                                  c < shape.x && std::abs(dz) + std::abs(dy) + std::abs(dx) <= most;
              if (inside && mask.at(a, b, c) != 0) expected.at(z, y, x) = 1;
            }
          }
        }
      });
      for (const int threads : thread_counts) {
        const auto grown = dilate(runs, connectivity, threads);
        grown.check();
        CHECK(grown == encode_mask(expected.view(), 1));
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
