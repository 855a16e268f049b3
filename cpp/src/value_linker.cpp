#include "value_linker.hpp"

#include <algorithm>
#include <bit>

#include "row_bits.hpp"
#include "simd.hpp"

namespace crevasse {
namespace {

/// Bit i is set where a[i] == b[i], for i < count <= 64.
template <class V>
CREVASSE_INLINE std::uint64_t equal_bits(const V* a, const V* b, index_t count) {
  if (count == 64) return simd::equal_bits(a, b);
  std::uint64_t bits = 0;
  for (index_t i = 0; i < count; ++i) bits |= std::uint64_t{a[i] == b[i]} << i;
  return bits;
}

template <class V>
CREVASSE_INLINE std::uint64_t zero_bits(const V* a, index_t count) {
  static constexpr V zeros[64]{};
  if (count == 64) return simd::equal_bits(a, zeros);
  std::uint64_t bits = 0;
  for (index_t i = 0; i < count; ++i) bits |= std::uint64_t{a[i] == 0} << i;
  return bits;
}

/// Bit i is set where a[i] == b[i - 1]; `has_previous` says whether there is a b[-1].
template <class V>
CREVASSE_INLINE std::uint64_t equal_to_previous_bits(const V* a, const V* b, index_t count,
                                                     bool has_previous) {
  return has_previous ? equal_bits(a, b - 1, count) : equal_bits(a + 1, b, count - 1) << 1;
}

CREVASSE_INLINE void set_bit(std::uint64_t* words, std::int32_t x) {
  words[x >> 6] |= std::uint64_t{1} << (x & 63);
}

}  // namespace

/// One row's place in the ring.
template <class V>
struct ValueLinker<V>::Row {
  Word* starts;           ///< Where runs start.
  Word* changes;          ///< Where runs start or end.
  std::uint32_t* before;  ///< How many runs start before each word.
  std::uint32_t* set_of;  ///< Of each run.
  const V* values;
  LineRing::Range* range;

