#include "crevasse/ligament.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "box_tree.hpp"
#include "rising_queue.hpp"

namespace crevasse {
namespace {

/// The boxes of all bodies, body by body: components of open voxels in order of label, then the
/// working electrode, then the counter electrode.
struct Bodies {
  std::vector<VoxelBox> boxes;
  std::vector<std::size_t> begin;
};

/// Call `visit(box)` for every run.
template <class Visit>
void for_each_box(const RunVolume& runs, Visit&& visit) {
  for_each_row(runs.shape, 0, runs.shape.rows(), [&](index_t r, index_t z, index_t y) {
    const auto z32 = static_cast<std::int32_t>(z), y32 = static_cast<std::int32_t>(y);
    for (const Run& run : runs.row(r)) {
      visit(VoxelBox{{z32, y32, run.begin}, {z32 + 1, y32 + 1, run.end}});
    }
  });
}

Bodies bodies_of(const RunVolume& open, std::span<const std::uint32_t> labels, index_t count,
                 const RunVolume& working, const RunVolume& counter) {
  const auto n = static_cast<std::size_t>(count);
  Bodies bodies{std::vector<VoxelBox>(open.runs.size()), std::vector<std::size_t>(n + 1)};
  for (const std::uint32_t label : labels) ++bodies.begin[label];
  for (std::size_t i = 1; i <= n; ++i) bodies.begin[i] += bodies.begin[i - 1];
  std::vector<std::size_t> next(bodies.begin.begin(), bodies.begin.end());
  std::size_t run = 0;
  for_each_box(open, [&](const VoxelBox& box) { bodies.boxes[next[labels[run++] - 1]++] = box; });
  for (const RunVolume* electrode : {&working, &counter}) {
    for_each_box(*electrode, [&](const VoxelBox& box) { bodies.boxes.push_back(box); });
    bodies.begin.push_back(bodies.boxes.size());
  }
  return bodies;
}

/// The search. Two boxes of it stand for all ways that go to some body in the first one and leave
/// it for one in the second; its length is that of the shortest that the boxes allow for.
class ShortestWay {
 public:
  ShortestWay(BoxTree& tree, std::size_t n_bodies, const std::array<double, 3>& spacing)
      : tree_(tree), spacing_(spacing), reached_(n_bodies) {}

  /// Length of the shortest way between two bodies.
  double find(std::uint32_t from, std::uint32_t to) {
    reach(from, {0, BoxTree::none, BoxTree::none});
    const auto shorter = [&](const Entry& entry) { return entry.length <= tree_.limit(entry.to); };
    for (Entry entry; tree_.limit(tree_.root_of(to)) != settled && queue_.pop(entry, shorter);) {
      if (!shorter(entry)) continue;
      if (tree_[entry.from].is_box() && tree_[entry.to].is_box()) {
        reach(tree_[entry.to].body, {entry.length, entry.from, entry.to});
      } else {
        divide(entry);
      }
    }
    return reached_[to].length;
  }

  /// The pieces of the way to a body, first to last; those between bodies that touch are left out.
  std::vector<LigamentPiece> pieces_to(std::uint32_t body, std::uint32_t n_components) const {
    std::vector<LigamentPiece> pieces;
    const auto label = [&](std::uint32_t b) { return b < n_components ? b + 1 : 0; };
    for (Reached at = reached_[body]; at.from != BoxTree::none;) {
      const auto &from = tree_[at.from], &to = tree_[at.to];
      LigamentPiece piece = straight(from.box, to.box);
      piece.label_begin = label(from.body);
      piece.label_end = label(to.body);
      if (piece.length > 0) pieces.push_back(piece);
      at = reached_[from.body];
    }
    std::reverse(pieces.begin(), pieces.end());
    return pieces;
  }

 private:
  /// How a body is reached: from one box to another.
  struct Reached {
    double length = std::numeric_limits<double>::infinity();
    std::uint32_t from = BoxTree::none, to = BoxTree::none;
  };
  struct Entry {
    double length;
    std::uint32_t from, to;
  };

