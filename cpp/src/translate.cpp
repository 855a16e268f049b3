#include "crevasse/translate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "crevasse/buffer.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "grey_types.hpp"
#include "simd.hpp"

namespace crevasse {
namespace {

constexpr index_t taps = 4;
using Weights = std::array<float, taps>;

/// Where a voxel comes from along one axis: the voxel before `whole`, those two around the place
/// and the one after, each by its weight.
struct Step {
  index_t whole;
  Weights weight;
  bool exact;  ///< `whole` alone counts.

  static Step of(double drift, index_t n) {
    // Farther than the border is as far as the border.
    const double far = static_cast<double>(n) + taps;
    const double within = std::clamp(drift, -far, far);
    const double whole = std::floor(within), t = within - whole;
    return {static_cast<index_t>(whole),
            {static_cast<float>(((-0.5 * t + 1) * t - 0.5) * t),
             static_cast<float>((1.5 * t - 2.5) * t * t + 1),
             static_cast<float>(((-1.5 * t + 2) * t + 0.5) * t),
             static_cast<float>((0.5 * t - 0.5) * t * t)},
            t == 0};
  }
  /// Tap k of the voxel at `at`, among n.
  index_t source(index_t at, index_t k, index_t n) const {
    return std::clamp<index_t>(at + whole - 1 + k, 0, n - 1);
  }
};

/// One row of an image, by the row's place moved along x, as floats.
template <class T>
CREVASSE_CLONES void mix_along(const T* row, index_t n, const Step& step, float* padded,
                               float* mixed) {
  // Places before and behind the row, which repeat its ends, and those in it.
  const index_t first = step.whole - 1;
  const index_t before = std::clamp<index_t>(-first, 0, n + taps - 1);
  const index_t behind = std::clamp<index_t>(n - first, before, n + taps - 1);
  const auto left = static_cast<float>(row[0]), right = static_cast<float>(row[n - 1]);
  for (index_t i = 0; i < before; ++i) padded[i] = left;
  for (index_t i = before; i < behind; ++i) padded[i] = static_cast<float>(row[first + i]);
  for (index_t i = behind; i < n + taps - 1; ++i) padded[i] = right;
  const Weights& w = step.weight;
  for (index_t i = 0; i < n; ++i) {
    mixed[i] =
        w[0] * padded[i] + w[1] * padded[i + 1] + w[2] * padded[i + 2] + w[3] * padded[i + 3];
  }
}

/// Four rows mixed into one.
CREVASSE_CLONES void mix_rows(const std::array<const float*, taps>& rows, index_t n,
                              const Weights& w, float* mixed) {
  const float *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3];
  for (index_t i = 0; i < n; ++i) mixed[i] = w[0] * a[i] + w[1] * b[i] + w[2] * c[i] + w[3] * d[i];
}

/// Grey values from floats; integers rounded, and kept within their type.
template <class T>
CREVASSE_CLONES void write_row(const float* values, index_t n, T* row) {
  if constexpr (std::is_floating_point_v<T>) {
    for (index_t i = 0; i < n; ++i) row[i] = static_cast<T>(values[i]);
  } else {
    // The greatest float that the type holds.
    constexpr auto most = std::numeric_limits<T>::max();
    constexpr auto low = static_cast<float>(std::numeric_limits<T>::min());
    constexpr float high = std::numeric_limits<T>::digits <= std::numeric_limits<float>::digits
                               ? static_cast<float>(most)
                               : static_cast<float>(most - (most >> 24));
    for (index_t i = 0; i < n; ++i) {
      const float value = values[i] < low ? low : values[i] > high ? high : values[i];
      if constexpr (sizeof(T) < 4) {
        // What is added leaves no room for a fraction; unlike rint, any processor adds quickly.
        constexpr float whole = 3 << 22;
        row[i] = static_cast<T>(static_cast<std::int32_t>((value + whole) - whole));
      } else {
        row[i] = static_cast<T>(std::rint(value));
      }
    }
  }
}

/// Consecutive slices of an image as they were, whatever is written over them later. Where drift
/// leads backwards along z, slices are counted from the end: so none is written over before it is
/// held.
template <class T>
class HeldSlices {
 public:
  HeldSlices(Volume<const T> image, bool backwards, index_t most)
      : image_(image),
        size_(image.shape.y * image.shape.x),
        backwards_(backwards),
        slices_(static_cast<std::size_t>(most * size_)) {}

  /// Hold slices [begin, end). Neither may go back.
  void advance(index_t begin, index_t end, int threads) {
    const index_t kept = std::max(end_ - begin, index_t{0});
    if (kept > 0) std::copy_n(slice(begin), kept * size_, slices_.data());
    const index_t from = begin + kept;
    begin_ = begin;
    end_ = end;
    parallel_slabs(end - from, threads, [&](index_t, Slab slab) {
      for (index_t z = from + slab.begin; z < from + slab.end; ++z) {
        std::copy_n(image_.row(first_row(z)).data(), size_, slices_.data() + (z - begin) * size_);
      }
    });
  }

