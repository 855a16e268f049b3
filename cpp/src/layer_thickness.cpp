#include "crevasse/layer_thickness.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "row_sweep.hpp"

namespace crevasse {
namespace {

/// Rows lying behind one another make one row of columns. A run adds 1 from its begin on and takes
/// it back at its end; the running sum at the end is the count.
class ColumnCounts {
 public:
  explicit ColumnCounts(index_t width) : change_(static_cast<std::size_t>(width) + 1) {}

  void add(std::int32_t begin, std::int32_t end) {
    ++change_[static_cast<std::size_t>(begin)];
    --change_[static_cast<std::size_t>(end)];
  }

  void write_and_clear(std::int32_t* counts) {
    std::partial_sum(change_.begin(), change_.end() - 1, counts);
    std::fill(change_.begin(), change_.end(), 0);
  }

 private:
  std::vector<std::int32_t> change_;
};

/// Gives each column the number of the run that reaches it first. Columns reached are joined to the
/// next one that is not, so that a run over many of them steps over all at once.
class FirstReach {
 public:
  explicit FirstReach(index_t width) : next_(static_cast<std::size_t>(width) + 1) {}

  /// Begin on a row of columns, none of which has been reached.
  void restart(std::int32_t* numbers) {
    numbers_ = numbers;
    n_reached_ = 0;
    std::fill_n(numbers, next_.size() - 1, -1);
    std::iota(next_.begin(), next_.end(), 0);
  }

  void reach(const Run& run, std::int32_t number) {
    for (std::int32_t x = open_from(run.begin); x < run.end; x = open_from(x + 1)) {
      numbers_[x] = number;
      next_[static_cast<std::size_t>(x)] = run.end;  // all before the run's end are reached now
      ++n_reached_;
    }
  }

  index_t n_reached() const { return n_reached_; }

 private:
  /// The first column at or after x that has not been reached; the width if there is none.
  std::int32_t open_from(std::int32_t x) {
    const auto next = [&](std::int32_t at) -> std::int32_t& {
      return next_[static_cast<std::size_t>(at)];
    };
    while (next(x) != x) x = next(x) = next(next(x));
    return x;
  }

  std::vector<std::int32_t> next_;
  std::int32_t* numbers_ = nullptr;
  index_t n_reached_ = 0;
};

/// Columns across rows: `lines` rows of columns, each through `depth` rows of the volume;
/// `row_of(line, k)` is the k-th of them.
template <class RowOf>
void columns_across_rows(const RunVolume& runs, index_t lines, index_t depth, RowOf row_of,
                         const LayerColumns& columns, int threads) {
  const index_t width = runs.shape.x;
  parallel_slabs(lines, threads, [&](index_t, Slab slab) {
    ColumnCounts voxels(width), layers(width);
    FirstReach from_front(width), from_back(width);
    for (index_t line = slab.begin; line < slab.end; ++line) {
      from_front.restart(columns.begin + line * width);
      from_back.restart(columns.end + line * width);
      std::span<const Run> before;
      for (index_t k = 0; k < depth; ++k) {
        const auto row = runs.row(row_of(line, k));
        for (const Run& run : row) {
          voxels.add(run.begin, run.end);
          from_front.reach(run, static_cast<std::int32_t>(k));
        }
        sweep_rows(before, row, [&](std::int32_t begin, std::int32_t end, index_t i, index_t j) {
          if (i < 0 && j >= 0) layers.add(begin, end);  // a layer starts where none was before
        });
        before = row;
      }
      // Every column that has a voxel is known by now: few rows are walked a second time.
      for (index_t k = depth; from_back.n_reached() < from_front.n_reached(); --k) {
        for (const Run& run : runs.row(row_of(line, k - 1))) {
          from_back.reach(run, static_cast<std::int32_t>(k));
        }
      }
      voxels.write_and_clear(columns.n_voxels + line * width);
      layers.write_and_clear(columns.n_layers + line * width);
    }
  });
}

void columns_along_rows(const RunVolume& runs, const LayerColumns& columns, int threads) {
  parallel_slabs(runs.shape.rows(), threads, [&](index_t, Slab slab) {
    for (index_t r = slab.begin; r < slab.end; ++r) {
      const auto row = runs.row(r);
      columns.n_voxels[r] = 0;
      for (const Run& run : row) columns.n_voxels[r] += run.end - run.begin;
      columns.n_layers[r] = static_cast<std::int32_t>(row.size());
      columns.begin[r] = row.empty() ? -1 : row.front().begin;
      columns.end[r] = row.empty() ? -1 : row.back().end;
    }
  });
}

}  // namespace

void layer_columns(const RunVolume& runs, int axis, const LayerColumns& columns, int threads) {
  const Shape& shape = runs.shape;
  const int team =
      worthwhile_threads(runs.run_count() + shape.rows(), tuning::runs_per_thread, threads);
  if (axis == 0) {
    const auto row_of = [&](index_t y, index_t z) { return z * shape.y + y; };
    columns_across_rows(runs, shape.y, shape.z, row_of, columns, team);
  } else if (axis == 1) {
    const auto row_of = [&](index_t z, index_t y) { return z * shape.y + y; };
    columns_across_rows(runs, shape.z, shape.y, row_of, columns, team);
  } else {
    columns_along_rows(runs, columns, team);
  }
}

}  // namespace crevasse
