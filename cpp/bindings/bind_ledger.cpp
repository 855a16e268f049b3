#include "crevasse/ledger.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {
namespace {

using LedgerHandle = std::shared_ptr<Ledger>;

LedgerHandle advance_ledger(const Ledger& ledger, const RunLabeling& open,
                            const py::array_t<std::uint32_t>& crack_of, std::int32_t frame,
                            int threads) {
  require_same_shape(ledger.where, *open.runs);
  const auto cracks = values_of(crack_of, open.components.count + 1, "crack_of");
  return without_gil([&] {
    return std::make_shared<Ledger>(
        advance(ledger, *open.runs, open.labels(), cracks, frame, threads));
  });
}

/// Write one field of every opening into a dense volume; `never` where no voxel has been open.
template <class Field>
void write_field(const Ledger& ledger, Field Opening::* field, py::array_t<Field>& out, Field never,
                 int threads) {
  const auto volume = output<Field>(out, ledger.where.shape);
  without_gil([&] {
    Buffer<Field> values(ledger.values.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = ledger.values[i].*field;
    write_values<Field, Field>(ledger.where, values, volume, never, false, threads);
  });
}

}  // namespace

void bind_ledger(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(Opening, first_open, last_open, first_crack);

  py::class_<Ledger, LedgerHandle>(m, "Ledger")
      .def(py::init([](const ShapeTuple& shape) {
             return std::make_shared<Ledger>(empty_ledger(to_shape(shape)));
           }),
           py::arg("shape"))
      .def_property_readonly("n_runs", [](const Ledger& l) { return l.where.run_count(); })
      .def_property_readonly("runs",
                             [](const py::object& self) {
                               const auto& l = self.cast<const Ledger&>();
                               return view<std::int32_t>(
                                   {static_cast<py::ssize_t>(l.where.run_count()), 2},
                                   reinterpret_cast<const std::int32_t*>(l.where.runs.data()),
                                   self);
                             })
      .def_property_readonly("openings",
                             [](const py::object& self) {
                               const auto& l = self.cast<const Ledger&>();
                               return view<Opening>({static_cast<py::ssize_t>(l.values.size())},
                                                    l.values.data(), self);
                             })
      .def("advance", &advance_ledger, py::arg("open"), py::arg("crack_of").noconvert(),
           py::arg("frame"), py::arg("threads"))
      .def(
          "write_first_open",
          [](const Ledger& l, py::array_t<std::int32_t>& out, int threads) {
            write_field(l, &Opening::first_open, out, std::int32_t{-1}, threads);
          },
          py::arg("out").noconvert(), py::arg("threads"))
      .def(
          "write_last_open",
          [](const Ledger& l, py::array_t<std::int32_t>& out, int threads) {
            write_field(l, &Opening::last_open, out, std::int32_t{-1}, threads);
          },
          py::arg("out").noconvert(), py::arg("threads"))
      .def(
          "write_first_crack",
          [](const Ledger& l, py::array_t<std::uint32_t>& out, int threads) {
            write_field(l, &Opening::first_crack, out, std::uint32_t{0}, threads);
          },
          py::arg("out").noconvert(), py::arg("threads"));
}

}  // namespace crevasse::python
