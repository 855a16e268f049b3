#pragma once

#include <cstddef>

#include "crevasse/volume.hpp"

/// Numbers that change speed and never a result. Each says what it trades.
namespace crevasse::tuning {

/// Fewest voxels that make a thread worth starting: below about 50 µs of work the start costs more.
inline constexpr index_t voxels_per_thread = index_t{1} << 17;

/// Fewest runs that make a thread worth starting, in the kernels that never look at voxels.
inline constexpr index_t runs_per_thread = index_t{1} << 14;

/// Fewest regions that make a thread worth starting, where columns are made of their sums: about
/// 20 ns a region.
inline constexpr index_t regions_per_thread = index_t{1} << 12;

/// Slabs for each thread in the kernels whose slabs cost nothing of their own: threads that get on
/// faster, or through emptier slabs, take more of them.
inline constexpr index_t slabs_per_thread = 4;

/// Steps a voxel along a column, on average, past which distances are found by envelopes instead of
/// windows: a step for 64 columns takes about 12 cycles, an envelope about 25 a column.
inline constexpr index_t window_steps = 96;

/// Tiles of local thickness: slices at the most, rows (of all slices), columns. Their bits, a cache
/// line for 512 voxels, should stay in a core's own cache while hundreds of thousands of balls are
/// looked at; smaller tiles look at more balls of their neighbours.
inline constexpr index_t tile_slices = 64, tile_rows = 4096, tile_columns = 512;

/// Parts into which the tiles of a thread are cut: some tiles are empty, some full.
inline constexpr index_t tiles_per_thread = 16;

/// Words of a ball's bits up to which they are tabulated once for all balls of a radius; larger
/// balls, of which few are of one radius, are drawn as they are needed.
inline constexpr index_t ball_words = index_t{1} << 15;

/// Bytes of a huge page; blocks of twice that and more are put on such pages.
inline constexpr std::size_t huge_page = std::size_t{1} << 21;

/// Slots of a table of pairs of labels when it is made, a power of two; it doubles when three
/// quarters full.
inline constexpr std::size_t pair_slots = std::size_t{1} << 10;

/// Pairs of labels that are kept at hand while they are counted, a power of two: they should stay
/// in a core's own cache.
inline constexpr std::size_t recent_pairs = std::size_t{1} << 10;

/// Rows of two frames that are compared as a whole before they are read run by run: where nothing
/// has changed in them, reading them is three times as fast.
inline constexpr index_t compared_rows = 32;

/// Rows of a voxel ledger that are kept, or renewed, as one: where nothing has changed in them the
/// next ledger shares them; fewer rows share more and cost more bookkeeping.
inline constexpr index_t ledger_rows = 256;

/// Runs of a voxel ledger for each opening that may be kept although no run has it: fewer take
/// memory, and time to copy; more make the ledger be gone through for them more often.
inline constexpr std::size_t runs_per_unused_opening = 16;

/// Slices of an image that are moved at once, from copies of those that they come from: fewer take
/// less memory and make threads meet more often.
inline constexpr index_t moved_slices = 64;

}  // namespace crevasse::tuning
