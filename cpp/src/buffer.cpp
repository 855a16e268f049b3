#include "crevasse/buffer.hpp"

#include <new>

#include "crevasse/tuning.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace crevasse {

namespace {

/// std::aligned_alloc takes whole multiples only.
std::size_t whole(std::size_t bytes, std::size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

}  // namespace

void* allocate(std::size_t bytes, std::size_t alignment) {
  void* block = nullptr;
#if defined(__linux__)
  if (bytes >= 2 * tuning::huge_page) {
    const std::size_t pages = whole(bytes, tuning::huge_page);
    block = std::aligned_alloc(tuning::huge_page, pages);
    if (block != nullptr) madvise(block, pages, MADV_HUGEPAGE);  // a wish: refused is fine
  }
#endif
  if (block == nullptr) {
    block = alignment <= alignof(std::max_align_t)
                ? std::malloc(bytes)
                : std::aligned_alloc(alignment, whole(bytes, alignment));
  }
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace crevasse
