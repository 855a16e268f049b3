#pragma once

#include <cstdint>
#include <span>

// A function that is compiled for several instruction sets gains nothing from a callee that is not
// inlined into it: that one is compiled for the baseline alone.
// What a loop calls seldom is kept out of it, lest the loop hold its variables in memory for it.
#if defined(__GNUC__)
#define CREVASSE_INLINE inline __attribute__((always_inline))
#define CREVASSE_INLINE_LAMBDA __attribute__((always_inline))
#define CREVASSE_SELDOM __attribute__((noinline))
#else
#define CREVASSE_INLINE inline
#define CREVASSE_INLINE_LAMBDA
#define CREVASSE_SELDOM
#endif

namespace crevasse {

/// Every size, offset and raster index. Signed, 64 bit: volumes beyond 2^31 voxels are normal.
using index_t = std::int64_t;

/// Extent of a volume in voxels, x fastest. A 2-D image has z == 1.
struct Shape {
  index_t z = 0, y = 0, x = 0;

  index_t rows() const { return z * y; }
  index_t size() const { return z * y * x; }
  bool operator==(const Shape&) const = default;
};

/// Borrowed C-contiguous (z, y, x) volume; x is fastest. The caller owns the memory.
/// Rows are numbered r = z * shape.y + y.
template <class T>
struct Volume {
  T* data = nullptr;
  Shape shape;

  std::span<T> row(index_t r) const {
    return {data + r * shape.x, static_cast<std::size_t>(shape.x)};
  }
};

/// Call `visit(r, z, y)` for the rows r in [begin, end). Counts along instead of dividing: a 64-bit
/// division a row costs more than linking a sparse row.
template <class Visit>
CREVASSE_INLINE void for_each_row(const Shape& shape, index_t begin, index_t end, Visit&& visit) {
  if (begin >= end) return;
  index_t z = begin / shape.y, y = begin % shape.y;
  for (index_t r = begin; r < end; ++r) {
    visit(r, z, y);
    if (++y == shape.y) {
      y = 0;
      ++z;
    }
  }
}

}  // namespace crevasse
