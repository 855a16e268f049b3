#include "crevasse/brick_boundary.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {
namespace {

using Voxels = py::array_t<BoundaryVoxel>;
using Values = std::optional<py::array_t<std::int64_t>>;

BrickDirection to_direction(const std::tuple<int, int, int>& t) {
  return {std::get<0>(t), std::get<1>(t), std::get<2>(t)};
}

std::span<const std::int64_t> values_at(const Values& values, const Voxels& voxels) {
  if (!values) return {};
  return values_of(*values, voxels.size(), "values");
}

py::array_t<std::uint32_t> meeting(const Voxels& a, const Voxels& b, const Values& values_a,
                                   const Values& values_b,
                                   const std::tuple<int, int, int>& direction,
                                   const ShapeTuple& offset, int connectivity) {
  const Connectivity c = to_connectivity(connectivity);
  const auto in_a = values_of(a, a.size(), "a"), in_b = values_of(b, b.size(), "b");
  const auto of_a = values_at(values_a, a), of_b = values_at(values_b, b);
  auto pairs = without_gil([&] {
    return meeting_labels(in_a, in_b, of_a, of_b, to_direction(direction), to_shape(offset), c);
  });
  py::array_t<std::uint32_t> labels({static_cast<py::ssize_t>(pairs.size()), py::ssize_t{2}});
  std::copy_n(pairs.begin(), pairs.size(),
              reinterpret_cast<std::array<std::uint32_t, 2>*>(labels.mutable_data()));
  return labels;
}

}  // namespace

void bind_brick_boundary(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(BoundaryVoxel, z, y, x, label);
  m.def(
      "boundary_voxels",
      [](const RunLabeling& labeling, const std::tuple<int, int, int>& direction) {
        return to_array(without_gil([&] {
          return boundary_voxels(*labeling.runs, labeling.labels(), to_direction(direction));
        }));
      },
      py::arg("labeling"), py::arg("direction"));
  m.def("meeting_labels", &meeting, py::arg("a").noconvert(), py::arg("b").noconvert(),
        py::arg("values_a").noconvert(), py::arg("values_b").noconvert(), py::arg("direction"),
        py::arg("offset"), py::arg("connectivity"));
  m.def(
      "first_voxels",
      [](const RunLabeling& labeling) {
        return to_array(without_gil([&] {
          return first_voxels(*labeling.runs, labeling.labels(), labeling.components.count);
        }));
      },
      py::arg("labeling"));
}

}  // namespace crevasse::python
