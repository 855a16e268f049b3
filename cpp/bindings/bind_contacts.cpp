#include "crevasse/contacts.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_contacts(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(Contact, label_a, label_b, pairs);

  m.def(
      "contacts",
      [](const RunLabeling& labeling, int threads) {
        return to_array(without_gil([&] {
          return Buffer<Contact>::copy_of(contacts(*labeling.runs, labeling.labels(), threads));
        }));
      },
      py::arg("labeling"), py::arg("threads"));
}

}  // namespace crevasse::python
