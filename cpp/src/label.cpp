#include "crevasse/label.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "bundle_linker.hpp"
#include "component_sets.hpp"
#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "value_linker.hpp"
#include "wrap_linker.hpp"

namespace crevasse {
namespace {

/// Link all runs: lines within each slab in parallel; then the seams, in rounds. A round joins
/// neighbouring groups of slabs pairwise, so no two tasks of a round touch the same sets.
/// `make_linker(first_set)` gives a `Linker`.
template <class Linker, class MakeLinker>
std::vector<SetRange> link_all(const RunVolume& volume, MakeLinker&& make_linker, int threads) {
  // Two slabs a thread even them out; more would read more seams twice.
  constexpr index_t per_thread = 2;
  const index_t lines = Linker::lines(volume.shape);
  const index_t slabs = slab_count(lines, threads, per_thread);
  std::vector<SetRange> made(static_cast<std::size_t>(slabs));
  parallel_slabs(
      lines, threads,
      [&](index_t s, Slab slab) {
        Linker linker = make_linker(Linker::runs_before(volume, slab.begin));
        made[static_cast<std::size_t>(s)] = linker.link_slab(slab);
      },
      per_thread);

  const index_t reach = Linker::reach_back(volume.shape);
  for (index_t width = 1; width < slabs; width *= 2) {
    const index_t pairs = (slabs - width + 2 * width - 1) / (2 * width);
    parallel_tasks(pairs, threads, [&](index_t pair) {
      const index_t left = 2 * width * pair;
      const index_t group_begin = Slab::of(lines, slabs, left).begin;
      const index_t seam = Slab::of(lines, slabs, left + width).begin;
      const index_t group_end = Slab::of(lines, slabs, std::min(left + 2 * width, slabs) - 1).end;
      Linker linker = make_linker(0);
      linker.link_seam(seam, std::min(seam + reach, group_end), group_begin, seam);
    });
  }
  return made;
}

int label_threads(const RunVolume& volume, int threads) {
  if (volume.run_count() >= std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("image must have fewer than 2^32 - 1 runs, got " +
                            std::to_string(volume.run_count()) + "; label it in bricks");
  }
  return worthwhile_threads(volume.run_count(), tuning::runs_per_thread, threads);
}

/// `wrap(labels, sets)` unites sets across periodic ends.
template <class Linker, class Wrap, class... Options>
RunLabels label_with(const RunVolume& volume, int threads, Wrap&& wrap, const Options&... options) {
  const int team = label_threads(volume, threads);
  Buffer<std::uint32_t> labels(volume.runs.size());
  ComponentSets sets(volume.runs.size());
  const auto made = link_all<Linker>(
      volume,
      [&](index_t first_set) {
        return Linker(volume, options..., labels.data(), sets,
                      static_cast<std::uint32_t>(first_set));
      },
      team);
  wrap(labels.data(), UnionFind({sets.parent.data(), sets.parent.size()}));
  const index_t count = number_components(sets, made, volume.runs.size());
  parallel_slabs(volume.run_count(), team, [&](index_t, Slab slab) {
    for (auto i = static_cast<std::size_t>(slab.begin); i < static_cast<std::size_t>(slab.end);
         ++i) {
      labels[i] = sets.parent[labels[i]];
    }
  });
  return {std::move(labels), count};
}

}  // namespace

RunLabels label(const RunVolume& runs, Connectivity connectivity, int threads, Periodic periodic) {
  const bool corners_join = connectivity == Connectivity::Corners ||
                            (connectivity == Connectivity::Edges && runs.shape.z == 1);
  const auto wrap = [&](const std::uint32_t* set_of, UnionFind sets) {
    link_around(runs, connectivity, periodic, set_of, sets, [](index_t, index_t) { return true; });
  };
  return corners_join ? label_with<BundleLinker<2>>(runs, threads, wrap, connectivity)
                      : label_with<BundleLinker<1>>(runs, threads, wrap, connectivity);
}

template <class V>
RunLabels label(const ValuedRuns<V>& runs, Volume<const V> image, Connectivity connectivity,
                int threads, Periodic periodic) {
  const auto wrap = [&](const std::uint32_t* set_of, UnionFind sets) {
    link_around(runs.where, connectivity, periodic, set_of, sets, [&](index_t a, index_t b) {
      return runs.values[static_cast<std::size_t>(a)] == runs.values[static_cast<std::size_t>(b)];
    });
  };
  return label_with<ValueLinker<V>>(runs.where, threads, wrap, image, connectivity);
}

#define CREVASSE_INSTANTIATE(V) \
  template RunLabels label(const ValuedRuns<V>&, Volume<const V>, Connectivity, int, Periodic);
CREVASSE_INSTANTIATE(std::uint8_t)
CREVASSE_INSTANTIATE(std::uint16_t)
CREVASSE_INSTANTIATE(std::uint32_t)
CREVASSE_INSTANTIATE(std::uint64_t)
#undef CREVASSE_INSTANTIATE

}  // namespace crevasse
