#include <crevasse/label.hpp>
#include <crevasse/parallel.hpp>
#include <iostream>
#include <vector>

int main() {
  const crevasse::Shape shape{4, 8, 8};  // z, y, x
  std::vector<std::uint8_t> mask(static_cast<std::size_t>(shape.size()), 0);
  for (std::size_t i = 0; i < 4; ++i) mask[i * 73] = 1;     // a diagonal, joined by its corners
  for (std::size_t x = 0; x < 8; ++x) mask[7 * 8 + x] = 1;  // a straight line apart from it

  const int threads = crevasse::default_threads();
  const crevasse::Volume<const std::uint8_t> volume{mask.data(), shape};
  const auto runs = crevasse::encode_mask(volume, threads);
  std::cout << crevasse::label(runs, crevasse::Connectivity::Corners, threads).count << " cracks\n";
}
