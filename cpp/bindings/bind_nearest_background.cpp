#include "crevasse/nearest_background.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_nearest_background(py::module_& m) {
  m.def(
      "nearest_background",
      [](const RunVolumeHandle& runs, py::array_t<std::int32_t>& z, py::array_t<std::int32_t>& y,
         py::array_t<std::int32_t>& x, const std::array<double, 3>& spacing, int threads) {
        const Shape& shape = runs->shape;
        const std::array out{output<std::int32_t>(z, shape), output<std::int32_t>(y, shape),
                             output<std::int32_t>(x, shape)};
        without_gil([&] {
          nearest_background(*runs, out, spacing, threads);
          return 0;
        });
      },
      py::arg("runs"), py::arg("z").noconvert(), py::arg("y").noconvert(), py::arg("x").noconvert(),
      py::arg("spacing"), py::arg("threads"));
}

}  // namespace crevasse::python
