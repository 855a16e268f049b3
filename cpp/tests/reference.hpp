#pragma once

// Slow, obvious versions of the kernels on dense volumes, and the volumes to try them on. Nothing
// here shares code with the kernels beyond the plain types of their headers.

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <ostream>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "crevasse/connectivity.hpp"
#include "crevasse/contacts.hpp"
#include "crevasse/ledger.hpp"
#include "crevasse/overlap.hpp"
#include "crevasse/regions.hpp"
#include "crevasse/runs.hpp"
#include "crevasse/surface.hpp"

namespace crevasse {

inline std::ostream& operator<<(std::ostream& out, const Shape& shape) {
  return out << '(' << shape.z << ", " << shape.y << ", " << shape.x << ')';
}

namespace reference {

inline constexpr std::array connectivities{Connectivity::Faces, Connectivity::Edges,
                                           Connectivity::Corners};

inline std::size_t to_size(index_t n) {
  return static_cast<std::size_t>(n);
}

/// A volume that owns its voxels.
template <class T>
struct Dense {
  Shape shape;
  std::vector<T> voxels;

  explicit Dense(const Shape& s, T fill = T{}) : shape(s), voxels(to_size(s.size()), fill) {}

  index_t index(index_t z, index_t y, index_t x) const { return (z * shape.y + y) * shape.x + x; }
  T& at(index_t z, index_t y, index_t x) { return voxels[to_size(index(z, y, x))]; }
  const T& at(index_t z, index_t y, index_t x) const { return voxels[to_size(index(z, y, x))]; }
  Volume<const T> view() const { return {voxels.data(), shape}; }
  Volume<T> out() { return {voxels.data(), shape}; }
  bool operator==(const Dense&) const = default;
};

using Mask = Dense<std::uint8_t>;

/// Call `visit(z, y, x)` for every voxel in raster order.
template <class Visit>
void for_each_voxel(const Shape& shape, Visit&& visit) {
  for (index_t z = 0; z < shape.z; ++z)
    for (index_t y = 0; y < shape.y; ++y)
      for (index_t x = 0; x < shape.x; ++x) visit(z, y, x);
}

/// Where two sequences first differ, in words; empty if they are equal.
template <class A, class B>
std::string difference(const A& actual, const B& expected) {
  const auto n = static_cast<std::size_t>(std::size(actual));
  if (n != std::size(expected)) {
    return "sizes " + std::to_string(n) + " and " + std::to_string(std::size(expected));
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (!(actual[i] == expected[i])) return "element " + std::to_string(i);
  }
  return {};
}

// --- runs ------------------------------------------------------------------------------------

/// Write `values[i]` over run i, 0 elsewhere.
template <class V>
Dense<V> spread(const RunVolume& runs, std::span<const V> values) {
  Dense<V> out(runs.shape);
  std::size_t i = 0;
  for (index_t r = 0; r < runs.shape.rows(); ++r) {
    for (const Run& run : runs.row(r)) {
      for (index_t x = run.begin; x < run.end; ++x) {
        out.voxels[to_size(r * runs.shape.x + x)] = values[i];
      }
      ++i;
    }
  }
  return out;
}

inline Mask to_mask(const RunVolume& runs) {
  const std::vector<std::uint8_t> ones(runs.runs.size(), 1);
  return spread<std::uint8_t>(runs, ones);
}

/// Why runs are not valid runs with values (sorted, within the row, touching only where the values
/// differ); empty if they are.
template <class V>
std::string fault(const ValuedRuns<V>& runs) {
  const RunVolume& where = runs.where;
  if (runs.values.size() != where.runs.size()) return "not one value a run";
  if (where.row_begin.size() != to_size(where.shape.rows()) + 1) return "wrong number of rows";
  if (where.row_begin[0] != 0) return "rows do not start at 0";
  if (where.row_begin[to_size(where.shape.rows())] != where.run_count()) return "rows end early";
  for (index_t r = 0; r < where.shape.rows(); ++r) {
    const auto row = where.row(r);
    const auto values = runs.row(r);
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (row[i].begin < 0 || row[i].end > where.shape.x) return "a run leaves its row";
      if (row[i].begin >= row[i].end) return "a run is empty";
      if (i == 0) continue;
      if (row[i].begin < row[i - 1].end) return "runs overlap or are not sorted";
      if (row[i].begin == row[i - 1].end && values[i] == values[i - 1]) return "equal runs touch";
    }
  }
  return {};
}

// --- labelling -------------------------------------------------------------------------------

struct Labels {
  Dense<std::uint32_t> labels;
  index_t count = 0;
};

/// `at` on an axis of `n` voxels: the same, around the end where periodic, or -1 outside.
inline index_t around(index_t at, index_t n, bool periodic) {
  if (at >= 0 && at < n) return at;
  return periodic ? (at + n) % n : -1;
}

/// Along how many axes joined voxels may lie apart.
inline int axes_apart(Connectivity connectivity) {
  return connectivity == Connectivity::Faces ? 1 : connectivity == Connectivity::Edges ? 2 : 3;
}

/// Connected components of equal voxels other than 0, by flood fill from each first voxel.
template <class T>
Labels label(const Dense<T>& image, Connectivity connectivity, Periodic periodic = {}) {
  const int reach = axes_apart(connectivity);
  std::vector<Shape> offsets;
  for (int dz = -1; dz <= 1; ++dz)
    for (int dy = -1; dy <= 1; ++dy)
      for (int dx = -1; dx <= 1; ++dx) {
        const int steps = std::abs(dz) + std::abs(dy) + std::abs(dx);
        if (steps >= 1 && steps <= reach) offsets.push_back({dz, dy, dx});
      }

  Labels result{Dense<std::uint32_t>(image.shape), 0};
  const Shape& shape = image.shape;
  std::vector<Shape> todo;
  for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
    if (image.at(z, y, x) == 0 || result.labels.at(z, y, x) != 0) return;
    const auto number = static_cast<std::uint32_t>(++result.count);
    result.labels.at(z, y, x) = number;
    todo.push_back({z, y, x});
    while (!todo.empty()) {
      const Shape at = todo.back();
      todo.pop_back();
      for (const Shape& d : offsets) {
        const index_t nz = around(at.z + d.z, shape.z, periodic.z);
        const index_t ny = around(at.y + d.y, shape.y, periodic.y);
        const index_t nx = around(at.x + d.x, shape.x, periodic.x);
        if (nz < 0 || ny < 0 || nx < 0) continue;
        if (result.labels.at(nz, ny, nx) != 0) continue;
        if (image.at(nz, ny, nx) != image.at(at.z, at.y, at.x)) continue;
        result.labels.at(nz, ny, nx) = number;
        todo.push_back({nz, ny, nx});
      }
    }
  });
  return result;
}

