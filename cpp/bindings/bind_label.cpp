#include "crevasse/label.hpp"

#include <algorithm>
#include <limits>

#include "arrays.hpp"
#include "crevasse/set_operations.hpp"
#include "handles.hpp"

namespace crevasse::python {
namespace {

using AxisFlags = std::tuple<bool, bool, bool>;

Periodic to_periodic(const AxisFlags& flags) {
  return {std::get<0>(flags), std::get<1>(flags), std::get<2>(flags)};
}

RunLabeling label_volume(const RunVolumeHandle& runs, int connectivity, const AxisFlags& periodic,
                         int threads) {
  const Connectivity c = to_connectivity(connectivity);
  return without_gil(
      [&] { return RunLabeling{runs, label(*runs, c, threads, to_periodic(periodic))}; });
}

RunLabeling label_image(const py::array& image, int connectivity, const AxisFlags& periodic,
                        int threads) {
  const Connectivity c = to_connectivity(connectivity);
  const Periodic p = to_periodic(periodic);
  return for_dtype<bool, std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                   std::int32_t, std::uint64_t, std::int64_t>(image, "image", [&](auto type) {
    using T = decltype(type);
    const auto volume = input<typename UnsignedOf<T>::type>(image);
    return without_gil([&] {
      auto binary = std::is_same_v<T, bool> ? std::optional(encode_mask(volume, threads))
                                            : encode_if_binary(volume, threads);
      if (binary) {
        auto components = label(*binary, c, threads, p);
        return RunLabeling{share(std::move(*binary)), std::move(components)};
      }
      auto valued = encode_values(volume, threads);
      auto components = label(valued, volume, c, threads, p);
      return RunLabeling{share(std::move(valued.where)), std::move(components)};
    });
  });
}

/// The voxels of an image that are not 0 and their value, if they have one in common, and 0 where
/// there is none; otherwise nothing.
std::optional<std::pair<RunVolumeHandle, std::uint64_t>> encode_binary(const py::array& image,
                                                                       int threads) {
  using Found = std::optional<std::pair<RunVolumeHandle, std::uint64_t>>;
  return for_dtype<bool, std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::uint32_t,
                   std::int32_t, std::uint64_t, std::int64_t>(image, "image", [&](auto type) {
    const auto volume = input<typename UnsignedOf<decltype(type)>::type>(image);
    return without_gil([&]() -> Found {
      auto binary = encode_if_binary(volume, threads);
      if (!binary) return std::nullopt;
      std::uint64_t value = 0;
      for (index_t r = 0; value == 0 && r < volume.shape.rows(); ++r) {
        if (!binary->row(r).empty()) {
          value = volume.row(r)[static_cast<std::size_t>(binary->row(r)[0].begin)];
        }
      }
      return std::pair{share(std::move(*binary)), value};
    });
  });
}

/// Replace values by their ranks 1..k among the distinct ones; return those, sorted.
template <class V>
std::vector<V> rank(std::span<const V> values, Buffer<std::uint32_t>& ranks) {
  std::vector<V> distinct(values.begin(), values.end());
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() >= std::numeric_limits<std::uint32_t>::max()) {
    throw std::length_error("labels must hold fewer than 2^32 - 1 distinct values");
  }
  const bool consecutive = !distinct.empty() && distinct.back() == distinct.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    ranks[i] = consecutive ? static_cast<std::uint32_t>(values[i])
                           : static_cast<std::uint32_t>(
                                 std::lower_bound(distinct.begin(), distinct.end(), values[i]) -
                                 distinct.begin() + 1);
  }
  return distinct;
}

/// A labelled image as runs, with its label values numbered 1..k in rising order, and the values.
std::pair<RunLabeling, py::array_t<std::uint64_t>> ranked_labels(const py::array& labels,
                                                                 int threads) {
  auto [labeling, distinct] =
      for_dtype<bool, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>(
          labels, "labels", [&](auto type) {
            using T = typename UnsignedOf<decltype(type)>::type;
            const auto volume = input<T>(labels);
            return without_gil([&] {
              auto valued = encode_values(volume, threads);
              RunLabels ranked{Buffer<std::uint32_t>(valued.values.size()), 0};
              const auto distinct = rank<T>(valued.values, ranked.labels);
              ranked.count = static_cast<index_t>(distinct.size());
              Buffer<std::uint64_t> values(distinct.size());
              std::copy(distinct.begin(), distinct.end(), values.begin());
              return std::pair{RunLabeling{share(std::move(valued.where)), std::move(ranked)},
                               std::move(values)};
            });
          });
  return {std::move(labeling), to_array(std::move(distinct))};
}

