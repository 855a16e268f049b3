#include "crevasse/buffer.hpp"

#include <new>

#include "crevasse/tuning.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace crevasse {

void* allocate(std::size_t bytes) {
  void* block = nullptr;
#if defined(__linux__)
  if (bytes >= 2 * tuning::huge_page) {
    const std::size_t whole =
        (bytes + tuning::huge_page - 1) / tuning::huge_page * tuning::huge_page;
    block = std::aligned_alloc(tuning::huge_page, whole);
    if (block != nullptr) madvise(block, whole, MADV_HUGEPAGE);  // a wish: refused is fine
  } else {
    block = std::malloc(bytes);
  }
#else
  block = std::malloc(bytes);
#endif
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace crevasse
