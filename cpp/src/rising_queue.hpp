#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace crevasse {

/// Entries in order of `length`, which is not negative; nothing is put in that comes before what
/// was last taken out. Of equal ones the latest comes out first, as far as they are put in after
/// that length has begun to come out.
///
/// Method: a radix heap (Ahuja, Mehlhorn, Orlin & Tarjan, J. ACM 37(2), 1990). Entries wait in the
/// bucket of the highest bit in which they differ from what came out last; memory is read and
/// written in rows, where a binary heap of millions of entries jumps about.
template <class Entry>
class RisingQueue {
 public:
  void push(const Entry& entry) {
    const std::uint64_t key = std::max(bits_of(entry), last_);
    buckets_[static_cast<std::size_t>(std::bit_width(key ^ last_))].push_back(entry);
  }

  /// Take the next entry out. Entries that are not `wanted` may be dropped. False: there is none.
  template <class Wanted>
  bool pop(Entry& entry, Wanted&& wanted) {
    while (buckets_[0].empty()) {
      const auto bucket = std::find_if(buckets_.begin(), buckets_.end(),
                                       [](const auto& entries) { return !entries.empty(); });
      if (bucket == buckets_.end()) return false;
      spread(*bucket, wanted);
    }
    entry = buckets_[0].back();
    buckets_[0].pop_back();
    return true;
  }

 private:
  static std::uint64_t bits_of(const Entry& entry) {
    return std::bit_cast<std::uint64_t>(entry.length);
  }

  /// Make the least length of a bucket the one that comes out, and sort its entries by that.
  template <class Wanted>
  void spread(std::vector<Entry>& bucket, Wanted&& wanted) {
    std::erase_if(bucket, [&](const Entry& entry) { return !wanted(entry); });
    if (bucket.empty()) return;
    const auto least =
        std::min_element(bucket.begin(), bucket.end(),
                         [](const Entry& a, const Entry& b) { return bits_of(a) < bits_of(b); });
    last_ = bits_of(*least);
    for (const Entry& entry : bucket) push(entry);  // into buckets before this one
    bucket.clear();
  }

  std::array<std::vector<Entry>, 65> buckets_;
  std::uint64_t last_ = 0;
};

}  // namespace crevasse