  /// The set of the last run that starts at one of `bits` of a word, or before it.
  CREVASSE_INLINE std::uint32_t& set_at(index_t word, Word bits) const {
    return set_of[last_run(starts, before, word, bits)];
  }
};

template <class V>
ValueLinker<V>::ValueLinker(const RunVolume& volume, Volume<const V> image,
                            Connectivity connectivity, std::uint32_t* set_of, ComponentSets& sets,
                            std::uint32_t first_set)
    : volume_(volume),
      image_(image),
      neighbours_(preceding_rows(connectivity)),
      corners_join_(connectivity == Connectivity::Corners),
      width_(words_for(volume.shape.x)),
      set_of_(set_of),
      sets_(sets, first_set),
      same_below_(static_cast<std::size_t>(width_)),
      ring_(reach_back(volume.shape), 2 * width_, width_) {
  // The row below comes first: what equals it is left out of the others.
  std::swap(neighbours_[0], neighbours_[1]);
}

template <class V>
ValueLinker<V>::Row ValueLinker<V>::at(index_t r) {
  Word* const words = ring_.words(r);
  return {words,
          words + width_,
          ring_.counts(r),
          set_of_ + volume_.row_begin[static_cast<std::size_t>(r)],
          image_.row(r).data(),
          &ring_.range(r)};
}

/// Write a row's words into the ring.
template <class V>
void ValueLinker<V>::build(index_t r) {
  const Row row = at(r);
  const auto runs = volume_.row(r);
  if (runs.empty()) {
    *row.range = {};
    return;
  }
  // Where the row is busy it is read off the values, 64 at a time, and its runs are not looked at.
  const bool busy = static_cast<index_t>(runs.size()) > width_;
  const index_t low = busy ? 0 : runs.front().begin >> 6;
  const index_t high = busy ? width_ : std::min<index_t>((runs.back().end >> 6) + 1, width_);
  *row.range = {low, high};
  if (busy) {
    for (index_t w = low; w < high; ++w) {
      const V* values = row.values + 64 * w;
      const index_t n = std::min<index_t>(64, volume_.shape.x - 64 * w);
      const Word same = equal_to_previous_bits(values, values, n, w > 0);
      row.changes[w] = ~same & low_bits(n);
      row.starts[w] = row.changes[w] & ~zero_bits(values, n);
    }
  } else {
    std::fill(row.starts + low, row.starts + high, 0);
    std::fill(row.changes + low, row.changes + high, 0);
    for (const Run& run : runs) {
      set_bit(row.starts, run.begin);
      set_bit(row.changes, run.begin);
      if (run.end < volume_.shape.x) set_bit(row.changes, run.end);
    }
  }
  std::uint32_t count = 0;
  for (index_t w = low; w < high; ++w) {
    row.before[w] = count;
    count += static_cast<std::uint32_t>(std::popcount(row.starts[w]));
  }
}

/// Link two rows. `is_below`: the other row is (z - 1, y), and where the two are equal is noted.
template <class V>
void ValueLinker<V>::link(const Row& own, const Row& other, bool diagonal, bool is_below) {
  const index_t low = std::max(own.range->low, other.range->low);
  const index_t high = std::min(own.range->high, other.range->high);
  const bool notes = is_below && corners_join_;
  Word same_carry =
      low > 0 && low < high ? same_below_[static_cast<std::size_t>(low) - 1] >> 63 : 0;
  for (index_t w = low; w < high; ++w) {
    Word& noted = same_below_[static_cast<std::size_t>(w)];
    const Word same = noted, same_before = noted << 1 | same_carry;
    same_carry = noted >> 63;
    const V *e = own.values + 64 * w, *d = other.values + 64 * w;
    const index_t count = std::min<index_t>(64, volume_.shape.x - 64 * w);

    // They share a column first where one of them starts, or one starts where the other has just
    // ended, and meet at that corner: then the columns themselves differ.
    Word meetings = (own.starts[w] | other.starts[w]) & ~same;
    Word left = diagonal ? own.starts[w] & other.changes[w] & ~same : 0;
    Word right = diagonal ? other.starts[w] & own.changes[w] & ~same_before : 0;
    if ((meetings | right) == 0 && !notes) continue;
    const Word equal = equal_bits(e, d, count);
    if (notes) noted = equal;
    for (meetings &= equal; meetings != 0; meetings &= meetings - 1) {
      const Word up_to_x = meetings ^ (meetings - 1);
      sets_.meet(own.set_at(w, up_to_x), other.set_at(w, up_to_x));
    }
    left &= ~equal;
    if (left != 0) left &= equal_to_previous_bits(e, d, count, w > 0);
    for (; left != 0; left &= left - 1) {
      const Word up_to_x = left ^ (left - 1);
      sets_.meet(own.set_at(w, up_to_x), other.set_at(w, up_to_x >> 1));
    }
    right &= ~equal;
    if (right != 0) right &= equal_to_previous_bits(d, e, count, w > 0);
    for (; right != 0; right &= right - 1) {
      const Word up_to_x = right ^ (right - 1);
      sets_.meet(own.set_at(w, up_to_x >> 1), other.set_at(w, up_to_x));
    }
  }
}

template <class V>
void ValueLinker<V>::link_to_preceding(index_t r, index_t y, index_t first, index_t last) {
  const Row own = at(r);
  std::fill(same_below_.begin(), same_below_.end(), 0);
  for (const RowNeighbour& n : neighbours_) {
    const index_t line = r + n.dz * volume_.shape.y + n.dy;
    const bool inside = line >= first && line < last && y + n.dy >= 0 && y + n.dy < volume_.shape.y;
    if (!n.exists || !inside) continue;
    const Row other = at(line);
    if (!other.range->empty()) link(own, other, n.diagonal_x, n.dy == 0);
  }
}

template <class V>
CREVASSE_CLONES SetRange ValueLinker<V>::link_slab(Slab slab) {
  for_each_row(volume_.shape, slab.begin, slab.end,
               [&](index_t r, index_t, index_t y) CREVASSE_INLINE_LAMBDA {
                 build(r);
                 const auto begin =
                     static_cast<std::size_t>(volume_.row_begin[static_cast<std::size_t>(r)]);
                 const auto end =
                     static_cast<std::size_t>(volume_.row_begin[static_cast<std::size_t>(r) + 1]);
                 if (begin == end) return;
                 std::fill(set_of_ + begin, set_of_ + end, no_set);
                 link_to_preceding(r, y, slab.begin, slab.end);
                 for (std::size_t i = begin; i < end; ++i) {
                   if (set_of_[i] == no_set) set_of_[i] = sets_.make(static_cast<std::uint32_t>(i));
                 }
               });
  return sets_.made();
}

template <class V>
CREVASSE_CLONES void ValueLinker<V>::link_seam(index_t begin, index_t end, index_t first,
                                               index_t last) {
  const index_t from = std::max(first, begin - reach_back(volume_.shape));
  for_each_row(volume_.shape, from, end, [&](index_t r, index_t, index_t y) CREVASSE_INLINE_LAMBDA {
    build(r);
    if (r >= begin && !ring_.range(r).empty()) link_to_preceding(r, y, first, last);
  });
}

template class ValueLinker<std::uint8_t>;
template class ValueLinker<std::uint16_t>;
template class ValueLinker<std::uint32_t>;
template class ValueLinker<std::uint64_t>;

}  // namespace crevasse
