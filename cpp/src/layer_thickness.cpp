#include "crevasse/layer_thickness.hpp"

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

/// Columns across rows: `lines` rows of columns, each through `depth` rows of the volume;
/// `row_of(line, k)` is the k-th of them.
template <class RowOf>
void columns_across_rows(const RunVolume& runs, index_t lines, index_t depth, RowOf row_of,
                         std::int32_t* n_voxels, std::int32_t* n_layers, int threads) {
  const index_t width = runs.shape.x;
  parallel_slabs(lines, threads, [&](index_t, Slab slab) {
    ColumnCounts voxels(width), layers(width);
    for (index_t line = slab.begin; line < slab.end; ++line) {
      std::span<const Run> before;
      for (index_t k = 0; k < depth; ++k) {
        const auto row = runs.row(row_of(line, k));
        for (const Run& run : row) voxels.add(run.begin, run.end);
        sweep_rows(before, row, [&](std::int32_t begin, std::int32_t end, index_t i, index_t j) {
          if (i < 0 && j >= 0) layers.add(begin, end);  // a layer starts where none was before
        });
        before = row;
      }
      voxels.write_and_clear(n_voxels + line * width);
      layers.write_and_clear(n_layers + line * width);
    }
  });
}

void columns_along_rows(const RunVolume& runs, std::int32_t* n_voxels, std::int32_t* n_layers,
                        int threads) {
  parallel_slabs(runs.shape.rows(), threads, [&](index_t, Slab slab) {
    for (index_t r = slab.begin; r < slab.end; ++r) {
      const auto row = runs.row(r);
      n_voxels[r] = 0;
      for (const Run& run : row) n_voxels[r] += run.end - run.begin;
      n_layers[r] = static_cast<std::int32_t>(row.size());
    }
  });
}

}  // namespace

void layer_columns(const RunVolume& runs, int axis, std::int32_t* n_voxels, std::int32_t* n_layers,
                   int threads) {
  const Shape& shape = runs.shape;
  const int team =
      worthwhile_threads(runs.run_count() + shape.rows(), tuning::runs_per_thread, threads);
  if (axis == 0) {
    const auto row_of = [&](index_t y, index_t z) { return z * shape.y + y; };
    columns_across_rows(runs, shape.y, shape.z, row_of, n_voxels, n_layers, team);
  } else if (axis == 1) {
    const auto row_of = [&](index_t z, index_t y) { return z * shape.y + y; };
    columns_across_rows(runs, shape.z, shape.y, row_of, n_voxels, n_layers, team);
  } else {
    columns_along_rows(runs, n_voxels, n_layers, team);
  }
}

}  // namespace crevasse
