#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

#include "crevasse/ledger.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"

namespace crevasse {

/// When a voxel changed that was found changed in `frame`: halfway since the frame before.
inline double change_time(std::span<const double> times, std::int32_t frame) {
  const auto f = static_cast<std::size_t>(frame);
  return f == 0 ? times[0] : (times[f - 1] + times[f]) / 2;
}

inline std::size_t to_size(index_t n) {
  return static_cast<std::size_t>(n);
}

inline std::size_t block_count(const Shape& shape) {
  return static_cast<std::size_t>((shape.rows() + tuning::ledger_rows - 1) / tuning::ledger_rows);
}

inline Slab rows_of_block(const Shape& shape, index_t block) {
  const index_t begin = block * tuning::ledger_rows;
  return {begin, std::min(begin + tuning::ledger_rows, shape.rows())};
}

/// Runs and numbers of openings of one row of a block; none where there is no block.
inline std::pair<std::span<const Run>, std::span<const std::uint32_t>> row_of(
    const LedgerRows* block, index_t row) {
  if (block == nullptr) return {};
  const auto r = static_cast<std::size_t>(row);
  const std::size_t begin = r == 0 ? 0 : block->row_end[r - 1];
  const std::size_t size = block->row_end[r] - begin;
  return {{block->runs.data() + begin, size}, {block->openings.data() + begin, size}};
}

/// Writes a block's rows into memory that stays warm from block to block, then copies them out.
class LedgerRowsWriter {
 public:
  /// Start a block of at most `most` runs.
  void begin(std::size_t most) {
    if (rows_.runs.size() < most) {
      rows_.runs.resize(most);
      rows_.openings.resize(most);
    }
    rows_.row_end.clear();
    size_ = row_start_ = 0;
  }

  /// Append a run, or lengthen the last one of the row where it touches with the same opening.
  void extend(std::int32_t begin, std::int32_t end, std::uint32_t opening) {
    if (size_ > row_start_ && rows_.runs[size_ - 1].end == begin &&
        rows_.openings[size_ - 1] == opening) {
      rows_.runs[size_ - 1].end = end;
    } else {
      rows_.runs[size_] = {begin, end};
      rows_.openings[size_] = opening;
      ++size_;
    }
  }

  /// Append runs that are a whole row.
  void copy(std::span<const Run> runs, std::span<const std::uint32_t> openings) {
    std::copy(runs.begin(), runs.end(), rows_.runs.begin() + static_cast<std::ptrdiff_t>(size_));
    std::copy(openings.begin(), openings.end(),
              rows_.openings.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += runs.size();
  }

  void end_row() {
    rows_.row_end.push_back(static_cast<std::uint32_t>(size_));
    row_start_ = size_;
  }

  std::shared_ptr<LedgerRows> finish(index_t n_baseline) const {
    const auto size = static_cast<std::ptrdiff_t>(size_);
    return std::make_shared<LedgerRows>(
        LedgerRows{rows_.row_end,
                   {rows_.runs.begin(), rows_.runs.begin() + size},
                   {rows_.openings.begin(), rows_.openings.begin() + size},
                   n_baseline});
  }

 private:
  LedgerRows rows_;
  std::size_t size_ = 0, row_start_ = 0;
};

}  // namespace crevasse
