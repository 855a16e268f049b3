#include "crevasse/neighbourhood.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

namespace {

/// Bind a function that lets a volume grow or shrink by one voxel.
void def_grower(py::module_& m, const char* name,
                RunVolume (*grow)(const RunVolume&, Connectivity, int)) {
  m.def(
      name,
      [grow](const RunVolume& runs, int connectivity, int threads) {
        const Connectivity c = to_connectivity(connectivity);
        return without_gil([&] { return share(grow(runs, c, threads)); });
      },
      py::arg("runs"), py::arg("connectivity"), py::arg("threads"));
}

}  // namespace

void bind_neighbourhood(py::module_& m) {
  m.def(
      "window",
      [](const RunVolume& runs, const ShapeTuple& begin, const ShapeTuple& shape, int threads) {
        return without_gil(
            [&] { return share(window(runs, to_shape(begin), to_shape(shape), threads)); });
      },
      py::arg("runs"), py::arg("begin"), py::arg("shape"), py::arg("threads"));
  def_grower(m, "dilate", &dilate);
  def_grower(m, "erode", &erode);
}

}  // namespace crevasse::python
