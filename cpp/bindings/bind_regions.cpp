#include "crevasse/region_measures.hpp"
#include "crevasse/regions.hpp"

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_regions(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(RegionSums, n_voxels, sum, product, low, high, first_voxel);

  m.def(
      "regions",
      [](const RunLabeling& labeling, int threads) {
        return to_array(without_gil([&] {
          return regions(*labeling.runs, labeling.labels(), labeling.components.count, threads);
        }));
      },
      py::arg("labeling"), py::arg("threads"));

  m.def(
      "region_measures",
      [](const py::array_t<RegionSums>& sums, const ShapeTuple& shape,
         const std::array<double, 3>& spacing, int ndim, int threads) {
        const auto regions = values_of(sums, sums.size(), "sums");
        auto found = without_gil(
            [&] { return region_measures(regions, to_shape(shape), spacing, ndim, threads); });
        const auto columns = [&](auto&& buffer, std::size_t n) {
          return to_array(std::move(buffer)).reshape({static_cast<py::ssize_t>(n), sums.size()});
        };
        return py::make_tuple(
            columns(std::move(found.whole), RegionMeasures::whole_columns),
            columns(std::move(found.real), RegionMeasures::real_columns),
            to_array(std::move(found.touches_border)).attr("view")(py::dtype::of<bool>()));
      },
      py::arg("sums").noconvert(), py::arg("shape"), py::arg("spacing"), py::arg("ndim"),
      py::arg("threads"));
}

}  // namespace crevasse::python
