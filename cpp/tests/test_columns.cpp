#include <doctest/doctest.h>

#include "crevasse/columns.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

/// Any height, or one of flat faces, as most are.
std::int32_t height(Random& random, index_t along, bool flat, index_t at) {
  if (flat && below(random, 20) != 0) return static_cast<std::int32_t>(at);
  return static_cast<std::int32_t>(below(random, along + 4)) - 2;
}

}  // namespace

TEST_CASE("columns hold what lies between two maps along each axis") {
  Random random(5);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const auto& [axis, flat] :
         {std::pair{0, false}, {0, true}, {1, false}, {1, true}, {2, false}}) {
      const index_t along = axis == 0 ? shape.z : axis == 1 ? shape.y : shape.x;
      const index_t n = axis == 0   ? shape.y * shape.x
                        : axis == 1 ? shape.z * shape.x
                                    : shape.z * shape.y;
      std::vector<std::int32_t> begin, end;
      for (index_t i = 0; i < n; ++i) {
        begin.push_back(height(random, along, flat, along / 4));
        end.push_back(height(random, along, flat, along - along / 4));
      }
      Mask expected(shape);
      for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
        const auto i = static_cast<std::size_t>(axis == 0   ? y * shape.x + x
                                                : axis == 1 ? z * shape.x + x
                                                            : z * shape.y + y);
        const index_t at = axis == 0 ? z : axis == 1 ? y : x;
        expected.at(z, y, x) = begin[i] <= at && at < end[i];
      });
      for (const int threads : {1, 3}) {
        const RunVolume actual = columns(shape, axis, begin.data(), end.data(), threads);
        CHECK_NOTHROW(actual.check());
        CHECK(to_mask(actual) == expected);
      }
    }
  }
}
