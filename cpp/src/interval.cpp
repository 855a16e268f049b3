#include "crevasse/interval.hpp"

#include <algorithm>

namespace crevasse {
namespace {

using Sizes = std::span<const std::int64_t>;

Buffer<std::int64_t> zeros(std::size_t n) {
  Buffer<std::int64_t> buffer(n);
  std::fill(buffer.begin(), buffer.end(), 0);
  return buffer;
}

/// What the components of one frame are in blocks, given the blocks of label 1, 2 and so on.
IntervalSide side_of(std::span<const std::uint32_t> block, Sizes n_voxels, std::size_t n_blocks) {
  IntervalSide side{Buffer<std::int64_t>(block.size()), zeros(block.size()), zeros(n_blocks),
                    zeros(n_blocks), zeros(n_blocks)};
  for (std::size_t i = 0; i < block.size(); ++i) {
    const std::size_t b = block[i];
    side.block[i] = block[i];
    ++side.count[b];
    side.n_voxels[b] += n_voxels[i];
    std::int64_t& largest = side.largest[b];
    if (largest == 0 || n_voxels[i] > n_voxels[static_cast<std::size_t>(largest - 1)]) {
      largest = static_cast<std::int64_t>(i + 1);
    }
  }
  return side;
}

/// Takes the pairs of a component one after another, and keeps the best partner of each.
class Partners {
 public:
  Partners(Buffer<std::int64_t>& partner, Sizes n_voxels)
      : partner_(partner), n_voxels_(n_voxels), n_shared_(zeros(partner.size())) {}

  void offer(std::uint32_t label, std::uint32_t other, index_t n_shared) {
    std::int64_t& best = partner_[label - 1];
    index_t& most = n_shared_[label - 1];
    if (n_shared < most) return;
    if (n_shared > most || comes_first(other, best)) {
      most = n_shared;
      best = other;
    }
  }

 private:
  bool comes_first(std::int64_t a, std::int64_t b) const {
    const std::int64_t size_a = n_voxels_[static_cast<std::size_t>(a - 1)],
                       size_b = n_voxels_[static_cast<std::size_t>(b - 1)];
    return size_a != size_b ? size_a > size_b : a < b;
  }

  Buffer<std::int64_t>& partner_;
  Sizes n_voxels_;  ///< Of the partners.
  Buffer<index_t> n_shared_;
};

}  // namespace

Interval interval(std::span<const Overlap> pairs, Sizes n_voxels_before, Sizes n_voxels_after) {
  const std::size_t before = n_voxels_before.size(), after = n_voxels_after.size();
  const auto block =
      interval_blocks(static_cast<index_t>(before), static_cast<index_t>(after), pairs);
  const std::size_t n_blocks =
      block.size() == 0 ? 0 : std::size_t{*std::max_element(block.begin(), block.end())} + 1;
  Interval found{side_of({block.data(), before}, n_voxels_before, n_blocks),
                 side_of({block.data() + before, after}, n_voxels_after, n_blocks),
                 zeros(n_blocks)};
  Partners children(found.before.partner, n_voxels_after);
  Partners parents(found.after.partner, n_voxels_before);
  for (const Overlap& pair : pairs) {
    found.kept[block[pair.label_a - 1]] += pair.n_voxels;
    children.offer(pair.label_a, pair.label_b, pair.n_voxels);
    parents.offer(pair.label_b, pair.label_a, pair.n_voxels);
  }
  return found;
}

}  // namespace crevasse
