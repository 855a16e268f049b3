#include "crevasse/ligament.hpp"

#include "arrays.hpp"
#include "crevasse/bottleneck.hpp"
#include "handles.hpp"

namespace crevasse::python {

void bind_ligament(py::module_& m) {
  PYBIND11_NUMPY_DTYPE(LigamentPiece, begin, end, length, label_begin, label_end);
  m.def(
      "ligament",
      [](const RunLabeling& open, const RunVolumeHandle& working, const RunVolumeHandle& counter,
         const std::array<double, 3>& spacing) {
        require_same_shape(*open.runs, *working);
        require_same_shape(*open.runs, *counter);
        auto [length, pieces] = without_gil([&] {
          auto found = ligament(*open.runs, open.labels(), open.components.count, *working,
                                *counter, spacing);
          return std::pair{found.length, Buffer<LigamentPiece>::copy_of(found.pieces)};
        });
        return std::pair{length, to_array(std::move(pieces))};
      },
      py::arg("open"), py::arg("working"), py::arg("counter"), py::arg("spacing"));

  m.def(
      "bottleneck",
      [](const RunVolumeHandle& runs, const py::array_t<float>& width, const RunVolumeHandle& from,
         const RunVolumeHandle& to, int threads) {
        const auto widths = values_of(width, runs->voxel_count(), "width");
        require_same_shape(*runs, *from);
        require_same_shape(*runs, *to);
        const Bottleneck found =
            without_gil([&] { return bottleneck(*runs, widths, *from, *to, threads); });
        return std::pair{found.voxel, found.width};
      },
      py::arg("runs"), py::arg("width").noconvert(), py::arg("begin"), py::arg("end"),
      py::arg("threads"));
}

}  // namespace crevasse::python
