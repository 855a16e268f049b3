#include "crevasse/layer_thickness.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_layer_thickness(py::module_& m) {
  m.def(
      "layer_columns",
      [](const RunVolume& runs, int axis, int threads) {
        const Shape& s = runs.shape;
        if (axis < 0 || axis > 2) throw std::invalid_argument("axis must be 0, 1 or 2");
        const std::vector<index_t> map_shape = axis == 0   ? std::vector{s.y, s.x}
                                               : axis == 1 ? std::vector{s.z, s.x}
                                                           : std::vector{s.z, s.y};
        using Map = py::array_t<std::int32_t>;
        Map n_voxels(map_shape), n_layers(map_shape), begin(map_shape), end(map_shape);
        const LayerColumns columns{n_voxels.mutable_data(), n_layers.mutable_data(),
                                   begin.mutable_data(), end.mutable_data()};
        without_gil([&] { layer_columns(runs, axis, columns, threads); });
        return std::tuple{n_voxels, n_layers, begin, end};
      },
      py::arg("runs"), py::arg("axis"), py::arg("threads"));
}

}  // namespace crevasse::python