  const T* slice(index_t z) const { return slices_.data() + (z - begin_) * size_; }
  /// The image's first row of a slice.
  index_t first_row(index_t z) const {
    return (backwards_ ? image_.shape.z - 1 - z : z) * image_.shape.y;
  }

 private:
  Volume<const T> image_;
  index_t size_;
  bool backwards_;
  index_t begin_ = 0, end_ = 0;
  Buffer<T> slices_;
};

template <class T>
class Translation {
 public:
  Translation(Volume<const T> image, Volume<T> out, const std::array<double, 3>& drift, int threads)
      : out_(out),
        shape_(image.shape),
        along_z_(Step::of(std::abs(drift[0]), shape_.z)),
        along_y_(Step::of(drift[1], shape_.y)),
        along_x_(Step::of(drift[2], shape_.x)),
        threads_(worthwhile_threads(shape_.size(), tuning::voxels_per_thread, threads)),
        held_(image, drift[0] < 0, std::min(shape_.z, tuning::moved_slices + taps - 1)) {}

  void run() {
    const bool exact = along_z_.exact && along_y_.exact && along_x_.exact;
    for (index_t begin = 0; begin < shape_.z; begin += tuning::moved_slices) {
      const Slab band{begin, std::min(shape_.z, begin + tuning::moved_slices)};
      held_.advance(along_z_.source(band.begin, 0, shape_.z),
                    along_z_.source(band.end - 1, taps - 1, shape_.z) + 1, threads_);
      parallel_slabs(shape_.y, threads_, [&](index_t, Slab rows) {
        if (exact) {
          copy(band, rows);
        } else {
          mix(band, rows);
        }
      });
    }
  }

 private:
  T* out_row(index_t z, index_t y) { return out_.row(held_.first_row(z) + y).data(); }

  void copy(Slab band, Slab rows) {
    for (index_t z = band.begin; z < band.end; ++z) {
      const T* const slice = held_.slice(along_z_.source(z, 1, shape_.z));
      for (index_t y = rows.begin; y < rows.end; ++y) {
        const T* const row = slice + along_y_.source(y, 1, shape_.y) * shape_.x;
        T* const to = out_row(z, y);
        for (index_t x = 0; x < shape_.x; ++x) to[x] = row[along_x_.source(x, 1, shape_.x)];
      }
    }
  }

  /// Slices go through a window of four, each mixed along x and y once.
  void mix(Slab band, Slab rows) {
    const index_t n = shape_.x, size = (rows.end - rows.begin) * n;
    Buffer<float> room(static_cast<std::size_t>(taps * (size + n) + n + taps + n));
    float* const mixed_rows = room.data() + taps * size;
    float* const line = mixed_rows + taps * n;
    index_t next = along_z_.source(band.begin, 0, shape_.z);
    for (index_t z = band.begin; z < band.end; ++z) {
      for (; next <= along_z_.source(z, taps - 1, shape_.z); ++next) {
        mix_slice(held_.slice(next), rows, mixed_rows, line, room.data() + (next % taps) * size);
      }
      std::array<const float*, taps> parts;
      for (index_t y = rows.begin; y < rows.end; ++y) {
        for (index_t k = 0; k < taps; ++k) {
          parts[static_cast<std::size_t>(k)] =
              room.data() + (along_z_.source(z, k, shape_.z) % taps) * size + (y - rows.begin) * n;
        }
        mix_rows(parts, n, along_z_.weight, line);
        write_row(line, n, out_row(z, y));
      }
    }
  }

  /// Rows of a slice moved along x and y. Room: four rows, and a line with room for the taps.
  void mix_slice(const T* slice, Slab rows, float* mixed_rows, float* line, float* out) {
    const index_t n = shape_.x;
    index_t next = along_y_.source(rows.begin, 0, shape_.y);
    for (index_t y = rows.begin; y < rows.end; ++y) {
      for (; next <= along_y_.source(y, taps - 1, shape_.y); ++next) {
        mix_along(slice + next * n, n, along_x_, line, mixed_rows + (next % taps) * n);
      }
      std::array<const float*, taps> parts;
      for (index_t k = 0; k < taps; ++k) {
        parts[static_cast<std::size_t>(k)] =
            mixed_rows + (along_y_.source(y, k, shape_.y) % taps) * n;
      }
      mix_rows(parts, n, along_y_.weight, out + (y - rows.begin) * n);
    }
  }

  Volume<T> out_;
  Shape shape_;
  Step along_z_, along_y_, along_x_;
  int threads_;
  HeldSlices<T> held_;
};

}  // namespace

template <class T>
void translate(Volume<const T> image, Volume<T> out, const std::array<double, 3>& drift,
               int threads) {
  if (image.shape.size() == 0) return;
  Translation<T>(image, out, drift, threads).run();
}

#define CREVASSE_INSTANTIATE(T) \
  template void translate<T>(Volume<const T>, Volume<T>, const std::array<double, 3>&, int);
CREVASSE_FOR_GREY_TYPES(CREVASSE_INSTANTIATE)
#undef CREVASSE_INSTANTIATE

}  // namespace crevasse
