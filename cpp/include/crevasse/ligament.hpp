#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "crevasse/runs.hpp"

namespace crevasse {

/// A straight piece of the way through solid, between two bodies that do not touch.
struct LigamentPiece {
  std::array<double, 3> begin, end;  ///< z, y, x in the unit of the spacing, on the bodies' faces.
  double length;
  std::uint32_t label_begin, label_end;  ///< Of the bodies that it joins; 0: an electrode.
};

struct Ligament {
  double length;                      ///< Infinite where an electrode has no voxel.
  std::vector<LigamentPiece> pieces;  ///< From the working to the counter electrode.
};

/// The shortest way from `working` to `counter` where only what lies in solid counts, that is,
/// neither in a voxel of `open` nor of an electrode: the least of solid that separates the two.
///
/// Exact in Euclidean geometry, of voxels as closed boxes: voxels that share a corner touch, and
/// between faces k voxels apart are k voxels of solid. Nothing hinders a way in solid, so it is
/// made of straight pieces from body to body, where a body is a component of `open` or an
/// electrode, and a piece is as long as the distance of the two. Among equally short ways the
/// choice is fixed.
///
/// `labels`: the component of every run of `open`, 1..count, joined by corners. Voxels may be open
/// and of an electrode at once. `spacing`: voxel size along z, y, x; positive, finite.
///
/// Method: Dijkstra's algorithm over bodies. Each is a tree of boxes over its runs; distances are
/// found as they are asked for, by pairs of boxes in order of the length of way they allow for.
/// Independent of the number of voxels; about linear in runs. Memory: 100 bytes a run, 70 a
/// component, and what is in the queue. Throws std::length_error past 2^30 runs.
/// Pre: equal shapes.
Ligament ligament(const RunVolume& open, std::span<const std::uint32_t> labels, index_t count,
                  const RunVolume& working, const RunVolume& counter,
                  const std::array<double, 3>& spacing);

}  // namespace crevasse
