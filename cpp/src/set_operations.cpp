#include "crevasse/set_operations.hpp"

#include <algorithm>
#include <stdexcept>

#include "crevasse/tuning.hpp"
#include "run_sink.hpp"

namespace crevasse {
namespace {

template <SetOperation operation>
constexpr bool holds(bool in_a, bool in_b) {
  switch (operation) {
    case SetOperation::Union: return in_a || in_b;
    case SetOperation::Intersection: return in_a && in_b;
    case SetOperation::Difference: return in_a && !in_b;
    case SetOperation::SymmetricDifference: return in_a != in_b;
  }
  return false;
}

/// Ends of runs in order: begin, end, begin, end …
std::span<const std::int32_t> edges_of(std::span<const Run> row) {
  static_assert(sizeof(Run) == 2 * sizeof(std::int32_t));
  return {reinterpret_cast<const std::int32_t*>(row.data()), 2 * row.size()};
}

/// Walk the edges of both rows in order: each enters or leaves a run, and is an edge of the result
/// where that changes whether the operation holds.
template <SetOperation operation>
void append_combined(std::span<const Run> row_a, std::span<const Run> row_b,
                     RunSink<NoValue>& sink) {
  sink.make_room(static_cast<index_t>(row_a.size() + row_b.size()) + 1);
  auto* const edges_begin = reinterpret_cast<std::int32_t*>(sink.next_runs());
  auto* edge = edges_begin;
  const auto a = edges_of(row_a), b = edges_of(row_b);
  std::size_t i = 0, j = 0;
  bool held = false;
  // Written without asking whether it is one: a branch on that would be a coin toss.
  while (i < a.size() && j < b.size()) {
    const std::int32_t x = std::min(a[i], b[j]);
    i += a[i] == x;
    j += b[j] == x;
    const bool holds_now = holds<operation>((i & 1) != 0, (j & 1) != 0);
    *edge = x;
    edge += holds_now != held;
    held = holds_now;
  }
  if (holds<operation>(true, false)) edge = std::copy(a.begin() + i, a.end(), edge);
  if (holds<operation>(false, true)) edge = std::copy(b.begin() + j, b.end(), edge);
  sink.took((edge - edges_begin) / 2);
}

template <SetOperation operation>
RunVolume combine(const RunVolume& a, const RunVolume& b, int threads) {
  const int team =
      worthwhile_threads(a.run_count() + b.run_count(), tuning::runs_per_thread, threads);
  const auto append = [&](index_t r, RunSink<NoValue>& sink) {
    if (!a.row(r).empty() || !b.row(r).empty()) {
      append_combined<operation>(a.row(r), b.row(r), sink);
    }
  };
  return collect_rows<NoValue>(a.shape, team, [&] { return append; }).where;
}

}  // namespace

RunVolume combine(const RunVolume& a, const RunVolume& b, SetOperation operation, int threads) {
  switch (operation) {
    case SetOperation::Union: return combine<SetOperation::Union>(a, b, threads);
    case SetOperation::Intersection: return combine<SetOperation::Intersection>(a, b, threads);
    case SetOperation::Difference: return combine<SetOperation::Difference>(a, b, threads);
    case SetOperation::SymmetricDifference:
      return combine<SetOperation::SymmetricDifference>(a, b, threads);
  }
  throw std::invalid_argument("unknown set operation");
}

RunVolume select(const RunVolume& runs, std::span<const std::uint32_t> labels,
                 std::span<const std::uint8_t> keep, int threads) {
  const int team = worthwhile_threads(runs.run_count(), tuning::runs_per_thread, threads);
  return collect_rows<NoValue>(runs.shape, team,
                               [&] {
                                 return [&](index_t r, RunSink<NoValue>& sink) {
                                   const auto row = runs.row(r);
                                   sink.make_room(static_cast<index_t>(row.size()));
                                   const std::size_t row_start = sink.size();
                                   const auto* label =
                                       labels.data() + runs.row_begin[static_cast<std::size_t>(r)];
                                   for (const Run& run : row) {
                                     if (keep[*label++] != 0)
                                       sink.extend(row_start, run.begin, run.end);
                                   }
                                 };
                               })
      .where;
}

}  // namespace crevasse
