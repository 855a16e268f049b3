#pragma once

#include <cstdint>
#include <cstring>

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

typedef std::uint64_t Words __attribute__((vector_size(64), aligned(64)));

/// Whether a bit is set. Halved with vector instructions: compilers take the words out one by one
/// else.
CREVASSE_INLINE bool any(const Words& words) {
  typedef std::uint64_t Half __attribute__((vector_size(32), aligned(32)));
  Half low, high;
  std::memcpy(&low, &words, sizeof(low));
  std::memcpy(&high, reinterpret_cast<const char*>(&words) + sizeof(low), sizeof(high));
  low |= high;
  return ((low[0] | low[1]) | (low[2] | low[3])) != 0;
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

#if defined(__SSE2__)
/// Sixteen bytes, 0xFF where a value equals the one at the same place of the other, 0 elsewhere.
template <class V>
CREVASSE_INLINE __m128i equal_bytes(const V* a, const V* b) {
  const auto load = [](const V* at) CREVASSE_INLINE_LAMBDA {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  };
  if constexpr (sizeof(V) == 1) {
    return _mm_cmpeq_epi8(load(a), load(b));
  } else if constexpr (sizeof(V) == 2) {
    return _mm_packs_epi16(_mm_cmpeq_epi16(load(a), load(b)),
                           _mm_cmpeq_epi16(load(a + 8), load(b + 8)));
  } else {
    const auto four = [&](int i) CREVASSE_INLINE_LAMBDA {
      if constexpr (sizeof(V) == 4) return _mm_cmpeq_epi32(load(a + i), load(b + i));
      // Both halves of a value must be equal: every other half of two vectors, twice.
      const __m128 low = _mm_castsi128_ps(_mm_cmpeq_epi32(load(a + i), load(b + i)));
      const __m128 high = _mm_castsi128_ps(_mm_cmpeq_epi32(load(a + i + 2), load(b + i + 2)));
      return _mm_castps_si128(
          _mm_and_ps(_mm_shuffle_ps(low, high, 0x88), _mm_shuffle_ps(low, high, 0xDD)));
    };
    return _mm_packs_epi16(_mm_packs_epi32(four(0), four(4)), _mm_packs_epi32(four(8), four(12)));
  }
}
#endif

/// Bit i is set where a[i] == b[i], of 64. V: std::uint8_t, 16, 32, 64.
template <class V>
CREVASSE_INLINE std::uint64_t equal_bits(const V* a, const V* b) {
  std::uint64_t bits = 0;
#if defined(__SSE2__)
  for (int i = 0; i < 4; ++i) {
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(equal_bytes(a + 16 * i, b + 16 * i)));
    bits |= static_cast<std::uint64_t>(mask) << (16 * i);
  }
#else
  for (int i = 0; i < 64; ++i) bits |= static_cast<std::uint64_t>(a[i] == b[i]) << i;
#endif
  return bits;
}

}  // namespace crevasse::simd
