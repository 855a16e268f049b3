#include "arrays.hpp"
#include "crevasse/geodesic.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_geodesic(py::module_& m) {
  m.def(
      "geodesic_distance",
      [](const RunVolumeHandle& runs, const RunVolumeHandle& seeds, py::array_t<float>& out,
         bool out_is_zero, const std::array<double, 3>& spacing, double limit, float outside,
         int threads) {
        require_same_shape(*runs, *seeds);
        const auto volume = output<float>(out, runs->shape);
        return without_gil([&] {
          geodesic_distance(*runs, *seeds, volume, {spacing, limit, outside}, out_is_zero, threads);
        });
      },
      py::arg("runs"), py::arg("seeds"), py::arg("out").noconvert(), py::arg("out_is_zero"),
      py::arg("spacing"), py::arg("limit"), py::arg("outside"), py::arg("threads"));
}

}  // namespace crevasse::python
