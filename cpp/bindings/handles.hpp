#pragma once

#include <memory>
#include <stdexcept>

#include "crevasse/label.hpp"
#include "crevasse/runs.hpp"

namespace crevasse::python {

/// What Python holds of a RunVolume: shared and immutable, so threads may use it at once.
using RunVolumeHandle = std::shared_ptr<RunVolume>;

inline RunVolumeHandle share(RunVolume&& runs) {
  return std::make_shared<RunVolume>(std::move(runs));
}

/// Runs with the label of each. Where the labels came from an image of many values, neighbouring
/// runs may touch, and `runs` is then no set of voxels in its canonical form.
struct RunLabeling {
  RunVolumeHandle runs;
  RunLabels components;

  std::span<const std::uint32_t> labels() const { return components.labels; }
};

inline void require_same_shape(const RunVolume& a, const RunVolume& b) {
  if (!(a.shape == b.shape)) throw std::invalid_argument("both volumes must have the same shape");
}

}  // namespace crevasse::python
