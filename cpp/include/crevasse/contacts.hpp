#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "crevasse/surface.hpp"

namespace crevasse {

/// Pairs of neighbouring voxels of which one carries `label_a` and the other `label_b`, by kind of
/// direction. Those along z, y and x share a face.
struct Contact {
  std::uint32_t label_a = 0, label_b = 0;  ///< label_a < label_b.
  std::array<std::uint64_t, 7> pairs{};

  Contact& operator+=(const Contact& other);
};

/// Every pair of different labels with neighbouring voxels, sorted by (label_a, label_b). Linear in
/// runs.
/// Pre: labels are 1.., one a run.
std::vector<Contact> contacts(const RunVolume& runs, std::span<const std::uint32_t> labels,
                              int threads);

}  // namespace crevasse
