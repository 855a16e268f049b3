#pragma once

#include <cstdint>
#include <span>

#include "crevasse/runs.hpp"

namespace crevasse {

/// What is known of a voxel that was ever open.
struct Opening {
  std::int32_t first_open;    ///< Frame in which it was first open.
  std::int32_t last_open;     ///< Latest frame in which it was open.
  std::uint32_t first_crack;  ///< Crack that first opened it.

  bool operator==(const Opening&) const = default;
};

/// The voxel ledger: when each voxel opened and which crack opened it, as runs.
using Ledger = ValuedRuns<Opening>;

/// A ledger in which no voxel has been open.
Ledger empty_ledger(const Shape& shape);

/// The ledger after one more frame. `crack_of[l]` is the crack that component l of the frame
/// belongs to (entry 0 is not read). Linear in runs. Pre: equal shapes, one label a run, frames are
/// entered in rising order.
Ledger advance(const Ledger& ledger, const RunVolume& open, std::span<const std::uint32_t> labels,
               std::span<const std::uint32_t> crack_of, std::int32_t frame, int threads);

}  // namespace crevasse
