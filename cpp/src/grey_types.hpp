#pragma once

#include <cstdint>

/// Every type that grey values may have: `instantiate(T)` for each.
#define CREVASSE_FOR_GREY_TYPES(instantiate)                                     \
  instantiate(std::uint8_t) instantiate(std::int16_t) instantiate(std::uint16_t) \
      instantiate(std::int32_t) instantiate(std::uint32_t) instantiate(float) instantiate(double)
