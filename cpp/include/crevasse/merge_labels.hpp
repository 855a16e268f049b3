#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "crevasse/buffer.hpp"
#include "crevasse/volume.hpp"

namespace crevasse {

/// The number of every label once labels have been joined.
struct MergedLabels {
  Buffer<std::uint32_t> numbers;  ///< One a label, 1..count.
  index_t count = 0;
};

/// Join labels 0..label_count-1 pair by pair, and number what comes of them 1..count in order of
/// each one's lowest member. Labels of bricks that are sorted by their first voxel are so numbered
/// in raster order of the whole volume.
///
/// Linear in labels and, but for the depth of the union-find, in pairs.
/// Throws std::length_error past 2^32 - 2 labels, std::invalid_argument where a pair names another.
MergedLabels merge_labels(index_t label_count, std::span<const std::array<std::uint32_t, 2>> pairs);

}  // namespace crevasse
