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
      "label_distance",
      [](const py::array& image, py::array_t<float>& out, const std::array<double, 3>& spacing,
         bool squared, double limit, const std::array<bool, 3>& border, int threads) {
        const auto volume = output<float>(out, shape_of(image));
        const DistanceOptions options{spacing, squared, limit, border};
        for_dtype<std::uint8_t, std::uint16_t, std::uint32_t>(image, "image", [&](auto zero) {
          using V = decltype(zero);
          const auto labels = input<V>(image);
          return without_gil([&] {
            label_distance<V>(labels, volume, options, threads);
            return 0;
          });
        });
      },
      py::arg("image"), py::arg("out").noconvert(), py::arg("spacing"), py::arg("squared"),
      py::arg("limit"), py::arg("border"), py::arg("threads"));

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
