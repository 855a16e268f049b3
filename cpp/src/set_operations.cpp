#include "crevasse/set_operations.hpp"

#include <algorithm>
#include <stdexcept>

#include "crevasse/tuning.hpp"
#include "row_sweep.hpp"
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

/// Pre: there is room.
void append_all(std::span<const Run> row, RunSink<NoValue>& sink) {
  std::copy(row.begin(), row.end(), sink.next_runs());
  sink.took(static_cast<index_t>(row.size()));
}

template <SetOperation operation>
void append_combined(std::span<const Run> a, std::span<const Run> b, RunSink<NoValue>& sink) {
  sink.make_room(static_cast<index_t>(2 * (a.size() + b.size())));
  // Most volumes lie in a part of the whole, so most rows hold runs of one or none.
  if (a.empty() || b.empty()) {
    if (holds<operation>(true, false)) append_all(a, sink);
    if (holds<operation>(false, true)) append_all(b, sink);
    return;
  }
  const std::size_t row_start = sink.size();
  sweep_rows(a, b, [&](std::int32_t begin, std::int32_t end, index_t i, index_t j) {
    if (holds<operation>(i >= 0, j >= 0)) sink.extend(row_start, begin, end);
  });
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