/// The same partition, numbered 1.. in raster order of first voxels.
inline Dense<std::uint32_t> renumber(const Dense<std::uint32_t>& labels) {
  Dense<std::uint32_t> result(labels.shape);
  std::map<std::uint32_t, std::uint32_t> number;
  for (std::size_t i = 0; i < labels.voxels.size(); ++i) {
    if (labels.voxels[i] == 0) continue;
    const auto next = static_cast<std::uint32_t>(number.size() + 1);
    result.voxels[i] = number.try_emplace(labels.voxels[i], next).first->second;
  }
  return result;
}

// --- regions, overlap, layers, ledger --------------------------------------------------------

/// Calls `visit(a, b, kind)` with the labels of every two neighbouring voxels, each pair once.
template <class Visit>
void for_each_neighbour_pair(const Dense<std::uint32_t>& labels, Visit&& visit) {
  const Shape& s = labels.shape;
  for_each_voxel(s, [&](index_t z, index_t y, index_t x) {
    for (int code = 14; code < 27; ++code) {  // the 13 offsets that follow (0, 0, 0)
      const index_t dz = code / 9 - 1, dy = code / 3 % 3 - 1, dx = code % 3 - 1;
      const index_t oz = z + dz, oy = y + dy, ox = x + dx;
      if (oz >= s.z || oy < 0 || oy >= s.y || ox < 0 || ox >= s.x) continue;
      constexpr std::array kinds{ZYX, X, Y, YX, Z, ZX, ZY, ZYX};  // by which of z, y, x change
      const int which = (dz != 0) * 4 + (dy != 0) * 2 + (dx != 0);
      visit(labels.at(z, y, x), labels.at(oz, oy, ox), kinds[static_cast<std::size_t>(which)]);
    }
  });
}

