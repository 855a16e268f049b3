#include "crevasse/neighbourhood.hpp"

#include <algorithm>
#include <cstdlib>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "row_bits.hpp"
#include "run_sink.hpp"

namespace crevasse {
namespace {

/// Of the steps along x, y and z to a neighbour, how many may be taken at once.
int most_steps(Connectivity connectivity) {
  switch (connectivity) {
    case Connectivity::Faces: return 1;
    case Connectivity::Edges: return 2;
    case Connectivity::Corners: return 3;
  }
  return 0;
}

}  // namespace

RunVolume window(const RunVolume& runs, const Shape& begin, const Shape& shape, int threads) {
  check_shape(shape);
  const int team = worthwhile_threads(runs.run_count(), tuning::runs_per_thread, threads);
  return collect_rows<NoValue>(
             shape, team,
             [&] {
               return [&](index_t r, RunSink<NoValue>& sink) {
                 const index_t z = begin.z + r / shape.y, y = begin.y + r % shape.y;
                 if (z < 0 || z >= runs.shape.z || y < 0 || y >= runs.shape.y) return;
                 const auto row = runs.row(z * runs.shape.y + y);
                 sink.make_room(static_cast<index_t>(row.size()));
                 for (const Run& run : row) {
                   const index_t from = std::max<index_t>(run.begin - begin.x, 0);
                   const index_t to = std::min<index_t>(run.end - begin.x, shape.x);
                   if (from < to) {
                     sink.push(static_cast<std::int32_t>(from), static_cast<std::int32_t>(to));
                   }
                 }
               };
             })
      .where;
}

RunVolume dilate(const RunVolume& runs, Connectivity connectivity, int threads) {
  const Shape& shape = runs.shape;
  const int most = most_steps(connectivity);
  const auto width = static_cast<std::int32_t>(shape.x);
  const int team = worthwhile_threads(runs.run_count(), tuning::runs_per_thread, threads);
  return collect_rows<NoValue>(
             shape, team,
             [&] {
               return [&, words = std::vector<std::uint64_t>(static_cast<std::size_t>(
                              words_for(shape.x)))](index_t r, RunSink<NoValue>& sink) mutable {
                 const index_t z = r / shape.y, y = r % shape.y;
                 bool any = false;
                 std::fill(words.begin(), words.end(), 0);
                 for (int dz = -1; dz <= 1; ++dz) {
                   for (int dy = -1; dy <= 1; ++dy) {
                     const int steps = std::abs(dz) + std::abs(dy);
                     const bool inside = z + dz >= 0 && z + dz < shape.z && y + dy >= 0 &&
                                         y + dy < shape.y && steps <= most;
                     if (!inside) continue;
                     const std::int32_t reach = steps < most ? 1 : 0;
                     for (const Run& run : runs.row(r + dz * shape.y + dy)) {
                       set_bits({std::max(run.begin - reach, 0), std::min(run.end + reach, width)},
                                words.data());
                       any = true;
                     }
                   }
                 }
                 if (any) append_runs(words, shape.x, sink);
               };
             })
      .where;
}

}  // namespace crevasse
