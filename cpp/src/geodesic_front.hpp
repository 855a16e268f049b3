#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

#include "crevasse/geodesic.hpp"
#include "sight_line.hpp"
#include "voxel_numbers.hpp"

/// The front that spreads from seeds through a mask, voxel by voxel in order of distance.
namespace crevasse {

/// What is known of one voxel of the mask.
struct Reached {
  float distance = std::numeric_limits<float>::infinity();
  std::uint32_t pivot = 0;          ///< Where the path to it bends last; 0: none yet.
  std::uint32_t blocked = 0;        ///< The pivot that was last found out of sight.
  std::uint32_t as_pivot : 31 = 0;  ///< Its own number, where paths bend at it.
  std::uint32_t in_sight : 1 = 0;   ///< Whether the pivot is known to be in sight of it.
};

/// Entries in order of distance, to within the width of a bucket; those of one bucket come out in
/// the order in which they went in.
class FrontQueue {
 public:
  struct Entry {
    Place at;
    float distance;
  };

  /// Nothing put in lies farther from what was last taken out than `longest`.
  FrontQueue(double width, double longest)
      : width_(width), buckets_(static_cast<std::size_t>(longest / width) + 3) {}

  std::int64_t bucket_of(float distance) const {
    return static_cast<std::int64_t>(static_cast<double>(distance) / width_);
  }
  std::int64_t current() const { return current_; }
  void push(const Place& at, float distance) {
    const auto last = current_ + static_cast<std::int64_t>(buckets_.size()) - 1;
    bucket(std::clamp(bucket_of(distance), current_, last)).push_back({at, distance});
    ++size_;
  }
  /// Call `take(entry)` for every entry until there are none; it may push.
  template <class Take>
  void drain(Take&& take) {
    for (; size_ > 0; ++current_) {
      std::vector<Entry>& entries = bucket(current_);
      for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry entry = entries[i];  // a copy: `take` may make the bucket grow
        take(entry);
      }
      size_ -= entries.size();
      entries.clear();
    }
  }

 private:
  std::vector<Entry>& bucket(std::int64_t number) {
    return buckets_[static_cast<std::size_t>(number) % buckets_.size()];
  }

  double width_;
  std::vector<std::vector<Entry>> buckets_;
  std::int64_t current_ = 0;
  std::size_t size_ = 0;
};

/// One front. It touches only the components that it has seeds in.
class Front {
 public:
  /// `reached`: by voxel number.
  Front(const VoxelNumbers& numbers, Reached* reached, const GeodesicOptions& options);

  void add_seed(const Place& at);
  void spread();

 private:
  /// Where paths bend or begin.
  struct Pivot {
    Place at;
    std::uint32_t other;  ///< A pivot that may serve better farther on, or 0.
    double distance;
  };
  /// The shortest way to a voxel found so far.
  struct Way {
    double distance = std::numeric_limits<double>::infinity();
    std::uint32_t pivot = 0;
    std::uint32_t bend = 0;  ///< Instead of a pivot, the number of the neighbour that becomes one,
    Place bend_at{};
    Place
        beside{};  ///< and the voxel beside the obstacle that makes it bend; `bend_at` if unknown.
  };

  void take(FrontQueue::Entry entry);
  void offer(const FrontQueue::Entry& from, Reached& here, const Place& to, Reached& there);
  Way all_ways(const Place& at, Reached& here);
  void shorten(Way& way, std::uint32_t neighbour, const Place& neighbour_at, const Place& at,
               Reached& here);
  void settle(const Way& way, Reached& here);
  std::uint32_t make_pivot(const Way& way);
  bool sees(std::uint32_t pivot, const Place& at);
  double length(const Place& a, const Place& b) const;
  double through(std::uint32_t pivot, const Place& at) const;
  template <class Wanted, class Visit>
  void for_each_neighbour(const Place& at, Wanted&& wanted, Visit&& visit);

  const VoxelNumbers& numbers_;
  Reached* reached_;
  std::array<double, 3> spacing_;
  double limit_;
  std::array<index_t, 9> rows_;  ///< By how much the index rises to a row at or around one's own.
  FrontQueue queue_;
  std::vector<Pivot> pivots_;
  Place obstacle_{};                  ///< Beside where the last line of sight was blocked,
  std::uint32_t obstacle_pivot_ = 0;  ///< and the pivot it led to.
};

}  // namespace crevasse
