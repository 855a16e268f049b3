#pragma once

#include <memory>
#include <stdexcept>
#include <string>

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

inline Connectivity to_connectivity(int connectivity) {
  if (connectivity != 6 && connectivity != 18 && connectivity != 26) {
    throw std::invalid_argument("connectivity must be 6, 18 or 26, got " +
                                std::to_string(connectivity));
  }
  return static_cast<Connectivity>(connectivity);
}

inline void require_same_shape(const RunVolume& a, const RunVolume& b) {
  if (!(a.shape == b.shape)) throw std::invalid_argument("both volumes must have the same shape");
}

}  // namespace crevasse::python
