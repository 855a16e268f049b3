#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "crevasse/runs.hpp"

namespace crevasse {

/// Kinds of the 13 directions between neighbouring voxels, and how many are of each kind.
enum Direction : std::uint8_t { Z, Y, X, ZY, ZX, YX, ZYX };
inline constexpr std::array<std::uint64_t, 7> directions_of_kind{1, 1, 1, 2, 2, 2, 4};

/// Integer counts from which the surface of one region follows. Outside of the volume is
/// background.
struct SurfaceSums {
  /// Pairs of neighbouring voxels that both lie in the region, by kind of direction. So many
  /// voxels less so many pairs is how often a line of that direction enters the region.
  std::array<std::uint64_t, 7> pairs{};
  /// Euler number: components less tunnels plus cavities; voxels join by faces, or by corners too
  /// (closed cubes).
  std::int64_t euler_6 = 0, euler_26 = 0;
  /// Faces of voxels that lie in the volume's faces: z low, z high, y low, y high, x low, x high.
  std::array<std::uint64_t, 6> border{};

  SurfaceSums& operator+=(const SurfaceSums& other);
};

/// Sums of every region: entry l - 1 belongs to label l. Linear in runs.
///
/// Method: the four rows around each edge along x are read together. They are the same over a
/// stretch of voxels, and what changes between two stretches is one of 16 × 16 configurations of
/// 2×2×2 voxels, each of which adds a known amount to every count: Ohser & Mücklich, Statistical
/// Analysis of Microstructures in Materials Science, 2000.
/// Pre: labels are 1..count, one a run.
Buffer<SurfaceSums> surface(const RunVolume& runs, std::span<const std::uint32_t> labels,
                            index_t count, int threads);

}  // namespace crevasse
