#include "crevasse/distance.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_distance(py::module_& m) {
  m.def(
      "distance",
      [](const RunVolumeHandle& runs, py::array_t<float>& out, bool out_is_zero,
         const std::array<double, 3>& spacing, bool squared, double limit,
         const std::array<bool, 3>& border, int threads) {
        const auto volume = output<float>(out, runs->shape);
        return without_gil([&] {
          distance(*runs, volume, out_is_zero, {spacing, squared, limit, border}, threads);
        });
      },
      py::arg("runs"), py::arg("out").noconvert(), py::arg("out_is_zero"), py::arg("spacing"),
      py::arg("squared"), py::arg("limit"), py::arg("border"), py::arg("threads"));

  m.def(
      "farther_than",
      [](const RunVolumeHandle& runs, double radius, const std::array<double, 3>& spacing,
         int threads) {
        DistanceOptions options;
        options.spacing = spacing;
        return without_gil([&] { return share(farther_than(*runs, radius, options, threads)); });
      },
      py::arg("runs"), py::arg("radius"), py::arg("spacing"), py::arg("threads"));
}

}  // namespace crevasse::python
