#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>

namespace crevasse {

/// The length of which all given spacings are whole multiples, if there is one: up to 16 parts of
/// the least.
inline std::optional<double> common_measure(std::span<const double> spacings) {
  const double least = *std::min_element(spacings.begin(), spacings.end());
  for (int parts = 1; parts <= 16; ++parts) {
    const double length = least / parts;
    const bool divides_all = std::all_of(spacings.begin(), spacings.end(), [&](double spacing) {
      // Spacings are measured to a few digits and written in decimals: 0.3 is 3 × 0.1.
      const double ratio = spacing / length;
      return ratio < 1000 && std::abs(ratio - std::round(ratio)) <= 1e-12 * ratio;
    });
    if (divides_all) return length;
  }
  return std::nullopt;
}

}  // namespace crevasse
