#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "crevasse/runs.hpp"
#include "crevasse/tuning.hpp"

namespace crevasse {

/// What is known of a voxel that was ever open. It changes only when the voxel opens or closes.
///
/// A voxel opens or closes halfway between two frames: that is where times count from and to.
struct Opening {
  double open_time = 0;           ///< How long it was open, until `since`.
  std::int32_t first_open = -1;   ///< Frame in which it was first open.
  std::int32_t since = -1;        ///< Frame in which it last turned out open or closed.
  std::int32_t n_toggles = 0;     ///< How often it opened or closed: odd while it is open.
  std::uint32_t first_crack = 0;  ///< Crack that first opened it.
  std::uint32_t last_crack = 0;   ///< Crack it belonged to when it last closed; 0 if it never did.

  bool is_open() const { return (n_toggles & 1) != 0; }
  auto operator<=>(const Opening&) const = default;
};

/// Voxels of one row of a ledger that share an opening, by its number.
struct LedgerRun {
  Run where{};
  std::uint32_t opening = 0;
};

/// Consecutive rows of a ledger, `tuning::ledger_rows` or, at the end, fewer.
struct LedgerRows {
  std::array<std::uint32_t, tuning::ledger_rows> row_end{};  ///< Runs up to the end of each row.
  Buffer<LedgerRun> runs;
  index_t n_baseline = 0;  ///< Open voxels that were open in a baseline frame.
};

/// The voxel ledger: when each voxel opened, closed, and which crack opened it, as runs.
///
/// Many runs share an opening: all that one crack opened between two frames, for one. So runs carry
/// its number. A value: advancing makes a new ledger, which shares the rows that have not changed.
struct Ledger {
  Shape shape{};
  std::int32_t baseline_frames = 1;  ///< The first frames, which are the baseline.
  std::vector<double> times;         ///< Of the frames so far.
  std::vector<Opening> openings;     ///< By number. Some are no run's, and some equal.
  std::size_t n_used = 0;  ///< How many there were when those of no run were last dropped.
  /// Null where no voxel of them was ever open.
  std::vector<std::shared_ptr<const LedgerRows>> blocks;

  std::int32_t frame_count() const { return static_cast<std::int32_t>(times.size()); }
  index_t run_count() const;
  bool operator==(const Ledger& other) const;
};

/// The components of one frame, and which crack each is: `crack_of[label]` (entry 0 is not read).
struct LabelledFrame {
  const RunVolume& open;
  std::span<const std::uint32_t> labels;  ///< One a run.
  std::span<const std::uint32_t> crack_of;
};

/// Voxels of component `label_a` of a frame that had been open before, and closed since, as part of
/// crack `label_b`.
struct Memory {
  std::uint32_t label_a = 0, label_b = 0;
  index_t n_voxels = 0;
  std::int32_t last_open = -1;  ///< Latest frame in which any of them was open.

  Memory& operator+=(const Memory& other);
  bool operator==(const Memory&) const = default;
};

/// What one more frame makes of a ledger.
struct Advance {
  Ledger ledger;
  std::vector<Memory> memories;  ///< Sorted by label, crack.
  index_t n_baseline = 0;        ///< Open voxels that were open in a baseline frame.
};

/// A ledger in which no voxel has been open.
Ledger empty_ledger(const Shape& shape, std::int32_t baseline_frames);

/// The ledger after one more frame, at `time`. `before` is the frame that `ledger` ends with, or
/// anything empty where it has none. `remembers[label]` is 1 for components of `now` whose memories
/// are asked for, 0 for others (entry 0 is not read). Linear in runs, and mostly in those of rows
/// that have changed. The same for every thread count. Throws std::invalid_argument if `before` is
/// not that frame. Pre: equal shapes, one label a run.
Advance advance(const Ledger& ledger, const LabelledFrame& before, const LabelledFrame& now,
                std::span<const std::uint8_t> remembers, double time, int threads);

/// Each field of the openings as a dense volume. Where a voxel was never open: -1 for frames, 0 for
/// the rest. Pre: equal shapes.
void write_first_open(const Ledger& ledger, Volume<std::int32_t> out, int threads);
void write_last_open(const Ledger& ledger, Volume<std::int32_t> out, int threads);
void write_n_toggles(const Ledger& ledger, Volume<std::int32_t> out, int threads);
void write_first_crack(const Ledger& ledger, Volume<std::uint32_t> out, int threads);
/// 0 where a voxel is open: which crack it belongs to, the latest frame tells.
void write_last_crack(const Ledger& ledger, Volume<std::uint32_t> out, int threads);
/// Up to the latest frame.
void write_open_time(const Ledger& ledger, Volume<double> out, int threads);

/// All runs of a ledger with their openings, as long as they can be, to be stored.
ValuedRuns<Opening> to_runs(const Ledger& ledger);

/// The ledger that `to_runs` came from. Throws std::invalid_argument where runs are not sorted
/// inside the volume, and openings contradict themselves or the number of frames. Pre: one opening
/// a run.
Ledger from_runs(const ValuedRuns<Opening>& stored, std::vector<double> times,
                 std::int32_t baseline_frames);

}  // namespace crevasse
