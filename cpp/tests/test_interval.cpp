#include "crevasse/interval.hpp"

#include <doctest/doctest.h>

#include "reference.hpp"

using namespace crevasse;
using namespace crevasse::reference;

namespace {

using Numbers = std::vector<std::int64_t>;

struct Frames {
  std::vector<Overlap> pairs;
  Numbers before, after;  ///< Voxels of label 1, 2 and so on.
};

/// Sorted pairs, each once, with few numbers so that many are equal.
Frames random_frames(Random& random) {
  Frames frames;
  frames.before.resize(to_size(below(random, 12)));
  frames.after.resize(to_size(below(random, 12)));
  for (Numbers* sizes : {&frames.before, &frames.after}) {
    for (auto& n : *sizes) n = 10 + below(random, 3);
  }
  for (std::uint32_t a = 1; a <= frames.before.size(); ++a)
    for (std::uint32_t b = 1; b <= frames.after.size(); ++b)
      if (below(random, 6) == 0) frames.pairs.push_back({a, b, 1 + below(random, 3)});
  return frames;
}

/// The best partner of a label by looking at all others: most shared, largest, first.
std::int64_t best(const Frames& frames, std::size_t label, bool of_before) {
  const Numbers& sizes = of_before ? frames.after : frames.before;
  std::int64_t found = 0;
  std::array<std::int64_t, 3> rank{};
  for (const Overlap& pair : frames.pairs) {
    if ((of_before ? pair.label_a : pair.label_b) != label) continue;
    const std::int64_t other = of_before ? pair.label_b : pair.label_a;
    const std::array<std::int64_t, 3> of_other{pair.n_voxels, sizes[to_size(other - 1)], -other};
    if (found == 0 || of_other > rank) {
      found = other;
      rank = of_other;
    }
  }
  return found;
}

/// What the labels of a block are, by going through all labels.
void check_side(const IntervalSide& side, const Numbers& sizes, std::size_t n_blocks) {
  Numbers count(n_blocks), n_voxels(n_blocks), largest(n_blocks);
  for (std::size_t i = sizes.size(); i-- > 0;) {  // backwards: the first of equals comes last
    const auto b = to_size(side.block[i]);
    ++count[b];
    n_voxels[b] += sizes[i];
    if (largest[b] == 0 || sizes[i] >= sizes[to_size(largest[b] - 1)]) {
      largest[b] = static_cast<std::int64_t>(i + 1);
    }
  }
  CHECK(difference(side.count, count) == "");
  CHECK(difference(side.n_voxels, n_voxels) == "");
  CHECK(difference(side.largest, largest) == "");
}

}  // namespace

TEST_CASE("blocks, partners and sums of an interval equal those found label by label") {
  Random random(61);
  for (int trial = 0; trial < 600; ++trial) {
    const Frames frames = random_frames(random);
    const auto found = crevasse::interval(frames.pairs, frames.before, frames.after);
    const auto count_a = static_cast<index_t>(frames.before.size()),
               count_b = static_cast<index_t>(frames.after.size());
    const auto blocks = reference::interval_blocks(count_a, count_b, frames.pairs);
    const Numbers in_a(blocks.begin(), blocks.begin() + count_a),
        in_b(blocks.begin() + count_a, blocks.end());
    CHECK(difference(found.before.block, in_a) == "");
    CHECK(difference(found.after.block, in_b) == "");
    check_side(found.before, frames.before, found.kept.size());
    check_side(found.after, frames.after, found.kept.size());
    Numbers kept(found.kept.size());
    for (const Overlap& pair : frames.pairs) kept[blocks[pair.label_a - 1]] += pair.n_voxels;
    CHECK(difference(found.kept, kept) == "");
    for (std::size_t i = 0; i < frames.before.size(); ++i) {
      CHECK(found.before.partner[i] == best(frames, i + 1, true));
    }
    for (std::size_t i = 0; i < frames.after.size(); ++i) {
      CHECK(found.after.partner[i] == best(frames, i + 1, false));
    }
  }
}

TEST_CASE("between empty frames there is nothing") {
  const auto found = crevasse::interval({}, {}, {});
  CHECK(found.kept.size() == 0);
  CHECK(found.before.block.size() == 0);
  const Numbers sizes{4, 9};
  const auto closed = crevasse::interval({}, sizes, {});
  CHECK(difference(closed.before.n_voxels, sizes) == "");
  CHECK(difference(closed.after.count, Numbers{0, 0}) == "");
  CHECK(difference(closed.before.partner, Numbers{0, 0}) == "");
}
