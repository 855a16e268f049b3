#include "geodesic_front.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace crevasse {
namespace {

/// Most layers that a line of sight is walked along; a longer walk counts as blocked. Walks get
/// that long only in thin, flat sheets, where others seldom cut them short. A bend every so many
/// voxels makes paths there longer by less than 0.1 %.
constexpr int longest_walk = 256;

double longest_step(const std::array<double, 3>& spacing) {
  return std::hypot(spacing[0], spacing[1], spacing[2]);
}

/// Buckets as wide as the shortest step: no voxel of a bucket is then nearer by way of another of
/// it. Not too many of them where voxels are long.
double bucket_width(const std::array<double, 3>& spacing) {
  return std::max(*std::min_element(spacing.begin(), spacing.end()), longest_step(spacing) / 64);
}

/// The neighbour k of 27, in raster order.
CREVASSE_INLINE Place neighbour(const Place& at, std::size_t k) {
  const auto i = static_cast<std::int32_t>(k);
  return {at[0] + i / 9 - 1, at[1] + i / 3 % 3 - 1, at[2] + i % 3 - 1};
}

}  // namespace

Front::Front(const VoxelNumbers& numbers, Reached* reached, const GeodesicOptions& options)
    : numbers_(numbers),
      reached_(reached),
      spacing_(options.spacing),
      // The last voxel that tells one at the limit of its path may lie two steps beyond.
      limit_(options.limit + 2 * longest_step(options.spacing)),
      queue_(bucket_width(options.spacing), longest_step(options.spacing)),
      pivots_(1) {
  const auto& strides = numbers.strides();
  for (index_t k = 0; k < 9; ++k) {
    rows_[static_cast<std::size_t>(k)] = (k / 3 - 1) * strides[0] + (k % 3 - 1) * strides[1];
  }
}

double Front::length(const Place& a, const Place& b) const {
  double squared = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    const double along = static_cast<double>(a[i] - b[i]) * spacing_[i];
    squared += along * along;
  }
  return std::sqrt(squared);
}

double Front::through(std::uint32_t pivot, const Place& at) const {
  return pivots_[pivot].distance + length(pivots_[pivot].at, at);
}

/// Call `visit(number, place)` for the `wanted` voxels of the mask among those around a place.
/// Without a branch for each of them: which are wanted is hard to foretell.
/// Pre: neither the voxel at the place nor what has number 0 is wanted.
template <class Wanted, class Visit>
CREVASSE_INLINE void Front::for_each_neighbour(const Place& at, Wanted&& wanted, Visit&& visit) {
  const index_t centre = numbers_.index(at);
  std::array<std::uint32_t, 27> number;
  for (std::size_t row = 0; row < 9; ++row) {
    numbers_.write_three(centre + rows_[row], number.data() + 3 * row);
  }
  std::uint32_t todo = 0;
  for (std::size_t k = 0; k < 27; ++k) {
    todo |= std::uint32_t{wanted(reached_[number[k]])} << k;
  }
  for (; todo != 0; todo &= todo - 1) {
    const auto k = static_cast<std::size_t>(std::countr_zero(todo));
    visit(number[k], neighbour(at, k));
  }
}

/// Whether a chain of neighbours follows the line to a pivot. If not, `obstacle_` is where it ends.
///
/// The walk is over where all that the line passes have the same pivot in sight: their lines lie
/// around this one, less than a voxel apart.
bool Front::sees(std::uint32_t pivot, const Place& at) {
  SightLine line(pivots_[pivot].at, at, numbers_.strides());
  unsigned chain = 1;
  for (int walked = 0; line.advance(); ++walked) {
    std::array<index_t, 4> index;
    unsigned open = 0;
    for (unsigned corner = 0; corner < 4; ++corner) {
      index[corner] = line.voxel(corner);
      open |= unsigned{numbers_.has(index[corner])} << corner;
    }
    if (open == 15 && std::all_of(index.begin(), index.end(), [&](index_t i) {
          const Reached& there = reached_[numbers_[i]];
          return there.pivot == pivot && there.in_sight;
        })) {
      return true;
    }
    const unsigned before = chain;
    chain = open & line.next_to(before);
    if (chain == 0 || walked == longest_walk) {
      obstacle_ = line.nearest_before(before);
      obstacle_pivot_ = pivot;
      return false;
    }
  }
  return true;
}

/// See whether a neighbour, whose pivot is in sight of it, gives a shorter way: by the same pivot
/// where that can be seen, else with a bend at the neighbour.
void Front::shorten(Way& way, std::uint32_t neighbour, const Place& neighbour_at, const Place& at,
                    Reached& here) {
  const std::uint32_t pivot = reached_[neighbour].pivot;
  const double straight = through(pivot, at);
  if (straight >= way.distance) return;
  if (pivot != here.blocked && sees(pivot, at)) {
    way = {straight, pivot};
    const std::uint32_t other = pivots_[pivot].other;
    if (other == 0) return;
    const double shorter = through(other, at);
    if (shorter < straight && sees(other, at)) way = {shorter, other};
    return;
  }
  here.blocked = pivot;
  const double bent = through(pivot, neighbour_at) + length(neighbour_at, at);
  if (bent >= way.distance) return;
  const Place& beside = obstacle_pivot_ == pivot ? obstacle_ : neighbour_at;
  way = {bent, 0, neighbour, neighbour_at, beside};
}

