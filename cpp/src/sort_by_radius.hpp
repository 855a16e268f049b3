#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <numeric>
#include <vector>

namespace crevasse {

/// Sort by `squared_radius`, which is not negative, the largest first; equals keep their order.
/// Method: by the digits of its bits, least first, since the bits of such floats are in order.
template <class T>
void sort_by_radius(std::vector<T>& items) {
  constexpr int digit_bits = 11;
  constexpr std::uint32_t mask = (1U << digit_bits) - 1;
  std::vector<T> sorted(items.size());
  for (int shift = 0; shift < 3 * digit_bits; shift += digit_bits) {
    const auto digit = [&](const T& item) {
      return mask - (std::bit_cast<std::uint32_t>(item.squared_radius) >> shift & mask);
    };
    std::array<std::size_t, mask + 2> next{};
    for (const T& item : items) ++next[digit(item) + 1];
    if (std::find(next.begin(), next.end(), items.size()) != next.end()) continue;  // all equal
    std::partial_sum(next.begin(), next.end(), next.begin());
    for (const T& item : items) sorted[next[digit(item)]++] = item;
    items.swap(sorted);
  }
}

}  // namespace crevasse
