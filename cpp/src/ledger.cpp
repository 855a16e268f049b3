#include "crevasse/ledger.hpp"

#include <algorithm>

#include "crevasse/tuning.hpp"
#include "row_sweep.hpp"
#include "run_sink.hpp"

namespace crevasse {

Ledger empty_ledger(const Shape& shape) {
  check_shape(shape);
  Buffer<index_t> row_begin(static_cast<std::size_t>(shape.rows()) + 1);
  std::fill(row_begin.begin(), row_begin.end(), 0);
  return {{shape, std::move(row_begin), {}}, {}};
}

Ledger advance(const Ledger& ledger, const RunVolume& open, std::span<const std::uint32_t> labels,
               std::span<const std::uint32_t> crack_of, std::int32_t frame, int threads) {
  const index_t runs = ledger.where.run_count() + open.run_count();
  const int team = worthwhile_threads(runs, tuning::runs_per_thread, threads);
  return collect_rows<Opening>(open.shape, team, [&] {
    return [&](index_t r, RunSink<Opening>& sink) {
      const auto known = ledger.where.row(r);
      const auto known_values = ledger.row(r);
      const auto now = open.row(r);
      const auto* label = labels.data() + open.row_begin[static_cast<std::size_t>(r)];
      sink.make_room(static_cast<index_t>(2 * (known.size() + now.size())));
      const std::size_t row_start = sink.size();
      sweep_rows(known, now, [&](std::int32_t begin, std::int32_t end, index_t i, index_t j) {
        Opening opening = i >= 0 ? known_values[static_cast<std::size_t>(i)]
                                 : Opening{frame, frame, crack_of[label[j]]};
        if (j >= 0) opening.last_open = frame;
        sink.extend(row_start, begin, end, opening);
      });
    };
  });
}

}  // namespace crevasse