  void reach(std::uint32_t body, const Reached& how) {
    reached_[body] = how;
    tree_.lower_limit(body, settled);
    push(tree_.root_of(body), tree_.root());
  }

  /// Unless all bodies in the second box are known to be reached by ways that are no longer.
  void push(std::uint32_t from, std::uint32_t to) {
    const double length = reached_[tree_[from].body].length + distance(from, to);
    if (length >= tree_.limit(to)) return;
    if (tree_[from].is_box() && tree_[to].is_box()) tree_.lower_limit(tree_[to].body, length);
    queue_.push({length, from, to});
  }

  /// The larger box into its two halves.
  void divide(const Entry& entry) {
    const auto &from = tree_[entry.from], &to = tree_[entry.to];
    if (to.is_box() || (!from.is_box() && tree_.longest(entry.from) > tree_.longest(entry.to))) {
      push(from.first, entry.to);
      push(from.second, entry.to);
    } else {
      push(entry.from, to.first);
      push(entry.from, to.second);
    }
  }

  double distance(std::uint32_t a, std::uint32_t b) const {
    double squared = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      const double along = spacing_[i] * tree_[a].box.gap(tree_[b].box, i);
      squared += along * along;
    }
    return std::sqrt(squared);
  }

  /// The shortest line between two boxes; along axes on which they overlap, in the middle of that.
  LigamentPiece straight(const VoxelBox& from, const VoxelBox& to) const {
    LigamentPiece piece{};
    double squared = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      // Voxel v reaches from v - 1/2 to v + 1/2.
      double begin = from.high[i] - 0.5, end = to.low[i] - 0.5;
      if (from.low[i] > to.high[i]) {
        begin = from.low[i] - 0.5;
        end = to.high[i] - 0.5;
      } else if (from.gap(to, i) == 0) {
        begin = 0.5 * (std::max(from.low[i], to.low[i]) + std::min(from.high[i], to.high[i]) - 1);
        end = begin;
      }
      piece.begin[i] = spacing_[i] * begin;
      piece.end[i] = spacing_[i] * end;
      const double along = spacing_[i] * from.gap(to, i);
      squared += along * along;
    }
    piece.length = std::sqrt(squared);
    return piece;
  }

  static constexpr double settled = -std::numeric_limits<double>::infinity();

  BoxTree& tree_;  ///< Its limits: the shortest way to a body found so far; `settled` when done.
  std::array<double, 3> spacing_;
  std::vector<Reached> reached_;
  RisingQueue<Entry> queue_;
};

void check_size(const RunVolume& open, const RunVolume& working, const RunVolume& counter) {
  const index_t runs = open.run_count() + working.run_count() + counter.run_count();
  constexpr index_t most = index_t{1} << 30;
  if (runs > most) {
    throw std::length_error("open and electrodes must hold at most 1073741824 runs, got " +
                            std::to_string(runs));
  }
  const Shape& shape = open.shape;
  if (std::max({shape.z, shape.y}) >= std::numeric_limits<std::int32_t>::max()) {
    throw std::length_error("volumes must be at most 2147483646 voxels long along z and y");
  }
}

}  // namespace

Ligament ligament(const RunVolume& open, std::span<const std::uint32_t> labels, index_t count,
                  const RunVolume& working, const RunVolume& counter,
                  const std::array<double, 3>& spacing) {
  if (working.runs.size() == 0 || counter.runs.size() == 0) {
    return {std::numeric_limits<double>::infinity(), {}};
  }
  check_size(open, working, counter);
  Bodies bodies = bodies_of(open, labels, count, working, counter);
  BoxTree tree(std::move(bodies.boxes), bodies.begin, spacing);
  const auto n = static_cast<std::uint32_t>(count);
  ShortestWay way(tree, bodies.begin.size() - 1, spacing);
  const double length = way.find(n, n + 1);
  return {length, way.pieces_to(n + 1, n)};
}

}  // namespace crevasse
