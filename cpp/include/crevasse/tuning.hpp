#pragma once

#include <cstddef>

#include "crevasse/volume.hpp"

/// Numbers that change speed and never a result. Each says what it trades.
namespace crevasse::tuning {

/// Fewest voxels that make a thread worth starting: below about 50 µs of work the start costs more.
inline constexpr index_t voxels_per_thread = index_t{1} << 17;

/// Fewest runs that make a thread worth starting, in the kernels that never look at voxels.
inline constexpr index_t runs_per_thread = index_t{1} << 14;

/// Slabs for each thread in the kernels whose slabs cost nothing of their own: threads that get on
/// faster, or through emptier slabs, take more of them.
inline constexpr index_t slabs_per_thread = 4;

/// Steps a voxel along a column, on average, past which distances are found by envelopes instead of
/// windows: a step for 64 columns takes about 12 cycles, an envelope about 25 a column.
inline constexpr index_t window_steps = 96;

/// Bytes of a huge page; blocks of twice that and more are put on such pages.
inline constexpr std::size_t huge_page = std::size_t{1} << 21;

/// Slots of a table of pairs of labels when it is made, a power of two; it doubles when three
/// quarters full.
inline constexpr std::size_t pair_slots = std::size_t{1} << 10;

}  // namespace crevasse::tuning
