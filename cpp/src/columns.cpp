#include "crevasse/columns.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "row_bits.hpp"
#include "run_sink.hpp"
#include "simd.hpp"

namespace crevasse {
namespace {

/// Bit x is set where `begin[x] <= at < end[x]`.
CREVASSE_CLONES void between_words(const std::int32_t* begin, const std::int32_t* end, index_t n,
                                   std::int32_t at, std::uint64_t* words) {
  std::uint8_t bytes[word_bits];
  for (index_t x = 0; x < n; x += word_bits) {
    const index_t count = n - x < word_bits ? n - x : word_bits;
    const std::int32_t *b = begin + x, *e = end + x;
    if (count == word_bits) {
      for (index_t i = 0; i < word_bits; ++i) bytes[i] = (b[i] <= at) & (at < e[i]);
    } else {
      for (index_t i = 0; i < count; ++i) bytes[i] = (b[i] <= at) & (at < e[i]);
    }
    *words++ = simd::nonzero_bits(bytes) & low_bits(count);
  }
}

/// What a row of columns holds at any height, as far as that is the same for all of them.
struct RowOfColumns {
  std::int32_t left, right;           // columns outside hold nothing
  std::int32_t first, last;           // at other heights none holds anything
  std::int32_t whole_from, whole_to;  // in between all from `left` to `right` do
};

RowOfColumns look_at(const std::int32_t* begin, const std::int32_t* end, std::int32_t n) {
  constexpr auto far = std::numeric_limits<std::int32_t>::max();
  RowOfColumns row{n, 0, far, -far, -far, far};
  std::int32_t held = 0;
  for (std::int32_t x = 0; x < n; ++x) {
    if (begin[x] >= end[x]) continue;
    ++held;
    row.left = std::min(row.left, x);
    row.right = x + 1;
    row.first = std::min(row.first, begin[x]);
    row.last = std::max(row.last, end[x]);
    row.whole_from = std::max(row.whole_from, begin[x]);
    row.whole_to = std::min(row.whole_to, end[x]);
  }
  if (held < row.right - row.left) row.whole_to = row.whole_from;
  return row;
}

}  // namespace

RunVolume columns(const Shape& shape, int axis, const std::int32_t* begin, const std::int32_t* end,
                  int threads) {
  check_shape(shape);
  const int team = worthwhile_threads(shape.size(), tuning::voxels_per_thread, threads);
  const auto along_x = [&](index_t r, RunSink<NoValue>& sink) {
    const std::int32_t from = std::max(begin[r], 0);
    const std::int32_t to = std::min(end[r], static_cast<std::int32_t>(shape.x));
    sink.make_room(1);
    if (from < to) sink.push(from, to);
  };
  // Faces are nearly flat: at most heights a row holds nothing, or a single run.
  std::vector<RowOfColumns> map_rows;
  if (axis != 2) {
    map_rows.resize(static_cast<std::size_t>(axis == 0 ? shape.y : shape.z));
    for (std::size_t i = 0; i < map_rows.size(); ++i) {
      const index_t at = static_cast<index_t>(i) * shape.x;
      map_rows[i] = look_at(begin + at, end + at, static_cast<std::int32_t>(shape.x));
    }
  }
  return collect_rows<NoValue>(
             shape, team,
             [&] {
               return [&, words = std::vector<std::uint64_t>(static_cast<std::size_t>(
                              words_for(shape.x)))](index_t r, RunSink<NoValue>& sink) mutable {
                 if (axis == 2) return along_x(r, sink);
                 const index_t z = r / shape.y, y = r % shape.y;
                 const index_t map_row = axis == 0 ? y : z;
                 const auto at = static_cast<std::int32_t>(axis == 0 ? z : y);
                 const RowOfColumns& row = map_rows[static_cast<std::size_t>(map_row)];
                 if (at < row.first || at >= row.last) return;
                 if (row.whole_from <= at && at < row.whole_to) {
                   sink.make_room(1);
                   return sink.push(row.left, row.right);
                 }
                 between_words(begin + map_row * shape.x, end + map_row * shape.x, shape.x, at,
                               words.data());
                 append_runs(words, shape.x, sink);
               };
             })
      .where;
}

}  // namespace crevasse
