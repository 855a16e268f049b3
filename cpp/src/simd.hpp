#pragma once

#include <cstdint>

#include "crevasse/volume.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// One binary runs everywhere: a marked function is compiled for the baseline and again for wider
// vectors, and the loader picks one. Needs ELF ifuncs (not musl, not macOS, not under sanitizers,
// whose run-time is not ready when the loader chooses).
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(CREVASSE_SANITIZED)
#define CREVASSE_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CREVASSE_CLONES
#endif

namespace crevasse::simd {

/// Bit i is set where byte i of 64 differs from the one before it.
CREVASSE_INLINE std::uint64_t change_bits(const std::uint8_t* bytes) {
  std::uint64_t bits = 0;
#if defined(__SSE2__)
  for (int i = 0; i < 4; ++i) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i);
    const __m128i before = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes - 1) + i);
    const int is_same = _mm_movemask_epi8(_mm_cmpeq_epi8(chunk, before));
    bits |= static_cast<std::uint64_t>(~is_same & 0xFFFF) << (16 * i);
  }
#else
  for (int i = 0; i < 64; ++i) bits |= static_cast<std::uint64_t>(bytes[i] != bytes[i - 1]) << i;
#endif
  return bits;
}

/// Bit i is set where byte i of 64 is not 0.
CREVASSE_INLINE std::uint64_t nonzero_bits(const std::uint8_t* bytes) {
  std::uint64_t bits = 0;
#if defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128();
  for (int i = 0; i < 4; ++i) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i);
    const int is_zero = _mm_movemask_epi8(_mm_cmpeq_epi8(chunk, zero));
    bits |= static_cast<std::uint64_t>(~is_zero & 0xFFFF) << (16 * i);
  }
#else
  for (int i = 0; i < 64; ++i) bits |= static_cast<std::uint64_t>(bytes[i] != 0) << i;
#endif
  return bits;
}

}  // namespace crevasse::simd
