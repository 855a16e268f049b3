#include "crevasse/runs.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "grey_types.hpp"
#include "row_bits.hpp"
#include "run_sink.hpp"
#include "simd.hpp"

namespace crevasse {
namespace {

int encode_threads(const Shape& shape, int threads) {
  return worthwhile_threads(shape.size(), tuning::voxels_per_thread, threads);
}

// Each of the three functions below fills a row's bit mask, 64 voxels a word; bits past the row
// are 0. The comparison goes to bytes first because that is the form every compiler vectorises for
// every value type; bytes become bits in four instructions.

template <class T>
CREVASSE_CLONES void nonzero_words(const T* row, index_t n, std::uint64_t* words) {
  std::uint8_t bytes[word_bits];
  for (index_t x = 0; x < n; x += word_bits) {
    const index_t count = n - x < word_bits ? n - x : word_bits;
    if constexpr (sizeof(T) == 1) {
      if (count == word_bits) {
        *words++ = simd::nonzero_bits(reinterpret_cast<const std::uint8_t*>(row + x));
        continue;
      }
    }
    if (count == word_bits) {
      for (index_t i = 0; i < word_bits; ++i) bytes[i] = row[x + i] != 0;
    } else {
      for (index_t i = 0; i < count; ++i) bytes[i] = row[x + i] != 0;
    }
    *words++ = simd::nonzero_bits(bytes) & low_bits(count);
  }
}

/// Is there a value that is neither 0 nor `value`?
template <class T>
CREVASSE_CLONES bool has_other_values(const T* row, index_t n, T value) {
  T any = 0;
  for (index_t x = 0; x < n; ++x) any |= static_cast<T>((row[x] != 0) & (row[x] != value));
  return any != 0;
}

/// Bit x is set where the value differs from the one before it (from 0 at the row's start).
template <class T>
CREVASSE_CLONES void change_words(const T* row, index_t n, std::uint64_t* words) {
  std::uint8_t bytes[word_bits];
  for (index_t x = 0; x < n; x += word_bits) {
    const index_t count = n - x < word_bits ? n - x : word_bits;
    if (x > 0 && count == word_bits) {
      *words++ = ~simd::equal_bits(row + x, row + x - 1);
      continue;
    }
    bytes[0] = row[x] != (x > 0 ? row[x - 1] : T{0});
    for (index_t i = 1; i < count; ++i) bytes[i] = row[x + i] != row[x + i - 1];
    *words++ = simd::nonzero_bits(bytes) & low_bits(count);
  }
}

/// Bit x is set where `low <= value <= high`. Returns whether any value is NaN.
template <class T>
CREVASSE_CLONES bool window_words(const T* row, index_t n, T low, T high, std::uint64_t* words) {
  std::uint8_t bytes[word_bits];
  std::uint8_t any_nan = 0;
  for (index_t x = 0; x < n; x += word_bits) {
    const index_t count = n - x < word_bits ? n - x : word_bits;
    const T* v = row + x;
    if (count == word_bits) {
      for (index_t i = 0; i < word_bits; ++i) bytes[i] = (v[i] >= low) & (v[i] <= high);
    } else {
      for (index_t i = 0; i < count; ++i) bytes[i] = (v[i] >= low) & (v[i] <= high);
    }
    if constexpr (std::is_floating_point_v<T>) {
      for (index_t i = 0; i < count; ++i) any_nan |= static_cast<std::uint8_t>(v[i] != v[i]);
    }
    *words++ = simd::nonzero_bits(bytes) & low_bits(count);
  }
  return any_nan != 0;
}

/// Append runs of equal value, given where values change.
template <class T>
void append_valued_runs(const std::vector<std::uint64_t>& words, std::span<const T> row,
                        RunSink<T>& sink) {
  const auto n = static_cast<index_t>(row.size());
  sink.make_room(n + 1);
  Run* const runs = sink.next_runs();
  T* const values = sink.next_values();
  std::int32_t begin = 0;
  T value{0};
  index_t size = 0;
  // Written without asking whether it is background: a branch on that would be a coin toss.
  const auto end_run = [&](std::int32_t end) {
    runs[size] = {begin, end};
    values[size] = value;
    size += value != 0;
  };
  for (index_t w = 0; w < words_for(n); ++w) {
    for (auto edges = words[static_cast<std::size_t>(w)]; edges != 0; edges &= edges - 1) {
      const auto x = static_cast<std::int32_t>(w * word_bits + std::countr_zero(edges));
      end_run(x);
      begin = x;
      value = row[static_cast<std::size_t>(x)];
    }
  }
  end_run(static_cast<std::int32_t>(n));
  sink.took(size);
}

/// Clear the bits that lie outside `inside`.
void keep_inside(std::span<const Run> inside, index_t n, std::vector<std::uint64_t>& words) {
  index_t x = 0;
  const auto clear_until = [&](index_t end) {
    while (x < end) {
      const index_t in_word = x % word_bits;
      const index_t count = std::min(end - x, word_bits - in_word);
      words[static_cast<std::size_t>(x / word_bits)] &= ~(low_bits(count) << in_word);
      x += count;
    }
  };
  for (const Run& run : inside) {
    clear_until(run.begin);
    x = run.end;
  }
  clear_until(n);
}

template <class T>
void refuse_nan(std::span<const T> row, std::span<const Run> inside, index_t r, const Shape& shape,
                index_t first_slice) {
  for (const Run& run : inside) {
    for (index_t x = run.begin; x < run.end; ++x) {
      if (std::isnan(row[static_cast<std::size_t>(x)])) {
        throw std::invalid_argument("image must not hold NaN, got one at (z, y, x) = (" +
                                    std::to_string(first_slice + r / shape.y) + ", " +
                                    std::to_string(r % shape.y) + ", " + std::to_string(x) +
                                    "); replace it, or leave it outside roi");
      }
    }
  }
}

template <class V>
inline constexpr index_t stripe = 64 / sizeof(V);

/// Write `value` over [at, at + n), a stripe of 64 bytes at a time, and up to a stripe beyond, but
/// never past `end`. Runs are short: asking where one ends costs more than writing what follows
/// twice.
template <class V>
CREVASSE_INLINE void fill_over(V* at, index_t n, V value, V* end) {
  V* const stop = at + n;
  do {
    if (end - at < stripe<V>) {
      std::fill(at, stop, value);
      return;
    }
    for (index_t i = 0; i < stripe<V>; ++i) at[i] = value;
    at += stripe<V>;
  } while (at < stop);
}

/// One row of `write_values`.
template <class U, class V>
CREVASSE_CLONES void write_row(const Run* runs, std::size_t run_count, const U* values, V* row,
                               index_t n, V background, bool is_background) {
  V* const end = row + n;
  V* at = row;
  // Where the background is there already, only what the last run has written over is mended.
  const auto fill_gap = [&](V* gap_end) CREVASSE_INLINE_LAMBDA {
    const index_t gap = gap_end - at;
    if (gap > 0) fill_over(at, is_background ? std::min(gap, stripe<V>) : gap, background, end);
  };
  for (std::size_t i = 0; i < run_count; ++i) {
    if (i > 0 || !is_background) fill_gap(row + runs[i].begin);
    fill_over(row + runs[i].begin, runs[i].length(), static_cast<V>(values[i]), end);
    at = row + runs[i].end;
  }
  if (run_count > 0 || !is_background) fill_gap(end);
}

}  // namespace

index_t RunVolume::voxel_count() const {
  index_t count = 0;
  for (const Run& run : runs) count += run.length();
  return count;
}

bool RunVolume::operator==(const RunVolume& other) const {
  return shape == other.shape &&
         std::equal(row_begin.begin(), row_begin.end(), other.row_begin.begin(),
                    other.row_begin.end()) &&
         std::equal(runs.begin(), runs.end(), other.runs.begin(), other.runs.end());
}

void RunVolume::check() const {
  const auto fail = [](const char* what) { throw std::logic_error(what); };
  if (row_begin.size() != static_cast<std::size_t>(shape.rows()) + 1)
    fail("row_begin has the wrong size");
  if (row_begin[0] != 0) fail("row_begin does not start at 0");
  if (row_begin[row_begin.size() - 1] != run_count()) fail("row_begin does not end at run_count");
  for (index_t r = 0; r < shape.rows(); ++r) {
    const auto i = static_cast<std::size_t>(r);
    if (row_begin[i] > row_begin[i + 1]) fail("row_begin is not sorted");
    std::int32_t previous_end = -1;
    for (const Run& run : row(r)) {
      if (run.begin >= run.end) fail("a run is empty");
      if (run.begin <= previous_end) fail("runs of a row touch, overlap or are not sorted");
      if (run.end > shape.x) fail("a run leaves its row");
      previous_end = run.end;
    }
  }
}

void check_shape(const Shape& shape) {
  if (shape.x > std::numeric_limits<std::int32_t>::max()) {
    throw std::length_error("rows must be shorter than 2^31 voxels, got " +
                            std::to_string(shape.x) + "; put a shorter axis last");
  }
}

template <class T>
RunVolume encode_mask(Volume<const T> mask, int threads) {
  const Shape shape = mask.shape;
  check_shape(shape);
  return collect_rows<NoValue>(shape, encode_threads(shape, threads),
                               [&] {
                                 return [&, words = std::vector<std::uint64_t>(
                                                static_cast<std::size_t>(words_for(shape.x)))](
                                            index_t r, RunSink<NoValue>& sink) mutable {
                                   nonzero_words(mask.row(r).data(), shape.x, words.data());
                                   append_runs(words, shape.x, sink);
                                 };
                               })
      .where;
}

template <class T>
std::optional<RunVolume> encode_if_binary(Volume<const T> image, int threads) {
  const Shape shape = image.shape;
  check_shape(shape);
  std::atomic<T> common{0};  // the value, once one has been seen
  std::atomic<bool> mixed{false};
  const auto see = [&](T value) {
    T seen = 0;
    if (!common.compare_exchange_strong(seen, value) && seen != value) mixed = true;
  };
  auto encoded = collect_rows<NoValue>(shape, encode_threads(shape, threads), [&] {
    return [&, words = std::vector<std::uint64_t>(static_cast<std::size_t>(words_for(shape.x))),
            value = T{0}](index_t r, RunSink<NoValue>& sink) mutable {
      if (mixed.load(std::memory_order_relaxed)) return;
      const auto row = image.row(r);
      nonzero_words(row.data(), shape.x, words.data());
      const auto first = std::find_if(words.begin(), words.end(), [](auto w) { return w != 0; });
      if (first == words.end()) return;
      if (value == 0) {
        const auto x = (first - words.begin()) * word_bits + std::countr_zero(*first);
        value = row[static_cast<std::size_t>(x)];
        see(value);
      }
      if (has_other_values(row.data(), shape.x, value)) mixed = true;
      append_runs(words, shape.x, sink);
    };
  });
  if (mixed) return std::nullopt;
  return std::move(encoded.where);
}

template <class T>
ValuedRuns<T> encode_values(Volume<const T> image, int threads) {
  const Shape shape = image.shape;
  check_shape(shape);
  return collect_rows<T>(shape, encode_threads(shape, threads), [&] {
    return [&, words = std::vector<std::uint64_t>(static_cast<std::size_t>(words_for(shape.x)))](
               index_t r, RunSink<T>& sink) mutable {
      change_words(image.row(r).data(), shape.x, words.data());
      append_valued_runs(words, image.row(r), sink);
    };
  });
}

template <class T>
std::vector<RunVolume> encode_windows(Volume<const T> image, std::span<const GreyWindow<T>> windows,
                                      const RunVolume* roi, int threads, index_t first_slice) {
  const Shape shape = image.shape;
  check_shape(shape);
  const Run whole_row{0, static_cast<std::int32_t>(shape.x)};
  // Row by row, so that a row is read from memory once, whatever the number of windows.
  auto encoded =
      collect_volumes<NoValue>(shape, windows.size(), encode_threads(shape, threads), [&] {
        return
            [&, words = std::vector<std::uint64_t>(static_cast<std::size_t>(words_for(shape.x)))](
                index_t r, std::span<RunSink<NoValue>> sinks) mutable {
              const auto inside = roi ? roi->row(r) : std::span(&whole_row, shape.x > 0 ? 1 : 0);
              if (inside.empty()) return;
              const T* const row = image.row(r).data();
              for (std::size_t i = 0; i < windows.size(); ++i) {
                const auto [low, high] = windows[i];
                const bool any_nan = window_words(row, shape.x, low, high, words.data());
                if constexpr (std::is_floating_point_v<T>) {
                  if (any_nan) refuse_nan(image.row(r), inside, r, shape, first_slice);
                }
                if (roi) keep_inside(inside, shape.x, words);
                append_runs(words, shape.x, sinks[i]);
              }
            };
      });
  std::vector<RunVolume> volumes;
  for (auto& volume : encoded) volumes.push_back(std::move(volume.where));
  return volumes;
}

template <class T>
RunVolume encode_threshold(Volume<const T> image, T low, T high, const RunVolume* roi, int threads,
                           index_t first_slice) {
  const GreyWindow<T> window{low, high};
  return std::move(encode_windows<T>(image, {&window, 1}, roi, threads, first_slice).front());
}

RunVolume concatenate(std::span<const RunVolume* const> parts) {
  if (parts.empty()) throw std::invalid_argument("volumes must hold at least one");
  Shape shape = parts[0]->shape;
  shape.z = 0;
  index_t run_count = 0;
  for (const RunVolume* part : parts) {
    if (part->shape.y != shape.y || part->shape.x != shape.x) {
      throw std::invalid_argument("volumes must agree in y and x, got (" + std::to_string(shape.y) +
                                  ", " + std::to_string(shape.x) + ") and (" +
                                  std::to_string(part->shape.y) + ", " +
                                  std::to_string(part->shape.x) + ")");
    }
    shape.z += part->shape.z;
    run_count += part->run_count();
  }
  Buffer<index_t> row_begin(static_cast<std::size_t>(shape.rows()) + 1);
  Buffer<Run> runs(static_cast<std::size_t>(run_count));
  index_t* row = row_begin.begin();
  Run* run = runs.begin();
  for (const RunVolume* part : parts) {
    const index_t before = run - runs.begin();
    row = std::transform(part->row_begin.begin(), part->row_begin.end() - 1, row,
                         [before](index_t begin) { return before + begin; });
    run = std::copy(part->runs.begin(), part->runs.end(), run);
  }
  *row = run_count;
  return {shape, std::move(row_begin), std::move(runs)};
}

RunVolume box(const Shape& shape, const Shape& begin, const Shape& end) {
  check_shape(shape);
  const bool has_width = begin.x < end.x;
  return collect_rows<NoValue>(
             shape, 1,
             [&] {
               return [&](index_t r, RunSink<NoValue>& sink) {
                 const index_t z = r / shape.y, y = r % shape.y;
                 const bool inside = z >= begin.z && z < end.z && y >= begin.y && y < end.y;
                 if (!inside || !has_width) return;
                 sink.make_room(1);
                 sink.push(static_cast<std::int32_t>(begin.x), static_cast<std::int32_t>(end.x));
               };
             })
      .where;
}

template <class U, class V>
void write_values(const RunVolume& runs, std::span<const U> values, Volume<V> out, V background,
                  bool out_is_background, int threads, index_t first_slice) {
  const Shape& shape = out.shape;
  const auto write_slab = [&](index_t, Slab slab) {
    for (index_t r = slab.begin; r < slab.end; ++r) {
      const index_t from = first_slice * shape.y + r;
      const auto row = runs.row(from);
      const U* value = values.data() + runs.row_begin[static_cast<std::size_t>(from)];
      write_row(row.data(), row.size(), value, out.row(r).data(), shape.x, background,
                out_is_background);
    }
  };
  parallel_slabs(shape.rows(), encode_threads(shape, threads), write_slab,
                 tuning::slabs_per_thread);
}

void write_mask(const RunVolume& runs, Volume<std::uint8_t> mask, int threads) {
  parallel_slabs(mask.shape.rows(), encode_threads(mask.shape, threads), [&](index_t, Slab slab) {
    for (index_t r = slab.begin; r < slab.end; ++r) {
      std::uint8_t* const row = mask.row(r).data();
      std::fill_n(row, mask.shape.x, std::uint8_t{0});
      for (const Run& run : runs.row(r)) std::fill(row + run.begin, row + run.end, std::uint8_t{1});
    }
  });
}

#define CREVASSE_INSTANTIATE(T)                                                \
  template RunVolume encode_mask<T>(Volume<const T>, int);                     \
  template std::optional<RunVolume> encode_if_binary<T>(Volume<const T>, int); \
  template ValuedRuns<T> encode_values<T>(Volume<const T>, int);
CREVASSE_INSTANTIATE(std::uint8_t)
CREVASSE_INSTANTIATE(std::uint16_t)
CREVASSE_INSTANTIATE(std::uint32_t)
CREVASSE_INSTANTIATE(std::uint64_t)
#undef CREVASSE_INSTANTIATE

#define CREVASSE_INSTANTIATE(T)                                                                  \
  template RunVolume encode_threshold<T>(Volume<const T>, T, T, const RunVolume*, int, index_t); \
  template std::vector<RunVolume> encode_windows<T>(                                             \
      Volume<const T>, std::span<const GreyWindow<T>>, const RunVolume*, int, index_t);
CREVASSE_FOR_GREY_TYPES(CREVASSE_INSTANTIATE)
#undef CREVASSE_INSTANTIATE

#define CREVASSE_INSTANTIATE(U, V)                                                                \
  template void write_values<U, V>(const RunVolume&, std::span<const U>, Volume<V>, V, bool, int, \
                                   index_t);
CREVASSE_INSTANTIATE(std::uint32_t, std::uint8_t)
CREVASSE_INSTANTIATE(std::uint32_t, std::uint16_t)
CREVASSE_INSTANTIATE(std::uint32_t, std::uint32_t)
CREVASSE_INSTANTIATE(std::uint32_t, std::uint64_t)
CREVASSE_INSTANTIATE(std::int32_t, std::int32_t)
#undef CREVASSE_INSTANTIATE

}  // namespace crevasse
