#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "crevasse/ledger.hpp"
#include "crevasse/tuning.hpp"
#include "ledger_rows.hpp"
#include "pair_table.hpp"

namespace crevasse {

/// Hands out numbers of openings that are not taken yet, so many at a time. Which a slab gets
/// depends on how fast the others are; what the ledger then says of a voxel does not.
class NumberRanges {
 public:
  static constexpr std::uint32_t size = 64;

  explicit NumberRanges(std::size_t taken) : next_(taken) {}

  std::uint32_t next() {
    const std::size_t first = next_.fetch_add(size, std::memory_order_relaxed);
    if (first + size >= std::numeric_limits<std::uint32_t>::max()) {
      throw std::length_error("a voxel ledger holds at most 4294967230 different openings");
    }
    return static_cast<std::uint32_t>(first);
  }

  std::size_t taken() const { return next_; }

 private:
  std::atomic<std::size_t> next_;
};

/// The number of the opening that another becomes: in `label_a` the old number + 1, in `label_b`
/// the crack as part of which it closes, 0 if it opens again.
struct Change {
  std::uint32_t label_a = 0, label_b = 0, number = 0;
};

/// New openings, in ranges of NumberRanges::size numbers.
struct NumberedOpenings {
  std::vector<Opening> openings;
  std::vector<std::uint32_t> first_numbers;  ///< One a range.

  void write_to(std::vector<Opening>& by_number) const {
    for (std::size_t i = 0; i < openings.size(); ++i) {
      by_number[first_numbers[i / NumberRanges::size] + i % NumberRanges::size] = openings[i];
    }
  }
};

/// The openings that one slab adds to those of a ledger, each but once.
///
/// Neighbouring runs mostly change alike, so the latest changes are kept at hand.
class NewOpenings {
 public:
  NewOpenings(const Ledger& ledger, std::span<const double> times, std::size_t labels,
              NumberRanges& ranges)
      : known_(ledger.openings),
        times_(times),
        frame_(static_cast<std::int32_t>(times.size()) - 1),
        now_(change_time(times, frame_)),
        ranges_(ranges),
        of_label_(labels),
        recent_(tuning::recent_pairs) {}

  std::int32_t frame() const { return frame_; }

  std::uint32_t first(std::uint32_t label, std::uint32_t crack) {
    std::uint32_t& number = of_label_[label];
    if (number == 0) number = add({0, frame_, frame_, 1, crack, 0}) + 1;
    return number - 1;
  }

  std::uint32_t reopened(std::uint32_t number) { return changed(number, 0); }
  std::uint32_t closed(std::uint32_t number, std::uint32_t crack) { return changed(number, crack); }

  const NumberedOpenings& added() const { return added_; }

 private:
  std::uint32_t changed(std::uint32_t number, std::uint32_t crack) {
    Change& recent = recent_[number & (tuning::recent_pairs - 1)];
    if (recent.label_a != number + 1 || recent.label_b != crack) recent = change(number, crack);
    return recent.number - 1;
  }

  CREVASSE_SELDOM Change change(std::uint32_t number, std::uint32_t crack) {
    Change& change = changes_.at(number + 1, crack);
    if (change.number == 0) {
      Opening opening = known_[number];
      if (crack != 0) {
        opening.open_time += now_ - change_time(times_, opening.since);
        opening.last_crack = crack;
      }
      opening.since = frame_;
      ++opening.n_toggles;
      change.number = add(opening) + 1;
    }
    return change;
  }

  CREVASSE_SELDOM std::uint32_t add(const Opening& opening) {
    const auto in_range = static_cast<std::uint32_t>(added_.openings.size() % NumberRanges::size);
    if (in_range == 0) added_.first_numbers.push_back(ranges_.next());
    added_.openings.push_back(opening);
    return added_.first_numbers.back() + in_range;
  }

  std::span<const Opening> known_;
  std::span<const double> times_;
  std::int32_t frame_;
  double now_;
  NumberRanges& ranges_;
  std::vector<std::uint32_t> of_label_;  ///< Number + 1 of what each label opens first.
  PairTable<Change> changes_;
  std::vector<Change> recent_;
  NumberedOpenings added_;
};

}  // namespace crevasse
