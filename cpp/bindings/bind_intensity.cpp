#include "crevasse/intensity.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_intensity(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(Intensity, n_voxels, mean, squared_deviations, min, max);

  m.def(
      "intensity",
      [](const RunLabeling& labeling, const py::array& image) {
        return to_array(for_grey_dtype(image, "intensity", [&](auto type) {
          const auto volume = input<decltype(type)>(image);
          if (!(volume.shape == labeling.runs->shape)) {
            throw std::invalid_argument("intensity must have the labels' shape");
          }
          return without_gil([&] {
            return intensity(*labeling.runs, labeling.labels(), labeling.components.count, volume);
          });
        }));
      },
      py::arg("labeling"), py::arg("image"));
}

}  // namespace crevasse::python
