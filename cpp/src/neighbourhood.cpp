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

using Words = std::vector<std::uint64_t>;

void add(const Words& more, Words& words) {
  for (std::size_t i = 0; i < words.size(); ++i) words[i] |= more[i];
}

/// What spreads by one voxel, row after row, as bits. Those of a row may pass its end by one.
///
/// `most` is how many axes a neighbour may be off along: what has spread along two of them does not
/// spread along the third any more, where it is 2.
class Spread {
 public:
  Spread(const RunVolume& runs, int most, What what)
      : runs_(runs),
        most_(most),
        what_(what),
        words_(static_cast<std::size_t>(words_for(runs.shape.x))),
        read_(slices_kept * rows_kept, ReadRow{Words(words_), Words(words_)}),
        spread_(static_cast<std::size_t>(slices_kept * runs.shape.y)) {}

  /// Write what there is in row (z, y) afterwards. Returns whether there is anything.
  bool write(index_t z, index_t y, Words& words) {
    std::fill(words.begin(), words.end(), 0);
    bool any = false;
    for (index_t slice = std::max<index_t>(z - 1, 0); slice <= std::min(z + 1, runs_.shape.z - 1);
         ++slice) {
      const SpreadRow& row = spread(slice, y);
      if (!row.any) continue;
      any = true;
      add(slice == z && most_ < 3 ? row.within : row.beyond, words);
    }
    return any;
  }

 private:
  /// A row as it is, and spread along itself.
  struct ReadRow {
    Words plain, wide;
    index_t slice = -1, y = -1;
    bool any = false;
  };
  /// What spreads from a slice to one of its rows, and to the same row of the slices beside it.
  struct SpreadRow {
    Words within{}, beyond{};  ///< By corners a slice spreads as far beyond as within: one is kept.
    index_t slice = -1;
    bool any = false;
  };

  /// Kept, since all three that are asked for at once are asked for again one slice on.
  const SpreadRow& spread(index_t slice, index_t y) {
    SpreadRow& row = spread_[static_cast<std::size_t>(slice % slices_kept * runs_.shape.y + y)];
    if (row.slice == slice) return row;
    row.slice = slice;
    row.any = false;
    for (index_t from = std::max<index_t>(y - 1, 0); from <= std::min(y + 1, runs_.shape.y - 1);
         ++from) {
      const ReadRow& read = this->read(slice, from);
      if (!read.any) continue;
      if (!row.any) {
        row.any = true;
        row.beyond.assign(words_, 0);
        if (most_ < 3) row.within.assign(words_, 0);
      }
      const int off = from == y ? 0 : 1;
      if (most_ < 3) add(off < most_ ? read.wide : read.plain, row.within);
      if (off < most_) add(off + 1 < most_ ? read.wide : read.plain, row.beyond);
    }
    return row;
  }

  /// Kept for the rows beside it.
  const ReadRow& read(index_t slice, index_t y) {
    ReadRow& row = read_[static_cast<std::size_t>(slice % slices_kept * rows_kept + y % rows_kept)];
    if (row.slice == slice && row.y == y) return row;
    row.slice = slice;
    row.y = y;
    row.any = false;
    for_each_stretch(slice * runs_.shape.y + y, [&](const Run& stretch) {
      if (!row.any) std::fill(row.plain.begin(), row.plain.end(), 0);
      row.any = true;
      set_bits(stretch, row.plain.data());
    });
    if (row.any) widen(row.plain, row.wide);
    return row;
  }

  static void widen(const Words& plain, Words& wide) {
    const std::size_t last = plain.size() - 1;
    for (std::size_t i = 0; i <= last; ++i) {
      const std::uint64_t before = i == 0 ? 0 : plain[i - 1] >> (word_bits - 1);
      const std::uint64_t behind = i == last ? 0 : plain[i + 1] << (word_bits - 1);
      wide[i] = plain[i] | plain[i] << 1 | before | plain[i] >> 1 | behind;
    }
  }

  template <class Visit>
  void for_each_stretch(index_t r, Visit&& visit) const {
    std::int32_t done = 0;
    for (const Run& run : runs_.row(r)) {
      if (what_ == What::Foreground) {
        visit(run);
      } else if (done < run.begin) {
        visit(Run{done, run.begin});
      }
      done = run.end;
    }
    const auto width = static_cast<std::int32_t>(runs_.shape.x);
    if (what_ == What::Background && done < width) visit(Run{done, width});
  }

  static constexpr index_t slices_kept = 3, rows_kept = 3;

  const RunVolume& runs_;
  int most_;
  What what_;
  std::size_t words_;  ///< A row.
  std::vector<ReadRow> read_;
  std::vector<SpreadRow> spread_;
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
                 if (shape.x == 0 || (!any && what == What::Foreground)) return;
                 if (what == What::Background) {
                   for (std::uint64_t& word : words) word = ~word;
                 }
                 words.back() &= low_bits(shape.x - (words_for(shape.x) - 1) * word_bits);
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
