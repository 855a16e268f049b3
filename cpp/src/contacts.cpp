#include "crevasse/contacts.hpp"

#include <algorithm>

#include "crevasse/parallel.hpp"
#include "crevasse/tuning.hpp"
#include "pair_table.hpp"
#include "row_sweep.hpp"

namespace crevasse {
namespace {

/// Rows beside and below a row, and the kinds of direction to them: straight, and diagonal along x.
struct Neighbour {
  index_t dz, dy;
  Direction straight, diagonal;
};
constexpr std::array<Neighbour, 4> preceding{
    {{-1, -1, ZY, ZYX}, {-1, 0, Z, ZX}, {-1, 1, ZY, ZYX}, {0, -1, Y, YX}}};

class Counter {
 public:
  Counter(const RunVolume& runs, std::span<const std::uint32_t> labels)
      : runs_(runs), labels_(labels) {}

  void count_row(index_t r, index_t z, index_t y) {
    const auto row = runs_.row(r);
    const std::uint32_t* const own = labels_of(r);
    for (std::size_t i = 1; i < row.size(); ++i) {
      if (row[i - 1].end == row[i].begin) count(own[i - 1], own[i], X, 1);
    }
    for (const Neighbour& n : preceding) {
      if (z + n.dz < 0 || y + n.dy < 0 || y + n.dy >= runs_.shape.y) continue;
      const index_t other = r + n.dz * runs_.shape.y + n.dy;
      const std::uint32_t* const its = labels_of(other);
      for (const std::int32_t shift : {-1, 0, 1}) {
        const Direction kind = shift == 0 ? n.straight : n.diagonal;
        for_each_shared(row, runs_.row(other), shift,
                        [&](std::size_t i, std::size_t j, index_t pairs) {
                          count(own[i], its[j], kind, static_cast<std::uint64_t>(pairs));
                        });
      }
    }
  }

  PairTable<Contact> table;

 private:
  const std::uint32_t* labels_of(index_t r) const {
    return labels_.data() + runs_.row_begin[static_cast<std::size_t>(r)];
  }
  void count(std::uint32_t a, std::uint32_t b, Direction kind, std::uint64_t pairs) {
    if (a != b) table.at(std::min(a, b), std::max(a, b)).pairs[kind] += pairs;
  }

  const RunVolume& runs_;
  std::span<const std::uint32_t> labels_;
};

}  // namespace

Contact& Contact::operator+=(const Contact& other) {
  for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] += other.pairs[i];
  return *this;
}

std::vector<Contact> contacts(const RunVolume& runs, std::span<const std::uint32_t> labels,
                              int threads) {
  const index_t rows = runs.shape.rows();
  const int team = worthwhile_threads(runs.run_count(), tuning::runs_per_thread, threads);
  std::vector<PairTable<Contact>> tables(static_cast<std::size_t>(slab_count(rows, team)));
  parallel_slabs(rows, team, [&](index_t s, Slab slab) {
    Counter counter(runs, labels);
    for_each_row(runs.shape, slab.begin, slab.end,
                 [&](index_t r, index_t z, index_t y) { counter.count_row(r, z, y); });
    tables[static_cast<std::size_t>(s)] = std::move(counter.table);
  });
  return sorted_pairs(tables);
}

}  // namespace crevasse
