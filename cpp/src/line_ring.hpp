#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "crevasse/buffer.hpp"
#include "crevasse/volume.hpp"

namespace crevasse {

/// What a linker keeps of the lines that may touch the current one, and of it: words of bits and
/// counts, so many of each a line. Uninitialised; a place is taken over by a later line.
class LineRing {
 public:
  struct Range {
    index_t low = 0, high = 0;  ///< Words outside of it are 0, and not written.

    bool empty() const { return low >= high; }
  };

  /// `reach_back`: how many lines a preceding one may lie back.
  LineRing(index_t reach_back, index_t words, index_t counts)
      : places_(std::bit_ceil(static_cast<std::size_t>(reach_back) + 1)),
        words_each_(static_cast<std::size_t>(words)),
        counts_each_(static_cast<std::size_t>(counts)),
        words_(places_ * words_each_),
        counts_(places_ * counts_each_),
        ranges_(places_) {}

  CREVASSE_INLINE std::uint64_t* words(index_t line) {
    return words_.data() + place(line) * words_each_;
  }
  CREVASSE_INLINE std::uint32_t* counts(index_t line) {
    return counts_.data() + place(line) * counts_each_;
  }
  CREVASSE_INLINE Range& range(index_t line) { return ranges_[place(line)]; }

 private:
  CREVASSE_INLINE std::size_t place(index_t line) const {
    return static_cast<std::size_t>(line) & (places_ - 1);  // a power of two, less one
  }

  std::size_t places_, words_each_, counts_each_;
  Buffer<std::uint64_t> words_;
  Buffer<std::uint32_t> counts_;
  std::vector<Range> ranges_;
};

/// Which run of a line is the last to start at one of `bits` of a word, or before that word.
/// `before[w]` counts the runs that start before word w. Pre: there is one.
CREVASSE_INLINE std::uint32_t last_run(const std::uint64_t* starts, const std::uint32_t* before,
                                       index_t word, std::uint64_t bits) {
  return before[word] + static_cast<std::uint32_t>(std::popcount(starts[word] & bits)) - 1;
}

}  // namespace crevasse
