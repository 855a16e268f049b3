#include "crevasse/neighbourhood.hpp"

#include <algorithm>
#include <cstdlib>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "row_bits.hpp"
#include "run_sink.hpp"

namespace crevasse {
namespace {

enum class What { Foreground, Background };

/// What spreads by one voxel, row after row, as bits.
class Spread {
 public:
  Spread(const RunVolume& runs, int most, What what)
      : runs_(runs),
        most_(most),
        what_(what),
        words_per_row_(static_cast<std::size_t>(words_for(runs.shape.x))),
        beside_(static_cast<std::size_t>(std::min<index_t>(runs.shape.z, 3) * runs.shape.y)) {}

  /// Write what there is in row (z, y) afterwards. Returns whether there is anything.
  bool write(index_t z, index_t y, std::vector<std::uint64_t>& words) {
    std::fill(words.begin(), words.end(), 0);
    bool any = false;
    for (index_t slice = std::max<index_t>(z - 1, 0); slice <= std::min(z + 1, runs_.shape.z - 1);
         ++slice) {
      // By corners a slice spreads within itself as far as into the next ones.
      if (slice == z && most_ < 3) {
        any |= spread(z, y, 0, words.data());
      } else if (const Row& row = beside(slice, y); row.any) {
        any = true;
        for (std::size_t i = 0; i < words_per_row_; ++i) words[i] |= row.words[i];
      }
    }
    return any;
  }

 private:
  struct Row {
    index_t slice = -1;
    bool any = false;
    std::vector<std::uint64_t> words{};
  };

  /// What spreads from a slice to row y of the next ones. Kept, since all three that are asked for
  /// at once are asked for again one slice on.
  const Row& beside(index_t slice, index_t y) {
    Row& row = beside_[static_cast<std::size_t>(slice % 3 * runs_.shape.y + y)];
    if (row.slice != slice) {
      row.slice = slice;
      row.words.assign(words_per_row_, 0);
      row.any = spread(slice, y, 1, row.words.data());
    }
    return row;
  }

  /// Set what spreads to row y from rows of a slice that lies `across` slices away.
  bool spread(index_t slice, index_t y, int across, std::uint64_t* words) const {
    bool any = false;
    for (int dy = -1; dy <= 1; ++dy) {
      const int steps = across + std::abs(dy);
      if (y + dy < 0 || y + dy >= runs_.shape.y || steps > most_) continue;
      const std::int32_t reach = steps < most_ ? 1 : 0;
      const auto width = static_cast<std::int32_t>(runs_.shape.x);
      for_each_stretch(slice * runs_.shape.y + y + dy, [&](std::int32_t begin, std::int32_t end) {
        set_bits({std::max(begin - reach, 0), std::min(end + reach, width)}, words);
        any = true;
      });
    }
    return any;
  }

  template <class Visit>
  void for_each_stretch(index_t r, Visit&& visit) const {
    std::int32_t done = 0;
    for (const Run& run : runs_.row(r)) {
      if (what_ == What::Foreground) {
        visit(run.begin, run.end);
      } else if (done < run.begin) {
        visit(done, run.begin);
      }
      done = run.end;
    }
    const auto width = static_cast<std::int32_t>(runs_.shape.x);
    if (what_ == What::Background && done < width) visit(done, width);
  }

  const RunVolume& runs_;
  int most_;
  What what_;
  std::size_t words_per_row_;
  std::vector<Row> beside_;  ///< Of three slices, where there are as many.
};

/// Let the foreground grow, or the background and then take the rest.
RunVolume grow(const RunVolume& runs, Connectivity connectivity, What what, int threads) {
  const Shape& shape = runs.shape;
  const int team = worthwhile_threads(runs.run_count(), tuning::runs_per_thread, threads);
  return collect_rows<NoValue>(
             shape, team,
             [&] {
               return [&shape, what, spread = Spread(runs, most_steps(connectivity), what),
                       words = std::vector<std::uint64_t>(static_cast<std::size_t>(
                           words_for(shape.x)))](index_t r, RunSink<NoValue>& sink) mutable {
                 const bool any = spread.write(r / shape.y, r % shape.y, words);
                 if (what == What::Background && shape.x > 0) {
                   for (std::uint64_t& word : words) word = ~word;
                   words.back() &= low_bits(shape.x - (words_for(shape.x) - 1) * word_bits);
                 } else if (!any) {
                   return;
                 }
                 append_runs(words, shape.x, sink);
               };
             })
      .where;
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
  return grow(runs, connectivity, What::Foreground, threads);
}

RunVolume erode(const RunVolume& runs, Connectivity connectivity, int threads) {
  return grow(runs, connectivity, What::Background, threads);
}

}  // namespace crevasse
