#include "crevasse/aperture.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_aperture(py::module_& m) {
  m.def(
      "aperture",
      [](const RunVolumeHandle& runs, const py::array& grey, py::array_t<float>& out,
         bool out_is_zero, const std::array<double, 3>& spacing, double solid, double empty,
         double reach, int threads) {
        const auto volume = output<float>(out, runs->shape);
        const ApertureOptions options{spacing, solid, empty, reach};
        const auto sums = for_grey_dtype(grey, "grey", [&](auto type) {
          const auto image = input<decltype(type)>(grey);
          if (!(image.shape == runs->shape)) {
            throw std::invalid_argument("grey must have the mask's shape");
          }
          return without_gil(
              [&] { return aperture(*runs, image, volume, out_is_zero, options, threads); });
        });
        return std::tuple{sums.weight, sums.aperture, sums.squares};
      },
      py::arg("runs"), py::arg("grey"), py::arg("out").noconvert(), py::arg("out_is_zero"),
      py::arg("spacing"), py::arg("solid"), py::arg("empty"), py::arg("reach"), py::arg("threads"));
}

}  // namespace crevasse::python
