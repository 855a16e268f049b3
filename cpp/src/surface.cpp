#include "crevasse/surface.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#include "label_sums.hpp"

namespace crevasse {
namespace {

// Four rows around an edge along x: bit 0 is row (z, y), bit 1 (z, y + 1), bit 2 (z + 1, y), bit 3
// (z + 1, y + 1). A mask says in which of them a region has the voxel at x.
using Mask = unsigned;

constexpr int both(Mask a, int i, Mask b, int j) {
  return static_cast<int>(a >> i & b >> j & 1U);
}

/// Does a run of rows start where the mask goes from `a` to `b`? Of their intersection, or union.
constexpr int starts_all(Mask a, Mask b, Mask rows) {
  return (b & rows) == rows && (a & rows) != rows;
}
constexpr int starts_any(Mask a, Mask b, Mask rows) {
  return (b & rows) != 0 && (a & rows) == 0;
}

/// What a step along x adds: pairs by kind, then four times the Euler numbers.
struct Step {
  std::array<std::int32_t, 9> adds{};
};
inline constexpr std::size_t euler_6 = 7, euler_26 = 8;

/// Every pair along x is seen around four edges, one across a face around two: how often each kind
/// is counted.
inline constexpr std::array<std::uint64_t, 7> times_counted{2, 2, 4, 1, 2, 2, 1};

/// The Euler number by lines along x. On a line the runs are what remains of points less edges (or
/// voxels less pairs); rows, faces between rows and edges between four rows alternate in sign:
///   by corners: Σ edges runs(any of 4) - Σ faces runs(any of 2) + Σ rows runs
///   by faces:   Σ rows runs - Σ faces runs(both of 2) + Σ edges runs(all of 4)
/// Around its edges a row is met four times, a face twice.
constexpr Step step(Mask a, Mask b) {
  Step s;
  s.adds[Z] = both(b, 0, b, 2) + both(b, 1, b, 3);
  s.adds[Y] = both(b, 0, b, 1) + both(b, 2, b, 3);
  s.adds[X] = std::popcount(a & b);
  s.adds[ZY] = both(b, 0, b, 3) + both(b, 1, b, 2);
  s.adds[ZX] = both(a, 0, b, 2) + both(a, 2, b, 0) + both(a, 1, b, 3) + both(a, 3, b, 1);
  s.adds[YX] = both(a, 0, b, 1) + both(a, 1, b, 0) + both(a, 2, b, 3) + both(a, 3, b, 2);
  s.adds[ZYX] = both(a, 0, b, 3) + both(a, 3, b, 0) + both(a, 1, b, 2) + both(a, 2, b, 1);
  const int rows = std::popcount(b & ~a);
  int faces_all = 0, faces_any = 0;
  for (const Mask face : {0b0011U, 0b1100U, 0b0101U, 0b1010U}) {
    faces_all += starts_all(a, b, face);
    faces_any += starts_any(a, b, face);
  }
  s.adds[euler_6] = rows - 2 * faces_all + 4 * starts_all(a, b, 0b1111U);
  s.adds[euler_26] = 4 * starts_any(a, b, 0b1111U) - 2 * faces_any + rows;
  return s;
}

constexpr auto make_steps() {
  std::array<std::array<Step, 16>, 16> table{};
  for (Mask a = 0; a < 16; ++a) {
    for (Mask b = 0; b < 16; ++b) table[a][b] = step(a, b);
  }
  return table;
}

constexpr auto steps = make_steps();

/// Sums over the edges that a slab has seen, some counts several times over.
struct EdgeSums {
  std::array<std::int64_t, 9> sums{};

  void add(Mask before, Mask at, std::int32_t length) {
    const auto &first = steps[before][at].adds, &next = steps[at][at].adds;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      sums[i] += first[i] + std::int64_t{next[i]} * (length - 1);
    }
  }
  EdgeSums& operator+=(const EdgeSums& other) {
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += other.sums[i];
    return *this;
  }
};

/// A row that is being read: the label at x, 0 between runs, and where that ends.
struct Reader {
  static constexpr std::int32_t never = std::numeric_limits<std::int32_t>::max();

  const Run* run = nullptr;
  const Run* end = nullptr;
  const std::uint32_t* next_label = nullptr;
  std::uint32_t label = 0;
  std::int32_t until = never;

