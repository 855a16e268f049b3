#pragma once

#include <pybind11/native_enum.h>
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "crevasse/buffer.hpp"
#include "crevasse/volume.hpp"

// The one place where numpy arrays become borrowed volumes and back, and where value types are
// chosen. Python has validated already; what is checked again here guards memory.
namespace crevasse::python {

namespace py = pybind11;

using ShapeTuple = std::tuple<index_t, index_t, index_t>;

inline Shape to_shape(const ShapeTuple& t) {
  return {std::get<0>(t), std::get<1>(t), std::get<2>(t)};
}
inline ShapeTuple to_tuple(const Shape& s) {
  return {s.z, s.y, s.x};
}

inline Shape shape_of(const py::array& array) {
  if (array.ndim() != 3 || (array.flags() & py::array::c_style) == 0) {
    throw std::invalid_argument("array must be C-contiguous (z, y, x)");
  }
  return {array.shape(0), array.shape(1), array.shape(2)};
}

template <class T>
Volume<const T> input(const py::array& array) {
  return {static_cast<const T*>(array.data()), shape_of(array)};
}

template <class T>
Volume<T> output(py::array& array, const Shape& shape) {
  if (!(shape_of(array) == shape)) throw std::invalid_argument("out must have the input's shape");
  return {static_cast<T*>(array.mutable_data()), shape};
}

template <class T>
std::span<const T> values_of(const py::array_t<T>& array, index_t size, const char* name) {
  if (array.ndim() != 1 || array.shape(0) != size || (array.flags() & py::array::c_style) == 0) {
    throw std::invalid_argument(std::string(name) + " must be contiguous and hold " +
                                std::to_string(size) + " values");
  }
  return {array.data(), static_cast<std::size_t>(size)};
}

/// The unsigned type of the same width: to ask whether values are equal, or 0, the sign is no
/// matter.
template <class T>
struct UnsignedOf : std::make_unsigned<T> {};
template <>
struct UnsignedOf<bool> {
  using type = std::uint8_t;
};

/// Call `f(T{})` for the type of `Ts` that is the array's.
template <class... Ts, class F>
auto for_dtype(const py::array& array, const char* name, F&& f) {
  using Result = decltype(f(std::get<0>(std::tuple<Ts...>{})));
  Result result{};
  const bool known =
      ((py::isinstance<py::array_t<Ts>>(array) ? (result = f(Ts{}), true) : false) || ...);
  if (!known) {
    throw py::type_error(std::string(name) + " has an unsupported dtype " +
                         py::cast<std::string>(py::str(array.dtype())));
  }
  return result;
}

/// The same for an image of grey values.
template <class F>
auto for_grey_dtype(const py::array& array, const char* name, F&& f) {
  return for_dtype<std::uint8_t, std::int16_t, std::uint16_t, std::int32_t, std::uint32_t, float,
                   double>(array, name, std::forward<F>(f));
}

/// Call `f` with the GIL released.
template <class F>
auto without_gil(F&& f) {
  const py::gil_scoped_release release;
  return f();
}

/// Hand a buffer's memory to numpy.
template <class T>
py::array_t<T> to_array(Buffer<T>&& buffer) {
  auto* owner = new Buffer<T>(std::move(buffer));
  const py::capsule free(owner, [](void* p) { delete static_cast<Buffer<T>*>(p); });
  return py::array_t<T>(static_cast<py::ssize_t>(owner->size()), owner->data(), free);
}

/// A read-only view of memory that `owner` keeps alive.
template <class T>
py::array_t<T> view(std::vector<py::ssize_t> shape, const T* data, const py::object& owner) {
  py::array_t<T> array(std::move(shape), data, owner);
  array.attr("setflags")(py::arg("write") = false);
  return array;
}

void bind_runs(py::module_& m);
void bind_set_operations(py::module_& m);
void bind_neighbourhood(py::module_& m);
void bind_label(py::module_& m);
void bind_regions(py::module_& m);
void bind_intensity(py::module_& m);
void bind_overlap(py::module_& m);
void bind_interval(py::module_& m);
void bind_layer_thickness(py::module_& m);
void bind_ledger(py::module_& m);
void bind_surface(py::module_& m);
void bind_translate(py::module_& m);
void bind_drift(py::module_& m);
void bind_columns(py::module_& m);
void bind_contacts(py::module_& m);
void bind_distance(py::module_& m);
void bind_geodesic(py::module_& m);
void bind_geodesic_tips(py::module_& m);
void bind_ligament(py::module_& m);
void bind_local_thickness(py::module_& m);
void bind_merge_labels(py::module_& m);
void bind_brick_boundary(py::module_& m);
void bind_nearest_background(py::module_& m);
void bind_aperture(py::module_& m);
void bind_voxel_values(py::module_& m);

}  // namespace crevasse::python
