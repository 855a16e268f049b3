#include "crevasse/merge_labels.hpp"

#include "arrays.hpp"

namespace crevasse::python {

void bind_merge_labels(py::module_& m) {
  m.def(
      "merge_labels",
      [](index_t label_count, const py::array_t<std::uint32_t>& pairs) {
        using Pair = std::array<std::uint32_t, 2>;
        const auto flat = values_of(pairs, pairs.size(), "pairs");
        if (flat.size() % 2 != 0) throw std::invalid_argument("pairs must hold pairs");
        const std::span joined{reinterpret_cast<const Pair*>(flat.data()), flat.size() / 2};
        auto merged = without_gil([&] { return merge_labels(label_count, joined); });
        return std::pair{to_array(std::move(merged.numbers)), merged.count};
      },
      py::arg("label_count"), py::arg("pairs").noconvert());
}

}  // namespace crevasse::python
