#include "arrays.hpp"
#include "crevasse/voxel_values.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_voxel_values(py::module_& m) {
  m.def(
      "read_voxel_values",
      [](const RunVolumeHandle& runs, const py::array_t<float>& dense, int threads) {
        const auto volume = input<float>(dense);
        if (!(volume.shape == runs->shape)) {
          throw std::invalid_argument("dense must have the shape of runs");
        }
        return to_array(without_gil([&] { return read_voxel_values(*runs, volume, threads); }));
      },
      py::arg("runs"), py::arg("dense").noconvert(), py::arg("threads"));

  m.def(
      "write_voxel_values",
      [](const RunVolumeHandle& runs, const py::array_t<float>& values, py::array_t<float>& out,
         float outside, int threads) {
        const auto of_voxels = values_of(values, runs->voxel_count(), "values");
        const auto volume = output<float>(out, runs->shape);
        without_gil([&] { write_voxel_values(*runs, of_voxels, volume, outside, threads); });
      },
      py::arg("runs"), py::arg("values").noconvert(), py::arg("out").noconvert(),
      py::arg("outside"), py::arg("threads"));
}

}  // namespace crevasse::python
