#include "bundle_linker.hpp"

#include <algorithm>
#include <bit>

#include "row_bits.hpp"
#include "simd.hpp"

namespace crevasse {
/// Where a bundle lies, and its rows: those beyond the volume are empty.
template <int N>
struct BundleLinker<N>::Position {
  index_t line, column;
  std::span<const Run> rows[N][N];
  index_t first_run[N][N];
};

/// One bundle's place in the ring.
template <int N>
struct BundleLinker<N>::Bundle {
  Word* mask[N][N];       ///< Rows (z, y).
  Word* starts;           ///< Where runs of the bundle start.
  std::uint32_t* before;  ///< How many of them start before each word.
  std::uint32_t* set_of;  ///< Of each run of the bundle.
  LineRing::Range* range;

  /// The set of the run of the bundle that is on at bit `x` of a word, or ended there.
  CREVASSE_INLINE std::uint32_t& set_at(index_t word, Word x) const {
    const Word up_to_x = x | (x - 1);
    return set_of[last_run(starts, before, word, up_to_x)];
  }
};

template <int N>
BundleLinker<N>::BundleLinker(const RunVolume& volume, Connectivity connectivity,
                              std::uint32_t* set_of, ComponentSets& sets, std::uint32_t first_set)
    : volume_(volume),
      neighbours_(preceding_rows(connectivity)),
      columns_(columns(volume.shape)),
      width_(volume.shape.x / 64 + 1),
      set_of_(set_of),
      sets_(sets, first_set),
      ring_(reach_back(volume.shape), (N * N + 1) * width_, width_ + volume.shape.x / 2 + 1) {}

template <int N>
index_t BundleLinker<N>::runs_before(const RunVolume& volume, index_t line) {
  const Shape& shape = volume.shape;
  const auto runs_to = [&](index_t z, index_t y) {
    return volume.row_begin[static_cast<std::size_t>(z * shape.y + std::min(y, shape.y))];
  };
  if (line >= lines(shape)) return volume.run_count();
  const index_t z = line / columns(shape) * N, y = line % columns(shape) * N;
  index_t count = runs_to(z, y);  // whole slices before, and rows before in this one
  for (index_t dz = 1; dz < std::min<index_t>(N, shape.z - z); ++dz) {
    count += runs_to(z + dz, y) - runs_to(z + dz, 0);
  }
  return count;
}

template <int N>
BundleLinker<N>::Bundle BundleLinker<N>::at(index_t line) {
  Word* const words = ring_.words(line);
  std::uint32_t* const counts = ring_.counts(line);
  Bundle bundle{{}, words + index_t{N} * N * width_, counts, counts + width_, &ring_.range(line)};
  for (index_t i = 0; i < index_t{N} * N; ++i) bundle.mask[i / N][i % N] = words + i * width_;
  return bundle;
}

template <int N>
template <class Visit>
void BundleLinker<N>::for_each_line(index_t begin, index_t end, Visit&& visit) const {
  const Shape& shape = volume_.shape;
  const index_t* const row_begin = volume_.row_begin.data();
  for_each_row({(shape.z + N - 1) / N, columns_, 1}, begin, end,
               [&](index_t line, index_t z, index_t y) CREVASSE_INLINE_LAMBDA {
                 Position p{line, y, {}, {}};
                 for (index_t dz = 0; dz < N; ++dz) {
                   for (index_t dy = 0; dy < N; ++dy) {
                     if (N * z + dz >= shape.z || N * y + dy >= shape.y) continue;
                     const index_t r = (N * z + dz) * shape.y + N * y + dy;
                     p.first_run[dz][dy] = row_begin[r];
                     p.rows[dz][dy] = {volume_.runs.data() + row_begin[r],
                                       static_cast<std::size_t>(row_begin[r + 1] - row_begin[r])};
                   }
                 }
                 visit(p);
               });
}

/// Write a bundle's masks into the ring; its runs have no set yet.
template <int N>
void BundleLinker<N>::build(const Position& p) {
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
  for (int z = 0; z < N; ++z) {
    for (int y = 0; y < N; ++y) {
      std::fill(b.mask[z][y] + low, b.mask[z][y] + high, 0);
      for (const Run& run : p.rows[z][y]) set_bits(run, b.mask[z][y]);
    }
  }
  std::uint32_t count = 0;
  Word carry = 0;
  for (index_t w = low; w < high; ++w) {
    Word on = 0;
    for (const auto& slice : b.mask) {
      for (const Word* mask : slice) on |= mask[w];
    }
    b.starts[w] = on & ~(on << 1 | carry);
    carry = on >> 63;
    b.before[w] = count;
    count += static_cast<std::uint32_t>(std::popcount(b.starts[w]));
  }
  std::fill_n(b.set_of, count, no_set);
}

/// Link the runs of (own_a | own_b) to those of (other_a | other_b): rows that face each other.
template <int N>
void BundleLinker<N>::link(const Bundle& own, const Word* own_a, const Word* own_b,
                           const Bundle& other, const Word* other_a, const Word* other_b,
                           bool diagonal) {
  const index_t low = std::max(own.range->low, other.range->low);
  const index_t high = std::min(own.range->high, other.range->high);
  if (low >= high) return;
  const auto ends_before = [&](const Bundle& bundle, const Word* a,
                               const Word* b) CREVASSE_INLINE_LAMBDA {
    return low > bundle.range->low ? (a[low - 1] | b[low - 1]) >> 63 : 0;
  };
  const Word just_ended = diagonal ? ~Word{0} : 0;
  Word own_carry = ends_before(own, own_a, own_b);
  Word other_carry = ends_before(other, other_a, other_b);
  for (index_t w = low; w < high; ++w) {
    const Word f = own_a[w] | own_b[w], g = other_a[w] | other_b[w];
    const Word f_before = f << 1 | own_carry, g_before = g << 1 | other_carry;
    own_carry = f >> 63;
    other_carry = g >> 63;
    Word meetings = (f & ~f_before & (g | (g_before & just_ended))) |
                    (g & ~g_before & (f | (f_before & just_ended)));
    for (; meetings != 0; meetings &= meetings - 1) {
      const Word x = meetings & (0 - meetings);
      sets_.meet(own.set_at(w, x), other.set_at(w, x));
    }
  }
}

template <int N>
void BundleLinker<N>::link_to_preceding(const Position& p, index_t first, index_t last) {
  constexpr int end = N - 1;  // of a bundle's rows, as 0 is their beginning
  const Bundle own = at(p.line);
  for (const RowNeighbour& n : neighbours_) {
    const index_t line = p.line + n.dz * columns_ + n.dy, column = p.column + n.dy;
    if (!n.exists || line < first || line >= last || column < 0 || column >= columns_) continue;
    const Bundle other = at(line);
    if (other.range->empty()) continue;
    // The rows that face the other bundle, and its rows that face this one: two each, or one twice.
    const int y = n.dy > 0 ? end : 0, other_y = n.dy < 0 ? end : 0;
    const int z_last = n.dz == 0 ? end : 0, y_last = n.dy == 0 ? end : y;
    const int other_z = n.dz < 0 ? end : 0, other_y_last = n.dy == 0 ? end : other_y;
    link(own, own.mask[0][y], own.mask[z_last][y_last], other, other.mask[other_z][other_y],
         other.mask[end][other_y_last], n.diagonal_x);
  }
}

/// Runs take the sets of their bundle's runs; new ones are made where none was met.
template <int N>
void BundleLinker<N>::make_sets(const Position& p) {
  const Bundle b = at(p.line);
  for (int z = 0; z < N; ++z) {
    for (int y = 0; y < N; ++y) {
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
template <int N>
void BundleLinker<N>::take_sets(const Position& p) {
  const Bundle b = at(p.line);
  for (int z = 0; z < N; ++z) {
    for (int y = 0; y < N; ++y) {
      const std::uint32_t* set = set_of_ + p.first_run[z][y];
      for (const Run& r : p.rows[z][y]) {
        b.set_at(r.begin >> 6, Word{1} << (r.begin & 63)) = *set++;
      }
    }
  }
}

template <int N>
CREVASSE_CLONES SetRange BundleLinker<N>::link_slab(Slab slab) {
  for_each_line(slab.begin, slab.end, [&](const Position& p) CREVASSE_INLINE_LAMBDA {
    build(p);
    if (ring_.range(p.line).empty()) return;
    link_to_preceding(p, slab.begin, slab.end);
    make_sets(p);
  });
  return sets_.made();
}

template <int N>
CREVASSE_CLONES void BundleLinker<N>::link_seam(index_t begin, index_t end, index_t first,
                                                index_t last) {
  const index_t from = std::max(first, begin - reach_back(volume_.shape));
  for_each_line(from, end, [&](const Position& p) CREVASSE_INLINE_LAMBDA {
    build(p);
    if (ring_.range(p.line).empty()) return;
    take_sets(p);
    if (p.line >= begin) link_to_preceding(p, first, last);
  });
}

template class BundleLinker<1>;
template class BundleLinker<2>;

}  // namespace crevasse
