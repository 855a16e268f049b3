#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "crevasse/runs.hpp"

namespace crevasse {

/// The unit in which squared distances of a volume can be counted in 32-bit integers, exactly: of
/// all three axes, and of y and x alone. 0 where there is none, and double precision is needed.
struct DistanceUnits {
  double volume = 0, slice = 0;
};
DistanceUnits distance_units(const Shape& shape, const std::array<double, 3>& spacing);

/// What stands for no background yet: larger than any squared distance.
template <class T>
inline constexpr T no_distance =
    std::is_integral_v<T> ? T{1 << 30} : std::numeric_limits<T>::infinity();

/// Columns of a contiguous array (outer, length, inner): an axis of a volume, and what comes before
/// and after it.
struct ColumnsShape {
  index_t outer = 0, length = 0, inner = 0;
};

/// One of the passes that `distance` is made of, for a volume of which only some columns are at
/// hand: lower f(i) to min_k f(i ± k) + weight k² along each column. Starting from 0 at background
/// and `no_distance` elsewhere, a pass along every axis gives squared distances.
///
/// `values`: of the image, laid out alike, where distances are those to another value; or null.
/// `border`: whether beyond both ends of a column lies background.
/// T: std::int32_t or double; V is the integer of its width.
template <class T, class V = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>>
void distance_pass(T* squared, const V* values, const ColumnsShape& shape, T weight, bool border,
                   int threads);

/// All passes but the last at once, for a slab of whole slices: squared distances within each
/// slice. `weight`, `border`: along y and x.
///
/// `out` holds zeros, and is not touched where there is no foreground nearby. Pre: equal shapes.
/// T: std::int32_t or double.
template <class T>
void distance_in_slices(const RunVolume& runs, Volume<T> out, const std::array<T, 2>& weight,
                        const std::array<bool, 2>& border, int threads);

/// The last pass, and distances in the end: along z, from squared distances within slices in units
/// of `unit`². `values` as above.
///
/// `out` holds zeros, and is not touched where there is no foreground nearby. Pre: equal shapes.
/// T: std::int32_t or double; V is the integer of its width.
template <class T, class V = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>>
void distance_along_z(const T* in_slices, const V* values, Volume<float> out, T weight, bool border,
                      double unit, bool squared, int threads);

}  // namespace crevasse
