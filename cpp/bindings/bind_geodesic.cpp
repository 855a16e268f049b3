#include "arrays.hpp"
#include "crevasse/geodesic.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_geodesic(py::module_& m) {
  m.def(
      "geodesic_distance",
      [](const RunVolumeHandle& runs, const RunVolumeHandle& seeds,
         const std::array<double, 3>& spacing, double limit, int threads) {
        require_same_shape(*runs, *seeds);
        return to_array(without_gil(
            [&] { return geodesic_distance(*runs, *seeds, {spacing, limit}, threads); }));
      },
      py::arg("runs"), py::arg("seeds"), py::arg("spacing"), py::arg("limit"), py::arg("threads"));
}

}  // namespace crevasse::python
