#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include "crevasse/runs.hpp"
#include "crevasse/tuning.hpp"
#include "simd.hpp"

/// Squared distances along one axis, for 64 columns side by side. T: std::int32_t or double.
namespace crevasse {

/// Columns that are worked on together.
inline constexpr index_t lanes = 64;

/// How squared distances are counted: in units of scale².
template <class T>
struct Metric {
  std::array<T, 3> weight{};  ///< Squared spacing along z, y, x.
  T infinite{};               ///< Larger than any distance in the volume; no sum with it overflows.
  T cap{};                    ///< Larger ones are not wanted: they may come out as any that is.
  double scale = 1;
  std::array<bool, 3> border{};
};

/// Columns of equal length, side by side: voxel i of column c is at data[i * stride + c].
template <class T>
struct Columns {
  const T* data;
  index_t stride, length;
  T weight, infinite, cap;
  bool border;

  /// The voxels i, those just outside where that is background; nothing elsewhere.
  CREVASSE_INLINE const T* row(index_t i) const {
    static constexpr std::array<T, lanes> background{};
    if (i >= 0 && i < length) return data + i * stride;
    return border && (i == -1 || i == length) ? background.data() : nullptr;
  }
};

/// The values of 64 columns, as vectors of 64 bytes: what no compiler forgets to keep in registers.
template <class T>
class Lanes {
 public:
  CREVASSE_INLINE explicit Lanes(const T* values) {
    std::memcpy(vectors_, values, sizeof(vectors_));
  }
  CREVASSE_INLINE void store(T* values) const { std::memcpy(values, vectors_, sizeof(vectors_)); }

  /// Lower them to `others` + `step` where that is less.
  CREVASSE_INLINE void lower(const T* others, T step) {
    for (std::size_t i = 0; i < count; ++i) {
      Vector other;
      std::memcpy(&other, others + i * width, sizeof(other));
      other += step;
      vectors_[i] = vectors_[i] < other ? vectors_[i] : other;
    }
  }
  CREVASSE_INLINE T largest() const {
    Vector most = vectors_[0];
    for (std::size_t i = 1; i < count; ++i) most = most > vectors_[i] ? most : vectors_[i];
    // Fold in halves.
    const auto fold = [&](Vector other)
                          CREVASSE_INLINE_LAMBDA { most = most > other ? most : other; };
    if constexpr (width == 16) {
      fold(__builtin_shufflevector(most, most, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13,
                                   14, 15));
      fold(__builtin_shufflevector(most, most, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7));
      fold(__builtin_shufflevector(most, most, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3, 2, 3));
      fold(__builtin_shufflevector(most, most, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1));
    } else {
      static_assert(width == 8);
      fold(__builtin_shufflevector(most, most, 4, 5, 6, 7, 4, 5, 6, 7));
      fold(__builtin_shufflevector(most, most, 2, 3, 2, 3, 2, 3, 2, 3));
      fold(__builtin_shufflevector(most, most, 1, 1, 1, 1, 1, 1, 1, 1));
    }
    return most[0];
  }

 private:
  static constexpr std::size_t width = 64 / sizeof(T), count = lanes / width;
  typedef T Vector __attribute__((vector_size(64)));

  Vector vectors_[count];
};

/// min_k f(i ± k) + weight k² for the voxels i of all columns. Gives up, and returns no steps,
/// where it would take more than `most_steps`; else the steps it took, at least one.
template <class T>
CREVASSE_CLONES index_t window_minimum(const Columns<T>& f, index_t i, index_t most_steps, T* out) {
  Lanes<T> values(f.row(i));
  T most = values.largest();
  for (index_t k = 1;; ++k) {
    const T step = f.weight * static_cast<T>(k) * static_cast<T>(k);
    const T* const before = f.row(i - k);
    const T* const after = f.row(i + k);
    if (step >= most || step > f.cap || (before == nullptr && after == nullptr)) {
      values.store(out);
      return k;
    }
    if (k >= most_steps) return 0;
    if (before != nullptr) values.lower(before, step);
    if (after != nullptr) values.lower(after, step);
    if (k < 4 || k % 4 == 0) most = values.largest();
  }
}

/// The same for all voxels of one column, whatever the distances: the lower envelope of parabolas.
template <class T>
class Envelope {
 public:
  explicit Envelope(index_t length)
      : at_(static_cast<std::size_t>(length) + 2), height_(at_.size()), from_(at_.size() + 1) {}

  void column(const Columns<T>& f, index_t c, T* out, index_t out_stride) {
    size_ = 0;
    if (f.border) add(-1, 0, f.weight);
    for (index_t i = 0; i < f.length; ++i) {
      const T height = f.data[i * f.stride + c];
      if (height < f.infinite) add(i, height, f.weight);
    }
    if (f.border) add(f.length, 0, f.weight);
    std::size_t k = 0;
    for (index_t i = 0; i < f.length; ++i) {
      T& value = out[i * out_stride + c];
      if (size_ == 0) {
        value = f.infinite;
        continue;
      }
      while (k + 1 < size_ && from_[k + 1] <= static_cast<double>(i)) ++k;
      const T distance = static_cast<T>(i - at_[k]);
      value = height_[k] + f.weight * distance * distance;
    }
  }

 private:
  /// Where the parabola of a later voxel begins to lie below that of an earlier one.
  double crossing(index_t earlier, T low, index_t later, T high, T weight) const {
    const auto a = static_cast<double>(earlier), b = static_cast<double>(later);
    return (a + b) / 2 + (static_cast<double>(high) - static_cast<double>(low)) /
                             (2 * static_cast<double>(weight) * (b - a));
  }
  void add(index_t i, T height, T weight) {
    double from = -std::numeric_limits<double>::infinity();
    while (size_ > 0) {
      from = crossing(at_[size_ - 1], height_[size_ - 1], i, height, weight);
      if (from > from_[size_ - 1]) break;
      --size_;
      from = -std::numeric_limits<double>::infinity();
    }
    at_[size_] = i;
    height_[size_] = height;
    from_[size_++] = from;
  }

  std::vector<index_t> at_;
  std::vector<T> height_;
  std::vector<double> from_;
  std::size_t size_ = 0;
};

/// Squared distances along columns, the cheaper way. One a thread.
template <class T>
class ColumnPass {
 public:
  explicit ColumnPass(index_t length)
      : envelope_(length), result_(static_cast<std::size_t>(length * lanes)) {}

  /// Call `take(i, values)` with the 64 values of the voxels i, for every i with `wanted(i)`;
  /// possibly twice, with the same values.
  template <class Wanted, class Take>
  void run(const Columns<T>& f, Wanted&& wanted, Take&& take) {
    T values[lanes];
    index_t budget = tuning::window_steps * f.length;
    for (index_t i = 0; i < f.length; ++i) {
      if (!wanted(i)) continue;
      const index_t steps = window_minimum(f, i, budget, values);
      if (steps == 0) return run_envelope(f, wanted, take);
      budget -= steps;
      take(i, values);
    }
  }

 private:
  template <class Wanted, class Take>
  void run_envelope(const Columns<T>& f, Wanted&& wanted, Take&& take) {
    for (index_t c = 0; c < lanes; ++c) envelope_.column(f, c, result_.data(), lanes);
    for (index_t i = 0; i < f.length; ++i) {
      if (wanted(i)) take(i, result_.data() + i * lanes);
    }
  }

  Envelope<T> envelope_;
  std::vector<T> result_;
};

}  // namespace crevasse
