#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "crevasse/buffer.hpp"
#include "crevasse/volume.hpp"

namespace crevasse {

/// Voxels [begin, end) of one row.
struct Run {
  std::int32_t begin, end;

  index_t length() const { return end - begin; }
  bool operator==(const Run&) const = default;
};

/// A set of voxels as runs along x, grouped by row, in raster order. Immutable once made.
///
/// Invariant of a binary volume: runs of a row are sorted, not empty, and neither overlap nor
/// touch, so equal sets of voxels have equal runs. Where runs carry values (`ValuedRuns`, labels)
/// neighbours may touch if their values differ.
struct RunVolume {
  Shape shape;
  Buffer<index_t> row_begin;  ///< Runs of row r are runs[row_begin[r] .. row_begin[r + 1]).
  Buffer<Run> runs;

  index_t run_count() const { return static_cast<index_t>(runs.size()); }
  index_t voxel_count() const;
  std::size_t bytes() const { return row_begin.bytes() + runs.bytes(); }
  std::span<const Run> row(index_t r) const {
    return {runs.data() + row_begin[static_cast<std::size_t>(r)],
            runs.data() + row_begin[static_cast<std::size_t>(r) + 1]};
  }
  bool operator==(const RunVolume& other) const;

  /// Throw std::logic_error unless the invariant of a binary volume holds.
  void check() const;
};

/// Runs that each carry a value; neighbours in a row touch only where their values differ.
template <class V>
struct ValuedRuns {
  RunVolume where;
  Buffer<V> values;  ///< One a run.

  std::span<const V> row(index_t r) const {
    return {values.data() + where.row_begin[static_cast<std::size_t>(r)],
            values.data() + where.row_begin[static_cast<std::size_t>(r) + 1]};
  }
};

/// Throw std::length_error unless rows are short enough for 32-bit run ends.
void check_shape(const Shape& shape);

/// The voxels of `mask` that are not 0. T: std::uint8_t, 16, 32, 64.
template <class T>
RunVolume encode_mask(Volume<const T> mask, int threads);

/// The voxels of `image` that are not 0, if all of them have one value; otherwise nothing, found
/// early. T: std::uint8_t, 16, 32, 64.
template <class T>
std::optional<RunVolume> encode_if_binary(Volume<const T> image, int threads);

/// Runs of equal value other than 0. T: std::uint8_t, 16, 32, 64.
template <class T>
ValuedRuns<T> encode_values(Volume<const T> image, int threads);

/// The voxels with `low <= value <= high`, inside `roi` where one is given.
///
/// A NaN inside the region of interest is refused with std::invalid_argument that names its
/// position, counted from slice -`first_slice` of `image`; outside it is not looked at.
/// T: std::uint8_t, uint16, int16, uint32, int32, float, double. Pre: `roi` has the shape of
/// `image`.
template <class T>
RunVolume encode_threshold(Volume<const T> image, T low, T high, const RunVolume* roi, int threads,
                           index_t first_slice = 0);

/// A closed window of grey values; nothing lies in it where `low` is above `high`.
template <class T>
struct GreyWindow {
  T low, high;
};

/// `encode_threshold` of each of several windows; the image is read once.
template <class T>
std::vector<RunVolume> encode_windows(Volume<const T> image, std::span<const GreyWindow<T>> windows,
                                      const RunVolume* roi, int threads, index_t first_slice = 0);

/// The volumes stacked along z, in order. Throws std::invalid_argument unless they agree in y and
/// x, and where there is none.
RunVolume concatenate(std::span<const RunVolume* const> parts);

/// All voxels of the box [begin, end). Pre: 0 <= begin <= end <= shape on every axis.
RunVolume box(const Shape& shape, const Shape& begin, const Shape& end);

/// Write 1 at every voxel of `runs` and 0 elsewhere. Pre: equal shapes.
void write_mask(const RunVolume& runs, Volume<std::uint8_t> mask, int threads);

/// Write `values[i]` over run i and `background` elsewhere. Where `out_is_background` it holds that
/// already, and what lies far from runs is not touched: memory fresh from the system is zero, and
/// touching it twice costs as much as the kernel. V: what `out` holds; U: what runs carry,
/// converted by static_cast. `out` may be a slab of the volume, which begins at `first_slice`.
/// Pre: the slab lies inside of it.
template <class U, class V>
void write_values(const RunVolume& runs, std::span<const U> values, Volume<V> out, V background,
                  bool out_is_background, int threads, index_t first_slice = 0);

}  // namespace crevasse
