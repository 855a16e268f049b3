#include "crevasse/distance.hpp"

#include "arrays.hpp"
#include "crevasse/distance_pass.hpp"
#include "handles.hpp"

namespace crevasse::python {
namespace {

ColumnsShape columns_of(const Shape& shape, int axis) {
  switch (axis) {
    case 0: return {1, shape.z, shape.y * shape.x};
    case 1: return {shape.z, shape.y, shape.x};
    case 2: return {shape.z * shape.y, shape.x, 1};
    default: throw std::invalid_argument("axis must be 0, 1 or 2");
  }
}

/// In place. `values`: of the image, or none.
void pass_along(py::array& squared, const std::optional<py::array>& values, int axis, double weight,
                bool border, int threads) {
  const Shape shape = shape_of(squared);
  if (values && !(shape_of(*values) == shape)) {
    throw std::invalid_argument("values must have the shape of squared");
  }
  for_dtype<std::int32_t, double>(squared, "squared", [&](auto zero) {
    using T = decltype(zero);
    using V = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    if (values && !py::isinstance<py::array_t<V>>(*values)) {
      throw py::type_error("values must be integers as wide as squared");
    }
    auto* const data = output<T>(squared, shape).data;
    const auto* const image = values ? input<V>(*values).data : nullptr;
    const ColumnsShape columns = columns_of(shape, axis);
    return without_gil([&] {
      distance_pass(data, image, columns, static_cast<T>(weight), border, threads);
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

  m.def("distance_pass", &pass_along, py::arg("squared").noconvert(),
        py::arg("values").noconvert().none(true), py::arg("axis"), py::arg("weight"),
        py::arg("border"), py::arg("threads"));

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
