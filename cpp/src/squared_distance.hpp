#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "crevasse/parallel.hpp"
#include "crevasse/runs.hpp"
#include "crevasse/tuning.hpp"
#include "simd.hpp"

/// Squared distances along one axis, for 64 columns side by side. T: std::int32_t or double, and
/// std::uint16_t for what of the former fits.
namespace crevasse {

/// Columns that are worked on together.
inline constexpr index_t lanes = 64;

/// Whole numbers of the width of T: what vectors of them are compared to and chosen by.
template <class T>
using WholeOf = std::conditional_t<sizeof(T) == 2, std::int16_t,
                                   std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>>;

/// What steps away from a voxel are counted in, squared: larger ones than T holds, too.
template <class T>
using StepOf = std::conditional_t<sizeof(T) == 2, std::int32_t, T>;

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
  bool must_fit = false;  ///< Whether infinite stands for distances that T cannot hold.

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
  template <class Out>
  CREVASSE_INLINE void store(Out* values) const {
    store_as(values, vectors_);
  }

  /// Lower them to `others` + `step` where that is less.
  CREVASSE_INLINE void lower(const T* others, T step) {
    for (std::size_t i = 0; i < count; ++i) {
      Vector other;
      std::memcpy(&other, others + i * width, sizeof(other));
      other += step;
      vectors_[i] = vectors_[i] < other ? vectors_[i] : other;
    }
  }
  /// Whether one of them is larger than `value`; or as large, if `or_equal`.
  template <bool or_equal>
  CREVASSE_INLINE bool any_above(T value) const {
    Vector most = merged();
    simd::Words above;
    if constexpr (std::is_integral_v<T>) {  // no comparison: masks are costly to bring together
      const Vector limit = Vector{} + static_cast<T>(or_equal ? value - 1 : value);
      most = (most > limit ? most : limit) ^ limit;
      std::memcpy(&above, &most, sizeof(above));
    } else {
      const Whole over = or_equal ? most >= value : most > value;
      std::memcpy(&above, &over, sizeof(above));
    }
    return simd::any(above);
  }
  CREVASSE_INLINE T largest() const {
    Vector most = merged();
    fold<width / 2>(most);
    return most[0];
  }

 protected:
  static constexpr std::size_t width = 64 / sizeof(T), count = lanes / width;
  typedef T Vector __attribute__((vector_size(64)));
  typedef WholeOf<T> Whole __attribute__((vector_size(64)));

  template <class Out, class V>
  CREVASSE_INLINE static void store_as(Out* values, const V* vectors) {
    typedef Out Converted __attribute__((vector_size(width * sizeof(Out))));
    for (std::size_t i = 0; i < count; ++i) {
      const auto converted = __builtin_convertvector(vectors[i], Converted);
      std::memcpy(values + i * width, &converted, sizeof(converted));
    }
  }

  /// At each place of a vector the largest of all vectors.
  CREVASSE_INLINE Vector merged() const {
    Vector most = vectors_[0];
    for (std::size_t i = 1; i < count; ++i) most = most > vectors_[i] ? most : vectors_[i];
    return most;
  }

  /// Every one of the first half becomes the larger of it and its partner in the second; and so on.
  template <std::size_t half>
  CREVASSE_INLINE static void fold(Vector& most) {
    const Vector other = second<half>(most, std::make_index_sequence<width>());
    most = most > other ? most : other;
    if constexpr (half > 1) fold<half / 2>(most);
  }
  template <std::size_t half, std::size_t... at>
  CREVASSE_INLINE static Vector second(const Vector& v, std::index_sequence<at...>) {
    return __builtin_shufflevector(v, v, half + at % half...);
  }

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

