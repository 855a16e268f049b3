#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>

#include "crevasse/buffer.hpp"
#include "crevasse/drift.hpp"
#include "float_lanes.hpp"
#include "grey_types.hpp"
#include "simd.hpp"

namespace crevasse {
namespace {

constexpr std::size_t taps = std::tuple_size_v<SampleWeights>;
constexpr index_t more = taps - 1;  ///< Voxels that are needed beyond those of a block.

index_t within(index_t at, index_t n) {
  return std::clamp<index_t>(at, 0, n - 1);
}

/// Weighted sums of rows of n values, `pitch` from one to the next.
CREVASSE_INLINE void mix_rows(const float* rows, index_t pitch, index_t n,
                              const SampleWeights& weights, float* mixed) {
  for_each_whole_lanes(n, [&](index_t i, index_t k) CREVASSE_INLINE_LAMBDA {
    FloatLanes even{}, odd{};  // two sums, since each waits for what was added before
    for (std::size_t tap = 0; tap < taps; tap += 2) {
      const float* row = rows + static_cast<index_t>(tap) * pitch + i;
      even += weights[tap] * load_lanes(row, k);
      odd += weights[tap + 1] * load_lanes(row + pitch, k);
    }
    store_lanes(even + odd, mixed + i, k);
  });
}

template <class T>
CREVASSE_INLINE void read_row(const T* row, index_t n, index_t begin, index_t count, float* out) {
  if (begin >= 0 && begin + count <= n) {
    for (index_t x = 0; x < count; ++x) out[x] = static_cast<float>(row[begin + x]);
  } else {
    for (index_t x = 0; x < count; ++x) out[x] = static_cast<float>(row[within(begin + x, n)]);
  }
}

/// Memory for sums along some of the axes.
struct Scratch {
  Buffer<float> row, slice, slices;

  explicit Scratch(const Shape& size)
      : row(static_cast<std::size_t>(size.x + more)),
        slice(static_cast<std::size_t>((size.y + more) * size.x)),
        slices(static_cast<std::size_t>((size.z + more) * size.y * size.x)) {}
};

/// One slice of a block, by sums along x and y.
template <class T>
CREVASSE_INLINE void sample_slice(const Rows<T>& image, const std::array<index_t, 3>& begin,
                                  index_t z, const Shape& size,
                                  const std::array<SampleWeights, 3>& weights, Scratch& scratch,
                                  float* out) {
  const T* slice = image.data + within(begin[0] + z, image.shape.z) * image.slice_pitch;
  for (index_t y = 0; y < size.y + more; ++y) {
    const T* row = slice + within(begin[1] + y, image.shape.y) * image.row_pitch;
    read_row(row, image.shape.x, begin[2], size.x + more, scratch.row.data());
    mix_rows(scratch.row.data(), 1, size.x, weights[2], scratch.slice.data() + y * size.x);
  }
  for (index_t y = 0; y < size.y; ++y) {
    mix_rows(scratch.slice.data() + y * size.x, size.x, size.x, weights[1], out + y * size.x);
  }
}

template <class T>
CREVASSE_CLONES void sample_all(const Rows<T>& image,
                                std::span<const std::array<index_t, 3>> begins, const Shape& size,
                                const std::array<SampleWeights, 3>& weights, float* out) {
  Scratch scratch(size);
  const index_t in_slice = size.y * size.x;
  // One slice alone repeats: so it is its own sum along z.
  const bool is_flat = image.shape.z == 1;
  float* slices = is_flat ? out : scratch.slices.data();
  for (const auto& begin : begins) {
    for (index_t z = 0; z < size.z + (is_flat ? 0 : more); ++z) {
      sample_slice(image, begin, z, size, weights, scratch, slices + z * in_slice);
    }
    if (is_flat) {
      slices += size.size();
      continue;
    }
    for (index_t z = 0; z < size.z; ++z) {
      mix_rows(slices + z * in_slice, in_slice, in_slice, weights[0], out);
      out += in_slice;
    }
  }
}

}  // namespace

template <class T>
void sample_blocks(const Rows<T>& image, std::span<const std::array<index_t, 3>> begins,
                   const Shape& size, const std::array<SampleWeights, 3>& weights,
                   std::span<float> out) {
  sample_all(image, begins, size, weights, out.data());
}

#define CREVASSE_INSTANTIATE(T)                                                           \
  template void sample_blocks<T>(const Rows<T>&, std::span<const std::array<index_t, 3>>, \
                                 const Shape&, const std::array<SampleWeights, 3>&,       \
                                 std::span<float>);
CREVASSE_FOR_GREY_TYPES(CREVASSE_INSTANTIATE)
#undef CREVASSE_INSTANTIATE

}  // namespace crevasse
