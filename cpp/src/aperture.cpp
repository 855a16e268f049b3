#include "crevasse/aperture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "crack_profile.hpp"
#include "crevasse/distance.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "gradient_tensors.hpp"
#include "grey_types.hpp"
#include "simd.hpp"

namespace crevasse {
namespace {

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float largest = std::numeric_limits<float>::max();

/// Voxels around which gradients are summed, to each side: the least that reaches the background.
constexpr std::array<index_t, 3> windows{3, 6, 12};

/// Tiles share no work, but the gradients around them: small ones leave more voxels out, large ones
/// work on fewer twice.
constexpr Shape tile_shape{16, 16, 64};

index_t tiles_along(index_t n, index_t tile) {
  return (n + tile - 1) / tile;
}

void add(ApertureSums& sums, const ApertureSums& more) {
  sums.weight += more.weight;
  sums.aperture += more.aperture;
  sums.squares += more.squares;
}

/// Contrast instead of grey: its products fit a float whatever the grey values are. What is not
/// finite counts as solid.
template <class T>
CREVASSE_CLONES void write_contrast(const T* grey, index_t n, double solid, double scale,
                                    float* contrast) {
  for (index_t i = 0; i < n; ++i) {
    const auto open = static_cast<float>(scale * (solid - static_cast<double>(grey[i])));
    contrast[i] = std::abs(open) <= largest ? open : 0.0F;
  }
}

/// Measures tiles one after the other; scratch is kept.
template <class T>
class TileReader {
 public:
  TileReader(const RunVolume& runs, Volume<const T> grey, const MaskCells& cells, Volume<float> out,
             const ApertureOptions& options)
      : runs_(runs),
        grey_(grey),
        out_(out),
        options_(options),
        lines_(grey, cells, options.solid, options.empty, options.reach) {}

  /// `out` holds squared distances in the tile, and apertures afterwards.
  ApertureSums measure(const Box& tile) {
    sort_by_window(tile);
    ApertureSums sums;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      if (voxels_[i].empty()) continue;
      gather(bounds_of(voxels_[i]), windows[i]);
      for (const Shape& voxel : voxels_[i]) add(sums, measure_voxel(voxel));
    }
    return sums;
  }

 private:
  void sort_by_window(const Box& tile) {
    for (auto& list : voxels_) list.clear();
    for (index_t z = tile.begin.z; z < tile.end.z; ++z) {
      for (index_t y = tile.begin.y; y < tile.end.y; ++y) {
        const index_t r = z * grey_.shape.y + y;
        float* const row = out_.row(r).data();
        const auto runs = runs_.row(r);
        const auto ends_before = [&](const Run& run) { return run.end <= tile.begin.x; };
        auto run = std::partition_point(runs.begin(), runs.end(), ends_before);
        index_t x = tile.begin.x;
        for (; run != runs.end() && run->begin < tile.end.x; ++run) {
          const index_t begin = std::max<index_t>(run->begin, x);
          const index_t end = std::min<index_t>(run->end, tile.end.x);
          std::fill(row + x, row + begin, nan);
          for (x = begin; x < end; ++x) sort_voxel({z, y, x}, row[x]);
        }
        std::fill(row + x, row + tile.end.x, nan);
      }
    }
  }

  void sort_voxel(const Shape& voxel, float& squared_distance) {
    for (std::size_t i = 0; i < windows.size(); ++i) {
      if (squared_distance > static_cast<float>(windows[i] * windows[i])) continue;
      voxels_[i].push_back(voxel);
      return;
    }
    squared_distance = nan;
  }

  static Box bounds_of(const std::vector<Shape>& voxels) {
    Box box{voxels.front(), voxels.front()};
    for (const Shape& v : voxels) {
      box.begin.z = std::min(box.begin.z, v.z);
      box.begin.y = std::min(box.begin.y, v.y);
      box.begin.x = std::min(box.begin.x, v.x);
      box.end.z = std::max(box.end.z, v.z + 1);
      box.end.y = std::max(box.end.y, v.y + 1);
      box.end.x = std::max(box.end.x, v.x + 1);
    }
    return box;
  }