  template <class Out>
  CREVASSE_INLINE void store_sites(Out* sites) const {
    Lanes<T>::store_as(sites, whole_);
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

template <class T>
CREVASSE_INLINE auto squared_steps(const Columns<T>& f, index_t k) {
  return f.weight * static_cast<StepOf<T>>(k) * static_cast<StepOf<T>>(k);
}

/// What window_minimum returns where a distance does not fit.
inline constexpr index_t does_not_fit = -1;

/// min_k f(i ± k) + weight k² for the voxels i of all columns, and where it is found if that is
/// sought. Gives up, and returns no steps, where it would take more than `most_steps`; else the
/// steps it took, at least one.
template <class T, Seek seek, class Out>
CREVASSE_CLONES index_t window_minimum(const Columns<T>& f, index_t i, index_t most_steps, Out* out,
                                       WholeOf<Out>* sites) {
  Window<T, seek> window(f, i);
  // A voxel before that is as near is a better site.
  const auto may_be_lowered = [&](auto step) CREVASSE_INLINE_LAMBDA {
    return step > f.cap || window.template any_above<seek == Seek::site>(static_cast<T>(step));
  };
  bool more = may_be_lowered(squared_steps(f, 1));
  for (index_t k = 1;; ++k) {
    const auto step = squared_steps(f, k);
    const bool inside = k <= i && k < f.length - i;
    if (!more || step > f.cap || (!inside && !f.has(i - k) && !f.has(i + k))) {
      if (more && f.must_fit && window.template any_above<true>(f.infinite)) return does_not_fit;
      window.store(out);
      if constexpr (seek == Seek::site) window.store_sites(sites);
      return k;
    }
    if (k >= most_steps) return 0;
    if (inside) {
      window.look_inside(k, static_cast<T>(step));
    } else {
      window.look(k, static_cast<T>(step));
    }
    if (k < 4 || k % 2 == 0) more = may_be_lowered(squared_steps(f, k + 1));
  }
}

/// Larger than any squared distance that is counted in 16 bits; twice as much fits.
inline constexpr std::uint16_t narrow_infinite = (1 << 15) - 1;

/// Columns of 32-bit squared distances in 16 bits, of which vectors hold twice as many. Where they
/// do not fit they are infinite.
class NarrowColumns {
 public:
  explicit NarrowColumns(index_t length)
      : data_(static_cast<std::size_t>(length * lanes)),
        filled_(static_cast<std::size_t>(length)) {}

  /// Other voxels of the columns than those `wanted` are background.
  template <class Wanted>
  Columns<std::uint16_t> of(const Columns<std::int32_t>& f, Wanted&& wanted) {
    for (index_t i = 0; i < f.length; ++i) {
      char& filled = filled_[static_cast<std::size_t>(i)];
      std::uint16_t* const row = data_.data() + i * lanes;
      if (wanted(i)) {
        narrow(f.data + i * f.stride, row);
        filled = 1;
      } else if (filled != 0) {
        std::fill_n(row, lanes, std::uint16_t{0});
        filled = 0;
      }
    }
    constexpr std::int32_t most = narrow_infinite - 1;
    return {data_.data(), lanes, f.length,
            // A step that does not fit is longer than any cap.
            static_cast<std::uint16_t>(std::min<std::int32_t>(f.weight, narrow_infinite)),
            narrow_infinite,
            static_cast<std::uint16_t>(std::min(f.cap, most)),  // what is farther does not fit
            f.border, nullptr, f.cap > most};
  }

 private:
  CREVASSE_CLONES static void narrow(const std::int32_t* values, std::uint16_t* out) {
    for (index_t c = 0; c < lanes; ++c) {
      out[c] = static_cast<std::uint16_t>(std::min<std::int32_t>(values[c], narrow_infinite));
    }
  }

  std::vector<std::uint16_t> data_;
  std::vector<char> filled_;  ///< Rows that are not all background.
};

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
        narrow_(has_narrow ? length : 0),
        result_(static_cast<std::size_t>(length * lanes)),
        sites_(seek == Seek::site ? result_.size() : 0) {}

  /// Call `take(i, distances, sites)` with the 64 results of the voxels i, for every i with
  /// `wanted(i)`; possibly twice, with the same results. Sites are nothing unless sought.
  template <class Wanted, class Take>
  void run(const Columns<T>& f, Wanted&& wanted, Take&& take) {
    T values[lanes];
    WholeOf<T> sites[lanes];
    index_t budget = tuning::window_steps * f.length;
    bool fits = has_narrow;
    Columns<std::uint16_t> narrow{};
    if constexpr (has_narrow) narrow = narrow_.of(f, wanted);
    for (index_t i = 0; i < f.length; ++i) {
      if (!wanted(i)) continue;
      index_t steps = does_not_fit;
      if constexpr (has_narrow) {
        if (fits) steps = window_minimum<std::uint16_t, seek>(narrow, i, budget, values, sites);
      }
      fits = steps != does_not_fit;
      if (!fits) steps = window_minimum<T, seek>(f, i, budget, values, sites);
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

  static constexpr bool has_narrow = std::is_same_v<T, std::int32_t> && seek != Seek::change;

  Envelope<T> envelope_;
  NarrowColumns narrow_;
  std::vector<T> result_;
  std::vector<WholeOf<T>> sites_;
};

}  // namespace crevasse
