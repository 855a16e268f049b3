#include "crevasse/neighbourhood.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_neighbourhood(py::module_& m) {
  m.def(
      "window",
      [](const RunVolume& runs, const ShapeTuple& begin, const ShapeTuple& shape, int threads) {
        return without_gil(
            [&] { return share(window(runs, to_shape(begin), to_shape(shape), threads)); });
      },
      py::arg("runs"), py::arg("begin"), py::arg("shape"), py::arg("threads"));
  m.def(
      "dilate",
      [](const RunVolume& runs, int connectivity, int threads) {
        const Connectivity c = to_connectivity(connectivity);
        return without_gil([&] { return share(dilate(runs, c, threads)); });
      },
      py::arg("runs"), py::arg("connectivity"), py::arg("threads"));
  m.def(
      "erode",
      [](const RunVolume& runs, int connectivity, int threads) {
        const Connectivity c = to_connectivity(connectivity);
        return without_gil([&] { return share(erode(runs, c, threads)); });
      },
      py::arg("runs"), py::arg("connectivity"), py::arg("threads"));
}

}  // namespace crevasse::python
