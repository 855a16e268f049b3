#include "crevasse/regions.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_regions(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(RegionSums, n_voxels, sum, product, low, high, first_voxel);

  m.def(
      "regions",
      [](const RunLabeling& labeling, int threads) {
        return to_array(without_gil([&] {
          return regions(*labeling.runs, labeling.labels(), labeling.components.count, threads);
        }));
      },
      py::arg("labeling"), py::arg("threads"));
}

}  // namespace crevasse::python