/// Cells of the union of closed voxels, or of the graph of voxels that share faces, filled in:
/// their numbers with alternating signs.
inline std::array<std::int64_t, 2> euler_numbers(const Dense<std::uint32_t>& labels,
                                                 std::uint32_t label) {
  const Shape& s = labels.shape;
  const auto has = [&](index_t z, index_t y, index_t x) {
    const bool inside = z >= 0 && z < s.z && y >= 0 && y < s.y && x >= 0 && x < s.x;
    return inside && labels.at(z, y, x) == label;
  };
  std::int64_t by_faces = 0, by_corners = 0;
  // A cell lies at doubled coordinates: odd on the axes along which it extends over a voxel.
  for_each_voxel({2 * s.z + 1, 2 * s.y + 1, 2 * s.x + 1}, [&](index_t z, index_t y, index_t x) {
    bool any = false, all = true;
    for (const index_t dz : {0, 1})
      for (const index_t dy : {0, 1})
        for (const index_t dx : {0, 1}) {
          const bool on = has(z / 2 - (z % 2 == 0 ? dz : 0), y / 2 - (y % 2 == 0 ? dy : 0),
                              x / 2 - (x % 2 == 0 ? dx : 0));
          any = any || on;
          all = all && on;
        }
    const index_t dimension = z % 2 + y % 2 + x % 2;
    by_corners += any ? (dimension % 2 == 0 ? 1 : -1) : 0;
    by_faces += all ? ((3 - dimension) % 2 == 0 ? 1 : -1) : 0;
  });
  return {by_faces, by_corners};
}

inline std::vector<SurfaceSums> surface(const Dense<std::uint32_t>& labels, index_t count) {
  std::vector<SurfaceSums> table(to_size(count));
  for_each_neighbour_pair(labels, [&](std::uint32_t a, std::uint32_t b, Direction kind) {
    if (a == b && a != 0) ++table[a - 1].pairs[kind];
  });
  const Shape& s = labels.shape;
  for_each_voxel(s, [&](index_t z, index_t y, index_t x) {
    if (labels.at(z, y, x) == 0) return;
    auto& border = table[labels.at(z, y, x) - 1].border;
    const std::array in_face{z == 0, z == s.z - 1, y == 0, y == s.y - 1, x == 0, x == s.x - 1};
    for (std::size_t face = 0; face < 6; ++face) border[face] += in_face[face];
  });
  for (std::uint32_t label = 1; label <= count; ++label) {
    const auto [by_faces, by_corners] = euler_numbers(labels, label);
    table[label - 1].euler_6 = by_faces;
    table[label - 1].euler_26 = by_corners;
  }
  return table;
}

inline std::vector<Contact> contacts(const Dense<std::uint32_t>& labels) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::array<std::uint64_t, 7>> counts;
  for_each_neighbour_pair(labels, [&](std::uint32_t a, std::uint32_t b, Direction kind) {
    if (a != b && a != 0 && b != 0) ++counts[{std::min(a, b), std::max(a, b)}][kind];
  });
  std::vector<Contact> table;
  for (const auto& [pair, pairs] : counts) table.push_back({pair.first, pair.second, pairs});
  return table;
}

inline std::vector<RegionSums> regions(const Dense<std::uint32_t>& labels, index_t count) {
  std::vector<RegionSums> table(to_size(count));
  for_each_voxel(labels.shape, [&](index_t z, index_t y, index_t x) {
    const std::uint32_t label = labels.at(z, y, x);
    if (label == 0) return;
    RegionSums& sums = table[label - 1];
    const std::array<index_t, 3> at{z, y, x};
    if (sums.n_voxels == 0) {
      sums.low = at;
      sums.first_voxel = labels.index(z, y, x);
    }
    ++sums.n_voxels;
    for (std::size_t i = 0; i < 3; ++i) {
      sums.sum[i] += static_cast<std::uint64_t>(at[i]);
      sums.low[i] = std::min(sums.low[i], at[i]);
      sums.high[i] = std::max(sums.high[i], at[i] + 1);
    }
    const std::array<index_t, 6> products{z * z, y * y, x * x, z * y, z * x, y * x};
    for (std::size_t i = 0; i < 6; ++i) sums.product[i] += static_cast<std::uint64_t>(products[i]);
  });
  return table;
}

inline std::vector<Overlap> overlap(const Dense<std::uint32_t>& a, const Dense<std::uint32_t>& b) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, index_t> counts;
  for (std::size_t i = 0; i < a.voxels.size(); ++i) {
    if (a.voxels[i] != 0 && b.voxels[i] != 0) ++counts[{a.voxels[i], b.voxels[i]}];
  }
  std::vector<Overlap> pairs;
  for (const auto& [pair, n] : counts) pairs.push_back({pair.first, pair.second, n});
  return pairs;
}

