#include "crevasse/distance.hpp"

#include "arrays.hpp"
#include "crevasse/distance_pass.hpp"
#include "handles.hpp"

namespace crevasse::python {
namespace {

void check_columns(const py::array& array, const py::array& like, const char* name) {
  const bool fits = array.ndim() == 2 && array.shape(0) == like.shape(0) &&
                    array.shape(1) == like.shape(1) && (array.flags() & py::array::c_style) != 0;
  if (!fits) {
    throw std::invalid_argument(std::string(name) +
                                " must be C-contiguous (length, columns), of one shape");
  }
}

/// In place. `values`: of the image, or none.
void pass_columns(py::array& squared, const std::optional<py::array>& values, double weight,
                  bool border, int threads) {
  check_columns(squared, squared, "squared");
  if (values) check_columns(*values, squared, "values");
  for_dtype<std::int32_t, double>(squared, "squared", [&](auto zero) {
    using T = decltype(zero);
    using V = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    if (values && !py::isinstance<py::array_t<V>>(*values)) {
      throw py::type_error("values must be integers as wide as squared");
    }
    auto* const data = static_cast<T*>(squared.mutable_data());
    const auto* const image = values ? static_cast<const V*>(values->data()) : nullptr;
    return without_gil([&, length = squared.shape(0), columns = squared.shape(1)] {
      distance_pass(data, image, length, columns, static_cast<T>(weight), border, threads);
      return 0;
    });
  });
}

}  // namespace

void bind_distance(py::module_& m) {
  m.def(
      "distance",
      [](const RunVolumeHandle& runs, py::array_t<float>& out, bool out_is_zero,
         const std::array<double, 3>& spacing, bool squared, double limit,
         const std::array<bool, 3>& border, int threads) {
        const auto volume = output<float>(out, runs->shape);
        return without_gil([&] {
          distance(*runs, volume, out_is_zero, {spacing, squared, limit, border}, threads);
        });
      },
      py::arg("runs"), py::arg("out").noconvert(), py::arg("out_is_zero"), py::arg("spacing"),
      py::arg("squared"), py::arg("limit"), py::arg("border"), py::arg("threads"));

  m.def(
      "label_distance",
      [](const py::array& image, py::array_t<float>& out, const std::array<double, 3>& spacing,
         bool squared, double limit, const std::array<bool, 3>& border, int threads) {
        const auto volume = output<float>(out, shape_of(image));
        const DistanceOptions options{spacing, squared, limit, border};
        for_dtype<std::uint8_t, std::uint16_t, std::uint32_t>(image, "image", [&](auto zero) {
          using V = decltype(zero);
          const auto labels = input<V>(image);
          return without_gil([&] {
            label_distance<V>(labels, volume, options, threads);
            return 0;
          });
        });
      },
      py::arg("image"), py::arg("out").noconvert(), py::arg("spacing"), py::arg("squared"),
      py::arg("limit"), py::arg("border"), py::arg("threads"));

  m.def(
      "distance_units",
      [](const ShapeTuple& shape, const std::array<double, 3>& spacing) {
        const DistanceUnits units = distance_units(to_shape(shape), spacing);
        return std::pair{units.volume, units.slice};
      },
      py::arg("shape"), py::arg("spacing"));

  m.def("distance_pass", &pass_columns, py::arg("squared").noconvert(),
        py::arg("values").noconvert().none(true), py::arg("weight"), py::arg("border"),
        py::arg("threads"));

  m.def(
      "farther_than",
      [](const RunVolumeHandle& runs, double radius, const std::array<double, 3>& spacing,
         int threads) {
        DistanceOptions options;
        options.spacing = spacing;
        return without_gil([&] { return share(farther_than(*runs, radius, options, threads)); });
      },
      py::arg("runs"), py::arg("radius"), py::arg("spacing"), py::arg("threads"));
}

}  // namespace crevasse::python
