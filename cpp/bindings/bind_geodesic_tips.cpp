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
        const auto volume = input<float>(depth);
        if (!(volume.shape == reached->shape)) {
          throw std::invalid_argument("depth must have the shape of reached");
        }
        return to_array(
            without_gil([&] { return geodesic_tips(*reached, volume, prominence, threads); }));
      },
      py::arg("reached"), py::arg("depth").noconvert(), py::arg("prominence"), py::arg("threads"));
}

}  // namespace crevasse::python
