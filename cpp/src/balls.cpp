#include "balls.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <span>
#include <tuple>

#include "row_bits.hpp"
#include "simd.hpp"
#include "sort_by_radius.hpp"

namespace crevasse {
namespace {

/// Squared radii, as whole numbers, below which the radii that hold them are tabulated.
constexpr float tabulated = 1 << 16;

/// By squared radius, the squared distance from a neighbour to the farthest voxel of a ball. That
/// voxel lies opposite: with absolute coordinates, |p + v|² = |p|² + 2 p·v + |v|².
Buffer<float> tabulate(const std::array<index_t, 3>& v, const Scale& scale, bool closed,
                       index_t largest) {
  std::array<index_t, 3> weight{};
  for (std::size_t i = 0; i < 3; ++i) weight[i] = static_cast<index_t>(scale.weight[i]);
  Buffer<float> farthest(static_cast<std::size_t>(largest) + 1);
  std::fill(farthest.begin(), farthest.end(), 0.0F);
  for (index_t z = 0; weight[0] * z * z <= largest; ++z) {
    for (index_t y = 0; weight[0] * z * z + weight[1] * y * y <= largest; ++y) {
      const index_t in_row = weight[0] * z * z + weight[1] * y * y;
      for (index_t x = 0; in_row + weight[2] * x * x <= largest; ++x) {
        const index_t zv = z + v[0], yv = y + v[1], xv = x + v[2];
        float& value = farthest[static_cast<std::size_t>(in_row + weight[2] * x * x)];
        value = std::max(value, static_cast<float>(weight[0] * zv * zv + weight[1] * yv * yv +
                                                   weight[2] * xv * xv));
      }
    }
  }
  for (std::size_t i = 1; i < farthest.size(); ++i) {
    farthest[i] = std::max(farthest[i], farthest[i - 1]);
  }
  if (!closed) {  // voxels nearer than the radius: the ball before, and one more to hold it
    for (std::size_t i = farthest.size() - 1; i > 0; --i) farthest[i] = farthest[i - 1] + 1;
  }
  return farthest;
}

/// How many rows before they are looked at voxels are fetched: about as long as memory takes.
constexpr index_t rows_ahead = 4;

/// Values of 16 voxels in a row.
constexpr index_t lane_count = 16;
typedef float Lanes __attribute__((vector_size(4 * lane_count)));
typedef std::int32_t LaneMask __attribute__((vector_size(4 * lane_count)));

/// The values from `voxel` on, 0 outside the volume.
CREVASSE_INLINE Lanes load(const Volume<const float>& volume, index_t voxel) {
  Lanes values{};
  const index_t size = volume.shape.size();
  if (voxel >= 0 && voxel + lane_count <= size) {
    std::memcpy(&values, volume.data + voxel, sizeof(values));
  } else {
    for (index_t i = std::max<index_t>(0, -voxel); i < std::min(lane_count, size - voxel); ++i) {
      values[i] = volume.data[voxel + i];
    }
  }
  return values;
}

CREVASSE_INLINE std::uint32_t bits_of(const LaneMask& mask) {
  constexpr LaneMask bit{1,   2,   4,    8,    16,   32,   64,    128,
                         256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
  const LaneMask set = mask & bit;
  std::int32_t bits = 0;
  for (index_t i = 0; i < lane_count; ++i) bits |= set[i];
  return static_cast<std::uint32_t>(bits);
}

/// Least squared radii that hold balls around places `length` away, from a table if there is one.
CREVASSE_INLINE Lanes needed_for(const Lanes& own, std::span<const float> table, double length) {
  float radii[lane_count];
  if (!table.empty()) {
    // Whole numbers, but for the largest where a limit has cut it: no neighbour holds that one,
    // nor does any by the table of the whole number below.
    const auto places = __builtin_convertvector(own, LaneMask);
    std::int32_t at[lane_count];
    std::memcpy(at, &places, sizeof(at));
    for (index_t i = 0; i < lane_count; ++i) radii[i] = table.data()[at[i]];
  } else {
    std::memcpy(radii, &own, sizeof(radii));
    for (float& squared : radii) {
      const double radius = std::sqrt(static_cast<double>(squared)) + length;
      squared = static_cast<float>(radius * radius * (1 + 1e-5));  // rather too much
    }
  }
  Lanes needed;
  std::memcpy(&needed, radii, sizeof(needed));
  return needed;
}

}  // namespace

OuterBalls::OuterBalls(const RunVolume& runs, Volume<const float> squared, const Scale& scale,
                       bool closed, float largest)
    : runs_(runs), squared_(squared), scale_(scale), least_(scale.least()) {
  for (index_t dz = -1; dz <= 1; ++dz) {
    for (index_t dy = -1; dy <= 1; ++dy) {
      for (index_t dx = -1; dx <= 1; ++dx) add_neighbour({dz, dy, dx}, closed, largest);
    }
  }
  std::sort(neighbours_.begin(), neighbours_.end(), [](const Neighbours& a, const Neighbours& b) {
    return std::tie(a.length, a.steps) < std::tie(b.length, b.steps);
  });
}

void OuterBalls::add_neighbour(const Steps& offset, bool closed, float largest) {
  double length = 0;
  Steps steps{};
  for (std::size_t i = 0; i < 3; ++i) {
    steps[i] = std::abs(offset[i]);
    length += scale_.weight[i] * static_cast<double>(steps[i] * steps[i]);
  }
  if (length == 0) return;
  if (scale_.is_cubic()) std::sort(steps.begin(), steps.end());  // the same by symmetry
  auto like = std::find_if(neighbours_.begin(), neighbours_.end(),
                           [&](const Neighbours& n) { return n.steps == steps; });
  if (like == neighbours_.end()) {
    const bool table = scale_.whole && largest < tabulated;
    neighbours_.push_back(
        {steps,
         std::sqrt(length),
         table ? tabulate(steps, scale_, closed, static_cast<index_t>(largest)) : Buffer<float>(),
         {}});
    like = neighbours_.end() - 1;
  }
  like->offsets.push_back(offset);
}

/// Which of the 16 voxels from (z, y, x) on have a ball that none of their neighbours' holds, and
/// not the least, as bits. Means nothing for background.
CREVASSE_CLONES std::uint32_t OuterBalls::outer(index_t z, index_t y, index_t x) const {
  const Shape& shape = runs_.shape;
  const index_t voxel = (z * shape.y + y) * shape.x + x;
  const Lanes own = load(squared_, voxel);
  LaneMask held = own <= least_, not_first{}, not_last{};
  if (bits_of(held) == low_bits(lane_count)) return 0;
  for (index_t i = 0; i < lane_count; ++i) {
    not_first[i] = x + i > 0 ? -1 : 0;
    not_last[i] = x + i + 1 < shape.x ? -1 : 0;
  }
  for (const Neighbours& n : neighbours_) {
    const Lanes needed = needed_for(own, n.needed, n.length);
    for (const auto& [dz, dy, dx] : n.offsets) {
      if (z + dz < 0 || z + dz >= shape.z || y + dy < 0 || y + dy >= shape.y) continue;
      const Lanes other = load(squared_, voxel + (dz * shape.y + dy) * shape.x + dx);
      LaneMask holds = other >= needed;
      if (dx < 0) holds &= not_first;
      if (dx > 0) holds &= not_last;
      held |= holds;
    }
  }
  return ~bits_of(held);
}

std::uint32_t OuterBalls::covered(index_t z, index_t y, index_t x) const {
  const Shape& shape = runs_.shape;
  const index_t slice = shape.y * shape.x;
  const float* const own = squared_.data + z * slice + y * shape.x + x;
  std::uint32_t sides = 0;
  if (z > 0 && own[-slice] >= *own) sides |= z_before;
  if (z + 1 < shape.z && own[slice] > *own) sides |= z_after;
  if (y > 0 && own[-shape.x] >= *own) sides |= y_before;
  if (y + 1 < shape.y && own[shape.x] > *own) sides |= y_after;
  return sides;
}

bool OuterBalls::crosses(const Tile& tile, const Steps& centre, float squared_radius) const {
  for (std::size_t i = 0; i < 3; ++i) {
    const index_t inside = std::min(centre[i] - tile.begin[i], tile.end[i] - 1 - centre[i]);
    const auto steps = static_cast<double>(inside + 1);
    if (scale_.weight[i] * steps * steps <= scale_.bound(squared_radius, true)) return true;
  }
  return false;
}

/// Fetch what `outer` will read first when it comes to a row: the slice behind, which nothing has
/// read.
void OuterBalls::fetch_behind(index_t z, index_t y) const {
  const Shape& shape = runs_.shape;
  if (z + 1 >= shape.z || y + 1 >= shape.y) return;
  const float* const behind = squared_.row((z + 1) * shape.y + y + 1).data();
  for (const Run& run : runs_.row(z * shape.y + y)) {
    for (index_t x = run.begin; x < run.end; x += lane_count) {
      __builtin_prefetch(behind + x - 1);
      __builtin_prefetch(behind + x + lane_count);
    }
  }
}

TileBalls OuterBalls::of(const Tile& tile) const {
  const Shape& shape = runs_.shape;
  std::vector<Ball> inner, across;
  for (index_t z = tile.begin[0]; z < tile.end[0]; ++z) {
    for (index_t y = tile.begin[1]; y < tile.end[1]; ++y) {
      const float* const row = squared_.row(z * shape.y + y).data();
      fetch_behind(z, y + rows_ahead);
      for (const Run& run : runs_.row(z * shape.y + y)) {
        const index_t end = std::min<index_t>(run.end, tile.end[2]);
        for (index_t x = std::max<index_t>(run.begin, tile.begin[2]); x < end; x += lane_count) {
          const auto here = static_cast<std::uint32_t>(low_bits(std::min(lane_count, end - x)));
          for (std::uint32_t left = here & outer(z, y, x); left != 0; left &= left - 1) {
            const index_t at = x + std::countr_zero(left);
            auto& balls = crosses(tile, {z, y, at}, row[at]) ? across : inner;
            balls.emplace_back(row[at], tile.number(z, y, at), covered(z, y, at));
          }
        }
      }
    }
  }
  sort_by_radius(inner);
  sort_by_radius(across);
  return {Buffer<Ball>::copy_of(inner), Buffer<Ball>::copy_of(across)};
}

}  // namespace crevasse
