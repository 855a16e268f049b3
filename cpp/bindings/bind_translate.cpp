#include "arrays.hpp"
#include "crevasse/translate.hpp"

namespace crevasse::python {

void bind_translate(py::module_& m) {
  m.def(
      "translate",
      [](const py::array& image, py::array& out, const std::array<double, 3>& drift, int threads) {
        for_grey_dtype(image, "image", [&](auto type) {
          using T = decltype(type);
          if (!py::isinstance<py::array_t<T>>(out)) {
            throw py::type_error("out must have the image's dtype");
          }
          const auto from = input<T>(image);
          const auto to = output<T>(out, from.shape);
          return without_gil([&] {
            translate(from, to, drift, threads);
            return true;
          });
        });
      },
      py::arg("image").noconvert(), py::arg("out").noconvert(), py::arg("drift"),
      py::arg("threads"));
}

}  // namespace crevasse::python