/// Into `out`, the slab of the volume that begins at `first_slice`.
void write_labels(const RunLabeling& labeling, py::array& out, index_t first_slice,
                  bool out_is_zero, int threads) {
  const Shape& whole = labeling.runs->shape;
  const Shape shape{shape_of(out).z, whole.y, whole.x};
  if (first_slice < 0 || first_slice + shape.z > whole.z) {
    throw std::invalid_argument("out must lie inside the volume");
  }
  for_dtype<std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>(out, "out", [&](auto type) {
    using T = decltype(type);
    const auto volume = output<T>(out, shape);
    if (static_cast<std::uint64_t>(labeling.components.count) > std::numeric_limits<T>::max()) {
      throw std::invalid_argument("out must hold labels up to " +
                                  std::to_string(labeling.components.count) +
                                  "; give one of a wider dtype");
    }
    without_gil([&] {
      write_values<std::uint32_t, T>(*labeling.runs, labeling.labels(), volume, T{0}, out_is_zero,
                                     threads, first_slice);
    });
    return 0;
  });
}

RunVolumeHandle select_labels(const RunLabeling& labeling, const py::array_t<bool>& keep,
                              int threads) {
  const auto marks = values_of(keep, labeling.components.count + 1, "keep");
  const std::span bytes{reinterpret_cast<const std::uint8_t*>(marks.data()), marks.size()};
  return without_gil(
      [&] { return share(select(*labeling.runs, labeling.labels(), bytes, threads)); });
}

/// The same runs under other labels: `numbers[l - 1]` for label l, of which there are `count`.
RunLabeling renumber_labels(const RunLabeling& labeling, const py::array_t<std::uint32_t>& numbers,
                            index_t count) {
  const auto number = values_of(numbers, labeling.components.count, "numbers");
  return without_gil([&] {
    RunLabels renumbered{Buffer<std::uint32_t>(labeling.labels().size()), count};
    std::transform(labeling.labels().begin(), labeling.labels().end(), renumbered.labels.begin(),
                   [&](std::uint32_t label) { return number[label - 1]; });
    return RunLabeling{labeling.runs, std::move(renumbered)};
  });
}

py::tuple to_state(const py::object& self) {
  const auto& labeling = self.cast<const RunLabeling&>();
  return py::make_tuple(to_tuple(labeling.runs->shape), self.attr("runs").attr("row_begin"),
                        self.attr("runs").attr("runs").attr("reshape")(-1), self.attr("labels"),
                        labeling.components.count);
}

RunLabeling from_state(const py::tuple& state) {
  const Shape shape = to_shape(state[0].cast<ShapeTuple>());
  check_shape(shape);
  const auto row_begin = state[1].cast<py::array_t<index_t>>();
  const auto edges = state[2].cast<py::array_t<std::int32_t>>();
  const auto labels = state[3].cast<py::array_t<std::uint32_t>>();
  const auto flat = values_of(edges, 2 * labels.size(), "runs");
  Buffer<Run> runs(flat.size() / 2);
  for (std::size_t i = 0; i < runs.size(); ++i) runs[i] = {flat[2 * i], flat[2 * i + 1]};
  const auto begins = values_of(row_begin, shape.rows() + 1, "row_begin");
  RunVolume volume{shape, Buffer<index_t>::copy_of(begins), std::move(runs)};
  const auto of_each = values_of(labels, labels.size(), "labels");
  return {share(std::move(volume)),
          {Buffer<std::uint32_t>::copy_of(of_each), state[4].cast<index_t>()}};
}

}  // namespace

void bind_label(py::module_& m) {
  py::class_<RunLabeling>(m, "RunLabeling")
      .def_readonly("runs", &RunLabeling::runs)
      .def_property_readonly("count", [](const RunLabeling& l) { return l.components.count; })
      .def_property_readonly("labels",
                             [](const py::object& self) {
                               const auto& l = self.cast<const RunLabeling&>();
                               return view<std::uint32_t>(
                                   {static_cast<py::ssize_t>(l.labels().size())}, l.labels().data(),
                                   self);
                             })
      .def("write_labels", &write_labels, py::arg("out").noconvert(), py::arg("first_slice"),
           py::arg("out_is_zero"), py::arg("threads"))
      .def("renumber", &renumber_labels, py::arg("numbers").noconvert(), py::arg("count"))
      .def(py::pickle(&to_state, &from_state))
      .def("select", &select_labels, py::arg("keep").noconvert(), py::arg("threads"));

  m.def("label_runs", &label_volume, py::arg("runs"), py::arg("connectivity"), py::arg("periodic"),
        py::arg("threads"));
  m.def("label_image", &label_image, py::arg("image"), py::arg("connectivity"), py::arg("periodic"),
        py::arg("threads"));
  m.def("encode_binary", &encode_binary, py::arg("image"), py::arg("threads"));
  m.def("ranked_labels", &ranked_labels, py::arg("labels"), py::arg("threads"));
}

}  // namespace crevasse::python
