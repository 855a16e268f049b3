#include "crevasse/surface.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_surface(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(SurfaceSums, pairs, euler_6, euler_26, border);

  m.def(
      "surface",
      [](const RunLabeling& labeling, int threads) {
        return to_array(without_gil([&] {
          return surface(*labeling.runs, labeling.labels(), labeling.components.count, threads);
        }));
      },
      py::arg("labeling"), py::arg("threads"));
}

}  // namespace crevasse::python
