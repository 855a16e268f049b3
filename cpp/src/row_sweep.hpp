#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

#include "crevasse/runs.hpp"

namespace crevasse {

/// Walk two rows together: call `piece(begin, end, i, j)` for every maximal stretch that lies in
/// run i of `a` or run j of `b` or both; i or j is -1 where it lies outside of that row's runs.
/// Pieces come in order and do not overlap.
template <class Piece>
void sweep_rows(std::span<const Run> a, std::span<const Run> b, Piece&& piece) {
  constexpr std::int32_t never = std::numeric_limits<std::int32_t>::max();
  std::size_t i = 0, j = 0;
  std::int32_t x = 0;
  while (i < a.size() || j < b.size()) {
    const Run run_a = i < a.size() ? a[i] : Run{never, never};
    const Run run_b = j < b.size() ? b[j] : Run{never, never};
    x = std::max(x, std::min(run_a.begin, run_b.begin));
    const bool in_a = run_a.begin <= x, in_b = run_b.begin <= x;
    const std::int32_t end =
        std::min(in_a ? run_a.end : run_a.begin, in_b ? run_b.end : run_b.begin);
    if (in_a || in_b) {
      piece(x, end, in_a ? static_cast<index_t>(i) : -1, in_b ? static_cast<index_t>(j) : -1);
    }
    x = end;
    i += i < a.size() && run_a.end <= x;
    j += j < b.size() && run_b.end <= x;
  }
}

/// Call `share(i, j, n)` for the runs i of `a` and j of `b` that share n voxels once those of `b`
/// are moved by `shift`. Runs of a row may touch.
template <class Share>
void for_each_shared(std::span<const Run> a, std::span<const Run> b, std::int32_t shift,
                     Share&& share) {
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const std::int32_t begin = std::max(a[i].begin, b[j].begin + shift);
    const std::int32_t end = std::min(a[i].end, b[j].end + shift);
    if (begin < end) share(i, j, index_t{end} - begin);
    (a[i].end < b[j].end + shift ? i : j)++;
  }
}

}  // namespace crevasse
