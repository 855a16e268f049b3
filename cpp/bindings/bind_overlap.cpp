#include "crevasse/overlap.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_overlap(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(Overlap, label_a, label_b, n_voxels);

  m.def(
      "overlap",
      [](const RunLabeling& a, const RunLabeling& b, int threads) {
        require_same_shape(*a.runs, *b.runs);
        return to_array(without_gil([&] {
          const auto pairs = overlap(*a.runs, a.labels(), *b.runs, b.labels(), threads);
          return Buffer<Overlap>::copy_of(pairs);
        }));
      },
      py::arg("a"), py::arg("b"), py::arg("threads"));
}

}  // namespace crevasse::python
