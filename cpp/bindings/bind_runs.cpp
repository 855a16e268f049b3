#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {
namespace {

RunVolumeHandle encode_mask_array(const py::array& mask, int threads) {
  return for_dtype<bool, std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                   std::int32_t, std::uint64_t, std::int64_t>(mask, "mask", [&](auto type) {
    using Bits = typename UnsignedOf<decltype(type)>::type;
    const auto volume = input<Bits>(mask);
    return without_gil([&] { return share(encode_mask(volume, threads)); });
  });
}

std::vector<RunVolumeHandle> encode_windows_array(
    const py::array& image, const std::vector<std::pair<double, double>>& windows,
    const RunVolume* roi, int threads, index_t first_slice) {
  return for_grey_dtype(image, "image", [&](auto type) {
    using T = decltype(type);
    const auto volume = input<T>(image);
    if (roi && !(roi->shape == volume.shape)) {
      throw std::invalid_argument("roi must have the image's shape");
    }
    std::vector<GreyWindow<T>> typed;
    for (const auto& [low, high] : windows) {
      typed.push_back({static_cast<T>(low), static_cast<T>(high)});
    }
    return without_gil([&] {
      std::vector<RunVolumeHandle> shared;
      for (auto& runs : encode_windows<T>(volume, typed, roi, threads, first_slice)) {
        shared.push_back(share(std::move(runs)));
      }
      return shared;
    });
  });
}

RunVolumeHandle from_runs(const ShapeTuple& shape, const py::array_t<index_t>& row_begin,
                          const py::array_t<std::int32_t>& edges) {
  const Shape s = to_shape(shape);
  check_shape(s);
  const auto rows = values_of(row_begin, s.rows() + 1, "row_begin");
  const auto flat = values_of(edges, edges.size(), "edges");
  if (flat.size() % 2 != 0) throw std::invalid_argument("edges must hold pairs");
  Buffer<Run> runs(flat.size() / 2);
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i] = {flat[2 * i], flat[2 * i + 1]};
  RunVolume volume{s, Buffer<index_t>::copy_of(rows), std::move(runs)};
  try {
    volume.check();
  } catch (const std::logic_error& error) {
    throw std::invalid_argument(std::string("runs are damaged: ") + error.what());
  }
  return share(std::move(volume));
}

}  // namespace

void bind_runs(py::module_& m) {
  py::class_<RunVolume, RunVolumeHandle>(m, "RunVolume")
      .def_property_readonly("shape", [](const RunVolume& v) { return to_tuple(v.shape); })
      .def_property_readonly("n_runs", &RunVolume::run_count)
      .def_property_readonly("n_voxels", &RunVolume::voxel_count)
      .def_property_readonly("nbytes", &RunVolume::bytes)
      .def_property_readonly("row_begin",
                             [](const py::object& self) {
                               const auto& v = self.cast<const RunVolume&>();
                               return view<index_t>({static_cast<py::ssize_t>(v.row_begin.size())},
                                                    v.row_begin.data(), self);
                             })
      .def_property_readonly("runs",
                             [](const py::object& self) {
                               const auto& v = self.cast<const RunVolume&>();
                               return view<std::int32_t>(
                                   {static_cast<py::ssize_t>(v.run_count()), 2},
                                   reinterpret_cast<const std::int32_t*>(v.runs.data()), self);
                             })
      .def(
          "equals", [](const RunVolume& a, const RunVolume& b) { return a == b; }, py::arg("other"))
      .def(
          "write_mask",
          [](const RunVolume& v, py::array_t<bool>& out, int threads) {
            auto* bytes = reinterpret_cast<std::uint8_t*>(output<bool>(out, v.shape).data);
            without_gil([&] { write_mask(v, Volume<std::uint8_t>{bytes, v.shape}, threads); });
          },
          py::arg("out").noconvert(), py::arg("threads"));

  m.def("encode_mask", &encode_mask_array, py::arg("mask"), py::arg("threads"));
  m.def("encode_windows", &encode_windows_array, py::arg("image"), py::arg("windows"),
        py::arg("roi").none(true), py::arg("threads"), py::arg("first_slice"));
  m.def(
      "concatenate",
      [](const std::vector<RunVolumeHandle>& volumes) {
        std::vector<const RunVolume*> parts;
        for (const auto& volume : volumes) parts.push_back(volume.get());
        return without_gil([&] { return share(concatenate(parts)); });
      },
      py::arg("volumes"));
  m.def("from_runs", &from_runs, py::arg("shape"), py::arg("row_begin").noconvert(),
        py::arg("edges").noconvert());
  m.def(
      "box",
      [](const ShapeTuple& shape, const ShapeTuple& begin, const ShapeTuple& end) {
        return share(box(to_shape(shape), to_shape(begin), to_shape(end)));
      },
      py::arg("shape"), py::arg("begin"), py::arg("end"));
}

}  // namespace crevasse::python
