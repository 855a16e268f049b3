#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "crevasse/runs.hpp"
#include "run_sink.hpp"

/// Rows as bit masks: voxel x is bit x % 64 of word x / 64; bits past the row are 0.
namespace crevasse {

inline constexpr index_t word_bits = 64;

inline index_t words_for(index_t n) {
  return (n + word_bits - 1) / word_bits;
}

inline std::uint64_t low_bits(index_t n) {
  return n >= word_bits ? ~std::uint64_t{0} : (std::uint64_t{1} << n) - 1;
}

/// Set the bits of a run. Pre: the words it lies in are written already.
CREVASSE_INLINE void set_bits(const Run& run, std::uint64_t* words) {
  const std::int32_t last = run.end - 1;
  const std::uint64_t from = ~std::uint64_t{0} << (run.begin & 63);
  const std::uint64_t to = ~std::uint64_t{0} >> (63 - (last & 63));
  std::uint64_t* word = words + (run.begin >> 6);
  std::uint64_t* const last_word = words + (last >> 6);
  if (word == last_word) {
    *word |= from & to;
  } else {
    *word |= from;
    while (++word < last_word) *word = ~std::uint64_t{0};
    *word |= to;
  }
}

/// Append the runs of set bits. Voxel x of the row is bit x of `words`.
inline void append_runs(const std::vector<std::uint64_t>& words, index_t n,
                        RunSink<NoValue>& sink) {
  sink.make_room(n / 2 + 1);
  static_assert(sizeof(Run) == 2 * sizeof(std::int32_t));
  auto* const edges_begin =
      reinterpret_cast<std::int32_t*>(sink.next_runs());  // begin, end, begin, end …
  auto* edge = edges_begin;
  std::uint64_t carry = 0;
  for (index_t w = 0; w < words_for(n); ++w) {
    const std::uint64_t bits = words[static_cast<std::size_t>(w)];
    std::uint64_t edges = bits ^ (bits << 1 | carry);
    carry = bits >> (word_bits - 1);
    for (; edges != 0; edges &= edges - 1) {
      *edge++ = static_cast<std::int32_t>(w * word_bits + std::countr_zero(edges));
    }
  }
  if ((edge - edges_begin) % 2 != 0) *edge++ = static_cast<std::int32_t>(n);
  sink.took((edge - edges_begin) / 2);
}

}  // namespace crevasse