  void open(std::span<const Run> row, const std::uint32_t* labels) {
    *this = {row.data(), row.data() + row.size(), labels, 0, row.empty() ? never : row[0].begin};
  }
  /// To what lies beyond `until`.
  void advance() {
    const std::int32_t x = until;
    run += label != 0;
    if (run != end && run->begin == x) {
      label = *next_label++;
      until = run->end;
    } else {
      label = 0;
      until = run != end ? run->begin : never;
    }
  }
};

using Labels = std::array<std::uint32_t, 4>;

Mask rows_with(const Labels& labels, std::uint32_t label) {
  Mask mask = 0;
  for (unsigned k = 0; k < 4; ++k) mask |= Mask{labels[k] == label} << k;
  return mask;
}

/// Add what lies around one edge.
void add_edge(std::array<Reader, 4>& rows, EdgeSums* table) {
  const auto next_change = [&] {
    return std::min(std::min(rows[0].until, rows[1].until), std::min(rows[2].until, rows[3].until));
  };
  Labels before{};
  std::int32_t x = next_change();
  while (x != Reader::never) {
    Labels now;
    for (unsigned k = 0; k < 4; ++k) {
      if (rows[k].until == x) rows[k].advance();
      now[k] = rows[k].label;
    }
    const std::int32_t end = next_change();
    Mask left = 0b1111U & ~rows_with(now, 0);
    while (left != 0) {
      const std::uint32_t label = now[static_cast<std::size_t>(std::countr_zero(left))];
      const Mask at = rows_with(now, label);
      table[label - 1].add(rows_with(before, label), at, end - x);
      left &= ~at;
    }
    before = now;
    x = end;
  }
}

SurfaceSums finished(const EdgeSums& edges) {
  SurfaceSums s;
  for (std::size_t i = 0; i < s.pairs.size(); ++i) {
    s.pairs[i] = static_cast<std::uint64_t>(edges.sums[i]) / times_counted[i];
  }
  s.euler_6 = edges.sums[euler_6] / 4;
  s.euler_26 = edges.sums[euler_26] / 4;
  return s;
}

void add_border(const RunVolume& runs, std::span<const std::uint32_t> labels,
                Buffer<SurfaceSums>& table) {
  const Shape& shape = runs.shape;
  for_each_row(shape, 0, shape.rows(), [&](index_t r, index_t z, index_t y) {
    const auto row = runs.row(r);
    if (row.empty()) return;
    const auto* label = labels.data() + runs.row_begin[static_cast<std::size_t>(r)];
    if (row.front().begin == 0) ++table[label[0] - 1].border[4];
    if (row.back().end == shape.x) ++table[label[row.size() - 1] - 1].border[5];
    const std::array in_face{z == 0, z == shape.z - 1, y == 0, y == shape.y - 1};
    for (std::size_t face = 0; face < in_face.size(); ++face) {
      if (!in_face[face]) continue;
      for (std::size_t i = 0; i < row.size(); ++i) {
        table[label[i] - 1].border[face] += static_cast<std::uint64_t>(row[i].length());
      }
    }
  });
}

}  // namespace

SurfaceSums& SurfaceSums::operator+=(const SurfaceSums& other) {
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] += other.pairs[i];
  for (std::size_t i = 0; i < border.size(); ++i) border[i] += other.border[i];
  euler_6 += other.euler_6;
  euler_26 += other.euler_26;
  return *this;
}

Buffer<SurfaceSums> surface(const RunVolume& runs, std::span<const std::uint32_t> labels,
                            index_t count, int threads) {
  const Shape& shape = runs.shape;
  const Shape edges{shape.z + 1, shape.y + 1, 1};
  const auto runs_before = [&](index_t edge) {
    return runs.row_begin[static_cast<std::size_t>(std::min(edge - edge / edges.y, shape.rows()))];
  };
  const auto sums = sum_by_label<EdgeSums>(
      edges.rows(), runs_before, count, threads, [&](Slab slab, EdgeSums* table) {
        for_each_row(edges, slab.begin, slab.end, [&](index_t, index_t z, index_t y) {
          std::array<Reader, 4> rows{};
          for (index_t k = 0; k < 4; ++k) {
            const index_t row_z = z - 1 + k / 2, row_y = y - 1 + k % 2;
            if (row_z < 0 || row_z >= shape.z || row_y < 0 || row_y >= shape.y) continue;
            const index_t r = row_z * shape.y + row_y;
            rows[static_cast<std::size_t>(k)].open(
                runs.row(r), labels.data() + runs.row_begin[static_cast<std::size_t>(r)]);
          }
          add_edge(rows, table);
        });
      });
  Buffer<SurfaceSums> table(sums.size());
  std::transform(sums.begin(), sums.end(), table.begin(), finished);
  add_border(runs, labels, table);
  return table;
}

}  // namespace crevasse
