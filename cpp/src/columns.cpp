#include "crevasse/columns.hpp"

#include <algorithm>
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
  return collect_rows<NoValue>(
             shape, team,
             [&] {
               return [&, words = std::vector<std::uint64_t>(static_cast<std::size_t>(
                              words_for(shape.x)))](index_t r, RunSink<NoValue>& sink) mutable {
                 if (axis == 2) return along_x(r, sink);
                 const index_t z = r / shape.y, y = r % shape.y;
                 const index_t map_row = (axis == 0 ? y : z) * shape.x;
                 between_words(begin + map_row, end + map_row, shape.x,
                               static_cast<std::int32_t>(axis == 0 ? z : y), words.data());
                 append_runs(words, shape.x, sink);
               };
             })
      .where;
}

}  // namespace crevasse
