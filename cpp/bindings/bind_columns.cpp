#include "crevasse/columns.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_columns(py::module_& m) {
  m.def(
      "columns",
      [](const ShapeTuple& shape, int axis, const py::array_t<std::int32_t>& begin,
         const py::array_t<std::int32_t>& end, int threads) {
        const Shape s = to_shape(shape);
        if (axis < 0 || axis > 2) throw std::invalid_argument("axis must be 0, 1 or 2");
        const index_t n = axis == 0 ? s.y * s.x : axis == 1 ? s.z * s.x : s.z * s.y;
        const auto first = values_of(begin, n, "begin");
        const auto last = values_of(end, n, "end");
        return without_gil(
            [&] { return share(columns(s, axis, first.data(), last.data(), threads)); });
      },
      py::arg("shape"), py::arg("axis"), py::arg("begin").noconvert(), py::arg("end").noconvert(),
      py::arg("threads"));
}

}  // namespace crevasse::python
