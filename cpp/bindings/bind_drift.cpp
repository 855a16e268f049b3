#include <algorithm>
#include <array>
#include <vector>

#include "arrays.hpp"
#include "crevasse/drift.hpp"

namespace crevasse::python {
namespace {

using Floats = py::array_t<float>;

/// The values of an array whose extents are given.
std::span<const float> floats(const Floats& array, const std::vector<index_t>& extents,
                              const char* name) {
  const std::vector<index_t> found(array.shape(), array.shape() + array.ndim());
  if (found != extents || (array.flags() & py::array::c_style) == 0) {
    throw std::invalid_argument(std::string(name) + " must be C-contiguous and fit the others");
  }
  return {array.data(), static_cast<std::size_t>(array.size())};
}

void require_axes(const Floats& array, py::ssize_t ndim, const char* name) {
  if (array.ndim() != ndim) throw std::invalid_argument(std::string(name) + " has other axes");
}

/// A volume whose values follow each other along x; along other axes it may be a part.
template <class T>
Rows<T> rows_of(const py::array& image) {
  constexpr auto size = static_cast<index_t>(sizeof(T));
  const bool fits = image.ndim() == 3 && image.size() > 0 && image.strides(2) == size &&
                    image.strides(0) % size == 0 && image.strides(1) % size == 0;
  if (!fits) throw std::invalid_argument("image must be (z, y, x), contiguous along x");
  return {static_cast<const T*>(image.data()),
          {image.shape(0), image.shape(1), image.shape(2)},
          image.strides(0) / size,
          image.strides(1) / size};
}

}  // namespace

void bind_drift(py::module_& m) {
  m.def(
      "sample_blocks",
      [](const py::array& image, const std::vector<std::array<index_t, 3>>& begins,
         const std::array<index_t, 3>& size, const std::array<SampleWeights, 3>& weights) {
        const Shape block{size[0], size[1], size[2]};
        if (std::min({block.z, block.y, block.x}) < 1) {
          throw std::invalid_argument("blocks must not be empty");
        }
        Floats out({static_cast<index_t>(begins.size()), block.z, block.y, block.x});
        const std::span<float> to(out.mutable_data(), static_cast<std::size_t>(out.size()));
        for_grey_dtype(image, "image", [&](auto type) {
          const auto rows = rows_of<decltype(type)>(image);
          return without_gil([&] {
            sample_blocks(rows, begins, block, weights, to);
            return true;
          });
        });
        return out;
      },
      py::arg("image").noconvert(), py::arg("begins"), py::arg("size"), py::arg("weights"));

  m.def(
      "shift_equations",
      [](const Floats& sample, const Floats& grey, const Floats& slope, float light, float noise,
         float tolerance) {
        require_axes(slope, 3, "slope");
        const index_t count = slope.shape(0), axes = slope.shape(1), voxels = slope.shape(2);
        if (axes != 2 && axes != 3) throw std::invalid_argument("slope must have 2 or 3 axes");
        const CellPairs pairs{count,
                              voxels,
                              static_cast<int>(axes),
                              floats(sample, {count, voxels}, "sample").data(),
                              floats(grey, {count, voxels}, "grey").data(),
                              floats(slope, {count, axes, voxels}, "slope").data(),
                              light};
        ShiftEquations found =
            without_gil([&] { return shift_equations(pairs, noise, tolerance); });
        return std::tuple{to_array(std::move(found.normal)).reshape({count, axes, axes}),
                          to_array(std::move(found.pull)).reshape({count, axes}),
                          to_array(std::move(found.left))};
      },
      py::arg("sample").noconvert(), py::arg("grey").noconvert(), py::arg("slope").noconvert(),
      py::arg("light"), py::arg("noise"), py::arg("tolerance"));

  m.def(
      "shift_differences",
      [](const Floats& around, const Floats& grey, float light) {
        require_axes(around, 4, "around");
        require_axes(grey, 4, "grey");
        const index_t count = grey.shape(0);
        const Shape cell{grey.shape(1), grey.shape(2), grey.shape(3)};
        const Shape window{around.shape(1), around.shape(2), around.shape(3)};
        const Shape places{window.z - cell.z + 1, window.y - cell.y + 1, window.x - cell.x + 1};
        if (std::min({places.z, places.y, places.x, cell.size()}) < 1) {
          throw std::invalid_argument("cells must fit into what is around them");
        }
        const auto values = floats(around, {count, window.z, window.y, window.x}, "around");
        const auto cells = floats(grey, {count, cell.z, cell.y, cell.x}, "grey");
        Floats out({count, places.z, places.y, places.x});
        const std::span<float> to(out.mutable_data(), static_cast<std::size_t>(out.size()));
        without_gil([&] {
          shift_differences(values, window, cells, cell, light, to);
          return true;
        });
        return out;
      },
      py::arg("around").noconvert(), py::arg("grey").noconvert(), py::arg("light"));
}

}  // namespace crevasse::python