  void gather(const Box& box, index_t window) {
    const Box needed = tensors_.begin(grey_.shape, box, window);
    const Box known = needed.within(grey_.shape);
    const double scale = 1 / (options_.solid - options_.empty);
    for (index_t z = known.begin.z; z < known.end.z; ++z) {
      for (index_t y = known.begin.y; y < known.end.y; ++y) {
        const T* const row = grey_.row(z * grey_.shape.y + y).data();
        write_contrast(row + known.begin.x, known.end.x - known.begin.x, options_.solid, scale,
                       tensors_.values() + needed.index(z, y, known.begin.x));
      }
    }
    tensors_.finish();
  }

  ApertureSums measure_voxel(const Shape& voxel) {
    float& result = out_.row(voxel.z * grey_.shape.y + voxel.y)[static_cast<std::size_t>(voxel.x)];
    // A gradient per voxel, over the spacing, is one in space; a step along it, over the spacing
    // once more, is one in voxels.
    Vector direction = principal_direction(tensors_.at(voxel.z, voxel.y, voxel.x));
    double squares = 0, squared_length = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      direction[i] /= options_.spacing[i] * options_.spacing[i];
      squares += direction[i] * direction[i];
      squared_length += direction[i] * direction[i] * options_.spacing[i] * options_.spacing[i];
    }
    if (squares == 0) {
      result = nan;
      return {};
    }
    for (double& component : direction) component /= std::sqrt(squares);
    const double voxel_length = std::sqrt(squared_length / squares);
    const Vector centre{static_cast<double>(voxel.z), static_cast<double>(voxel.y),
                        static_cast<double>(voxel.x)};
    const Profile profile = lines_.through(centre, direction);
    const double aperture = voxel_length * profile.contrast;
    result = std::isfinite(aperture) ? static_cast<float>(aperture) : nan;
    if (!std::isfinite(aperture)) return {};
    const double weight = 1 / (voxel_length * profile.mask);
    return {weight, weight * aperture, weight * aperture * aperture};
  }

  const RunVolume& runs_;
  Volume<const T> grey_;
  Volume<float> out_;
  const ApertureOptions& options_;
  LineReader<T> lines_;
  GradientTensors tensors_;
  std::array<std::vector<Shape>, windows.size()> voxels_;
};

}  // namespace

template <class T>
ApertureSums aperture(const RunVolume& runs, Volume<const T> grey, Volume<float> out,
                      bool out_is_zero, const ApertureOptions& options, int threads) {
  const Shape& shape = runs.shape;
  if (shape.size() == 0) return {};
  DistanceOptions near;
  near.squared = true;
  near.limit = static_cast<double>(windows.back() + 1);
  distance(runs, out, out_is_zero, near, threads);
  const int team = worthwhile_threads(shape.size(), tuning::voxels_per_thread, threads);
  const MaskCells cells(runs, team);

  const index_t across = tiles_along(shape.x, tile_shape.x);
  const index_t rows_of_tiles = tiles_along(shape.y, tile_shape.y);
  const index_t tiles = tiles_along(shape.z, tile_shape.z) * rows_of_tiles * across;
  std::vector<ApertureSums> parts(static_cast<std::size_t>(tiles));
  parallel_slabs(
      tiles, team,
      [&](index_t, Slab slab) {
        TileReader<T> reader(runs, grey, cells, out, options);
        for (index_t i = slab.begin; i < slab.end; ++i) {
          const Shape at{i / (rows_of_tiles * across) * tile_shape.z,
                         i / across % rows_of_tiles * tile_shape.y, i % across * tile_shape.x};
          const Box tile{at, {at.z + tile_shape.z, at.y + tile_shape.y, at.x + tile_shape.x}};
          parts[static_cast<std::size_t>(i)] = reader.measure(tile.within(shape));
        }
      },
      4 * tuning::slabs_per_thread);
  ApertureSums sums;
  for (const ApertureSums& part : parts) add(sums, part);
  return sums;
}

#define CREVASSE_INSTANTIATE(T)                                                             \
  template ApertureSums aperture<T>(const RunVolume&, Volume<const T>, Volume<float>, bool, \
                                    const ApertureOptions&, int);
CREVASSE_FOR_GREY_TYPES(CREVASSE_INSTANTIATE)
#undef CREVASSE_INSTANTIATE

}  // namespace crevasse
