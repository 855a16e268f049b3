#include "crevasse/distance.hpp"

#include <cmath>
#include <cstring>
#include <optional>

#include "crevasse/parallel.hpp"
#include "metric.hpp"
#include "occupied.hpp"
#include "slice_pass.hpp"

namespace crevasse {
namespace {

/// Then along z. `get(first voxel, values, count)` fetches what `put` has put.
template <class T, class Get, class Finish>
void pass_depth(const Shape& shape, const Occupied& occupied, const Metric<T>& metric, int threads,
                Get&& get, Finish&& finish) {
  const auto pass_slab = [&](index_t, Slab slab) {
    ColumnPass<T> pass(shape.z);
    std::vector<T> tile(static_cast<std::size_t>(shape.z * lanes));
    for (index_t y = slab.begin; y < slab.end; ++y) {
      for (index_t b = 0; b < occupied.blocks(); ++b) {
        if (!occupied.anywhere(y, b)) continue;
        const index_t x = b * lanes, count = std::min(lanes, shape.x - x);
        const auto voxel = [&](index_t z) { return (z * shape.y + y) * shape.x + x; };
        for (index_t z = 0; z < shape.z; ++z) {
          T* const row = tile.data() + z * lanes;
          if (occupied.here(z, y, b)) {
            get(voxel(z), row, count);
            std::fill(row + count, row + lanes, T{0});
          } else {
            std::fill_n(row, lanes, T{0});
          }
        }
        pass.run(
            columns(metric, 0, tile.data(), lanes, shape.z),
            [&](index_t z) { return occupied.here(z, y, b); },
            [&](index_t z, const T* values, const auto*) { finish(voxel(z), values, count); });
      }
    }
  };
  parallel_slabs(shape.y, threads, pass_slab, tuning::slabs_per_thread);
}

/// Squared distances in the numbers of one metric, any bytes, in those of another.
template <class From, class To>
void convert(const Metric<From>& from, const std::byte* values, const Metric<To>& to, To* out,
             index_t count) {
  const auto size = static_cast<std::size_t>(count) * sizeof(From);
  if constexpr (std::is_same_v<From, To>) {
    std::memcpy(out, values, size);
  } else {
    From stored[lanes];
    std::memcpy(stored, values, size);
    const double unit = from.scale * from.scale;
    for (index_t c = 0; c < count; ++c) {
      out[c] = stored[c] >= from.infinite ? to.infinite : unit * static_cast<double>(stored[c]);
    }
  }
}

/// Both passes, within slices in the numbers of one metric and then along z in those of another.
/// What is in between is kept in `between`, any bytes of the size of the first, one a voxel.
template <class Plane, class Depth, class Finish, class Clear>
void pass_all(const RunVolume& runs, const Metric<Plane>& plane, const Metric<Depth>& depth,
              void* between, int threads, Finish&& finish, Clear&& clear) {
  const Occupied occupied(runs, threads);
  // As bytes: in integers it is the memory of the result, which is one of floats.
  auto* const bytes = static_cast<std::byte*>(between);
  const auto at = [&](index_t voxel) {
    return bytes + static_cast<std::size_t>(voxel) * sizeof(Plane);
  };
  const auto put = [&](index_t voxel, const Plane* values, index_t count) {
    std::memcpy(at(voxel), values, static_cast<std::size_t>(count) * sizeof(Plane));
  };
  const auto get = [&](index_t voxel, Depth* values, index_t count) {
    convert(plane, at(voxel), depth, values, count);
  };
  pass_slices(runs, occupied, plane, threads, put, clear);
  pass_depth(runs.shape, occupied, depth, threads, get, finish);
}

/// Choose the numbers to count in, and call `work(plane, depth, between)`: integers for all axes,
/// or within slices at least (scanners have square pixels), or none. `reuse`: memory for 4 bytes a
/// voxel, or nothing.
template <class Work>
void with_metrics(const Shape& shape, const DistanceOptions& options, void* reuse, Work&& work) {
  const auto voxels = static_cast<std::size_t>(shape.size());
  const auto whole = whole_metric(shape, options, 0);
  const auto plane = whole ? whole : whole_metric(shape, options, 1);
  if (!plane) {
    Buffer<double> between(voxels);
    const auto metric = real_metric(options);
    work(metric, metric, static_cast<void*>(between.data()));
    return;
  }
  Buffer<std::int32_t> own(reuse == nullptr ? voxels : 0);
  void* const between = reuse == nullptr ? static_cast<void*>(own.data()) : reuse;
  if (whole) {
    work(*whole, *whole, between);
  } else {
    work(*plane, real_metric(options), between);
  }
}

}  // namespace

void distance(const RunVolume& runs, Volume<float> out, bool out_is_zero,
              const DistanceOptions& options, int threads) {
  const int team = distance_threads(runs.shape, threads);
  const auto clear = [&](index_t voxel, index_t count) {
    if (!out_is_zero) std::fill_n(out.data + voxel, count, 0.0F);
  };
  with_metrics(runs.shape, options, out.data,
               [&](const auto& plane, const auto& depth, void* between) {
                 const auto finish = [&](index_t voxel, const auto* values, index_t count) {
                   to_float(values, count, depth, options, out.data + voxel);
                 };
                 pass_all(runs, plane, depth, between, team, finish, clear);
               });
}

RunVolume farther_than(const RunVolume& runs, double radius, const DistanceOptions& options,
                       int threads) {
  DistanceOptions near = options;
  near.limit = radius;
  const int team = distance_threads(runs.shape, threads);
  Buffer<std::uint8_t> far(static_cast<std::size_t>(runs.shape.size()));
  const auto clear = [&](index_t voxel, index_t count) {
    std::fill_n(far.data() + voxel, count, 0);
  };
  with_metrics(runs.shape, near, nullptr, [&](const auto& plane, const auto& depth, void* between) {
    const auto finish = [&](index_t voxel, const auto* values, index_t count) {
      for (index_t c = 0; c < count; ++c) {
        far.data()[voxel + c] = values[c] > depth.cap;
      }
    };
    pass_all(runs, plane, depth, between, team, finish, clear);
  });
  return encode_mask(Volume<const std::uint8_t>{far.data(), runs.shape}, threads);
}

}  // namespace crevasse