/// The number of the pivot at a voxel's neighbour. Past the obstacle that makes the path bend there
/// is a second one, beside the obstacle. To the voxel itself it is the longer way, since a line of
/// sight may cut an edge a little; but paths that go on round the obstacle are shorter by it.
std::uint32_t Front::make_pivot(const Way& way) {
  Reached& bend = reached_[way.bend];
  if (bend.as_pivot != 0) return bend.as_pivot;
  if (pivots_.size() + 2 > std::numeric_limits<std::int32_t>::max()) {
    throw std::length_error("more than 2147483647 bends of paths");
  }
  const std::uint32_t before = bend.pivot;
  std::uint32_t other = 0;
  if (way.beside != way.bend_at && sees(before, way.beside)) {
    other = static_cast<std::uint32_t>(pivots_.size());
    pivots_.push_back({way.beside, 0, through(before, way.beside)});
  }
  const auto number = static_cast<std::uint32_t>(pivots_.size());
  pivots_.push_back({way.bend_at, other, through(before, way.bend_at)});
  bend.as_pivot = number & 0x7fffffffU;
  return number;
}

/// Take a way whose pivot is in sight.
void Front::settle(const Way& way, Reached& here) {
  here.pivot = way.bend != 0 ? make_pivot(way) : way.pivot;
  here.distance = static_cast<float>(way.distance);
  here.in_sight = 1;
  here.as_pivot = 0;
}

/// The shortest way by all neighbours.
Front::Way Front::all_ways(const Place& at, Reached& here) {
  Way way;
  for_each_neighbour(
      at, [](const Reached& there) { return there.in_sight != 0; },
      [&](std::uint32_t number, const Place& place) { shorten(way, number, place, at, here); });
  return way;
}

/// Tell a neighbour, which is farther away, of the path to a voxel.
CREVASSE_INLINE void Front::offer(const FrontQueue::Entry& from, Reached& here, const Place& to,
                                  Reached& there) {
  const std::uint32_t pivot = here.pivot;
  if (there.in_sight || there.blocked == pivot) {
    Way way{there.distance};
    obstacle_pivot_ = 0;
    shorten(way, static_cast<std::uint32_t>(&here - reached_), from.at, to, there);
    if (static_cast<float>(way.distance) >= there.distance || way.distance > limit_) return;
    settle(way, there);
  } else {
    // Whether the pivot is in sight is asked when its turn comes; a shorter way may turn up.
    double distance = through(pivot, to);
    std::uint32_t best = pivot;
    if (const std::uint32_t other = pivots_[pivot].other; other != 0) {
      const double shorter = through(other, to);
      if (shorter < distance && other != there.blocked) {
        distance = shorter;
        best = other;
      }
    }
    if (static_cast<float>(distance) >= there.distance || distance > limit_) return;
    there.distance = static_cast<float>(distance);
    there.pivot = best;
  }
  queue_.push(to, there.distance);
}

void Front::take(FrontQueue::Entry entry) {
  const std::uint32_t number = numbers_[numbers_.index(entry.at)];
  Reached& here = reached_[number];
  if (here.distance != entry.distance) return;  // a shorter way has been found since
  obstacle_pivot_ = 0;
  if (!here.in_sight) {
    if (sees(here.pivot, entry.at)) {
      here.in_sight = 1;
    } else {
      here.blocked = here.pivot;
      const Way way = all_ways(entry.at, here);
      if (way.distance > limit_) {
        here.distance = std::numeric_limits<float>::infinity();
        here.pivot = 0;
        return;
      }
      settle(way, here);
      entry.distance = here.distance;
      if (queue_.bucket_of(here.distance) > queue_.current()) {
        queue_.push(entry.at, here.distance);
        return;
      }
    }
  }
  for_each_neighbour(
      entry.at,
      [&](const Reached& there) {
        return there.distance > entry.distance && there.pivot != here.pivot;
      },
      [&](std::uint32_t next, const Place& place) { offer(entry, here, place, reached_[next]); });
}

void Front::add_seed(const Place& at) {
  Reached& here = reached_[numbers_[numbers_.index(at)]];
  here.distance = 0;
  here.pivot = static_cast<std::uint32_t>(pivots_.size());
  here.in_sight = 1;
  pivots_.push_back({at, 0, 0});
  queue_.push(at, 0);
}

void Front::spread() {
  queue_.drain([&](const FrontQueue::Entry& entry) { take(entry); });
}

}  // namespace crevasse
