#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <type_traits>

namespace crevasse {

/// Uninitialised memory for large arrays, to be given back with std::free. Blocks of several MiB
/// ask for huge pages where the system has them: the first touch of fresh memory, page by page, can
/// cost as much as the kernel that fills it. `alignment` is a power of two. Throws std::bad_alloc.
void* allocate(std::size_t bytes, std::size_t alignment);

/// Owned array of plain values whose size is fixed at construction and whose contents start
/// *uninitialised*: the kernels write every element once, and zeroing first would cost as much.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(std::size_t size)
      : data_(size == 0 ? nullptr : static_cast<T*>(allocate(size * sizeof(T), alignof(T)))),
        size_(size) {}

  static Buffer copy_of(std::span<const T> values) {
    Buffer copy(values.size());
    std::copy(values.begin(), values.end(), copy.data());
    return copy;
  }

  /// Give back what lies behind the first `size` values. Pre: no more than there are.
  void shrink(std::size_t size) {
    if (size == size_) return;
    if (size == 0) {
      data_.reset();
    } else if (void* kept = std::realloc(data_.get(), size * sizeof(T)); kept != nullptr) {
      static_cast<void>(data_.release());
      data_.reset(static_cast<T*>(kept));
    }
    size_ = size;
  }

  T* data() { return data_.get(); }
  const T* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t bytes() const { return size_ * sizeof(T); }
  T& operator[](std::size_t i) { return data_[i]; }
  const T& operator[](std::size_t i) const { return data_[i]; }
  T* begin() { return data(); }
  T* end() { return data() + size_; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size_; }
  operator std::span<const T>() const { return {data(), size_}; }

 private:
  struct Free {
    void operator()(T* data) const { std::free(data); }
  };
  std::unique_ptr<T[], Free> data_;
  std::size_t size_ = 0;
};

}  // namespace crevasse
