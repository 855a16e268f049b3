#include "crevasse/nearest_background.hpp"

#include <algorithm>
#include <vector>

#include "metric.hpp"
#include "occupied.hpp"

namespace crevasse {
namespace {

/// Nearest background along x within one row, squared distances and places; -1 if there is none.
template <class T>
void write_row(std::span<const Run> runs, index_t n, const Metric<T>& metric, T* distances,
               std::int32_t* places) {
  std::int32_t x = 0;
  const auto write_background = [&](std::int32_t end) {
    for (; x < end; ++x) {
      distances[x] = T{0};
      places[x] = x;
    }
  };
  for (const Run& run : runs) {
    write_background(run.begin);
    for (; x < run.end; ++x) {
      const bool before = run.begin > 0, after = run.end < n;
      const std::int32_t to_left = x - run.begin + 1, to_right = run.end - x;
      const bool left = before && (!after || to_left <= to_right);
      const auto steps = static_cast<T>(left ? to_left : to_right);
      distances[x] = before || after ? metric.weight[2] * steps * steps : metric.infinite;
      places[x] = left ? run.begin - 1 : after ? run.end : -1;
    }
  }
  write_background(static_cast<std::int32_t>(n));
}

/// What lies at the sites of columns: `out[c] = table[sites[c] * stride + c]`.
template <class Site>
CREVASSE_CLONES void gather(const std::int32_t* table, index_t stride, const Site* sites,
                            index_t count, std::int32_t* out) {
  for (index_t c = 0; c < count; ++c) {
    const auto site = static_cast<index_t>(sites[c]);
    out[c] = table[std::max<index_t>(site, 0) * stride + c];  // no site: never asked for again
  }
}

using Places = std::array<Volume<std::int32_t>, 3>;

template <class T>
Columns<T> columns(const Metric<T>& metric, std::size_t axis, const std::vector<T>& distances,
                   index_t length) {
  return {distances.data(), lanes, length, metric.weight[axis], metric.infinite, metric.cap, false};
}

/// Nearest within each slice: distances to `between`, places along y and x to `out`.
template <class T, class Put>
void pass_slices(const RunVolume& runs, const Occupied& occupied, const Places& out,
                 const Metric<T>& metric, int threads, Put&& put) {
  const Shape& shape = runs.shape;
  const auto pass_slab = [&](index_t, Slab slab) {
    ColumnPass<T, Seek::site> pass(shape.y);
    std::vector<T> distances(static_cast<std::size_t>(shape.y * shape.x));
    std::vector<T> block(static_cast<std::size_t>(shape.y * lanes), T{0});
    std::vector<std::int32_t> places(distances.size());
    for (index_t z = slab.begin; z < slab.end; ++z) {
      for (index_t y = 0; y < shape.y; ++y) {
        write_row(runs.row(z * shape.y + y), shape.x, metric, distances.data() + y * shape.x,
                  places.data() + y * shape.x);
      }
      for (index_t b = 0; b < occupied.blocks(); ++b) {
        const index_t x = b * lanes, count = std::min(lanes, shape.x - x);
        const auto voxel = [&](index_t y) { return (z * shape.y + y) * shape.x + x; };
        bool any = false;
        for (index_t y = 0; y < shape.y; ++y) {
          std::copy_n(distances.data() + y * shape.x + x, count, block.data() + y * lanes);
          if (occupied.here(z, y, b)) {
            any = true;
          } else {  // background is its own
            put(voxel(y), block.data() + y * lanes, count);
            std::fill_n(out[1].data + voxel(y), count, static_cast<std::int32_t>(y));
            std::copy_n(places.data() + y * shape.x + x, count, out[2].data + voxel(y));
          }
        }
        if (!any) continue;
        pass.run(
            columns(metric, 1, block, shape.y), [&](index_t y) { return occupied.here(z, y, b); },
            [&](index_t y, const T* values, const WholeOf<T>* sites) {
              put(voxel(y), values, count);
              std::transform(sites, sites + count, out[1].data + voxel(y),
                             [](auto site) { return static_cast<std::int32_t>(site); });
              gather(places.data() + x, shape.x, sites, count, out[2].data + voxel(y));
            });
      }
    }
  };
  parallel_slabs(shape.z, threads, pass_slab, tuning::slabs_per_thread);
}

/// Then along z. `get(first voxel, values, count)` fetches what `put` has put.
template <class T, class Get>
void pass_depth(const Shape& shape, const Occupied& occupied, const Places& out,
                const Metric<T>& metric, int threads, Get&& get) {
  const auto pass_slab = [&](index_t, Slab slab) {
    ColumnPass<T, Seek::site> pass(shape.z);
    std::vector<T> distances(static_cast<std::size_t>(shape.z * lanes), T{0});
    std::vector<std::int32_t> along_y(distances.size()), along_x(distances.size());
    for (index_t y = slab.begin; y < slab.end; ++y) {
      for (index_t b = 0; b < occupied.blocks(); ++b) {
        const index_t x = b * lanes, count = std::min(lanes, shape.x - x);
        const auto voxel = [&](index_t z) { return (z * shape.y + y) * shape.x + x; };
        const bool any = occupied.anywhere(y, b);
        for (index_t z = 0; any && z < shape.z; ++z) {
          get(voxel(z), distances.data() + z * lanes, count);
          std::copy_n(out[1].data + voxel(z), count, along_y.data() + z * lanes);
          std::copy_n(out[2].data + voxel(z), count, along_x.data() + z * lanes);
        }
        for (index_t z = 0; z < shape.z; ++z) {
          if (!occupied.here(z, y, b)) {
            std::fill_n(out[0].data + voxel(z), count, static_cast<std::int32_t>(z));
          }
        }
        if (!any) continue;
        pass.run(
            columns(metric, 0, distances, shape.z),
            [&](index_t z) { return occupied.here(z, y, b); },
            [&](index_t z, const T*, const WholeOf<T>* sites) {
              std::transform(sites, sites + count, out[0].data + voxel(z),
                             [](auto site) { return static_cast<std::int32_t>(site); });
              gather(along_y.data(), lanes, sites, count, out[1].data + voxel(z));
              gather(along_x.data(), lanes, sites, count, out[2].data + voxel(z));
            });
      }
    }
  };
  parallel_slabs(shape.y, threads, pass_slab, tuning::slabs_per_thread);
}

}  // namespace

void nearest_background(const RunVolume& runs, const std::array<Volume<std::int32_t>, 3>& out,
                        const std::array<double, 3>& spacing, int threads) {
  const int team = distance_threads(runs.shape, threads);
  if (runs.voxel_count() == runs.shape.size()) {
    parallel_slabs(runs.shape.size(), team, [&](index_t, Slab slab) {
      for (const auto& part : out) std::fill(part.data + slab.begin, part.data + slab.end, -1);
    });
    return;
  }
  DistanceOptions options;
  options.spacing = spacing;
  const Occupied occupied(runs, team);
  const auto pass = [&](const auto& metric, auto* between) {
    pass_slices(runs, occupied, out, metric, team,
                [&](index_t voxel, const auto* values, index_t count) {
                  std::copy_n(values, count, between + voxel);
                });
    pass_depth(runs.shape, occupied, out, metric, team,
               [&](index_t voxel, auto* values, index_t count) {
                 std::copy_n(between + voxel, count, values);
               });
  };
  if (const auto metric = whole_metric(runs.shape, options, 0)) {
    pass(*metric, out[0].data);  // places along z are not known before
  } else {
    Buffer<double> between(static_cast<std::size_t>(runs.shape.size()));
    pass(real_metric(options), between.data());
  }
}

}  // namespace crevasse
