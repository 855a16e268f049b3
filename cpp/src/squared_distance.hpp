#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "crevasse/parallel.hpp"
#include "crevasse/runs.hpp"
#include "crevasse/tuning.hpp"
#include "simd.hpp"

/// Squared distances along one axis, for 64 columns side by side. T: std::int32_t or double.
namespace crevasse {

/// Columns that are worked on together.
inline constexpr index_t lanes = 64;

/// Whole numbers of the width of T: what vectors of them are compared to and chosen by.
template <class T>
using WholeOf = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

/// What a pass over columns is asked for.
enum class Seek {
  distance,  ///< to background: voxels that are 0
  site,      ///< and the voxel along the column from which it comes, the first among equals
  change,    ///< to a voxel of another value than one's own
};

/// Columns of equal length, side by side: voxel i of column c is at data[i * stride + c].
template <class T>
struct Columns {
  const T* data;
  index_t stride, length;
  T weight, infinite, cap;
  bool border;
  const WholeOf<T>* values = nullptr;  ///< The image's, laid out as data; for Seek::change.

  /// Whether there is a voxel i, or one just outside that is background.
  CREVASSE_INLINE bool has(index_t i) const {
    return (i >= 0 && i < length) || (border && (i == -1 || i == length));
  }
  /// Pre: has(i).
  CREVASSE_INLINE const T* row(index_t i) const {
    static constexpr std::array<T, lanes> background{};
    return is_inside(i) ? data + i * stride : background.data();
  }
  CREVASSE_INLINE bool is_inside(index_t i) const { return i >= 0 && i < length; }
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

 protected:
  static constexpr std::size_t width = 64 / sizeof(T), count = lanes / width;
  typedef T Vector __attribute__((vector_size(64)));
  typedef WholeOf<T> Whole __attribute__((vector_size(64)));

  template <class V>
  CREVASSE_INLINE static V load(const auto* values, std::size_t i) {
    V vector;
    std::memcpy(&vector, values + i * width, sizeof(vector));
    return vector;
  }

  Vector vectors_[count];
};

/// The voxels i of 64 columns, as they come to know more of the voxels before and after.
template <class T, Seek seek>
class Window : public Lanes<T> {
 public:
  CREVASSE_INLINE Window(const Columns<T>& f, index_t i) : Lanes<T>(f.row(i)), f_(f), i_(i) {
    if constexpr (seek == Seek::site) {
      for (auto& sites : whole_) sites = typename Lanes<T>::Whole{} + static_cast<WholeOf<T>>(i);
    } else if constexpr (seek == Seek::change) {
      std::memcpy(whole_, f.values + i * f.stride, sizeof(whole_));
    }
  }

  /// The voxels k before and k after, `step` away, both inside; or those of them that there are.
  CREVASSE_INLINE void look_inside(index_t k, T step) {
    look<true, true>(i_ - k, step);
    look<false, true>(i_ + k, step);
  }
  CREVASSE_INLINE void look(index_t k, T step) {
    if (f_.has(i_ - k)) look<true, false>(i_ - k, step);
    if (f_.has(i_ + k)) look<false, false>(i_ + k, step);
  }

  CREVASSE_INLINE void store_sites(WholeOf<T>* sites) const {
    std::memcpy(sites, whole_, sizeof(whole_));
  }

 private:
  using typename Lanes<T>::Vector;
  using typename Lanes<T>::Whole;

  template <bool back, bool inside>
  CREVASSE_INLINE void look(index_t i, T step) {
    const T* const others = inside ? f_.data + i * f_.stride : f_.row(i);
    if constexpr (seek == Seek::distance) {
      this->lower(others, step);
    } else if constexpr (seek == Seek::site) {
      for (std::size_t v = 0; v < Lanes<T>::count; ++v) {
        const Vector other = Lanes<T>::template load<Vector>(others, v) + step;
        Vector& own = this->vectors_[v];
        const Whole nearer = back ? other <= own : other < own;
        own = nearer ? other : own;
        whole_[v] = nearer ? Whole{} + static_cast<WholeOf<T>>(i) : whole_[v];
      }
    } else {
      if (!inside && !f_.is_inside(i)) return this->lower(others, step);
      const WholeOf<T>* const values = f_.values + i * f_.stride;
      for (std::size_t v = 0; v < Lanes<T>::count; ++v) {
        const Whole same = Lanes<T>::template load<Whole>(values, v) == whole_[v];
        const Vector other = (same ? Lanes<T>::template load<Vector>(others, v) : Vector{}) + step;
        Vector& own = this->vectors_[v];
        own = own < other ? own : other;
      }
    }
  }

