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

/// Call `visit(first voxel, run, number of its first voxel, from 1 on)` for every run, and
/// `visit_gap(begin, end)` for the voxels between.
template <class Visit, class VisitGap>
void for_each_run(const RunVolume& runs, const VoxelNumbering& numbering, int threads,
                  Visit&& visit, VisitGap&& visit_gap) {
  parallel_slabs(runs.shape.rows(), threads, [&](index_t, Slab slab) {
    auto i = static_cast<std::size_t>(runs.row_begin[static_cast<std::size_t>(slab.begin)]);
    for (index_t r = slab.begin; r < slab.end; ++r) {
      index_t done = r * runs.shape.x;
      for (const Run& run : runs.row(r)) {
        const index_t begin = r * runs.shape.x + run.begin;
        visit_gap(done, begin);
        visit(begin, run, numbering.first(i++) + 1);
        done = begin + run.length();
      }
      visit_gap(done, (r + 1) * runs.shape.x);
    }
  });
}

}  // namespace

void geodesic_distance(const RunVolume& runs, const RunVolume& seeds, Volume<float> out,
                       const GeodesicOptions& options, bool out_is_zero, int threads) {
  if (runs.shape.size() == 0) return;
  const VoxelNumbering numbering(runs);
  check_edges(runs);
  const index_t voxels = numbering.count();
  const int team = worthwhile_threads(voxels, tuning::voxels_per_thread, threads);
  const VoxelNumbers numbers{out};
  Buffer<Reached> reached(static_cast<std::size_t>(voxels) + 1);
  reached[0] = {};
  reached[0].distance = 0;  // no voxel: never to be reached
  for_each_run(
      runs, numbering, team,
      [&](index_t begin, const Run& run, std::uint32_t number) {
        std::fill_n(reached.data() + number, run.length(), Reached{});
        for (index_t i = 0; i < run.length(); ++i) {
          numbers.set(begin + i, number + static_cast<std::uint32_t>(i));
        }
      },
      [&](index_t begin, index_t end) {
        if (!out_is_zero) std::fill(out.data + begin, out.data + end, 0.0F);
      });

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
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for_each_run(
      runs, numbering, team,
      [&](index_t begin, const Run& run, std::uint32_t number) {
        for (index_t i = 0; i < run.length(); ++i) {
          const float distance = reached[number + static_cast<std::size_t>(i)].distance;
          out.data[begin + i] = distance <= limit ? distance : infinity;
        }
      },
      [&](index_t begin, index_t end) {
        if (options.outside != 0) std::fill(out.data + begin, out.data + end, options.outside);
      });
}

}  // namespace crevasse
