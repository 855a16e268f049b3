#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <vector>

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

/// Runs of one row of a block; none where there is no block.
inline std::span<const LedgerRun> row_of(const LedgerRows* block, index_t row) {
  if (block == nullptr) return {};
  const std::size_t begin = row == 0 ? 0 : block->row_end[to_size(row) - 1];
  return {block->runs.data() + begin, block->row_end[to_size(row)] - begin};
}

/// Writes a block's rows into memory for as many runs as there may be, and gives back the rest.
class LedgerRowsWriter {
 public:
  /// Start a block of at most `most` runs.
  void begin(std::size_t most) {
    runs_ = Buffer<LedgerRun>(most);
    size_ = row_start_ = n_rows_ = 0;
  }

  /// Append a run, or lengthen the last one of the row where it touches with the same opening.
  void extend(std::int32_t begin, std::int32_t end, std::uint32_t opening) {
    LedgerRun* const last = size_ > row_start_ ? &runs_[size_ - 1] : nullptr;
    if (last != nullptr && last->where.end == begin && last->opening == opening) {
      last->where.end = end;
    } else {
      runs_[size_++] = {{begin, end}, opening};
    }
  }

  void end_row() {
    row_end_[n_rows_++] = static_cast<std::uint32_t>(size_);
    row_start_ = size_;
  }

  /// Append rows of a block as they are; empty ones where there is none.
  void copy(const LedgerRows* block, Slab rows) {
    const std::size_t begin =
        block == nullptr || rows.begin == 0 ? 0 : block->row_end[to_size(rows.begin) - 1];
    const std::size_t shift = size_ - begin;
    for (index_t r = rows.begin; r < rows.end; ++r) {
      const std::size_t end = block == nullptr ? 0 : block->row_end[to_size(r)];
      row_end_[n_rows_++] = static_cast<std::uint32_t>(end + shift);
    }
    const std::size_t end = row_end_[n_rows_ - 1];
    if (end > size_) std::copy_n(block->runs.data() + begin, end - size_, runs_.data() + size_);
    size_ = row_start_ = end;
  }

  std::shared_ptr<LedgerRows> finish(index_t n_baseline) {
    runs_.shrink(size_);
    return std::make_shared<LedgerRows>(LedgerRows{row_end_, std::move(runs_), n_baseline});
  }

 private:
  std::array<std::uint32_t, tuning::ledger_rows> row_end_{};
  Buffer<LedgerRun> runs_;
  std::size_t size_ = 0, row_start_ = 0, n_rows_ = 0;
};

}  // namespace crevasse
