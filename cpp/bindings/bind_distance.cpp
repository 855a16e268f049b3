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

/// Of an image, as wide as squared distances; null where there are none.
template <class V>
const V* values_of(const std::optional<py::array>& values, const Shape& shape) {
  if (!values) return nullptr;
  if (!(shape_of(*values) == shape)) {
    throw std::invalid_argument("values must have the shape of squared distances");
  }
  if (!py::isinstance<py::array_t<V>>(*values)) {
    throw py::type_error("values must be integers as wide as squared distances");
  }
  return input<V>(*values).data;
}

/// In place. `values`: of the image, or none.
void pass_along(py::array& squared, const std::optional<py::array>& values, int axis, double weight,
                bool border, int threads) {
  const Shape shape = shape_of(squared);
  for_dtype<std::int32_t, double>(squared, "squared", [&](auto zero) {
    using T = decltype(zero);
    using V = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    const V* const image = values_of<V>(values, shape);
    auto* const data = output<T>(squared, shape).data;
    const ColumnsShape columns = columns_of(shape, axis);
    return without_gil([&] {
      distance_pass(data, image, columns, static_cast<T>(weight), border, threads);
      return 0;
    });
  });
}

/// `out`, zeros, tells by its dtype what squared distances are counted in.
void in_slices(const RunVolumeHandle& runs, py::array& out, const std::array<double, 2>& weight,
               const std::array<bool, 2>& border, int threads) {
  for_dtype<std::int32_t, double>(out, "out", [&](auto zero) {
    using T = decltype(zero);
    const auto volume = output<T>(out, runs->shape);
    const std::array<T, 2> weights{static_cast<T>(weight[0]), static_cast<T>(weight[1])};
    return without_gil([&] {
      distance_in_slices<T>(*runs, volume, weights, border, threads);
      return 0;
    });
  });
}

void along_z(const py::array& in_slices, const std::optional<py::array>& values,
             py::array_t<float>& out, double weight, bool border, double unit, bool squared,
             int threads) {
  const auto volume = output<float>(out, shape_of(in_slices));
  for_dtype<std::int32_t, double>(in_slices, "in_slices", [&](auto zero) {
    using T = decltype(zero);
    using V = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
    const V* const image = values_of<V>(values, volume.shape);
    const auto squares = input<T>(in_slices);
    return without_gil([&] {
      distance_along_z<T>(squares.data, image, volume, static_cast<T>(weight), border, unit,
                          squared, threads);
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

  m.def("distance_in_slices", &in_slices, py::arg("runs"), py::arg("out").noconvert(),
        py::arg("weight"), py::arg("border"), py::arg("threads"));

  m.def("distance_along_z", &along_z, py::arg("in_slices").noconvert(),
        py::arg("values").noconvert().none(true), py::arg("out").noconvert(), py::arg("weight"),
        py::arg("border"), py::arg("unit"), py::arg("squared"), py::arg("threads"));

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
