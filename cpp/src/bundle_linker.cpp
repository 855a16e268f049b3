#include "bundle_linker.hpp"

#include <algorithm>
#include <bit>

#include "simd.hpp"

namespace crevasse {
namespace {

constexpr std::uint64_t all = ~std::uint64_t{0};

std::size_t ring_size(const Shape& shape) {
  return std::bit_ceil(static_cast<std::size_t>(BundleLinker::reach_back(shape)) + 1);
}

/// Set the bits of a row's runs. Pre: the words they lie in are written already.
inline void set_bits(std::span<const Run> row, std::uint64_t* words) {
  for (const Run& run : row) {
    const std::int32_t last = run.end - 1;
    const std::uint64_t from = all << (run.begin & 63), to = all >> (63 - (last & 63));
    std::uint64_t* word = words + (run.begin >> 6);
    std::uint64_t* const last_word = words + (last >> 6);
    if (word == last_word) {
      *word |= from & to;
    } else {
      *word |= from;
      while (++word < last_word) *word = all;
      *word |= to;
    }
  }
}

}  // namespace

/// Where a bundle lies, and its rows: those beyond the volume are empty.
struct BundleLinker::Position {
  index_t line, column;
  std::span<const Run> rows[2][2];
  index_t first_run[2][2];
};

/// One bundle's place in the ring.
struct BundleLinker::Bundle {
  Word* mask[2][2];       ///< Rows (z, y).
  Word* starts;           ///< Where runs of the bundle start.
  std::uint32_t* before;  ///< How many of them start before each word.
  std::uint32_t* set_of;  ///< Of each run of the bundle.
  Range* range;

  bool empty() const { return range->low >= range->high; }

