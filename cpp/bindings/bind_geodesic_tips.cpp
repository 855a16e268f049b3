#include "crevasse/geodesic_tips.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_geodesic_tips(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(GeodesicTip, voxel, joins, junction, depth, junction_depth, prominence);
  m.def(
      "geodesic_tips",
      [](const RunVolumeHandle& reached, const py::array_t<float>& depth, double prominence,
         int threads) {
        const auto depths = values_of(depth, reached->voxel_count(), "depth");
        return to_array(
            without_gil([&] { return geodesic_tips(*reached, depths, prominence, threads); }));
      },
      py::arg("reached"), py::arg("depth").noconvert(), py::arg("prominence"), py::arg("threads"));
}

}  // namespace crevasse::python