/// Blocks by letting the lower number spread along the edges until nothing changes.
inline std::vector<std::uint32_t> interval_blocks(index_t count_a, index_t count_b,
                                                  std::span<const Overlap> pairs) {
  std::vector<std::uint32_t> lowest(to_size(count_a + count_b));
  for (std::size_t i = 0; i < lowest.size(); ++i) lowest[i] = static_cast<std::uint32_t>(i);
  for (bool changed = true; changed;) {
    changed = false;
    for (const Overlap& pair : pairs) {
      std::uint32_t& in_a = lowest[pair.label_a - 1];
      std::uint32_t& in_b = lowest[to_size(count_a) + pair.label_b - 1];
      changed = changed || in_a != in_b;
      in_a = in_b = std::min(in_a, in_b);
    }
  }
  std::map<std::uint32_t, std::uint32_t> number;
  for (std::uint32_t& block : lowest) {
    const auto next = static_cast<std::uint32_t>(number.size());
    block = number.try_emplace(block, next).first->second;
  }
  return lowest;
}

struct Columns {
  std::vector<std::int32_t> n_voxels, n_layers, begin, end;
};

inline Columns layer_columns(const Mask& mask, int axis) {
  const Shape& s = mask.shape;
  const index_t depth = axis == 0 ? s.z : axis == 1 ? s.y : s.x;
  const index_t lines = axis == 0 ? s.y : s.z;
  const index_t width = axis == 2 ? s.y : s.x;
  Columns columns;
  for (index_t i = 0; i < lines; ++i)
    for (index_t j = 0; j < width; ++j) {
      std::int32_t voxels = 0, layers = 0, begin = -1, end = -1;
      bool before = false;
      for (index_t k = 0; k < depth; ++k) {
        const bool set = (axis == 0   ? mask.at(k, i, j)
                          : axis == 1 ? mask.at(i, k, j)
                                      : mask.at(i, j, k)) != 0;
        voxels += set;
        layers += set && !before;
        if (set && begin < 0) begin = static_cast<std::int32_t>(k);
        if (set) end = static_cast<std::int32_t>(k) + 1;
        before = set;
      }
      columns.n_voxels.push_back(voxels);
      columns.n_layers.push_back(layers);
      columns.begin.push_back(begin);
      columns.end.push_back(end);
    }
  return columns;
}

/// The ledger from all frames at once: the crack of every voxel in each of them, 0 where closed.
struct DenseLedger {
  Shape shape;
  std::vector<Dense<std::uint32_t>> cracks;
  std::vector<double> times;

  explicit DenseLedger(const Shape& s) : shape(s) {}

  void add(const Dense<std::uint32_t>& labels, std::span<const std::uint32_t> crack_of,
           double time) {
    Dense<std::uint32_t> frame(shape);
    for (std::size_t i = 0; i < frame.voxels.size(); ++i) {
      if (labels.voxels[i] != 0) frame.voxels[i] = crack_of[labels.voxels[i]];
    }
    cracks.push_back(std::move(frame));
    times.push_back(time);
  }

  std::uint32_t crack(std::size_t voxel, std::size_t frame) const {
    return cracks[frame].voxels[voxel];
  }

  Opening opening(std::size_t voxel) const {
    Opening o;
    for (std::size_t f = 0; f < times.size(); ++f) {
      const bool now = crack(voxel, f) != 0, before = f > 0 && crack(voxel, f - 1) != 0;
      if (now == before) continue;
      const double halfway = f == 0 ? times[0] : (times[f - 1] + times[f]) / 2;
      if (now && o.n_toggles == 0) {
        o.first_open = static_cast<std::int32_t>(f);
        o.first_crack = crack(voxel, f);
      }
      if (!now) {
        const auto since = static_cast<std::size_t>(o.since);
        o.open_time += halfway - (since == 0 ? times[0] : (times[since - 1] + times[since]) / 2);
        o.last_crack = crack(voxel, f - 1);
      }
      o.since = static_cast<std::int32_t>(f);
      ++o.n_toggles;
    }
    return o;
  }

  Dense<Opening> openings() const {
    Dense<Opening> dense(shape);
    for (std::size_t i = 0; i < dense.voxels.size(); ++i) dense.voxels[i] = opening(i);
    return dense;
  }

  /// Latest frame before the last one in which a voxel was open; -1 for none.
  std::int32_t last_open(std::size_t voxel) const {
    for (std::size_t f = times.size() - 1; f-- > 0;) {
      if (crack(voxel, f) != 0) return static_cast<std::int32_t>(f);
    }
    return -1;
  }

