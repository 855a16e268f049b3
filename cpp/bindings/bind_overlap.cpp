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

  m.def(
      "interval_blocks",
      [](index_t count_a, index_t count_b, const py::array_t<Overlap>& pairs) {
        const auto span = values_of(pairs, pairs.size(), "pairs");
        for (const Overlap& pair : span) {
          if (pair.label_a < 1 || pair.label_a > count_a || pair.label_b < 1 ||
              pair.label_b > count_b) {
            throw std::invalid_argument("pairs must hold labels 1..count");
          }
        }
        return to_array(without_gil([&] { return interval_blocks(count_a, count_b, span); }));
      },
      py::arg("count_a"), py::arg("count_b"), py::arg("pairs").noconvert());
}

}  // namespace crevasse::python
