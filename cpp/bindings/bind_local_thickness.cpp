#include "crevasse/local_thickness.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_local_thickness(py::module_& m) {
  m.def(
      "local_thickness",
      [](const RunVolumeHandle& runs, py::array_t<float>& out, bool out_is_zero,
         const std::array<double, 3>& spacing, const std::array<bool, 3>& border, bool closed,
         double limit, int threads) {
        const auto volume = output<float>(out, runs->shape);
        without_gil([&] {
          local_thickness(*runs, volume, out_is_zero, {spacing, border, closed, limit}, threads);
          return 0;
        });
      },
      py::arg("runs"), py::arg("out").noconvert(), py::arg("out_is_zero"), py::arg("spacing"),
      py::arg("border"), py::arg("closed"), py::arg("limit"), py::arg("threads"));
}

}  // namespace crevasse::python