  /// The set of the run of the bundle that is on at bit `x` of a word, or ended there.
  std::uint32_t& set_at(index_t word, Word x) const {
    const Word up_to_x = x | (x - 1);
    return set_of[before[word] + static_cast<std::uint32_t>(std::popcount(starts[word] & up_to_x)) -
                  1];
  }
};

BundleLinker::BundleLinker(const RunVolume& volume, std::uint32_t* set_of, ComponentSets& sets,
                           std::uint32_t first_set)
    : volume_(volume),
      columns_(columns(volume.shape)),
      width_(volume.shape.x / 64 + 1),
      set_of_(set_of),
      sets_(sets, first_set),
      ring_mask_(ring_size(volume.shape) - 1),
      words_(ring_size(volume.shape) * static_cast<std::size_t>(5 * width_)),
      counts_(ring_size(volume.shape) * static_cast<std::size_t>(width_ + volume.shape.x / 2 + 1)),
      ranges_(ring_size(volume.shape)) {}

index_t BundleLinker::runs_before(const RunVolume& volume, index_t line) {
  const Shape& shape = volume.shape;
  const auto runs_to = [&](index_t z, index_t y) {
    return volume.row_begin[static_cast<std::size_t>(z * shape.y + std::min(y, shape.y))];
  };
  if (line >= lines(shape)) return volume.run_count();
  const index_t z = line / columns(shape) * 2, y = line % columns(shape) * 2;
  index_t count = runs_to(z, y);  // whole slices before, and rows before in this one
  if (z + 1 < shape.z) count += runs_to(z + 1, y) - runs_to(z + 1, 0);
  return count;
}

inline BundleLinker::Bundle BundleLinker::at(index_t line) {
  const std::size_t slot = static_cast<std::size_t>(line) & ring_mask_;
  Word* const words = words_.data() + slot * static_cast<std::size_t>(5 * width_);
  std::uint32_t* const counts =
      counts_.data() + slot * static_cast<std::size_t>(width_ + volume_.shape.x / 2 + 1);
  return {{{words, words + width_}, {words + 2 * width_, words + 3 * width_}},
          words + 4 * width_,
          counts,
          counts + width_,
          &ranges_[slot]};
}

template <class Visit>
inline void BundleLinker::for_each_line(index_t begin, index_t end, Visit&& visit) const {
  const Shape& shape = volume_.shape;
  const index_t* const row_begin = volume_.row_begin.data();
  for_each_row({(shape.z + 1) / 2, columns_, 1}, begin, end,
               [&](index_t line, index_t z, index_t y) {
                 Position p{line, y, {}, {}};
                 for (index_t dz = 0; dz < 2; ++dz) {
                   for (index_t dy = 0; dy < 2; ++dy) {
                     if (2 * z + dz >= shape.z || 2 * y + dy >= shape.y) continue;
                     const index_t r = (2 * z + dz) * shape.y + 2 * y + dy;
                     p.first_run[dz][dy] = row_begin[r];
                     p.rows[dz][dy] = {volume_.runs.data() + row_begin[r],
                                       static_cast<std::size_t>(row_begin[r + 1] - row_begin[r])};
                   }
                 }
                 visit(p);
               });
}

/// Write a bundle's masks into the ring; its runs have no set yet.
inline void BundleLinker::build(const Position& p) {
  const Bundle b = at(p.line);
  index_t low = width_, high = 0;
  for (const auto& slice : p.rows) {
    for (const auto& row : slice) {
      if (row.empty()) continue;
      low = std::min<index_t>(low, row.front().begin >> 6);
      high = std::max<index_t>(high, (row.back().end >> 6) + 1);
    }
  }
  *b.range = {low, high};
  if (low >= high) return;
  for (int z = 0; z < 2; ++z) {
    for (int y = 0; y < 2; ++y) {
      std::fill(b.mask[z][y] + low, b.mask[z][y] + high, 0);
      set_bits(p.rows[z][y], b.mask[z][y]);
    }
  }
  std::uint32_t count = 0;
  Word carry = 0;
  for (index_t w = low; w < high; ++w) {
    const Word on = b.mask[0][0][w] | b.mask[0][1][w] | b.mask[1][0][w] | b.mask[1][1][w];
    b.starts[w] = on & ~(on << 1 | carry);
    carry = on >> 63;
    b.before[w] = count;
    count += static_cast<std::uint32_t>(std::popcount(b.starts[w]));
  }
  std::fill_n(b.set_of, count, no_set);
}

/// Link the runs of (own_a | own_b) to those of (other_a | other_b): rows that face each other.
inline void BundleLinker::link(const Bundle& own, const Word* own_a, const Word* own_b,
                               const Bundle& other, const Word* other_a, const Word* other_b) {
  const index_t low = std::max(own.range->low, other.range->low);
  const index_t high = std::min(own.range->high, other.range->high);
  const auto last_bit = [&](const Bundle& bundle, const Word* a, const Word* b) {
    return low > bundle.range->low ? (a[low - 1] | b[low - 1]) >> 63 : 0;
  };
  if (low >= high) return;
  Word own_carry = last_bit(own, own_a, own_b), other_carry = last_bit(other, other_a, other_b);
  for (index_t w = low; w < high; ++w) {
    const Word f = own_a[w] | own_b[w], g = other_a[w] | other_b[w];
    const Word f_before = f << 1 | own_carry, g_before = g << 1 | other_carry;
    own_carry = f >> 63;
    other_carry = g >> 63;
    Word meetings = (f & ~f_before & (g | g_before)) | (g & ~g_before & (f | f_before));
    for (; meetings != 0; meetings &= meetings - 1) {
      const Word x = meetings & (0 - meetings);
      sets_.meet(own.set_at(w, x), other.set_at(w, x));
    }
  }
}

inline void BundleLinker::link_to_preceding(const Position& p, index_t first, index_t last) {
  const Bundle own = at(p.line);
  const auto preceding = [&](index_t line) {
    const Bundle other = at(line);
    return std::pair{other, line >= first && line < last && !other.empty()};
  };
  if (p.column > 0) {
    const auto [other, touches] = preceding(p.line - 1);
    if (touches)
      link(own, own.mask[0][0], own.mask[1][0], other, other.mask[0][1], other.mask[1][1]);
  }
  {
    const auto [other, touches] = preceding(p.line - columns_);
    if (touches)
      link(own, own.mask[0][0], own.mask[0][1], other, other.mask[1][0], other.mask[1][1]);
  }
  if (p.column > 0) {
    const auto [other, touches] = preceding(p.line - columns_ - 1);
    if (touches)
      link(own, own.mask[0][0], own.mask[0][0], other, other.mask[1][1], other.mask[1][1]);
  }
  if (p.column + 1 < columns_) {
    const auto [other, touches] = preceding(p.line - columns_ + 1);
    if (touches)
      link(own, own.mask[0][1], own.mask[0][1], other, other.mask[1][0], other.mask[1][0]);
  }
}

/// Runs take the sets of their bundle's runs; new ones are made where none was met.
inline void BundleLinker::make_sets(const Position& p) {
  const Bundle b = at(p.line);
  for (int z = 0; z < 2; ++z) {
    for (int y = 0; y < 2; ++y) {
      auto run = static_cast<std::uint32_t>(p.first_run[z][y]);
      for (const Run& r : p.rows[z][y]) {
        std::uint32_t& set = b.set_at(r.begin >> 6, Word{1} << (r.begin & 63));
        if (set == no_set) set = sets_.make(run);
        sets_.note_run(set, run);
        set_of_[run++] = set;
      }
    }
  }
}

/// The other way round, for bundles that were linked before.
inline void BundleLinker::take_sets(const Position& p) {
  const Bundle b = at(p.line);
  for (int z = 0; z < 2; ++z) {
    for (int y = 0; y < 2; ++y) {
      const std::uint32_t* set = set_of_ + p.first_run[z][y];
      for (const Run& r : p.rows[z][y]) {
        b.set_at(r.begin >> 6, Word{1} << (r.begin & 63)) = *set++;
      }
    }
  }
}

CREVASSE_CLONES __attribute__((flatten)) SetRange BundleLinker::link_slab(Slab slab) {
  for_each_line(slab.begin, slab.end, [&](const Position& p) {
    build(p);
    if (at(p.line).empty()) return;
    link_to_preceding(p, slab.begin, slab.end);
    make_sets(p);
  });
  return sets_.made();
}

CREVASSE_CLONES __attribute__((flatten)) void BundleLinker::link_seam(index_t begin, index_t end,
                                                                      index_t first, index_t last) {
  const index_t from = std::max(first, begin - reach_back(volume_.shape));
  for_each_line(from, end, [&](const Position& p) {
    build(p);
    if (at(p.line).empty()) return;
    take_sets(p);
    if (p.line >= begin) link_to_preceding(p, first, last);
  });
}

}  // namespace crevasse
