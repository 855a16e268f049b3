#include "crevasse/intensity.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

namespace {

template <class T>
Volume<const T> input_like(const RunLabeling& labeling, const py::array& image) {
  const auto volume = input<T>(image);
  if (!(volume.shape == labeling.runs->shape)) {
    throw std::invalid_argument("intensity must have the labels' shape");
  }
  return volume;
}

}  // namespace

void bind_intensity(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(Intensity, n_voxels, mean, squared_deviations, min, max);

  m.def(
      "intensity",
      [](const RunLabeling& labeling, const py::array& image) {
        return to_array(for_grey_dtype(image, "intensity", [&](auto type) {
          const auto volume = input_like<decltype(type)>(labeling, image);
          return without_gil([&] {
            return intensity(*labeling.runs, labeling.labels(), labeling.components.count, volume);
          });
        }));
      },
      py::arg("labeling"), py::arg("image"));

  m.def(
      "quantiles",
      [](const RunLabeling& labeling, const py::array& image, const std::vector<double>& fractions,
         int threads) {
        return to_array(for_grey_dtype(image, "intensity", [&](auto type) {
          const auto volume = input_like<decltype(type)>(labeling, image);
          return without_gil([&] {
            return quantiles(*labeling.runs, labeling.labels(), labeling.components.count, volume,
                             std::span<const double>(fractions), threads);
          });
        }));
      },
      py::arg("labeling"), py::arg("image"), py::arg("fractions"), py::arg("threads"));
}

}  // namespace crevasse::python
