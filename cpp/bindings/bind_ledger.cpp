#include "crevasse/ledger.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {
namespace {

using Cracks = py::array_t<std::uint32_t>;
using Marks = py::array_t<std::uint8_t>;

LabelledFrame labelled(const RunLabeling& frame, const Cracks& crack_of) {
  return {*frame.runs, frame.labels(), values_of(crack_of, frame.components.count + 1, "crack_of")};
}

py::tuple advance_ledger(const Ledger& ledger, const RunLabeling& before,
                         const Cracks& crack_before, const RunLabeling& now,
                         const Cracks& crack_now, const Marks& remembers, double time,
                         int threads) {
  for (const RunLabeling* frame : {&before, &now}) {
    if (!(ledger.shape == frame->runs->shape)) {
      throw std::invalid_argument("all frames must have the same shape");
    }
  }
  const LabelledFrame old_frame = labelled(before, crack_before);
  const LabelledFrame new_frame = labelled(now, crack_now);
  const auto marks = values_of(remembers, now.components.count + 1, "remembers");
  auto step =
      without_gil([&] { return advance(ledger, old_frame, new_frame, marks, time, threads); });
  return py::make_tuple(std::make_shared<Ledger>(std::move(step.ledger)),
                        to_array(Buffer<Memory>::copy_of(step.memories)), step.n_baseline);
}

/// Runs a row, the ends of all runs (2 a run) and openings.
py::tuple ledger_arrays(const Ledger& ledger) {
  auto stored = without_gil([&] { return to_runs(ledger); });
  Buffer<std::uint32_t> runs_per_row(static_cast<std::size_t>(ledger.shape.rows()));
  for (std::size_t r = 0; r < runs_per_row.size(); ++r) {
    runs_per_row[r] =
        static_cast<std::uint32_t>(stored.where.row_begin[r + 1] - stored.where.row_begin[r]);
  }
  Buffer<std::int32_t> ends(2 * stored.where.runs.size());
  for (std::size_t i = 0; i < stored.where.runs.size(); ++i) {
    ends[2 * i] = stored.where.runs[i].begin;
    ends[2 * i + 1] = stored.where.runs[i].end;
  }
  return py::make_tuple(to_array(std::move(runs_per_row)), to_array(std::move(ends)),
                        to_array(std::move(stored.values)));
}

std::shared_ptr<Ledger> ledger_from_arrays(const ShapeTuple& shape,
                                           const py::array_t<std::uint32_t>& runs_per_row,
                                           const py::array_t<std::int32_t>& ends,
                                           const py::array_t<Opening>& openings,
                                           std::vector<double> times,
                                           std::int32_t baseline_frames) {
  const Shape extent = to_shape(shape);
  check_shape(extent);
  const auto counts = values_of(runs_per_row, extent.rows(), "runs_per_row");
  const auto values = values_of(openings, openings.size(), "openings");
  const auto bounds = values_of(ends, 2 * openings.size(), "runs");
  return without_gil([&] {
    ValuedRuns<Opening> stored{
        {extent, Buffer<index_t>(counts.size() + 1), Buffer<Run>(values.size())},
        Buffer<Opening>::copy_of(values)};
    stored.where.row_begin[0] = 0;
    for (std::size_t r = 0; r < counts.size(); ++r) {
      stored.where.row_begin[r + 1] = stored.where.row_begin[r] + counts[r];
    }
    if (stored.where.row_begin[counts.size()] != static_cast<index_t>(values.size())) {
      throw std::invalid_argument("runs_per_row must add up to the number of runs");
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      stored.where.runs[i] = {bounds[2 * i], bounds[2 * i + 1]};
    }
    return std::make_shared<Ledger>(from_runs(stored, std::move(times), baseline_frames));
  });
}

py::tuple to_state(const Ledger& ledger) {
  const ShapeTuple shape{ledger.shape.z, ledger.shape.y, ledger.shape.x};
  return py::make_tuple(shape, ledger_arrays(ledger), ledger.times, ledger.baseline_frames);
}

std::shared_ptr<Ledger> from_state(const py::tuple& state) {
  const auto arrays = state[1].cast<py::tuple>();
  return ledger_from_arrays(
      state[0].cast<ShapeTuple>(), arrays[0].cast<py::array_t<std::uint32_t>>(),
      arrays[1].cast<py::array_t<std::int32_t>>(), arrays[2].cast<py::array_t<Opening>>(),
      state[2].cast<std::vector<double>>(), state[3].cast<std::int32_t>());
}

/// Bind a function that writes one field of the openings into a dense volume.
template <class Field>
void def_writer(py::class_<Ledger, std::shared_ptr<Ledger>>& ledger, const char* name,
                void (*write)(const Ledger&, Volume<Field>, int)) {
  ledger.def(
      name,
      [write](const Ledger& l, py::array_t<Field>& out, int threads) {
        const auto volume = output<Field>(out, l.shape);
        without_gil([&] { write(l, volume, threads); });
      },
      py::arg("out").noconvert(), py::arg("threads"));
}

}  // namespace

void bind_ledger(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(Opening, open_time, first_open, since, n_toggles, first_crack, last_crack);
  PYBIND11_NUMPY_DTYPE_EX(Memory, label_a, "label", label_b, "crack", n_voxels, "n_voxels",
                          last_open, "last_open");

  py::class_<Ledger, std::shared_ptr<Ledger>> ledger(m, "Ledger");
  ledger
      .def(py::init([](const ShapeTuple& shape, std::int32_t baseline_frames) {
             return std::make_shared<Ledger>(empty_ledger(to_shape(shape), baseline_frames));
           }),
           py::arg("shape"), py::arg("baseline_frames"))
      .def_static("from_arrays", &ledger_from_arrays, py::arg("shape"),
                  py::arg("runs_per_row").noconvert(), py::arg("runs").noconvert(),
                  py::arg("openings").noconvert(), py::arg("times"), py::arg("baseline_frames"))
      .def_property_readonly("n_runs", &Ledger::run_count)
      .def_readonly("times", &Ledger::times)
      .def("arrays", &ledger_arrays)
      .def(py::pickle(&to_state, &from_state))
      .def("advance", &advance_ledger, py::arg("before"), py::arg("crack_before").noconvert(),
           py::arg("now"), py::arg("crack_now").noconvert(), py::arg("remembers").noconvert(),
           py::arg("time"), py::arg("threads"));
  def_writer(ledger, "write_first_open", &write_first_open);
  def_writer(ledger, "write_last_open", &write_last_open);
  def_writer(ledger, "write_n_toggles", &write_n_toggles);
  def_writer(ledger, "write_first_crack", &write_first_crack);
  def_writer(ledger, "write_last_crack", &write_last_crack);
  def_writer(ledger, "write_open_time", &write_open_time);
}

}  // namespace crevasse::python
