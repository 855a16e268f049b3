#pragma once

#include <array>

#include "crevasse/volume.hpp"

namespace crevasse {

/// Which neighbours join: those that share a face (6), also an edge (18), also a corner (26).
/// In one slice they are the 4 (Faces) and 8 (Edges, Corners) neighbours.
enum class Connectivity { Faces = 6, Edges = 18, Corners = 26 };

/// Along how many axes neighbouring voxels may differ.
constexpr int most_steps(Connectivity connectivity) {
  return connectivity == Connectivity::Faces ? 1 : connectivity == Connectivity::Edges ? 2 : 3;
}

/// Along which axes a volume goes on at its other end.
struct Periodic {
  bool z = false, y = false, x = false;
};

/// A row that precedes another in raster order and touches it, and whether voxels that meet there
/// only diagonally along x join as well.
struct RowNeighbour {
  index_t dz, dy;
  bool exists;
  bool diagonal_x;
};

/// The four preceding rows of a row, most recent last.
constexpr std::array<RowNeighbour, 4> preceding_rows(Connectivity connectivity) {
  const bool edges = connectivity != Connectivity::Faces;
  const bool corners = connectivity == Connectivity::Corners;
  return {{
      {-1, -1, edges, corners},
      {-1, 0, true, edges},
      {-1, 1, edges, corners},
      {0, -1, true, edges},
  }};
}

}  // namespace crevasse
