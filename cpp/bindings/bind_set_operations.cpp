#include "arrays.hpp"
#include "crevasse/set_operations.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_set_operations(py::module_& m) {
  py::native_enum<SetOperation>(m, "SetOperation", "enum.Enum")
      .value("UNION", SetOperation::Union)
      .value("INTERSECTION", SetOperation::Intersection)
      .value("DIFFERENCE", SetOperation::Difference)
      .value("SYMMETRIC_DIFFERENCE", SetOperation::SymmetricDifference)
      .finalize();

  m.def(
      "combine",
      [](const RunVolume& a, const RunVolume& b, SetOperation operation, int threads) {
        require_same_shape(a, b);
        return without_gil([&] { return share(combine(a, b, operation, threads)); });
      },
      py::arg("a"), py::arg("b"), py::arg("operation"), py::arg("threads"));
}

}  // namespace crevasse::python