  const Columns<T>& f_;
  index_t i_;
  Whole whole_[seek == Seek::distance ? 1 : Lanes<T>::count];
};

/// min_k f(i ± k) + weight k² for the voxels i of all columns, and where it is found if that is
/// sought. Gives up, and returns no steps, where it would take more than `most_steps`; else the
/// steps it took, at least one.
template <class T, Seek seek>
CREVASSE_CLONES index_t window_minimum(const Columns<T>& f, index_t i, index_t most_steps, T* out,
                                       WholeOf<T>* sites) {
  Window<T, seek> window(f, i);
  T most = window.largest();
  for (index_t k = 1;; ++k) {
    const T step = f.weight * static_cast<T>(k) * static_cast<T>(k);
    // A voxel before that is as near is a better site.
    const bool done = seek == Seek::site ? step > most : step >= most;
    const bool inside = k <= i && k < f.length - i;
    if (done || step > f.cap || (!inside && !f.has(i - k) && !f.has(i + k))) {
      window.store(out);
      if constexpr (seek == Seek::site) window.store_sites(sites);
      return k;
    }
    if (k >= most_steps) return 0;
    if (inside) {
      window.look_inside(k, step);
    } else {
      window.look(k, step);
    }
    if (k < 4 || k % 4 == 0) most = window.largest();
  }
}

/// The same for voxels of one column, whatever the distances: the lower envelope of parabolas.
template <class T>
class Envelope {
 public:
  explicit Envelope(index_t length)
      : at_(static_cast<std::size_t>(length) + 2), height_(at_.size()), from_(at_.size() + 1) {}

  /// Call `take(i, value, site)` for the voxels [begin, end) of column c, of which the one before
  /// and the one after may be background; site is -1 if there is none.
  template <class Take>
  void column(const Columns<T>& f, index_t c, Slab voxels, bool before, bool after, Take&& take) {
    size_ = 0;
    if (before) add(voxels.begin - 1, 0, f.weight);
    for (index_t i = voxels.begin; i < voxels.end; ++i) {
      const T height = f.data[i * f.stride + c];
      if (height < f.infinite) add(i, height, f.weight);
    }
    if (after) add(voxels.end, 0, f.weight);
    std::size_t k = 0;
    for (index_t i = voxels.begin; i < voxels.end; ++i) {
      if (size_ == 0) {
        take(i, f.infinite, index_t{-1});
        continue;
      }
      // Strict '<': where two parabolas meet the earlier site is kept.
      while (k + 1 < size_ && from_[k + 1] < static_cast<double>(i)) ++k;
      const T distance = static_cast<T>(i - at_[k]);
      take(i, height_[k] + f.weight * distance * distance, at_[k]);
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
template <class T, Seek seek = Seek::distance>
class ColumnPass {
 public:
  explicit ColumnPass(index_t length)
      : envelope_(length),
        result_(static_cast<std::size_t>(length * lanes)),
        sites_(seek == Seek::site ? result_.size() : 0) {}

  /// Call `take(i, distances, sites)` with the 64 results of the voxels i, for every i with
  /// `wanted(i)`; possibly twice, with the same results. Sites are nothing unless sought.
  template <class Wanted, class Take>
  void run(const Columns<T>& f, Wanted&& wanted, Take&& take) {
    T values[lanes];
    WholeOf<T> sites[lanes];
    index_t budget = tuning::window_steps * f.length;
    for (index_t i = 0; i < f.length; ++i) {
      if (!wanted(i)) continue;
      const index_t steps = window_minimum<T, seek>(f, i, budget, values, sites);
      if (steps == 0) return run_envelope(f, wanted, take);
      budget -= steps;
      take(i, values, sites);
    }
  }

 private:
  template <class Wanted, class Take>
  void run_envelope(const Columns<T>& f, Wanted&& wanted, Take&& take) {
    for (index_t c = 0; c < lanes; ++c) {
      const auto put = [&](index_t i, T value, index_t site) {
        const auto at = static_cast<std::size_t>(i * lanes + c);
        result_[at] = value;
        if constexpr (seek == Seek::site) sites_[at] = static_cast<WholeOf<T>>(site);
      };
      if constexpr (seek == Seek::change) {
        for_equal(f, c, [&](Slab part) {  // beyond the ends of a part lie other values
          const bool before = part.begin > 0 || f.border, after = part.end < f.length || f.border;
          envelope_.column(f, c, part, before, after, put);
        });
      } else {
        envelope_.column(f, c, {0, f.length}, f.border, f.border, put);
      }
    }
    for (index_t i = 0; i < f.length; ++i) {
      if (wanted(i)) take(i, result_.data() + i * lanes, sites_.data() + i * lanes);
    }
  }

  /// Call `visit` for the parts of a column that have one value; background is 0 everywhere and
  /// needs no more.
  template <class Visit>
  void for_equal(const Columns<T>& f, index_t c, Visit&& visit) {
    for (index_t begin = 0, end = 0; begin < f.length; begin = end) {
      const auto value = f.values[begin * f.stride + c];
      while (end < f.length && f.values[end * f.stride + c] == value) ++end;
      visit({begin, end});
    }
  }

  Envelope<T> envelope_;
  std::vector<T> result_;
  std::vector<WholeOf<T>> sites_;
};

}  // namespace crevasse
