#pragma once

#include <algorithm>
#include <cstring>

#include "crevasse/parallel.hpp"
#include "crevasse/runs.hpp"

namespace crevasse {

/// Whether two volumes hold the same voxels in a range of rows. Pre: equal shapes.
inline bool same_rows(const RunVolume& a, const RunVolume& b, Slab rows) {
  const index_t *const begin_a = a.row_begin.data() + rows.begin, *const begin_b =
                                                                      b.row_begin.data() +
                                                                      rows.begin;
  const index_t n_rows = rows.end - rows.begin, n_runs = begin_a[n_rows] - begin_a[0];
  index_t differ = 0;
  for (index_t r = 1; r <= n_rows; ++r) {
    differ |= (begin_a[r] - begin_a[0]) ^ (begin_b[r] - begin_b[0]);
  }
  return differ == 0 &&
         (n_runs == 0 || std::memcmp(a.runs.data() + begin_a[0], b.runs.data() + begin_b[0],
                                     static_cast<std::size_t>(n_runs) * sizeof(Run)) == 0);
}

/// The same for one row: rows are short.
inline bool same_row(const RunVolume& a, const RunVolume& b, index_t row) {
  const auto of_a = a.row(row), of_b = b.row(row);
  return of_a.size() == of_b.size() && std::equal(of_a.begin(), of_a.end(), of_b.begin());
}

}  // namespace crevasse
