#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "crevasse/tuning.hpp"

namespace crevasse {

/// Hash table from two labels, 1.., to what is counted of them: open addressing, linear probing.
/// `Pair` has label_a and label_b, 0 in free slots, and += for the rest.
template <class Pair>
class PairTable {
 public:
  PairTable() : slots_(tuning::pair_slots) {}

  /// The entry of a pair, made where there is none yet; valid until the next call.
  Pair& at(std::uint32_t a, std::uint32_t b) {
    Pair* slot = &find(slots_, a, b);
    if (slot->label_a == 0) {
      if (4 * ++used_ > 3 * slots_.size()) {
        grow();
        slot = &find(slots_, a, b);
      }
      slot->label_a = a;
      slot->label_b = b;
    }
    return *slot;
  }

  void append_to(std::vector<Pair>& pairs) const {
    for (const Pair& slot : slots_) {
      if (slot.label_a != 0) pairs.push_back(slot);
    }
  }

 private:
  static Pair& find(std::vector<Pair>& slots, std::uint32_t a, std::uint32_t b) {
    // Fibonacci hashing: neighbouring labels land far apart.
    const std::uint64_t key = static_cast<std::uint64_t>(a) << 32 | b;
    std::size_t i = (key * 0x9E3779B97F4A7C15ULL >> 32) & (slots.size() - 1);
    while (slots[i].label_a != 0 && (slots[i].label_a != a || slots[i].label_b != b)) {
      i = (i + 1) & (slots.size() - 1);
    }
    return slots[i];
  }

  void grow() {
    std::vector<Pair> larger(2 * slots_.size());
    for (const Pair& slot : slots_) {
      if (slot.label_a != 0) find(larger, slot.label_a, slot.label_b) = slot;
    }
    slots_ = std::move(larger);
  }

  std::vector<Pair> slots_;
  std::size_t used_ = 0;
};

/// The entries of all tables, sorted by label_a, label_b; those of one pair added up.
template <class Pair>
std::vector<Pair> sorted_pairs(const std::vector<PairTable<Pair>>& tables) {
  std::vector<Pair> pairs;
  for (const auto& table : tables) table.append_to(pairs);
  std::sort(pairs.begin(), pairs.end(), [](const Pair& p, const Pair& q) {
    return p.label_a != q.label_a ? p.label_a < q.label_a : p.label_b < q.label_b;
  });
  auto last = pairs.begin();
  for (auto it = pairs.begin(); it != pairs.end(); ++it) {
    if (it == last) continue;
    if (it->label_a == last->label_a && it->label_b == last->label_b) {
      *last += *it;
    } else {
      *++last = *it;
    }
  }
  if (!pairs.empty()) pairs.erase(last + 1, pairs.end());
  return pairs;
}

}  // namespace crevasse
