#include "crevasse/brick_boundary.hpp"

#include <algorithm>
#include <compare>
#include <cstdlib>
#include <stdexcept>
#include <vector>

namespace crevasse {
namespace {

using Pair = std::array<std::uint32_t, 2>;

void check(const BrickDirection& d) {
  const bool is_step = std::max({std::abs(d.z), std::abs(d.y), std::abs(d.x)}) == 1;
  if (!is_step) throw std::invalid_argument("direction must lead one brick on");
}

/// Along how many axes a direction leads: 1 to a face, 2 to an edge, 3 to a corner.
int axis_count(const BrickDirection& d) {
  return std::abs(d.z) + std::abs(d.y) + std::abs(d.x);
}

/// The positions along an axis that lie farthest along a direction: all, the first or the last.
struct Range {
  index_t begin, end;

  Range(int step, index_t length)
      : begin(step > 0 ? std::max<index_t>(length - 1, 0) : 0),
        end(step < 0 ? std::min<index_t>(1, length) : length) {}
};

/// Compares in raster order.
struct Position {
  index_t z, y, x;

  auto operator<=>(const Position&) const = default;
};

Position position(const BoundaryVoxel& voxel, const Position& moved_by = {0, 0, 0}) {
  return {voxel.z + moved_by.z, voxel.y + moved_by.y, voxel.x + moved_by.x};
}

/// Call `visit` with every way from a voxel of the one brick to a neighbour in the other.
template <class Visit>
void for_each_shift(const BrickDirection& direction, Connectivity connectivity, Visit&& visit) {
  const int most_aside = most_steps(connectivity) - axis_count(direction);
  const auto steps = [](int along) {
    return along == 0 ? std::pair{-1, 1} : std::pair{along, along};
  };
  const auto aside = [](int along, int step) { return along == 0 && step != 0; };
  const auto [z_begin, z_end] = steps(direction.z);
  const auto [y_begin, y_end] = steps(direction.y);
  const auto [x_begin, x_end] = steps(direction.x);
  for (int z = z_begin; z <= z_end; ++z) {
    for (int y = y_begin; y <= y_end; ++y) {
      for (int x = x_begin; x <= x_end; ++x) {
        if (aside(direction.z, z) + aside(direction.y, y) + aside(direction.x, x) <= most_aside) {
          visit(Position{z, y, x});
        }
      }
    }
  }
}

}  // namespace

Buffer<BoundaryVoxel> boundary_voxels(const RunVolume& runs, std::span<const std::uint32_t> labels,
                                      const BrickDirection& direction) {
  check(direction);
  const Range in_z(direction.z, runs.shape.z), in_y(direction.y, runs.shape.y),
      in_x(direction.x, runs.shape.x);
  std::vector<BoundaryVoxel> found;
  for (index_t z = in_z.begin; z < in_z.end; ++z) {
    for (index_t y = in_y.begin; y < in_y.end; ++y) {
      const auto row = static_cast<std::size_t>(z * runs.shape.y + y);
      index_t first = runs.row_begin[row], last = runs.row_begin[row + 1];
      // Of a row, its first or last run alone can lie there.
      if (direction.x < 0) last = std::min(last, first + 1);
      if (direction.x > 0) first = std::max(first, last - 1);
      for (index_t i = first; i < last; ++i) {
        const Run& run = runs.runs[static_cast<std::size_t>(i)];
        const index_t end = std::min<index_t>(run.end, in_x.end);
        for (index_t x = std::max<index_t>(run.begin, in_x.begin); x < end; ++x) {
          found.push_back({static_cast<std::int32_t>(z), static_cast<std::int32_t>(y),
                           static_cast<std::int32_t>(x), labels[static_cast<std::size_t>(i)]});
        }
      }
    }
  }
  return Buffer<BoundaryVoxel>::copy_of(found);
}

Buffer<Pair> meeting_labels(std::span<const BoundaryVoxel> a, std::span<const BoundaryVoxel> b,
                            std::span<const std::int64_t> values_a,
                            std::span<const std::int64_t> values_b, const BrickDirection& direction,
                            const Shape& offset, Connectivity connectivity) {
  check(direction);
  const bool valued = !values_a.empty() && !values_b.empty();
  std::vector<Pair> pairs;
  for_each_shift(direction, connectivity, [&](const Position& shift) {
    const Position by{shift.z - offset.z, shift.y - offset.y, shift.x - offset.x};
    std::size_t j = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      // Both lists are in raster order, and stay so when all of one is moved.
      const Position sought = position(a[i], by);
      while (j < b.size() && position(b[j]) < sought) ++j;
      if (j == b.size()) break;
      if (position(b[j]) != sought || (valued && values_a[i] != values_b[j])) continue;
      const Pair pair{a[i].label, b[j].label};
      // Side by side most pairs are the same, and fewer are sorted in no time.
      if (pairs.empty() || pairs.back() != pair) pairs.push_back(pair);
    }
  });
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return Buffer<Pair>::copy_of(pairs);
}

Buffer<index_t> first_voxels(const RunVolume& runs, std::span<const std::uint32_t> labels,
                             index_t count) {
  Buffer<index_t> first(static_cast<std::size_t>(count));
  std::uint32_t highest = 0;
  for (index_t r = 0; r < runs.shape.rows() && highest < count; ++r) {
    for (index_t i = runs.row_begin[static_cast<std::size_t>(r)];
         i < runs.row_begin[static_cast<std::size_t>(r) + 1]; ++i) {
      const auto run = static_cast<std::size_t>(i);
      if (labels[run] <= highest) continue;
      highest = labels[run];
      first[highest - 1] = r * runs.shape.x + runs.runs[run].begin;
    }
  }
  return first;
}

}  // namespace crevasse
