#include "crevasse/interval.hpp"

#include <algorithm>

#include "arrays.hpp"
#include "handles.hpp"

namespace crevasse::python {
namespace {

using Sizes = py::array_t<std::int64_t>;

/// One field of all pairs.
template <class Field>
py::array_t<std::int64_t> column(const std::vector<Overlap>& pairs, Field&& field) {
  Buffer<std::int64_t> values(pairs.size());
  std::transform(pairs.begin(), pairs.end(), values.begin(), field);
  return to_array(std::move(values));
}

}  // namespace

void bind_interval(py::module_& m) {
  m.def(
      "interval",
      [](const RunLabeling& before, const RunLabeling& after, const Sizes& n_voxels_before,
         const Sizes& n_voxels_after, int threads) {
        require_same_shape(*before.runs, *after.runs);
        const auto sizes_before =
            values_of(n_voxels_before, before.components.count, "n_voxels_before");
        const auto sizes_after =
            values_of(n_voxels_after, after.components.count, "n_voxels_after");
        auto [pairs, found] = without_gil([&] {
          auto shared =
              overlap(*before.runs, before.labels(), *after.runs, after.labels(), threads);
          auto of_pairs = interval(shared, sizes_before, sizes_after);
          return std::pair{std::move(shared), std::move(of_pairs)};
        });
        py::dict columns;
        columns["label_before"] = column(pairs, [](const Overlap& p) { return p.label_a; });
        columns["label_after"] = column(pairs, [](const Overlap& p) { return p.label_b; });
        columns["n_shared"] = column(pairs, [](const Overlap& p) { return p.n_voxels; });
        columns["block_before"] = to_array(std::move(found.before.block));
        columns["block_after"] = to_array(std::move(found.after.block));
        columns["best_child"] = to_array(std::move(found.before.partner));
        columns["best_parent"] = to_array(std::move(found.after.partner));
        columns["n_parents"] = to_array(std::move(found.before.count));
        columns["n_children"] = to_array(std::move(found.after.count));
        columns["n_voxels_before"] = to_array(std::move(found.before.n_voxels));
        columns["n_voxels_after"] = to_array(std::move(found.after.n_voxels));
        columns["largest_parent"] = to_array(std::move(found.before.largest));
        columns["largest_child"] = to_array(std::move(found.after.largest));
        columns["kept"] = to_array(std::move(found.kept));
        return columns;
      },
      py::arg("before"), py::arg("after"), py::arg("n_voxels_before").noconvert(),
      py::arg("n_voxels_after").noconvert(), py::arg("threads"));
}

}  // namespace crevasse::python
