#include "crevasse/set_operations.hpp"

#include "crevasse/tuning.hpp"
#include "row_sweep.hpp"
#include "run_sink.hpp"

namespace crevasse {
namespace {

bool holds(SetOperation operation, bool in_a, bool in_b) {
  switch (operation) {
    case SetOperation::Union: return in_a || in_b;
    case SetOperation::Intersection: return in_a && in_b;
    case SetOperation::Difference: return in_a && !in_b;
    case SetOperation::SymmetricDifference: return in_a != in_b;
  }
  return false;
}

}  // namespace

RunVolume combine(const RunVolume& a, const RunVolume& b, SetOperation operation, int threads) {
  const int team =
      worthwhile_threads(a.run_count() + b.run_count(), tuning::runs_per_thread, threads);
  return collect_rows<NoValue>(
             a.shape, team,
             [&] {
               return [&](index_t r, RunSink<NoValue>& sink) {
                 const auto row_a = a.row(r), row_b = b.row(r);
                 sink.make_room(static_cast<index_t>(2 * (row_a.size() + row_b.size())));
                 const std::size_t row_start = sink.size();
                 sweep_rows(row_a, row_b,
                            [&](std::int32_t begin, std::int32_t end, index_t i, index_t j) {
                              if (holds(operation, i >= 0, j >= 0))
                                sink.extend(row_start, begin, end);
                            });
               };
             })
      .where;
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
