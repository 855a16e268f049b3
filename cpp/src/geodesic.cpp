#include "crevasse/geodesic.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <vector>

#include "crevasse/label.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "geodesic_front.hpp"
#include "row_sweep.hpp"
#include "voxel_numbering.hpp"

namespace crevasse {
namespace {

/// Voxels of a row that are seeds and in the mask, and the mask's run that holds them.
struct SeedRun {
  std::int32_t z, y;
  Run where;
  std::size_t run;
};

std::vector<SeedRun> seed_runs(const RunVolume& runs, const RunVolume& seeds) {
  std::vector<SeedRun> found;
  for_each_row(runs.shape, 0, runs.shape.rows(), [&](index_t r, index_t z, index_t y) {
    const auto row = runs.row(r), marks = seeds.row(r);
    const auto first = static_cast<std::size_t>(row.data() - runs.runs.data());
    for_each_shared(row, marks, 0, [&](std::size_t i, std::size_t j, index_t) {
      const Run both{std::max(row[i].begin, marks[j].begin), std::min(row[i].end, marks[j].end)};
      found.push_back(
          {static_cast<std::int32_t>(z), static_cast<std::int32_t>(y), both, first + i});
    });
  });
  return found;
}

void check_edges(const RunVolume& runs) {
  constexpr index_t most = std::numeric_limits<std::int32_t>::max();
  if (runs.shape.z > most || runs.shape.y > most) {
    throw std::length_error("mask must be at most 2147483647 voxels long along z and y");
  }
}

/// Parts of the seeds that fronts can spread from independently, since no component has seeds in
/// two of them; about equal in voxels.
std::vector<std::vector<SeedRun>> parts_of(const RunVolume& runs, const std::vector<SeedRun>& seeds,
                                           index_t parts, int threads) {
  if (parts == 1) return {seeds};
  const RunLabels components = label(runs, Connectivity::Corners, threads);
  std::vector<index_t> voxels(static_cast<std::size_t>(components.count) + 1);
  for (const SeedRun& seed : seeds) voxels[components.labels[seed.run]] = 1;
  std::vector<std::uint32_t> order;
  for (std::uint32_t c = 1; c < voxels.size(); ++c) {
    if (voxels[c] != 0) order.push_back(c);
  }
  for (std::size_t i = 0; i < runs.runs.size(); ++i) {
    voxels[components.labels[i]] += runs.runs[i].length();
  }
  // The largest component first, each to the part that has least.
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return voxels[a] > voxels[b]; });
  std::vector<index_t> load(static_cast<std::size_t>(parts));
  std::vector<std::size_t> part_of(voxels.size());
  for (const std::uint32_t c : order) {
    const auto least = std::min_element(load.begin(), load.end());
    *least += voxels[c];
    part_of[c] = static_cast<std::size_t>(least - load.begin());
  }
  std::vector<std::vector<SeedRun>> result(load.size());
  for (const SeedRun& seed : seeds) result[part_of[components.labels[seed.run]]].push_back(seed);
  return result;
}

}  // namespace

Buffer<float> geodesic_distance(const RunVolume& runs, const RunVolume& seeds,
                                const GeodesicOptions& options, int threads) {
  const VoxelNumbering numbering(runs);
  check_edges(runs);
  const index_t voxels = numbering.count();
  Buffer<float> distances(static_cast<std::size_t>(voxels));
  if (voxels == 0) return distances;
  const int team = worthwhile_threads(voxels, tuning::voxels_per_thread, threads);
  const VoxelNumbers numbers(runs, numbering, team);
  Buffer<Reached> reached(static_cast<std::size_t>(voxels) + 1);
  std::fill(reached.begin(), reached.end(), Reached{});
  reached[0].distance = 0;  // no voxel: never to be reached

  const auto parts = parts_of(runs, seed_runs(runs, seeds), team, team);
  parallel_tasks(static_cast<index_t>(parts.size()), team, [&](index_t i) {
    Front front(numbers, reached.data(), options);
    for (const SeedRun& seed : parts[static_cast<std::size_t>(i)]) {
      for (std::int32_t x = seed.where.begin; x < seed.where.end; ++x) {
        front.add_seed({seed.z, seed.y, x});
      }
    }
    front.spread();
  });

  const auto limit = static_cast<float>(options.limit);
  std::transform(reached.begin() + 1, reached.end(), distances.begin(), [&](const Reached& voxel) {
    return voxel.distance <= limit ? voxel.distance : std::numeric_limits<float>::infinity();
  });
  return distances;
}

}  // namespace crevasse