  /// What voxels of the last frame remember that were closed in the one before it, where their
  /// label is to.
  std::vector<Memory> memories(const Dense<std::uint32_t>& labels,
                               const std::vector<std::uint8_t>& remembers) const {
    std::map<std::pair<std::uint32_t, std::uint32_t>, Memory> found;
    for (std::size_t i = 0; i < labels.voxels.size(); ++i) {
      const std::int32_t last = last_open(i);
      const auto latest = static_cast<std::int32_t>(times.size()) - 1;
      if (labels.voxels[i] == 0 || last < 0 || last == latest - 1) continue;
      if (remembers[labels.voxels[i]] == 0) continue;
      const Memory one{labels.voxels[i], crack(i, static_cast<std::size_t>(last)), 1, last};
      auto& sum = found.try_emplace({one.label_a, one.label_b}, one.label_a, one.label_b, 0, -1)
                      .first->second;
      ++sum.n_voxels;
      sum.last_open = std::max(sum.last_open, last);
    }
    std::vector<Memory> sorted;
    for (const auto& [pair, memory] : found) sorted.push_back(memory);
    return sorted;
  }

  /// Open voxels of the last frame that were open in one of the first `baseline_frames`.
  index_t n_baseline(std::int32_t baseline_frames) const {
    index_t n = 0;
    for (std::size_t i = 0; i < cracks[0].voxels.size(); ++i) {
      bool in_baseline = false;
      for (std::size_t f = 0; f < times.size(); ++f) {
        in_baseline |= static_cast<std::int32_t>(f) < baseline_frames && crack(i, f) != 0;
      }
      n += in_baseline && crack(i, times.size() - 1) != 0;
    }
    return n;
  }
};

// --- volumes to try things on ----------------------------------------------------------------

using Random = std::mt19937_64;

inline double uniform(Random& random) {
  return static_cast<double>(random() >> 11) * 0x1p-53;
}

/// A whole number in [0, n).
inline index_t below(Random& random, index_t n) {
  return static_cast<index_t>(random() % static_cast<std::uint64_t>(n));
}

/// Every voxel for itself.
inline Mask noise(const Shape& shape, double density, Random& random) {
  Mask mask(shape);
  for (auto& voxel : mask.voxels) voxel = uniform(random) < density;
  return mask;
}

/// Stretches along x of about `length` voxels, so that runs span words; rows start anywhere.
inline Mask stretches(const Shape& shape, double density, index_t length, Random& random) {
  Mask mask(shape);
  std::uint8_t value = 0;
  index_t left = 0;
  for (auto& voxel : mask.voxels) {
    if (left-- == 0) {
      value = uniform(random) < density;
      left = below(random, 2 * length);
    }
    voxel = value;
  }
  return mask;
}

/// Wavy sheets `thickness` voxels wide that cross the whole volume on two slants, with fine holes.
inline Mask cracks(const Shape& shape, index_t thickness, Random& random) {
  Mask mask(shape);
  for_each_voxel(shape, [&](index_t z, index_t y, index_t x) {
    const bool rising = (x + y / 2 + z + (y * z) % 3) % 23 < thickness;
    const bool falling = (x + 1000 * shape.y - y + 3 * z) % 41 < thickness;
    mask.at(z, y, x) = (rising || falling) && uniform(random) < 0.9;
  });
  return mask;
}

/// Voxels of few different values, 0 among them; `scale` moves the difference into higher bits.
template <std::unsigned_integral T>
Dense<T> values(const Shape& shape, index_t kinds, T scale, Random& random) {
  Dense<T> image(shape);
  T value = 0;
  for (auto& voxel : image.voxels) {
    if (uniform(random) < 0.5) value = static_cast<T>(static_cast<T>(below(random, kinds)) * scale);
    voxel = value;
  }
  return image;
}

/// Rows around the word length, single rows and slices, narrow ones, empties.
inline std::vector<Shape> small_shapes() {
  return {{1, 1, 1},   {1, 1, 63}, {1, 1, 64}, {1, 1, 65}, {1, 1, 127}, {1, 1, 128}, {1, 1, 129},
          {1, 1, 200}, {5, 1, 63}, {1, 7, 64}, {4, 6, 65}, {3, 5, 127}, {3, 4, 128}, {2, 3, 129},
          {3, 3, 200}, {9, 1, 1},  {1, 9, 1},  {7, 8, 9},  {16, 1, 3},  {2, 17, 2},  {6, 5, 1},
          {0, 0, 0},   {0, 3, 5},  {3, 0, 5},  {3, 5, 0},  {4, 4, 16}};
}

inline constexpr std::array densities{0.0, 0.02, 0.1, 0.3, 0.5, 0.8, 0.97, 1.0};

/// Large enough for seven threads: as a block, flat, one row a slice, slabs thinner than a slice
/// (a seam then crosses several slabs), and slices of two rows.
inline std::vector<Shape> large_shapes() {
  return {{44, 100, 210}, {1, 4400, 210}, {4400, 1, 210}, {5, 876, 211}, {2200, 2, 210}};
}

inline constexpr std::array thread_counts{1, 2, 3, 7};

}  // namespace reference
}  // namespace crevasse
