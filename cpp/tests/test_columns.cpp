#include <doctest/doctest.h>

#include "crevasse/columns.hpp"
#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

TEST_CASE("columns hold what lies between two maps along each axis") {
  Random random(5);
  for (const Shape& shape : small_shapes()) {
    INFO("shape ", shape);
    for (const int axis : {0, 1, 2}) {
      const index_t along = axis == 0 ? shape.z : axis == 1 ? shape.y : shape.x;
      const index_t n = axis == 0   ? shape.y * shape.x
                        : axis == 1 ? shape.z * shape.x
                                    : shape.z * shape.y;
      std::vector<std::int32_t> begin, end;
      for (index_t i = 0; i < n; ++i) {
        begin.push_back(static_cast<std::int32_t>(below(random, along + 4)) - 2);
        end.push_back(static_cast<std::int32_t>(below(random, along + 4)) - 2);
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
