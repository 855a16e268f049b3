#include "crevasse/nearest_background.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "metric.hpp"

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

/// 64 columns side by side: what passes carry along with distances, and what a thread needs.
template <class T, std::size_t carried>
struct Block {
  explicit Block(index_t length)
      : pass(length), distances(static_cast<std::size_t>(length * lanes), T{0}) {
    for (auto& one : places) one.resize(distances.size(), -1);
  }

  Columns<T> columns(const Metric<T>& metric, std::size_t axis, index_t length) const {
    return {distances.data(), lanes,      length, metric.weight[axis],
            metric.infinite,  metric.cap, false};
  }

  ColumnPass<T, Seek::site> pass;
  std::vector<T> distances;
  std::array<std::vector<std::int32_t>, carried> places;
};

using Places = std::array<Volume<std::int32_t>, 3>;

/// Nearest within each slice: distances to `between`, places along y and x to `out`.
template <class T, class Put>
void pass_slices(const RunVolume& runs, const Places& out, const Metric<T>& metric, int threads,
                 Put&& put) {
  const Shape& shape = runs.shape;
  const auto pass_slab = [&](index_t, Slab slab) {
    Block<T, 1> block(shape.y);
    std::vector<T> distances(static_cast<std::size_t>(shape.y * shape.x));
    std::vector<std::int32_t> places(distances.size());
    for (index_t z = slab.begin; z < slab.end; ++z) {
      for (index_t y = 0; y < shape.y; ++y) {
        write_row(runs.row(z * shape.y + y), shape.x, metric, distances.data() + y * shape.x,
                  places.data() + y * shape.x);
      }
      for (index_t x = 0; x < shape.x; x += lanes) {
        const index_t count = std::min(lanes, shape.x - x);
        for (index_t y = 0; y < shape.y; ++y) {
          std::copy_n(distances.data() + y * shape.x + x, count,
                      block.distances.data() + y * lanes);
        }
        block.pass.run(
            block.columns(metric, 1, shape.y), [](index_t) { return true; },
            [&](index_t y, const T* values, const WholeOf<T>* sites) {
              const index_t voxel = (z * shape.y + y) * shape.x + x;
              put(voxel, values, count);
              for (index_t c = 0; c < count; ++c) {
                const auto site = static_cast<index_t>(sites[c]);
                out[1].data[voxel + c] = static_cast<std::int32_t>(site);
                out[2].data[voxel + c] =
                    site < 0 ? -1 : places[static_cast<std::size_t>(site * shape.x + x + c)];
              }
            });
      }
    }
  };
  parallel_slabs(shape.z, threads, pass_slab, tuning::slabs_per_thread);
}

/// Then along z. `get(first voxel, values, count)` fetches what `put` has put.
template <class T, class Get>
void pass_depth(const Shape& shape, const Places& out, const Metric<T>& metric, int threads,
                Get&& get) {
  const auto pass_slab = [&](index_t, Slab slab) {
    Block<T, 2> block(shape.z);
    for (index_t y = slab.begin; y < slab.end; ++y) {
      for (index_t x = 0; x < shape.x; x += lanes) {
        const index_t count = std::min(lanes, shape.x - x);
        const auto voxel = [&](index_t z) { return (z * shape.y + y) * shape.x + x; };
        for (index_t z = 0; z < shape.z; ++z) {
          get(voxel(z), block.distances.data() + z * lanes, count);
          for (std::size_t i = 0; i < 2; ++i) {
            std::copy_n(out[i + 1].data + voxel(z), count, block.places[i].data() + z * lanes);
          }
        }
        block.pass.run(
            block.columns(metric, 0, shape.z), [](index_t) { return true; },
            [&](index_t z, const T* values, const WholeOf<T>* sites) {
              for (index_t c = 0; c < count; ++c) {
                const bool found = values[c] < metric.infinite;
                const auto site = static_cast<index_t>(sites[c]);
                const auto from = static_cast<std::size_t>(std::max<index_t>(site, 0) * lanes + c);
                out[0].data[voxel(z) + c] = found ? static_cast<std::int32_t>(site) : -1;
                out[1].data[voxel(z) + c] = found ? block.places[0][from] : -1;
                out[2].data[voxel(z) + c] = found ? block.places[1][from] : -1;
              }
            });
      }
    }
  };
  parallel_slabs(shape.y, threads, pass_slab, tuning::slabs_per_thread);
}

}  // namespace

void nearest_background(const RunVolume& runs, const std::array<Volume<std::int32_t>, 3>& out,
                        const std::array<double, 3>& spacing, int threads) {
  DistanceOptions options;
  options.spacing = spacing;
  const int team = distance_threads(runs.shape, threads);
  const auto pass = [&](const auto& metric, auto* between) {
    pass_slices(runs, out, metric, team, [&](index_t voxel, const auto* values, index_t count) {
      std::copy_n(values, count, between + voxel);
    });
    pass_depth(runs.shape, out, metric, team, [&](index_t voxel, auto* values, index_t count) {
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
