#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "crevasse/parallel.hpp"
#include "metric.hpp"
#include "occupied.hpp"

/// Squared distances within slices, from runs.
namespace crevasse {

/// Squared distances along x within one row, where it has runs.
template <class T>
CREVASSE_CLONES void write_row(const Run* runs, std::size_t run_count, index_t n,
                               const Metric<T>& metric, T* row) {
  const auto weight = metric.weight[2];
  for (std::size_t i = 0; i < run_count; ++i) {
    const Run run = runs[i];
    const bool closed_left = run.begin > 0 || metric.border[2];
    const bool closed_right = run.end < n || metric.border[2];
    if (!closed_left && !closed_right) {
      std::fill(row + run.begin, row + run.end, metric.infinite);
      continue;
    }
    // The background voxel on each side; where there is none, as far away as the other at most.
    const std::int32_t left = closed_left ? run.begin - 1 : run.begin - run.end;
    const std::int32_t right = closed_right ? run.end : 2 * run.end;
    for (std::int32_t x = run.begin; x < run.end; ++x) {
      const auto nearest = static_cast<T>(std::min(x - left, right - x));
      row[x] = weight * nearest * nearest;
    }
  }
}

/// Columns along `axis` (0 is z, 1 is y).
template <class T>
Columns<T> columns(const Metric<T>& metric, std::size_t axis, const T* data, index_t stride,
                   index_t length) {
  return {
      data, stride, length, metric.weight[axis], metric.infinite, metric.cap, metric.border[axis]};
}

/// Distances within each slice, to `between`, where blocks hold foreground. Where a block of `out`
/// does not it is done: `clear(first voxel, count)`.
template <class T, class Put, class Clear>
void pass_slices(const RunVolume& runs, const Occupied& occupied, const Metric<T>& metric,
                 int threads, Put&& put, Clear&& clear) {
  const Shape& shape = runs.shape;
  // A line more: rows a power of two apart would share few places in the caches.
  const index_t stride = occupied.blocks() * lanes + static_cast<index_t>(64 / sizeof(T));
  const auto pass_slab = [&](index_t, Slab slab) {
    ColumnPass<T> pass(shape.y);
    std::vector<T> slice(static_cast<std::size_t>(shape.y * stride));
    for (index_t z = slab.begin; z < slab.end; ++z) {
      for (index_t y = 0; y < shape.y; ++y) {
        const auto row = runs.row(z * shape.y + y);
        write_row(row.data(), row.size(), shape.x, metric, slice.data() + y * stride);
      }
      for (index_t b = 0; b < occupied.blocks(); ++b) {
        const index_t x = b * lanes, count = std::min(lanes, shape.x - x);
        pass.run(
            columns(metric, 1, slice.data() + x, stride, shape.y),
            [&](index_t y) { return occupied.here(z, y, b); },
            [&](index_t y, const T* values, const auto*) {
              put((z * shape.y + y) * shape.x + x, values, count);
            });
        for (index_t y = 0; y < shape.y; ++y) {
          if (!occupied.here(z, y, b)) clear((z * shape.y + y) * shape.x + x, count);
        }
      }
      for (index_t y = 0; y < shape.y; ++y) {  // zeros again for the next slice
        for (const Run& run : runs.row(z * shape.y + y)) {
          std::fill(slice.data() + y * stride + run.begin, slice.data() + y * stride + run.end,
                    T{0});
        }
      }
    }
  };
  parallel_slabs(shape.z, threads, pass_slab, tuning::slabs_per_thread);
}

}  // namespace crevasse
