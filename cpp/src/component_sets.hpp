#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "crevasse/buffer.hpp"
#include "crevasse/union_find.hpp"
#include "crevasse/volume.hpp"

namespace crevasse {

/// The set of a run that has none yet.
inline constexpr std::uint32_t no_set = std::numeric_limits<std::uint32_t>::max();

/// Sets of runs that are joined while rows are read: a run takes the set of a neighbour it touches,
/// and only where a run touches two sets are these united. Neighbours mostly share a set already,
/// so most meetings end with one comparison, and there are few sets where there are many runs.
///
/// Every slab makes its sets in a range of its own. `first` is the first run of each set in raster
/// order, by which components are numbered.
struct ComponentSets {
  Buffer<std::uint32_t> parent;
  Buffer<std::uint32_t> first;

  explicit ComponentSets(std::size_t most) : parent(most), first(most) {}
};

/// The sets [begin, end) that a slab has made.
struct SetRange {
  std::uint32_t begin = 0, end = 0;
};

/// Make and join sets within one slab, or across one seam.
class SetMaker {
 public:
  SetMaker(ComponentSets& sets, std::uint32_t begin)
      : parent_(sets.parent.data()),
        first_(sets.first.data()),
        find_({sets.parent.data(), sets.parent.size()}),
        made_{begin, begin} {}

  CREVASSE_INLINE std::uint32_t make(std::uint32_t first_run) {
    parent_[made_.end] = made_.end;
    first_[made_.end] = first_run;
    return made_.end++;
  }

  /// Two that touch share a set from now on; `own` may have none yet.
  CREVASSE_INLINE void meet(std::uint32_t& own, std::uint32_t& other) {
    // Without a branch: whether it has one yet is a coin toss.
    const std::uint32_t none = own == no_set ? ~std::uint32_t{0} : 0;
    own = (other & none) | (own & ~none);
    if (own != other) own = other = find_.unite(own, other);
  }

  CREVASSE_INLINE void note_run(std::uint32_t set, std::uint32_t run) {
    first_[set] = std::min(first_[set], run);
  }

  SetRange made() const { return made_; }

 private:
  std::uint32_t* parent_;
  std::uint32_t* first_;
  UnionFind find_;
  SetRange made_;
};

/// Replace `sets.parent` by components 1..count in raster order of their first runs; return count.
/// Linear in sets and runs.
inline index_t number_components(ComponentSets& sets, const std::vector<SetRange>& made,
                                 std::size_t run_count) {
  Buffer<std::uint32_t>&parent = sets.parent, &first = sets.first;
  const auto for_each_set = [&](auto&& visit) {
    for (const SetRange& range : made) {
      for (std::uint32_t set = range.begin; set < range.end; ++set) visit(set);
    }
  };
  // A parent precedes its set, so it points at its root already when the set is reached.
  for_each_set([&](std::uint32_t set) {
    parent[set] = parent[parent[set]];
    first[parent[set]] = std::min(first[parent[set]], first[set]);
  });
  // Mark first runs; a component's number is then the count of marks up to its own.
  std::vector<std::uint64_t> marks(run_count / 64 + 1, 0);
  for_each_set([&](std::uint32_t set) {
    if (parent[set] == set) marks[first[set] / 64] |= std::uint64_t{1} << first[set] % 64;
  });
  std::vector<std::uint32_t> before(marks.size() + 1, 0);
  for (std::size_t w = 0; w < marks.size(); ++w) {
    before[w + 1] = before[w] + static_cast<std::uint32_t>(std::popcount(marks[w]));
  }
  for_each_set([&](std::uint32_t set) {
    if (parent[set] == set) {
      const std::uint64_t up_to = ~std::uint64_t{0} >> (63 - first[set] % 64);
      parent[set] = before[first[set] / 64] +
                    static_cast<std::uint32_t>(std::popcount(marks[first[set] / 64] & up_to));
    } else {
      parent[set] = parent[parent[set]];
    }
  });
  return before.back();
}

}  // namespace crevasse
